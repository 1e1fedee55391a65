internal import Base

/// What tags a table or column has to carry for a policy by tag to hold for it.
package indirect enum TagCondition: Hashable, Sendable {
    /// `has_tag('pii')`.
    case hasTag(String)
    /// `has_tag_value('pii', 'ssn')`.
    case hasValue(String, String)
    case not(TagCondition)
    case all([TagCondition])
    case any([TagCondition])

    /// Tag keys and values count exactly as they are written.
    func matches(_ tags: [String: String]) -> Bool {
        switch self {
        case .hasTag(let key): tags[key] != nil
        case .hasValue(let key, let value): tags[key] == value
        case .not(let inner): !inner.matches(tags)
        case .all(let parts): parts.allSatisfy { $0.matches(tags) }
        case .any(let parts): parts.contains { $0.matches(tags) }
        }
    }

    /// As SQL writes it.
    package var sql: String {
        func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
        switch self {
        case .hasTag(let key): return "has_tag(\(quoted(key)))"
        case .hasValue(let key, let value): return "has_tag_value(\(quoted(key)), \(quoted(value)))"
        case .not(let inner): return "NOT (\(inner.sql))"
        case .all(let parts): return parts.map { "(\($0.sql))" }.joined(separator: " AND ")
        case .any(let parts): return parts.map { "(\($0.sql))" }.joined(separator: " OR ")
        }
    }

    var json: JSONValue {
        switch self {
        case .hasTag(let key): .object(["tag": .string(key)])
        case .hasValue(let key, let value): .object(["tag": .string(key), "value": .string(value)])
        case .not(let inner): .object(["not": inner.json])
        case .all(let parts): .object(["all": .array(parts.map(\.json))])
        case .any(let parts): .object(["any": .array(parts.map(\.json))])
        }
    }

    init?(json: JSONValue) {
        if let key = json["tag"]?.string {
            self = json["value"]?.string.map { .hasValue(key, $0) } ?? .hasTag(key)
        } else if let inner = json["not"] {
            guard let inner = TagCondition(json: inner) else { return nil }
            self = .not(inner)
        } else if let parts = json["all"]?.array ?? json["any"]?.array {
            let read = parts.compactMap(TagCondition.init(json:))
            if read.count != parts.count { return nil }
            self = json["all"] == nil ? .any(read) : .all(read)
        } else {
            return nil
        }
    }
}
