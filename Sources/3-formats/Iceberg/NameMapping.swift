import Base

/// The names that columns have in files without field ids.
///
/// Iceberg specification, "Column Projection", table property `schema.name-mapping.default`.
package struct NameMapping: Sendable {
    /// By field id: the names that a column has had, in the order of preference.
    package let names: [Int: [String]]
    /// By field id: the field that this one lies within; none for a column of the table.
    package let parents: [Int: Int]

    package static let property = "schema.name-mapping.default"

    /// `nil` where the text is no mapping.
    package init?(_ text: String) {
        guard let json = try? JSONValue.parse(text) else { return nil }
        var names: [Int: [String]] = [:]
        var parents: [Int: Int] = [:]
        func read(_ list: JSONValue, within parent: Int?, _ depth: Int) {
            if depth > 64 { return }
            for field in list.array ?? [] {
                let id = field["field-id"]?.int64.map { Int(clamping: $0) }
                if let id {
                    names[id] = (field["names"]?.array ?? []).compactMap(\.string)
                    parents[id] = parent
                }
                if let inner = field["fields"] { read(inner, within: id, depth + 1) }
            }
        }
        read(json, within: nil, 0)
        (self.names, self.parents) = (names, parents)
    }
}
