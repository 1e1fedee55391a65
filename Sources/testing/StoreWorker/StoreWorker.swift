import Base
import Catalog
import Foundation
import Metastore
import OnlineStore

/// Does one job on a store in a process of its own and writes a line after each durable step; for tests only.
@main
struct StoreWorker {
    static func main() async {
        do {
            try await run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            say("failed: \((error as? TarnError)?.code.rawValue ?? "\(error)")")
            exit(3)
        }
    }

    private static func run(_ arguments: [String]) async throws {
        switch arguments.first {
        case "online-write" where arguments.count == 6:
            try await writeOnline(
                arguments[1], mapByteCount: Int(arguments[2]) ?? 0, rounds: Int(arguments[3]) ?? 0,
                rows: Int(arguments[4]) ?? 0, limit: UInt(arguments[5]))
        case "catalog-churn" where arguments.count == 4:
            try await churnCatalog(arguments[1], prefix: arguments[2], rounds: Int(arguments[3]) ?? 0)
        default:
            throw TarnError(.invalidInput, "unknown job")
        }
    }

    /// Writes `rows` rows of 100 bytes in view 1, `rounds` times, each row holding its round's number.
    private static func writeOnline(
        _ folder: String, mapByteCount: Int, rounds: Int, rows: Int, limit: UInt?
    ) async throws {
        if let limit {
            var bound = rlimit(rlim_cur: rlim_t(limit), rlim_max: rlim_t(limit))
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &bound)
            signal(SIGXFSZ, SIG_IGN)
        }
        let store = try await LMDBOnlineStore.open(folder: folder, mapByteCount: mapByteCount)
        for round in 1...rounds {
            var batch = OnlineRows()
            for row in 0..<rows {
                batch.append(
                    OnlineViewID(1), key: String(row).utf8,
                    value: Array(repeating: UInt8(truncatingIfNeeded: round), count: 100))
            }
            try await store.write(batch) { _, _ in true }
            say("\(round)")
        }
    }

    /// Makes a table that stays, and a schema with three tables that it drops again, `rounds` times.
    private static func churnCatalog(_ path: String, prefix: String, rounds: Int) async throws {
        let location =
            path.hasPrefix("/") ? .file(path) : MetastoreLocation.postgres(try PostgresLocation(path))
        let metastore = try await Metastore.open(location, migrations: CatalogMigrations.all)
        let catalog = try await CatalogService.open(metastore, warehouse: "/warehouse")
        for round in 1...rounds {
            let kept = try await catalog.planTable(QualifiedName(name: "\(prefix)\(round)"))
            try await catalog.addTable(kept)
            let schema = "\(prefix)_schema"
            try await catalog.createSchema(schema, ifNotExists: true)
            for table in 0..<3 {
                let name = QualifiedName(schema: schema, name: "t\(table)")
                try await catalog.addTable(try await catalog.planTable(name))
            }
            try await catalog.dropSchema(schema, cascade: true)
            say("\(round)")
        }
    }

    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }
}
