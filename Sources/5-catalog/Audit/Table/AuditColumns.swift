package import Engine
package import TableModel

/// The columns of `system.audit`, in their order.
package enum AuditColumns {
    package static let schema = TableSchema(
        all.map { SchemaField($0.name, $0.type, isNullable: $0.isNullable) })

    /// The day of `time` in UTC; the table is partitioned by it.
    static let partition = "date"

    private struct Column: Sendable {
        var name: String
        var type: DataType
        var isNullable = true
        init(_ name: String, _ type: DataType, isNullable: Bool = true) {
            self.name = name
            self.type = type
            self.isNullable = isNullable
        }
    }

    private static let all: [Column] = [
        Column("date", .date), Column("time", .timestamp), Column("principal", .string),
        Column("principal_id", .string), Column("action", .string), Column("object_kind", .string),
        Column("object_name", .string), Column("object_id", .string), Column("outcome", .string),
        Column("door", .string), Column("request_id", .string), Column("client_address", .string),
        Column("details", .string), Column("chain", .string), Column("sequence", .long),
        Column("hash", .string),
    ]

    static let names = all.map(\.name)

    /// Lines as rows for the engine, of the columns in their order.
    package static func source(_ lines: [AuditLine]) -> EngineRowSource {
        EngineRowSource(columns: all.map { ($0.name, EngineType($0.type)) }, rowCount: lines.count) {
            rows, columns in
            for (place, row) in rows.enumerated() { try write(lines[row], place, columns) }
        }
    }

    private static func write(_ line: AuditLine, _ place: Int, _ columns: [EngineColumnWriter]) throws {
        try columns[0].set(place, EngineValue.date(line.date))
        try columns[1].set(place, line.event.timeMicroseconds)
        try columns[2].set(place, line.event.principal)
        try columns[3].set(place, line.event.principalID)
        try columns[4].set(place, line.event.action)
        let optional = [line.event.objectKind, line.event.objectName, line.event.objectID]
        for (offset, text) in optional.enumerated() { try set(columns[5 + offset], place, text) }
        try columns[8].set(place, line.event.outcome)
        try columns[9].set(place, line.event.door)
        let more = [line.event.requestID, line.event.clientAddress, line.event.details]
        for (offset, text) in more.enumerated() { try set(columns[10 + offset], place, text) }
        try columns[13].set(place, line.chain)
        try columns[14].set(place, line.sequence)
        try columns[15].set(place, line.hash.description)
    }

    private static func set(_ column: EngineColumnWriter, _ place: Int, _ text: String?) throws {
        if let text { try column.set(place, text) } else { column.setNull(place) }
    }

    /// A row as it was read back, with the day that its file says it is of.
    ///
    /// - Returns: `nil` if a column that every line has is null, or the hash is none.
    static func line(_ chunk: EngineChunk, _ row: Int) -> (line: AuditLine, date: Int32)? {
        func text(_ column: Int) -> String? {
            let values = chunk.column(column)
            return values.isNull(row) ? nil : values.string(row)
        }
        func number(_ column: Int) -> Int64? {
            let values = chunk.column(column)
            return values.isNull(row) ? nil : values.int64s?[row]
        }
        let dates = chunk.column(0)
        guard !dates.isNull(row), let date = dates.int32s?[row], let time = number(1),
            let principal = text(2),
            let principalID = text(3), let action = text(4), let outcome = text(8), let door = text(9),
            let chain = text(13), let sequence = number(14),
            let hash = text(15).flatMap({ AuditHash(hex: $0) })
        else { return nil }
        let event = AuditEvent(
            timeMicroseconds: time, principal: principal, principalID: principalID, action: action,
            objectKind: text(5), objectName: text(6), objectID: text(7), outcome: outcome, door: door,
            requestID: text(10), clientAddress: text(11), details: text(12))
        return (AuditLine(chain: chain, sequence: sequence, event: event, hash: hash), date)
    }
}
