import ArgumentParser
import Base
import Lakehouse
import Synchronization
import Terminal

struct MetastoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metastore", abstract: "Look at the metastore, back it up, fill it from a backup.",
        discussion: """
            The metastore holds catalog, grants, tokens and feature definitions: metastore.sqlite in the home, or the
            PostgreSQL database that the setting metastore.url names.
            """,
        subcommands: [MetastoreInfoCommand.self, MetastoreBackupCommand.self, MetastoreRestoreCommand.self])
}

struct MetastoreInfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Show where the metastore is and what it holds.",
        discussion: """
            Examples:
              tarn metastore info
              tarn metastore info --json
            """)

    @OptionGroup var options: HomeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let lake = try options.openLakehouse()
        let info = try await lake.metastoreInfo()
        await lake.close()
        if output.isJSON {
            printJSON(
                .object([
                    "database": .string(info.database), "location": .string(info.location),
                    "objects": .int(info.objectCount), "principals": .int(info.principalCount),
                    "grants": .int(info.grantCount),
                ]))
        } else {
            try printList(
                ["database", "location", "objects", "principals", "grants"],
                [
                    [
                        info.database, info.location, String(info.objectCount), String(info.principalCount),
                        String(info.grantCount),
                    ]
                ], asJSON: false)
        }
    }
}

struct MetastoreBackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the metastore into a file while it is in use.",
        discussion: """
            The file holds everything as it was at one moment, whichever database the metastore is in; it is complete
            or not there. An existing file is not overwritten. Tables' files are not part of it.

            Examples:
              tarn metastore backup /backups/metastore-2026-01-31.sqlite
            """)

    @OptionGroup var options: HomeOptions
    @OptionGroup var output: JSONOption
    @Argument(help: ArgumentHelp("The file to make.", valueName: "file")) var file: String

    func run() async throws {
        let lake = try options.openLakehouse()
        let bar = Mutex(ProgressBar("backing up", on: .error))
        let copied = try await lake.backUpMetastore(to: file) { rows in
            bar.withLock { $0.update(done: Int64(rows), total: nil, unit: "rows") }
        }
        bar.withLock { $0.finish() }
        await lake.close()
        printCopied(copied, "copied", output)
    }
}

struct MetastoreRestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Fill an empty metastore from a backup.",
        discussion: """
            The metastore must be empty: that of a new home, or a schema of a database that nothing has used. So this
            also moves a lakehouse from SQLite to PostgreSQL and back. All or nothing; the file stays as it is.

            Examples:
              tarn init --home /data/lake && tarn metastore restore backup.sqlite --home /data/lake
              tarn metastore restore backup.sqlite --set metastore.url=postgresql://tarn@db/lake
            """)

    @OptionGroup var options: HomeOptions
    @OptionGroup var output: JSONOption
    @Argument(help: ArgumentHelp("The backup.", valueName: "file")) var file: String

    func run() async throws {
        let lake = try options.openLakehouse()
        let bar = Mutex(ProgressBar("restoring", on: .error))
        let copied = try await lake.restoreMetastore(from: file) { rows in
            bar.withLock { $0.update(done: Int64(rows), total: nil, unit: "rows") }
        }
        bar.withLock { $0.finish() }
        await lake.close()
        printCopied(copied, "restored", output)
    }
}

private func printCopied(_ copied: MetastoreReport, _ verb: String, _ output: JSONOption) {
    if output.isJSON {
        printJSON(.object(["tables": .int(Int64(copied.tableCount)), "rows": .int(Int64(copied.rowCount))]))
    } else {
        print("\(verb) \(copied.rowCount) rows of \(copied.tableCount) tables")
    }
}
