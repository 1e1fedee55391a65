internal import Base
internal import Engine

/// Finds, for each name in a query's tree, the tokens that spell it, and what they ask for.
struct SourceFinder {
    let query: NormalizedQuery
    let edited: EditedText
    let localFiles: Bool
    var text: SQLText { query.text }
    private var usedTravel: Set<Int> = []

    init(_ query: NormalizedQuery, _ edited: EditedText, localFiles: Bool) {
        self.query = query
        self.edited = edited
        self.localFiles = localFiles
    }

    /// - Throws: `.invalidInput` for a time travel clause that belongs to no table, `.permissionDenied` for files.
    mutating func sources(of tree: QueryTree) throws -> [QuerySource] {
        var found = try tree.tables.map { try source($0) }
        for call in tree.tableFunctions where FunctionRules.tableScans.contains(call.name) {
            found.append(try call.name == "table_changes" ? changes(call) : source(call))
        }
        if let stray = query.travel.first(where: { !usedTravel.contains($0.key) }) {
            throw sqlError(
                .invalidInput, "Time travel has to follow the name of a table.", text,
                at: stray.value.range.lowerBound)
        }
        return found
    }

    func tokenIndex(at offset: Int) throws -> Int {
        let place = edited.original(offset)
        guard let index = text.tokens.firstIndex(where: { $0.range.lowerBound >= place }) else {
            throw TarnError(.internal, "The parser named byte \(place) of the query, which is past its end.")
        }
        return index
    }

    private mutating func source(_ table: QueryTree.Table) throws -> QuerySource {
        let first = try tokenIndex(at: table.offset)
        let start = text.tokens[first].range.lowerBound
        var last = first
        var spelled: [String] = [text.stringValue(first) ?? text.name(first) ?? ""]
        while spelled.count < table.parts.count, text.isSign(last + 1, "."), let part = text.name(last + 2) {
            spelled.append(part)
            last += 2
        }
        guard spelled.map({ $0.lowercased() }) == table.parts.map({ $0.lowercased() }) else {
            throw sqlError(
                .unsupported, "The table \(table.parts.joined(separator: ".")) cannot be used in this place.",
                text,
                at: start)
        }
        let origin = try origin(table, at: start)
        var alias: String?
        if table.alias.isEmpty {
            if case .file(let name) = origin {
                alias = QuerySource.alias(ofFile: name)
            } else {
                alias = table.parts.last
            }
        }
        var range = start..<text.tokens[last].range.upperBound
        let before = text.word(first - 1)
        if before == "table" { range = text.tokens[first - 1].range.lowerBound..<range.upperBound }
        return QuerySource(
            origin: origin, range: range, defaultAlias: alias,
            needsSelect: ["table", "summarize", "describe", "desc", "show"].contains(before ?? ""),
            travel: try travel(after: last, hasAlias: !table.alias.isEmpty))
    }

    private func origin(_ table: QueryTree.Table, at start: Int) throws -> QuerySource.Origin {
        let name = table.parts.last ?? ""
        let isDeltaPath =
            table.parts.count == 2 && table.parts[0].lowercased() == "delta" && name.contains("/")
        let isFile = table.parts.count == 1 && QuerySource.isFile(name)
        if (isDeltaPath || isFile), !localFiles {
            throw sqlError(
                .permissionDenied,
                "'\(name)' is a file of this machine, which only the local owner may read; use a table of the catalog.",
                text, at: start)
        }
        return isDeltaPath ? .deltaPath(name) : isFile ? .file(name) : .table(table.parts)
    }

    /// The clause right after the name, or after the alias.
    private mutating func travel(after last: Int, hasAlias: Bool) throws -> TravelValue? {
        var candidates = [last + 1]
        if hasAlias { candidates += [last + 2, last + 3] }
        for index in candidates {
            if index > last + 1, text.word(last + 1) != "as", index == last + 3 { continue }
            guard let clause = query.travel[text.word(index) == "for" ? index + 1 : index] else { continue }
            usedTravel.insert(text.word(index) == "for" ? index + 1 : index)
            return TravelValue(
                unit: clause.unit, expression: expression(clause.value), offset: clause.value.lowerBound)
        }
        return nil
    }

    private func expression(_ range: Range<Int>) -> TravelValue.Expression {
        if let value = query.travelParameters[range.lowerBound] { return .value(value) }
        let spelling = text.string(range)
        if let number = Int64(spelling) { return .value(.int64(number)) }
        return .sql(spelling)
    }

    /// `delta_scan('path' [, version => n | timestamp => t])`.
    private func source(_ call: QueryTree.TableFunction) throws -> QuerySource {
        let first = try tokenIndex(at: call.offset)
        let start = text.tokens[first].range.lowerBound
        func wrong(_ message: String) -> TarnError {
            sqlError(
                .invalidInput, "\(message): delta_scan('path' [, version => n | timestamp => 'time']).", text,
                at: start)
        }
        guard let end = endOfCall(first), let path = call.arguments.first,
            path["alias"]?.string == "",
            case .string(let folder)? = try constant(path)
        else { throw wrong("The first argument has to be the folder of a table") }
        var travel: TravelValue?
        for argument in call.arguments.dropFirst() {
            let name = argument["alias"]?.string?.lowercased() ?? ""
            guard travel == nil, ["version", "timestamp"].contains(name), let value = try constant(argument)
            else {
                throw wrong("The arguments after the folder are not understood")
            }
            travel = TravelValue(
                unit: name == "version" ? .version : .timestamp, expression: .value(value), offset: start)
        }
        return QuerySource(
            origin: .deltaPath(folder), range: start..<end,
            defaultAlias: call.alias.isEmpty ? "delta_scan" : nil, needsSelect: false, travel: travel)
    }

    /// Where the call that begins at a token ends; `nil` if its brackets do not close.
    func endOfCall(_ first: Int) -> Int? {
        var end = first
        while end < text.tokens.count, !text.isSign(end, "(") { end += 1 }
        var depth = 0
        while end < text.tokens.count {
            if text.isSign(end, "(") { depth += 1 }
            if text.isSign(end, ")") { depth -= 1 }
            end += 1
            if depth == 0 { return text.tokens[end - 1].range.upperBound }
        }
        return nil
    }

    /// A literal, a literal with a cast (`TIMESTAMP '...'`) or a parameter.
    func constant(_ node: JSONValue) throws -> EngineValue? {
        switch node["class"]?.string {
        case "CONSTANT":
            let value = node["value"]?["value"]
            if let text = value?.string { return .string(text) }
            return value?.int64.map(EngineValue.int64)
        case "CAST": return try node["child"].flatMap { try constant($0) }
        case "PARAMETER":
            guard let number = node["identifier"]?.string.flatMap({ Int($0) }),
                query.parameters.indices.contains(number - 1)
            else { return nil }
            return query.parameters[number - 1]
        default: return nil
        }
    }
}
