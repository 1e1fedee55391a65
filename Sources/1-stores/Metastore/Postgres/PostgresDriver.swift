import Base

/// PostgreSQL inside one of its transactions.
final class PostgresDriver: MetastoreDriver {
    private let connection: PostgresConnection
    /// Whether anything was written that others have to be told of.
    private(set) var hasChanged = false
    private var cursorNumber = 0

    /// Rows that are fetched at once where an answer may be of any size.
    private static let batch = 1000

    init(_ connection: PostgresConnection) { self.connection = connection }

    var dialect: MetastoreDialect { .postgres }

    func run(
        _ sql: String, _ arguments: [MetastoreValue], each: (MetastoreRow) throws -> Bool
    ) throws -> Int {
        let result = try connection.execute(sql, PostgresArguments(arguments))
        let changed = result.changedRowCount
        if changed > 0 { hasChanged = true }
        _ = try hand(result, each)
        return changed
    }

    /// By a cursor, so that memory does not grow with the answer and `each` may run statements of its own.
    func stream(
        _ sql: String, _ arguments: [MetastoreValue], each: (MetastoreRow) throws -> Bool
    ) throws {
        cursorNumber += 1
        let cursor = "walk_\(cursorNumber)"
        _ = try connection.executeOnce(
            "DECLARE \(cursor) NO SCROLL CURSOR FOR ", sql, PostgresArguments(arguments))
        while true {
            let result = try connection.query("FETCH \(Self.batch) FROM \(cursor)")
            if try !hand(result, each) || result.rowCount < Self.batch { break }
        }
        _ = try connection.query("CLOSE \(cursor)")
    }

    private func hand(_ result: PostgresResult, _ each: (MetastoreRow) throws -> Bool) throws -> Bool {
        let names = result.names ?? result.columnNames()
        for place in 0..<result.rowCount {
            if try !each(result.row(place, names)) { return false }
        }
        return true
    }

    func runScript(_ sql: String) throws {
        hasChanged = true
        _ = try connection.query(PostgresSQL.translated(sql))
    }

    func savepoint(_ step: MetastoreSavepoint) throws { _ = try connection.query(step.rawValue) }
}
