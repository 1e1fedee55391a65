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
    /// Hands over the rows of a query one by one until `each` answers false; `each` may run statements of its own.
    func stream(
        _ sql: String, _ arguments: [MetastoreValue], each: (MetastoreRow) throws -> Bool
    ) throws
    /// Runs any number of statements without arguments.
    func runScript(_ sql: String) throws
    func savepoint(_ step: MetastoreSavepoint) throws
}

/// Steps may be inside one another: each means the innermost.
enum MetastoreSavepoint: String {
    case begin = "SAVEPOINT inner_step"
    case undo = "ROLLBACK TO SAVEPOINT inner_step"
    case end = "RELEASE SAVEPOINT inner_step"
}

/// SQL inside one transaction of the metastore.
///
/// The SQL is what SQLite and PostgreSQL have in common: `?` for arguments; TEXT, INTEGER (64 bits), REAL, BLOB;
/// `ON CONFLICT ... DO`; `IS NOT DISTINCT FROM`; no `LIKE` without an ESCAPE and lower case on both sides; no `max` of two
/// values. Text sorts by its bytes. The DDL of migrations is in SQLite's words, and translated. After a statement that
/// failed a transaction is over, unless the statement ran in a `savepoint`.
package struct MetastoreConnection {
    let driver: any MetastoreDriver

    package var dialect: MetastoreDialect { driver.dialect }

    /// Runs one statement.
    ///
    /// - Returns: How many rows it inserted, changed or deleted.
    @discardableResult
    package func execute(_ sql: String, _ arguments: [any MetastoreArgument] = []) throws -> Int {
        try driver.run(sql, try values(arguments)) { _ in true }
    }

    /// Runs statements with semicolons between them.
    package func script(_ sql: String) throws { try driver.runScript(sql) }

    /// All rows of a query.
    package func rows(_ sql: String, _ arguments: [any MetastoreArgument] = []) throws -> [MetastoreRow] {
        var rows: [MetastoreRow] = []
        _ = try driver.run(sql, try values(arguments)) {
            rows.append($0)
            return true
        }
        return rows
    }

    /// The first row of a query.
    package func row(_ sql: String, _ arguments: [any MetastoreArgument] = []) throws -> MetastoreRow? {
        var row: MetastoreRow?
        _ = try driver.run(sql, try values(arguments)) {
            row = $0
            return false
        }
        return row
    }

    /// Hands over the rows of a query one by one, until `body` answers false; memory does not grow with the answer.
    package func forEach(
        _ sql: String, _ arguments: [any MetastoreArgument] = [], _ body: (MetastoreRow) throws -> Bool
    ) throws {
        _ = try driver.stream(sql, try values(arguments), each: body)
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
        try driver.savepoint(.begin)
        do {
            if try !body() { try driver.savepoint(.undo) }
            try driver.savepoint(.end)
        } catch {
            try? driver.savepoint(.undo)
            try? driver.savepoint(.end)
            throw error
        }
    }

    /// - Throws: `.invalidInput` for a text with a null character, which neither store keeps.
    private func values(_ arguments: [any MetastoreArgument]) throws(TarnError) -> [MetastoreValue] {
        var values: [MetastoreValue] = []
        values.reserveCapacity(arguments.count)
        for argument in arguments {
            let value = argument.metastoreValue
            if case .text(let text) = value, text.utf8.contains(0) {
                throw TarnError(.invalidInput, "A text holds a null character. Leave it out.")
            }
            values.append(value)
        }
        return values
    }
}

/// Differs before and after every committed write, by whichever process.
package struct MetastoreChangeToken: Hashable, Sendable {
    let parts: [Int64]
}
