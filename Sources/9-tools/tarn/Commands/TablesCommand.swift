import ArgumentParser
import Base
import Catalog
import Lakehouse
import Query
import TableModel

struct TablesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tables", abstract: "List, describe, maintain and convert tables.",
        discussion: """
            Examples:
              tarn tables list
              tarn tables describe sales.orders
              tarn tables history sales.orders --limit 5 --json
              tarn tables optimize sales.orders --zorder customer,product
              tarn tables vacuum sales.orders --dry-run
            """,
        subcommands: [
            List.self, Describe.self, TablesDetailCommand.self, History.self, TablesOptimizeCommand.self,
            TablesVacuumCommand.self, TablesPurgeCommand.self, TablesRestoreCommand.self,
            TablesCloneCommand.self, TablesConvertCommand.self, TablesSetCommand.self,
            TablesDropFeatureCommand.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the tables of a schema, a catalog, or all.",
            discussion: """
                Examples:
                  tarn tables list
                  tarn tables list main.sales --json
                """)

        @OptionGroup var options: HomeOptions
        @OptionGroup var output: JSONOption
        @Argument(help: "A catalog, or catalog.schema.") var scope: String?

        func run() async throws {
            let lake = try options.openLakehouse()
            let catalog = try await lake.catalog
            let parts = try scope.map { try QualifiedName.parts(of: $0) } ?? []
            if parts.count > 2 { throw ValidationError("Give a catalog, or catalog.schema.") }
            var rows: [[String?]] = []
            let catalogs =
                if let first = parts.first { [first] } else { try await catalog.allCatalogs().map(\.name) }
            for name in catalogs {
                let schemas =
                    parts.count > 1 ? [parts[1]] : try await catalog.allSchemas(in: name).map(\.name)
                for schema in schemas {
                    for table in try await catalog.allTables(in: schema, catalog: name) {
                        rows.append([
                            table.name.description, table.kind.rawValue, table.format.rawValue, table.comment,
                            table.location,
                        ])
                    }
                }
            }
            try printList(["table", "kind", "format", "comment", "location"], rows, asJSON: output.isJSON)
            await lake.close()
        }
    }

    struct Describe: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a table's columns, size, version and properties.",
            discussion: """
                Example:
                  tarn tables describe sales.orders
                """)

        @OptionGroup var options: HomeOptions
        @OptionGroup var output: JSONOption
        @Argument(help: "table, schema.table or catalog.schema.table.") var table: String

        func run() async throws {
            let lake = try options.openLakehouse()
            let name = try QualifiedName(table)
            if output.isJSON {
                let columns = try await lake.rows("DESCRIBE TABLE \(name)")
                let detail = try await lake.rows("DESCRIBE DETAIL \(name)")
                var object = detail.first?.object ?? JSONObject()
                object["columns"] = .array(columns)
                printJSON(.object(object))
            } else {
                let runner = SQLRunner(lake: lake, context: QueryContext(), parameters: .none)
                try await runner.run(script: "DESCRIBE TABLE \(name)", format: .table, output: nil)
                for (label, value) in try await lake.rows("DESCRIBE DETAIL \(name)").first?.object?.members
                    ?? []
                {
                    print("\(label): \(value.string ?? value.jsonText)")
                }
            }
            await lake.close()
        }
    }

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the versions of a table, newest first.",
            discussion: """
                Example:
                  tarn tables history sales.orders --limit 5
                """)

        @OptionGroup var table: TableOptions
        @Option(help: "At most so many versions.") var limit: Int?

        func validate() throws {
            if let limit, limit < 1 { throw ValidationError("--limit must be above 0.") }
        }

        func run() async throws {
            let lake = try table.openLakehouse()
            let statement =
                "DESCRIBE HISTORY \(table.reference)" + (limit.map { " LIMIT \($0)" } ?? "")
            let runner = SQLRunner(lake: lake, context: QueryContext(localFiles: true), parameters: .none)
            try await runner.run(script: statement, format: table.output.isJSON ? .json : .table, output: nil)
            await lake.close()
        }
    }
}
