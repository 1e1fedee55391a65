package import Catalog

extension CatalogService {
    /// Every catalog, page after page.
    package func allCatalogs() async throws -> [CatalogEntry] {
        try await Self.all { try await self.catalogs(limit: Self.largestPage, after: $0) }
    }

    /// Every schema of a catalog, page after page.
    package func allSchemas(in catalog: String) async throws -> [SchemaEntry] {
        try await Self.all { try await self.schemas(in: catalog, limit: Self.largestPage, after: $0) }
    }

    /// Every table of a schema, page after page.
    package func allTables(in schema: String, catalog: String) async throws -> [TableEntry] {
        try await Self.all {
            try await self.tables(in: schema, catalog: catalog, limit: Self.largestPage, after: $0)
        }
    }

    private static func all<Entry>(
        _ page: (String?) async throws -> CatalogPage<Entry>
    ) async throws -> [Entry] {
        var entries: [Entry] = []
        var place: String?
        repeat {
            let next = try await page(place)
            entries += next.entries
            place = next.next
        } while place != nil
        return entries
    }
}
