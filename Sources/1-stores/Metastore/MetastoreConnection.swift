import Base

/// Which database stands behind a metastore, for the little SQL that differs.
package enum MetastoreDialect: Sendable {
    case sqlite, postgres
}

/// What a store does for a connection; one implementation a database.
protocol MetastoreDriver: AnyObject {
    var dialect: MetastoreDialect { get }
    /// Runs one statement and hands over its rows until `each` answers false; the number of rows that it changed.
    func run(
        _ sql: String, _ arguments: [MetastoreValue], each: (MetastoreRow) throws -> Bool
    ) throws -> Int
    /// Runs any number of statements without arguments.
    func runScript(_ sql: String) throws
}

/// SQL inside one transaction of the metastore.
///
/// The SQL is what SQLite and PostgreSQL have in common: `?` for arguments; TEXT, INTEGER (64 bits), REAL, BLOB;
/// `ON CONFLICT ... DO`; no `LIKE` without an ESCAPE and lower case on both sides; no `max` of two values. Text sorts by
/// its bytes. The DDL of migrations is in SQLite's words, and translated.
package struct MetastoreConnection {
    let driver: any MetastoreDriver

    package var dialect: MetastoreDialect { driver.dialect }

    /// Runs one statement.
    ///
    /// - Returns: How many rows it inserted, changed or deleted.
    @discardableResult
    package func execute(_ sql: String, _ arguments: [any MetastoreArgument] = []) throws -> Int {
        try driver.run(sql, arguments.map(\.metastoreValue)) { _ in true }
    }

    /// Runs statements with semicolons between them.
    package func script(_ sql: String) throws { try driver.runScript(sql) }

    /// All rows of a query.
    package func rows(_ sql: String, _ arguments: [any MetastoreArgument] = []) throws -> [MetastoreRow] {
        var rows: [MetastoreRow] = []
        _ = try driver.run(sql, arguments.map(\.metastoreValue)) {
            rows.append($0)
            return true
        }
        return rows
    }

    /// The first row of a query.
    package func row(_ sql: String, _ arguments: [any MetastoreArgument] = []) throws -> MetastoreRow? {
        var row: MetastoreRow?
        _ = try driver.run(sql, arguments.map(\.metastoreValue)) {
            row = $0
            return false
        }
        return row
    }

    /// Hands over the rows of a query one by one, until `body` answers false.
    package func forEach(
        _ sql: String, _ arguments: [any MetastoreArgument] = [], _ body: (MetastoreRow) throws -> Bool
    ) throws {
        _ = try driver.run(sql, arguments.map(\.metastoreValue), each: body)
    }

    /// The first column of the first row; `nil` without a row.
    package func value<T: MetastoreColumn>(
        _ sql: String, _ arguments: [any MetastoreArgument] = []
    ) throws -> T? {
        try row(sql, arguments).map { try $0(0) }
    }

    /// The first column of every row.
    package func column<T: MetastoreColumn>(
        _ sql: String, _ arguments: [any MetastoreArgument] = []
    ) throws -> [T] {
        try rows(sql, arguments).map { try $0(0) }
    }

    /// Runs `body`, and undoes what it wrote unless it answers true.
    package func savepoint(_ body: () throws -> Bool) throws {
        try script("SAVEPOINT inner_step")
        do {
            if try !body() { try script("ROLLBACK TO SAVEPOINT inner_step") }
            try script("RELEASE SAVEPOINT inner_step")
        } catch {
            try? script("ROLLBACK TO SAVEPOINT inner_step; RELEASE SAVEPOINT inner_step")
            throw error
        }
    }
}

/// Differs before and after every committed write, by whichever process.
package struct MetastoreChangeToken: Hashable, Sendable {
    let parts: [Int64]
}
