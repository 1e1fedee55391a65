package import Base

extension CatalogService {
    /// The tables whose files lie in a folder: several names may stand for one external table.
    ///
    /// - Parameter location: As an entry has it, without a slash at its end.
    /// - Returns: All of them, of all catalogs.
    /// - Throws: What the metastore throws.
    package func tables(atLocation location: String) async throws(TarnError) -> [TableEntry] {
        var found: [TableEntry] = []
        var catalogPage: String?
        repeat {
            let catalogs = try await catalogs(limit: Self.largestPage, after: catalogPage)
            for catalog in catalogs.entries {
                var schemaPage: String?
                repeat {
                    let schemas = try await schemas(
                        in: catalog.name, limit: Self.largestPage, after: schemaPage)
                    for schema in schemas.entries {
                        var tablePage: String?
                        repeat {
                            let tables = try await tables(
                                in: schema.name, catalog: catalog.name, limit: Self.largestPage,
                                after: tablePage)
                            found += tables.entries.filter { Self.path($0.location) == Self.path(location) }
                            tablePage = tables.next
                        } while tablePage != nil
                    }
                    schemaPage = schemas.next
                } while schemaPage != nil
            }
            catalogPage = catalogs.next
        } while catalogPage != nil
        return found
    }

    private static func path(_ location: String) -> Substring {
        location.hasPrefix("file://") ? location.dropFirst(7) : location[...]
    }
}
