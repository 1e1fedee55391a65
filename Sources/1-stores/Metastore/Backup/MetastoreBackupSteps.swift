import Base
import GRDB
import Glibc

/// The steps of backup and restore.
enum MetastoreBackup {
    struct Table {
        let name: String
        let columns: [String]
    }

    /// Rows that one INSERT writes.
    private static let batch = 50

    static var exists: TarnError {
        TarnError(.alreadyExists, "The file exists already. Choose another name for the backup.")
    }

    // MARK: Files

    /// A new file with the rooms' tables.
    static func makeFile(_ path: String, migrations: [MetastoreMigration]) throws -> DatabaseQueue {
        // Made with its mode, for SQLite would let everybody read it.
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw refusal() }
        Glibc.close(descriptor)
        let file = try DatabaseQueue(path: path)
        try SQLiteStore.migrate(file, migrations)
        return file
    }

    /// A copy of a backup that has all tables of today.
    static func readFile(
        _ path: String, into scratch: String, migrations: [MetastoreMigration]
    ) throws -> DatabaseQueue {
        if access(path, R_OK) != 0 {
            throw TarnError(.notFound, "There is no file of that name to restore from, or it cannot be read.")
        }
        var readOnly = Configuration()
        readOnly.readonly = true
        let source = try DatabaseQueue(path: path, configuration: readOnly)
        let isMetastore = try source.read { db in
            try db.tableExists("grdb_migrations") && String.fetchOne(db, sql: "PRAGMA quick_check") == "ok"
        }
        if !isMetastore {
            throw TarnError(.corruptMetadata, "The file is damaged or no backup of a metastore.")
        }
        let descriptor = Glibc.open(scratch, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw refusal() }
        Glibc.close(descriptor)
        let copy = try DatabaseQueue(path: scratch)
        try source.backup(to: copy)
        try source.close()
        try SQLiteStore.migrate(copy, migrations)
        try copy.read { db in try check(db) }
        return copy
    }

    /// Gives a file that is complete its name, unless something has it by now, and waits for the disk.
    static func publish(_ partial: String, as path: String) throws {
        try sync(partial)
        if link(partial, path) != 0 { throw errno == EEXIST ? exists : refusal() }
        try sync(path.contains("/") ? String(path[...(path.lastIndex(of: "/") ?? path.startIndex)]) : ".")
    }

    private static func sync(_ path: String) throws {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        defer { Glibc.close(descriptor) }
        if descriptor < 0 || fsync(descriptor) != 0 { throw refusal() }
    }

    private static func refusal() -> TarnError {
        TarnError(.storage, "Cannot write the file: \(String(cString: strerror(errno))).")
    }

    /// - Throws: `.corruptMetadata` if a row refers to one that is not there.
    static func check(_ db: Database) throws {
        if try Row.fetchOne(db, sql: "PRAGMA foreign_key_check") != nil { throw MetastoreFailure.damaged }
    }

    // MARK: Rows

    /// All tables of the rooms, as an SQLite file has them.
    static func tables(_ db: MetastoreConnection) throws -> [Table] {
        let names: [String] = try db.column(
            """
            SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'grdb_migrations'
            AND substr(name, 1, 7) <> 'sqlite_' AND name NOT LIKE 'catalog_search%' ORDER BY name
            """)
        return try names.map { name in
            Table(
                name: name,
                columns: try db.column("SELECT name FROM pragma_table_info(?) ORDER BY cid", [name]))
        }
    }

    /// How many rows each table has; of all tables of an SQLite file, or of those named.
    static func rowCounts(_ driver: any MetastoreDriver, of names: [String]? = nil) throws -> [String: Int] {
        let db = MetastoreConnection(driver: driver)
        var counts: [String: Int] = [:]
        for name in try names ?? tables(db).map(\.name) {
            counts[name] = try db.value("SELECT count(*) FROM \(quoted(name))") ?? 0
        }
        return counts
    }

    /// Replaces what the target's tables hold by what the source's hold.
    static func copy(
        _ tables: [Table], from source: MetastoreConnection, to target: MetastoreConnection,
        _ progress: (Int) -> Void
    ) throws -> MetastoreCopy {
        var copied = MetastoreCopy()
        for table in tables { try target.execute("DELETE FROM \(quoted(table.name))") }
        for table in tables {
            copied.tableCount += 1
            let columns = table.columns.map(quoted).joined(separator: ", ")
            let row = "(" + table.columns.map { _ in "?" }.joined(separator: ", ") + ")"
            var waiting: [MetastoreValue] = []
            func flush() throws {
                let count = waiting.count / max(1, table.columns.count)
                if count == 0 { return }
                let rows = Array(repeating: row, count: count).joined(separator: ", ")
                try target.execute("INSERT INTO \(quoted(table.name)) (\(columns)) VALUES \(rows)", waiting)
                waiting.removeAll(keepingCapacity: true)
                copied.rowCount += count
                progress(copied.rowCount)
            }
            try source.forEach("SELECT \(columns) FROM \(quoted(table.name))") { row in
                waiting += row.values
                if waiting.count >= batch * table.columns.count { try flush() }
                return true
            }
            try flush()
        }
        return copied
    }

    /// Runs `body` with foreign keys that are looked at only when it is through, since rows come in any order.
    static func withDeferredKeys<T>(_ db: MetastoreConnection, _ body: () throws -> T) throws -> T {
        if db.dialect == .sqlite {
            // Until the end of the transaction.
            try db.script("PRAGMA defer_foreign_keys = ON")
            return try body()
        }
        let keys: [(table: String, name: String)] = try db.rows(
            """
            SELECT t.relname AS relation, c.conname AS name FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
            JOIN pg_namespace n ON n.oid = t.relnamespace WHERE c.contype = 'f' AND n.nspname = current_schema()
            """
        ).map { (try $0("relation"), try $0("name")) }
        func alter(_ words: String) throws {
            for key in keys {
                try db.script(
                    "ALTER TABLE \(quoted(key.table)) ALTER CONSTRAINT \(quoted(key.name)) \(words)")
            }
        }
        try alter("DEFERRABLE INITIALLY DEFERRED")
        let result = try body()
        try db.script("SET CONSTRAINTS ALL IMMEDIATE")
        try alter("NOT DEFERRABLE")
        try raiseIdentities(db)
        return result
    }

    /// Has keys that number themselves go on after those that were copied.
    private static func raiseIdentities(_ db: MetastoreConnection) throws {
        let columns = try db.rows(
            """
            SELECT t.relname AS relation, a.attname AS name FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid
            JOIN pg_namespace n ON n.oid = t.relnamespace WHERE a.attidentity <> '' AND n.nspname = current_schema()
            """)
        for column in columns {
            let (table, name): (String, String) = (try column("relation"), try column("name"))
            _ = try db.row(
                """
                SELECT setval(pg_get_serial_sequence(?, ?), greatest(max(\(quoted(name))), 1)) FROM \(quoted(table))
                HAVING max(\(quoted(name))) IS NOT NULL
                """, [quoted(table), name])
        }
    }

    private static func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }
}
