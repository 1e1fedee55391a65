/// A JSON document in memory, for small documents: requests, plans, schemas.
///
/// Numbers keep their text, so no digit is lost; members keep their order. The transaction log and the online path
/// use their own byte scanners instead.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// The number as written, for example `1e3` or `12345678901234567890`.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    package static func int(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }

    /// The member of that name; `nil` if this is no object or has none.
    package subscript(name: String) -> JSONValue? {
        if case .object(let object) = self { return object[name] }
        return nil
    }

    /// The element at that place; `nil` if this is no array or is shorter.
    package subscript(index: Int) -> JSONValue? {
        if case .array(let items) = self, items.indices.contains(index) { return items[index] }
        return nil
    }

    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    package var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    package var isNull: Bool { self == .null }

    /// The number if it is a whole one that fits 64 bits (`3`, not `3.5`; `3.0` and `3e0` count as 3).
    package var int64: Int64? {
        guard case .number(let text) = self else { return nil }
        if let value = Int64(text) { return value }
        return Double(text).flatMap { Int64(exactly: $0) }
    }

    package var double: Double? { if case .number(let text) = self { Double(text) } else { nil } }
}

/// The members of a JSON object in the order in which they were written.
package struct JSONObject: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    package private(set) var members: [(name: String, value: JSONValue)]

    package init(_ members: [(String, JSONValue)] = []) {
        self.members = members.map { (name: $0.0, value: $0.1) }
    }

    package init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }

    /// The value of the last member of that name.
    ///
    /// Setting replaces it, adds it at the end, or removes it (`nil`).
    package subscript(name: String) -> JSONValue? {
        get { members.last { $0.name == name }?.value }
        set {
            guard let newValue else {
                members.removeAll { $0.name == name }
                return
            }
            if let index = members.lastIndex(where: { $0.name == name }) {
                members[index].value = newValue
            } else {
                members.append((name, newValue))
            }
        }
    }

    package var names: [String] { members.map(\.name) }

    package static func == (a: JSONObject, b: JSONObject) -> Bool {
        a.members.count == b.members.count && zip(a.members, b.members).allSatisfy { $0 == $1 }
    }

    package func hash(into hasher: inout Hasher) {
        for (name, value) in members {
            hasher.combine(name)
            hasher.combine(value)
        }
    }
}
