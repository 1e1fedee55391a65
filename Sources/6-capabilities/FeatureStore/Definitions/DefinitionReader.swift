internal import Base
internal import Yams

/// One mapping of a definition file, read key by key: each key is asked for once, and what is left over is an error.
///
/// Every error names the file's line, what was found and what would be right.
struct DefinitionReader {
    /// For messages: "feature view carrier_delay".
    var subject: String
    let line: Int
    private let pairs: [(key: String, line: Int, value: Node)]

    init(_ node: Node, subject: String) throws(TarnError) {
        self.subject = subject
        line = node.mark?.line ?? 1
        guard let mapping = node.mapping else {
            throw Self.error(
                node, "\(subject) must be a mapping of keys to values, not \(Self.kind(of: node)).")
        }
        var pairs: [(String, Int, Node)] = []
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                throw Self.error(key, "A key of \(subject) must be plain text.")
            }
            pairs.append((scalar.string, key.mark?.line ?? 1, value))
        }
        self.pairs = pairs
    }

    /// Refuses every key that is not one of `keys`.
    func allowOnly(_ keys: [String]) throws(TarnError) {
        for pair in pairs where !keys.contains(pair.key) {
            throw Self.error(
                line: pair.line,
                "\(subject) has the unknown key '\(pair.key)'.\(didYouMean(pair.key, among: keys)) "
                    + "Known keys: \(keys.joined(separator: ", ")).")
        }
    }

    /// The value of the first of `keys` that is present and not null.
    func node(_ keys: String...) throws(TarnError) -> Node? { try node(anyOf: keys) }

    private func node(anyOf keys: [String]) throws(TarnError) -> Node? {
        let found = pairs.filter { keys.contains($0.key) }
        if found.count > 1 {
            throw Self.error(
                line: found[1].line,
                "\(subject) has both '\(found[0].key)' and '\(found[1].key)', which mean the same.")
        }
        guard let value = found.first?.value, !Self.isNull(value) else { return nil }
        return value
    }

    var keys: [String] { pairs.map(\.key) }

    /// The text of a required key.
    func requiredText(_ keys: String...) throws(TarnError) -> String {
        guard let node = try node(anyOf: keys) else {
            throw Self.error(line: line, "\(subject) needs the key '\(keys[0])'.")
        }
        return try Self.text(node, "'\(keys[0])' of \(subject)")
    }

    func text(_ keys: String...) throws(TarnError) -> String? {
        guard let node = try node(anyOf: keys) else { return nil }
        return try Self.text(node, "'\(keys[0])' of \(subject)")
    }

    func flag(_ key: String, default value: Bool) throws(TarnError) -> Bool {
        guard let node = try node(anyOf: [key]) else { return value }
        guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any,
            let flag = ["true": true, "false": false][scalar.string.lowercased()]
        else {
            throw Self.error(
                node, "'\(key)' of \(subject) must be true or false, not \(Self.kind(of: node)).")
        }
        return flag
    }

    /// A sequence of texts, or one text alone.
    func texts(_ keys: String...) throws(TarnError) -> [String]? {
        guard let node = try node(anyOf: keys) else { return nil }
        if case .scalar = node { return [try Self.text(node, "'\(keys[0])' of \(subject)")] }
        return try items(node, keys[0]).mapTyped { item throws(TarnError) in
            try Self.text(item, "An item of '\(keys[0])' of \(subject)")
        }
    }

    /// A sequence of anything.
    func sequence(_ keys: String...) throws(TarnError) -> [Node]? {
        guard let node = try node(anyOf: keys) else { return nil }
        return try items(node, keys[0])
    }

    private func items(_ node: Node, _ key: String) throws(TarnError) -> [Node] {
        guard case .sequence(let sequence) = node else {
            throw Self.error(node, "'\(key)' of \(subject) must be a list, not \(Self.kind(of: node)).")
        }
        return Array(sequence)
    }

    /// A mapping of texts to texts.
    func textMap(_ key: String) throws(TarnError) -> [String: String] {
        guard let node = try node(anyOf: [key]) else { return [:] }
        let inner = try DefinitionReader(node, subject: "'\(key)' of \(subject)")
        var result: [String: String] = [:]
        for pair in inner.pairs {
            result[pair.key] = try Self.text(pair.value, "'\(pair.key)' in '\(key)' of \(subject)")
        }
        return result
    }

    static func text(_ node: Node, _ what: String) throws(TarnError) -> String {
        guard case .scalar(let scalar) = node, !isNull(node) else {
            throw error(node, "\(what) must be text, not \(kind(of: node)).")
        }
        return scalar.string
    }

    static func line(of node: Node) -> Int { node.mark?.line ?? 1 }

    static func isNull(_ node: Node) -> Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any else {
            return false
        }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    static func kind(of node: Node) -> String {
        switch node {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar(let scalar): isNull(node) ? "nothing" : "'\(scalar.string.prefix(60))'"
        case .alias: "an alias"
        }
    }

    static func error(_ node: Node, _ message: String) -> TarnError { error(line: line(of: node), message) }

    static func error(line: Int, _ message: String) -> TarnError {
        TarnError(.invalidInput, "Line \(line): \(message)", context: [("line", String(line))])
    }
}

extension Array {
    /// `map` that keeps the type of what `transform` throws.
    func mapTyped<T>(_ transform: (Element) throws(TarnError) -> T) throws(TarnError) -> [T] {
        var result: [T] = []
        result.reserveCapacity(count)
        for element in self { result.append(try transform(element)) }
        return result
    }
}
