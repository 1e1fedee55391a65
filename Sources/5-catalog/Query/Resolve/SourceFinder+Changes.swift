internal import Base
internal import Engine

extension SourceFinder {
    /// `table_changes(table | 'table' | 'path', first [, last])`; first and last are versions or times.
    func changes(_ call: QueryTree.TableFunction) throws -> QuerySource {
        let first = try tokenIndex(at: call.offset)
        let start = text.tokens[first].range.lowerBound
        func wrong(_ message: String) -> TarnError {
            sqlError(
                .invalidInput, "\(message): table_changes('table', first version or time [, last]).", text,
                at: start)
        }
        guard let end = endOfCall(first), (2...3).contains(call.arguments.count) else {
            throw wrong("A table and one or two versions or times are expected")
        }
        guard let table = try table(call.arguments[0]) else {
            throw wrong("The first argument has to be a table's name, or the folder of one")
        }
        if case .path(let path) = table, !localFiles {
            throw sqlError(
                .permissionDenied,
                "'\(path)' is a folder of this machine, which only the local owner may read; use a table of the catalog.",
                text, at: start)
        }
        let bounds = try call.arguments.dropFirst().map { argument in
            guard let value = try constant(argument) else {
                throw wrong("Versions and times have to be constants")
            }
            return value
        }
        return QuerySource(
            origin: .changes(ChangeRange(table: table, first: bounds[0], last: bounds.dropFirst().first)),
            range: start..<end, defaultAlias: call.alias.isEmpty ? "table_changes" : nil, needsSelect: false,
            travel: nil)
    }

    /// A name in quotes or without; a text with a slash in it is a folder.
    private func table(_ argument: JSONValue) throws -> ChangeRange.Table? {
        if argument["class"]?.string == "COLUMN_REF" {
            let names = argument["column_names"]?.array?.compactMap(\.string) ?? []
            if names.count == 2, names[0].lowercased() == "delta", names[1].contains("/") {
                return .path(names[1])
            }
            return (1...3).contains(names.count) ? .name(names) : nil
        }
        guard case .string(let name)? = try constant(argument), !name.isEmpty else { return nil }
        if name.contains("/") { return .path(name) }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map { part in
            let isQuoted = part.count > 1 && part.first == part.last && ["`", "\""].contains(part.first)
            return String(isQuoted ? part.dropFirst().dropLast() : part)
        }
        return (1...3).contains(parts.count) && !parts.contains("") ? .name(parts) : nil
    }
}
