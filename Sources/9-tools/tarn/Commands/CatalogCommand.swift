import ArgumentParser
import Base
import Catalog
import Lakehouse

struct CatalogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog", abstract: "List catalogs and schemas.",
        discussion: """
            They are made and dropped with SQL: CREATE CATALOG, CREATE SCHEMA, DROP SCHEMA.

            Example:
              tarn catalog list --json
            """,
        subcommands: [List.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List all catalogs with their schemas.",
            discussion: """
                Example:
                  tarn catalog list
                """)

        @OptionGroup var options: HomeOptions
        @OptionGroup var output: JSONOption

        func run() async throws {
            let lake = try options.openLakehouse()
            let catalog = try await lake.catalog
            var rows: [[String?]] = []
            for entry in try await catalog.allCatalogs() {
                for schema in try await catalog.allSchemas(in: entry.name) {
                    rows.append([entry.name, schema.name, schema.comment])
                }
            }
            try printList(["catalog", "schema", "comment"], rows, asJSON: output.isJSON)
            await lake.close()
        }
    }
}
