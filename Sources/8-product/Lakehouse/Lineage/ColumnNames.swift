package import Catalog
package import Lineage

/// From the keys of columns, which lineage keeps, to the names that they have now.
package actor ColumnNames {
    private let catalog: CatalogService
    private var known: [String: [CatalogColumn]] = [:]

    /// - Parameter catalog: Only asked about nodes that may be seen.
    package init(_ catalog: CatalogService) { self.catalog = catalog }

    /// The name of a column; its key where the catalog does not know it.
    package func name(of key: String, in node: LineageGraph.Node) async throws -> String {
        try await columns(of: node).first { $0.key == key }?.name ?? key
    }

    /// The key of a column; the name itself where the catalog does not know it.
    package func key(of name: String, in node: LineageGraph.Node) async throws -> String {
        try await columns(of: node).first { $0.name.lowercased() == name.lowercased() }?.key ?? name
    }

    private func columns(of node: LineageGraph.Node) async throws -> [CatalogColumn] {
        guard let id = node.catalogID else { return [] }
        if let columns = known[id] { return columns }
        let columns = try await catalog.columns(of: id)
        known[id] = columns
        return columns
    }
}
