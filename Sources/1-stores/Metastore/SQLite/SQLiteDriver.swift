import Base
import Foundation
import GRDB

/// SQLite by GRDB, inside one of its transactions.
final class SQLiteDriver: MetastoreDriver {
    private let db: Database

    init(_ db: Database) { self.db = db }

    var dialect: MetastoreDialect { .sqlite }

    func run(
        _ sql: String, _ arguments: [MetastoreValue], each: (MetastoreRow) throws -> Bool
    ) throws -> Int {
        let statement = try db.cachedStatement(sql: sql)
        let before = db.totalChangesCount
        // Without the rows that went along with others by a foreign key.
        func changes() -> Int { db.totalChangesCount == before ? 0 : db.changesCount }
        let bound = StatementArguments(arguments.map(\.databaseValue))
        if statement.columnCount == 0 {
            try statement.execute(arguments: bound)
            return changes()
        }
        let names = MetastoreColumnNames(statement.columnNames)
        let cursor = try Row.fetchCursor(statement, arguments: bound)
        while let row = try cursor.next() {
            var values: [MetastoreValue] = []
            values.reserveCapacity(names.names.count)
            for place in names.names.indices { values.append(MetastoreValue(row[place] as DatabaseValue)) }
            if try !each(MetastoreRow(places: names, values: values)) { break }
        }
        return changes()
    }

    func stream(
        _ sql: String, _ arguments: [MetastoreValue], each: (MetastoreRow) throws -> Bool
    ) throws {
        _ = try run(sql, arguments, each: each)
    }

    func runScript(_ sql: String) throws { try db.execute(sql: sql) }

    func savepoint(_ step: MetastoreSavepoint) throws { try db.execute(sql: step.rawValue) }
}

extension MetastoreValue {
    fileprivate init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let number): self = .integer(number)
        case .double(let number): self = .real(number)
        case .string(let text): self = .text(text)
        case .blob(let data): self = .blob([UInt8](data))
        }
    }

    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let number): number.databaseValue
        case .real(let number): number.databaseValue
        case .text(let text): text.databaseValue
        case .blob(let bytes): Data(bytes).databaseValue
        }
    }
}
