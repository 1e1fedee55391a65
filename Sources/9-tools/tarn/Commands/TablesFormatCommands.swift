import ArgumentParser
import Base
import Lakehouse
import Query
import TableModel

struct TablesConvertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Make a Delta table of Parquet files or of an Iceberg table, where it lies.",
        discussion: """
            The same as the SQL statement CONVERT TO DELTA. No data file is written; --name enters the table into the
            catalog.

            Examples:
              tarn tables convert /data/trips --name main.default.trips
              tarn tables convert /data/trips --partitioned-by 'day DATE, country STRING'
              tarn tables convert /data/iceberg/orders --format iceberg
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case parquet, iceberg }

    @OptionGroup var options: HomeOptions
    @OptionGroup var output: JSONOption
    @Argument(help: "The folder.") var folder: String
    @Option(help: "parquet or iceberg.") var format = Format.parquet
    @Option(help: ArgumentHelp("Its name in the catalog.", valueName: "table")) var name: String?
    @Option(
        help: ArgumentHelp(
            "Columns that folder names stand for; found if not given.", valueName: "'name type, ...'"))
    var partitionedBy: String?
    @Flag(help: "Take no statistics from the files' footers.") var noStatistics = false

    func run() async throws {
        let path = folder.contains("/") ? folder : "./" + folder
        let lake = try options.openLakehouse(for: path)
        let context = QueryContext(localFiles: true)
        let sql =
            "CONVERT TO DELTA \(format.rawValue).`\(path.replacing("`", with: "``"))`"
            + (noStatistics ? " NO STATISTICS" : "") + (partitionedBy.map { " PARTITIONED BY (\($0))" } ?? "")
        let result = try await withProgress("converting \(folder)") {
            try await lake.run(sql, context: context)
        }
        if let name {
            _ = try await lake.run("CREATE TABLE \(name) LOCATION \(quoteLiteral(path))", context: context)
        }
        try await printChange(result, asJSON: output.isJSON)
        await lake.close()
    }
}

struct TablesDetailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detail", abstract: "Show a table's size, version, properties and features.",
        discussion: """
            The same as the SQL statement DESCRIBE DETAIL.

            Examples:
              tarn tables detail sales.orders
              tarn tables detail /data/orders --json
            """)

    @OptionGroup var table: TableOptions

    func run() async throws {
        let lake = try table.openLakehouse()
        let rows = try await lake.rows("DESCRIBE DETAIL \(table.reference)", localFiles: true)
        guard let detail = rows.first else { return }
        if table.output.isJSON { printJSON(detail) } else { print(outline(detail), terminator: "") }
        await lake.close()
    }
}

struct TablesDropFeatureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop-feature",
        abstract: "Take a protocol feature away, so that simpler readers can use the table again.",
        discussion: """
            The same as the SQL statement ALTER TABLE ... DROP FEATURE. `tarn tables detail` lists the features.

            Examples:
              tarn tables drop-feature sales.orders deletionVectors
              tarn tables drop-feature sales.orders v2Checkpoint --truncate-history
            """)

    @OptionGroup var table: TableOptions
    @Argument(help: "The feature's name.") var feature: String
    @Flag(help: "Give up the versions that need it.") var truncateHistory = false

    func run() async throws {
        try await table.run(
            "ALTER TABLE \(table.reference) DROP FEATURE \(quoteLiteral(feature))"
                + (truncateHistory ? " TRUNCATE HISTORY" : ""), "dropping \(feature)")
    }
}

struct TablesSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set properties of a table.",
        discussion: """
            The same as the SQL statement ALTER TABLE ... SET TBLPROPERTIES. Properties that enable a feature of the
            protocol upgrade the table, which older readers and writers may then refuse.

            Examples:
              tarn tables set sales.orders delta.enableDeletionVectors=true
              tarn tables set sales.orders delta.autoOptimize.autoCompact=true delta.checkpointInterval=50
            """)

    @OptionGroup var table: TableOptions
    @Argument(help: ArgumentHelp("Properties.", valueName: "name=value")) var properties: [String]

    func validate() throws {
        for text in properties where !text.contains("=") || text.hasPrefix("=") {
            throw ValidationError("'\(text)' is no name=value.")
        }
    }

    func run() async throws {
        let items = properties.map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return "\(quoteLiteral(String(parts[0]))) = \(quoteLiteral(String(parts[1])))"
        }
        try await table.run(
            "ALTER TABLE \(table.reference) SET TBLPROPERTIES (\(items.joined(separator: ", ")))",
            "changing \(table.table)")
    }
}
