import ArgumentParser
import Base
import Lakehouse
import TableModel

struct TablesOptimizeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "optimize", abstract: "Join small files, and sort rows so that queries read less.",
        discussion: """
            The same as the SQL statement OPTIMIZE. Rows stay as they are; the version before can still be read.

            Examples:
              tarn tables optimize sales.orders
              tarn tables optimize sales.orders --where "day >= '2026-01-01'" --zorder customer,product
              tarn tables optimize /data/orders --full --json
            """)

    @OptionGroup var table: TableOptions
    @Option(help: ArgumentHelp("Only these partitions.", valueName: "condition")) var `where`: String?
    @Option(help: ArgumentHelp("Columns to sort by, all at once.", valueName: "a,b")) var zorder: String?
    @Flag(help: "Do files anew that are well already.") var full = false

    func run() async throws {
        var sql = "OPTIMIZE \(table.reference)" + (full ? " FULL" : "")
        if let condition = self.where { sql += " WHERE \(condition)" }
        let columns = (zorder ?? "").split(separator: ",").map { TableReference.column(String($0)) }
        if !columns.isEmpty { sql += " ZORDER BY (\(columns.joined(separator: ", ")))" }
        try await table.run(sql, "optimizing \(table.table)")
    }
}

struct TablesVacuumCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vacuum", abstract: "Remove files that no version within the retention needs.",
        discussion: """
            The same as the SQL statement VACUUM. Files of pinned versions (training sets) and of shallow clones stay.

            Examples:
              tarn tables vacuum sales.orders --dry-run
              tarn tables vacuum sales.orders
              tarn tables vacuum sales.orders --retain-hours 24 --force
            """)

    @OptionGroup var table: TableOptions
    @Option(help: ArgumentHelp("Keep files so long after they left the table.", valueName: "hours"))
    var retainHours: Double?
    @Flag(help: "Only list the files.") var dryRun = false
    @Flag(help: "Allow less than the table's own retention: readers at work may lose their files.")
    var force = false

    func validate() throws {
        if let retainHours, !(0...1e6).contains(retainHours) {
            throw ValidationError("--retain-hours must be from 0 to 1000000.")
        }
    }

    func run() async throws {
        let retention = retainHours.map { " RETAIN \($0) HOURS" } ?? ""
        let sql =
            "VACUUM \(table.reference)\(retention)\(dryRun ? " DRY RUN" : "")\(force ? " FORCE" : "")"
        try await table.run(sql, "vacuuming \(table.table)")
    }
}

struct TablesPurgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge", abstract: "Write files anew without the rows and columns that were deleted.",
        discussion: """
            The same as the SQL statement REORG TABLE ... APPLY (PURGE).

            Example:
              tarn tables purge sales.orders && tarn tables vacuum sales.orders
            """)

    @OptionGroup var table: TableOptions
    @Option(help: ArgumentHelp("Only these partitions.", valueName: "condition")) var `where`: String?

    func run() async throws {
        let condition = self.where.map { " WHERE \($0)" } ?? ""
        try await table.run(
            "REORG TABLE \(table.reference)\(condition) APPLY (PURGE)", "purging \(table.table)")
    }
}

/// `--version` or `--timestamp`.
struct VersionOptions: ParsableArguments {
    @Option(name: .customLong("version"), help: ArgumentHelp("The version.", valueName: "number"))
    var number: Int64?
    @Option(
        help: ArgumentHelp("The newest version at or before this time (UTC).", valueName: "time"))
    var timestamp: String?

    func validate() throws {
        if number != nil, timestamp != nil {
            throw ValidationError("Give --version or --timestamp, not both.")
        }
        if let number, number < 0 { throw ValidationError("Versions count from 0.") }
    }

    /// Empty if neither is given.
    var sql: String {
        if let number { return "VERSION AS OF \(number)" }
        return timestamp.map { "TIMESTAMP AS OF \(quoteLiteral($0))" } ?? ""
    }
}

struct TablesRestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Make a table what it was, as a new version.",
        discussion: """
            The same as the SQL statement RESTORE TABLE.

            Examples:
              tarn tables restore sales.orders --version 7
              tarn tables restore sales.orders --timestamp '2026-01-31 12:00:00'
            """)

    @OptionGroup var table: TableOptions
    @OptionGroup var place: VersionOptions

    func validate() throws {
        if place.sql.isEmpty { throw ValidationError("Give --version or --timestamp.") }
    }

    func run() async throws {
        try await table.run(
            "RESTORE TABLE \(table.reference) TO \(place.sql)", "restoring \(table.table)")
    }
}

struct TablesCloneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clone", abstract: "Make another table of a table's rows.",
        discussion: """
            The same as the SQL statement CREATE TABLE ... CLONE. A shallow clone reads the files of its source, which
            keeps them through every vacuum.

            Examples:
              tarn tables clone sales.orders sandbox.orders --shallow
              tarn tables clone sales.orders backup.orders --version 7
              tarn tables clone /data/orders sandbox.orders
            """)

    @OptionGroup var table: TableOptions
    @Argument(help: "Name or folder of the new table.") var target: String
    @Flag(help: "Read the source's files instead of copying them.") var shallow = false
    @OptionGroup var place: VersionOptions

    func run() async throws {
        let kind = shallow ? "SHALLOW" : "DEEP"
        try await table.run(
            "CREATE TABLE \(TableReference.sql(target)) \(kind) CLONE \(table.reference) \(place.sql)",
            "cloning \(table.table)")
    }
}
