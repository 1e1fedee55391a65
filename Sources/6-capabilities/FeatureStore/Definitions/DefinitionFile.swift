package import Base
internal import Yams

/// A file of definitions in YAML: any number of documents, each with any of the sections `entities`, `feature_views`
/// and `feature_services`.
///
/// ```yaml
/// entities:
///   - name: carrier
///     join_keys: [carrier]
/// feature_views:
///   - name: carrier_delay
///     entities: [carrier]
///     ttl: 7d
///     source: {table: main.default.delays, timestamp_field: ts}
/// feature_services:
///   - name: punctuality
///     features:
///       - carrier_delay: [mean_delay]
/// ```
package struct DefinitionFile: Sendable {
    package var definitions = FeatureDefinitions()
    /// The line at which a definition begins, for errors found later.
    private var lines: [String: Int] = [:]

    /// A file is read into memory whole.
    package static let maximumByteCount = 4 << 20

    /// - Parameter text: The whole file.
    /// - Throws: `.invalidInput` with the line, for the first thing that is wrong in the file by itself. Whether the
    ///   names of other things exist is checked by `apply`.
    package init(yaml text: String) throws(TarnError) {
        if text.utf8.count > Self.maximumByteCount {
            throw TarnError(
                .invalidInput,
                "The definitions take \(text.utf8.count) bytes; the limit is \(Self.maximumByteCount).")
        }
        for node in try Self.documents(text) { try read(document: node) }
    }

    /// Where a definition was written; `nil` if it was not in this file.
    package func line(of kind: DefinitionKind, _ name: String) -> Int? { lines["\(kind.rawValue) \(name)"] }

    private static func documents(_ text: String) throws(TarnError) -> [Node] {
        do {
            var sequence = try Yams.compose_all(yaml: text)
            var nodes: [Node] = []
            // The sequence ends quietly at a syntax error and keeps it; a `for` loop would lose it with its copy.
            while let node = sequence.next() { nodes.append(node) }
            if let error = sequence.error { throw error }
            return nodes
        } catch {
            throw Self.syntaxError(error, in: text)
        }
    }

    private static func syntaxError(_ error: any Error, in text: String) -> TarnError {
        switch error as? YamlError {
        case .reader(let problem, let offset, _, _):
            let before = text.utf8.prefix(max(0, offset ?? 0))
            let line = 1 + before.count { $0 == UInt8(ascii: "\n") }
            return DefinitionReader.error(line: line, "The YAML cannot be read: \(problem).")
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return DefinitionReader.error(line: mark.line, "The YAML cannot be read: \(problem).")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = Set(duplicates).sorted().map { "'\($0)'" }
            return DefinitionReader.error(
                line: context.mark.line, "A mapping has the same key twice: \(keys.joined(separator: ", ")).")
        default:
            return TarnError(.invalidInput, "The YAML cannot be read: \(error).", cause: error)
        }
    }

    private mutating func read(document: Node) throws(TarnError) {
        if DefinitionReader.isNull(document) { return }
        let reader = try DefinitionReader(document, subject: "The file")
        try reader.allowOnly(["project", "entities", "feature_views", "feature_services"])
        // Feast's projects keep names apart; here the home folder does, so the name is read and not used.
        _ = try reader.text("project")
        for node in try reader.sequence("entities") ?? [] {
            let entity = try Self.entity(node)
            try record(.entity, entity.name, node)
            definitions.entities.append(entity)
        }
        for node in try reader.sequence("feature_views") ?? [] {
            let view = try Self.view(node)
            try record(.featureView, view.name, node)
            definitions.views.append(view)
        }
        for node in try reader.sequence("feature_services") ?? [] {
            let service = try Self.service(node)
            try record(.featureService, service.name, node)
            definitions.services.append(service)
        }
    }

    private mutating func record(_ kind: DefinitionKind, _ name: String, _ node: Node) throws(TarnError) {
        let line = DefinitionReader.line(of: node)
        if let first = lines.updateValue(line, forKey: "\(kind.rawValue) \(name)") {
            throw DefinitionReader.error(
                line: line, "The \(kind.title) '\(name)' is defined twice; the first is at line \(first).")
        }
    }

    /// A name is letters, digits and `_`, starts with no digit and holds no `__`, which joins view and feature.
    static func checkedName(_ name: String, _ what: String, line: Int) throws(TarnError) -> String {
        let bytes = Array(name.utf8)
        let isPlain = bytes.allSatisfy {
            ($0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z"))
                || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || $0 == UInt8(ascii: "_")
        }
        let startsWithDigit = bytes.first.map { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") } ?? true
        if !isPlain || startsWithDigit || name.contains("__") || bytes.count > 128 {
            throw DefinitionReader.error(
                line: line,
                "'\(name.prefix(140))' is no name for \(what): use up to 128 letters, digits and single underscores, "
                    + "and start with no digit.")
        }
        return name
    }
}
