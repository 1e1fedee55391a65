import Base

/// The names that columns have in files without field ids.
///
/// Iceberg specification, "Column Projection", table property `schema.name-mapping.default`.
package struct NameMapping: Sendable {
    /// By field id: the names that a column has had, in the order of preference.
    package let names: [Int: [String]]

    package static let property = "schema.name-mapping.default"

    /// `nil` where the text is no mapping.
    package init?(_ text: String) {
        guard let json = try? JSONValue.parse(text) else { return nil }
        var names: [Int: [String]] = [:]
        func read(_ list: JSONValue, _ depth: Int) {
            if depth > 64 { return }
            for field in list.array ?? [] {
                if let id = field["field-id"]?.int64 {
                    names[Int(clamping: id)] = (field["names"]?.array ?? []).compactMap(\.string)
                }
                if let inner = field["fields"] { read(inner, depth + 1) }
            }
        }
        read(json, 0)
        self.names = names
    }
}
