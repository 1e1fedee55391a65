internal import Base
package import TableModel

/// What a point-in-time join needs to know of one view.
package struct JoinedView: Sendable {
    package struct Feature: Sendable {
        /// In the view's source.
        package var column: String
        package var sourceType: DataType
        /// What comes out: the source's type or a wider one.
        package var type: DataType
        package var outputName: String

        package init(column: String, sourceType: DataType, type: DataType, outputName: String) {
            self.column = column
            self.sourceType = sourceType
            self.type = type
            self.outputName = outputName
        }

        /// Whether values fit one 64-bit word: these are kept in the slots, others are fetched when the winners are known.
        var isNarrow: Bool {
            switch type {
            case .boolean, .byte, .short, .integer, .long, .float, .double, .date, .timestamp, .timestampNtz:
                true
            case .decimal(let precision, _): precision <= 18
            default: false
            }
        }

        var expression: String {
            let name = "v." + quoteIdentifier(column)
            return type == sourceType ? name : "CAST(\(name) AS \(type.sqlName))"
        }
    }

    package struct Key: Hashable, Sendable {
        package var spineColumn: String
        package var viewColumn: String

        package init(spineColumn: String, viewColumn: String) {
            self.spineColumn = spineColumn
            self.viewColumn = viewColumn
        }
    }

    package var name: String
    /// SQL that can stand in FROM, with `__file_index` and `__file_row` beside the columns.
    package var relation: String
    /// Empty for a view without entities.
    package var keys: [Key]
    package var timeColumn: String
    package var timeType: DataType
    package var createdColumn: String?
    package var createdType: DataType?
    /// Microseconds, 0 for no limit.
    package var timeToLive: Int64
    /// Rows before this do not count.
    package var notBefore: Int64?
    package var features: [Feature]

    package init(
        name: String, relation: String, keys: [Key], timeColumn: String, timeType: DataType,
        createdColumn: String? = nil, createdType: DataType? = nil, timeToLive: Int64 = 0,
        notBefore: Int64? = nil,
        features: [Feature]
    ) {
        self.name = name
        self.relation = relation
        self.keys = keys
        self.timeColumn = timeColumn
        self.timeType = timeType
        self.createdColumn = createdColumn
        self.createdType = createdType
        self.timeToLive = timeToLive
        self.notBefore = notBefore
        self.features = features
    }

    /// The times of rows that can match any event of `events`.
    func timeRange(for events: ClosedRange<Int64>) -> (low: Int64?, high: Int64) {
        var low = notBefore
        if timeToLive > 0 {
            let (oldest, overflow) = events.lowerBound.subtractingReportingOverflow(timeToLive)
            if !overflow { low = max(low ?? oldest, oldest) }
        }
        return (low, events.upperBound)
    }

    /// Conditions on the time column; a row without a time never passes.
    func timeCondition(for events: ClosedRange<Int64>) -> String {
        let (low, high) = timeRange(for: events)
        let column = "v." + quoteIdentifier(timeColumn)
        var parts = ["\(column) IS NOT NULL"]
        if let low, let text = TimeSQL.literal(low, timeType) { parts.append("\(column) >= \(text)") }
        if let text = TimeSQL.literal(high, timeType) { parts.append("\(column) <= \(text)") }
        return parts.joined(separator: " AND ")
    }

    /// For each row of the view whose key the spine has: entity, time, created time, place, narrow features.
    func scanSQL(keysTable: String, events: ClosedRange<Int64>) -> String {
        var items = [
            keys.isEmpty ? "0::INTEGER" : "e.id",
            TimeSQL.microseconds("v." + quoteIdentifier(timeColumn), timeType),
            Self.place,
        ]
        if let createdColumn, let createdType {
            items.append(TimeSQL.microseconds("v." + quoteIdentifier(createdColumn), createdType))
        }
        items += features.filter(\.isNarrow).map(\.expression)
        var from = "\(relation) v"
        if !keys.isEmpty {
            let conditions = keys.map {
                "v.\(quoteIdentifier($0.viewColumn)) = e.\(quoteIdentifier($0.spineColumn))"
            }
            from += " JOIN \(keysTable) e ON \(conditions.joined(separator: " AND "))"
        }
        return "SELECT \(items.joined(separator: ", ")) FROM \(from) WHERE \(timeCondition(for: events))"
    }

    /// The wide features of the rows whose places `winners` lists, in its order.
    func fetchSQL(winners: String, events: ClosedRange<Int64>) -> String {
        let wide = features.filter { !$0.isNarrow }
        let inner = wide.enumerated().map { "\($0.element.expression) AS w\($0.offset)" }.joined(
            separator: ", ")
        let outer = wide.indices.map { "r.w\($0)" }.joined(separator: ", ")
        return """
            SELECT \(outer) FROM \(winners) w LEFT JOIN (
                SELECT \(Self.place) AS place, \(inner) FROM \(relation) v WHERE \(timeCondition(for: events))
            ) r ON r.place = w.place ORDER BY w.rowid
            """
    }

    /// Where a row is in its version of the table; 2^40 rows a file, 2^23 files.
    private static let place = "((v.__file_index << 40) + v.__file_row)"
}

/// Times in the engine's SQL.
enum TimeSQL {
    /// An expression whose values are 64-bit microseconds.
    static func microseconds(_ column: String, _ type: DataType) -> String {
        // Both kinds of timestamp are microseconds as they stand.
        type == .date ? "CAST(\(column) AS TIMESTAMP)" : column
    }

    /// The value as a literal to compare a column with; `nil` where the text form has no room for the year.
    static func literal(_ microseconds: Int64, _ type: DataType) -> String? {
        // The years 1 to 9999.
        guard (-62_135_596_800_000_000...253_402_300_799_999_999).contains(microseconds) else { return nil }
        let text = CalendarText.timestamp(microseconds)
        switch type {
        case .timestamp: return "TIMESTAMPTZ '\(text)+00'"
        // A date compares as its midnight.
        case .timestampNtz, .date: return "TIMESTAMP '\(text)'"
        default: return nil
        }
    }

    /// Whether a column of that type can say when something was.
    static func isTime(_ type: DataType) -> Bool { [.timestamp, .timestampNtz, .date].contains(type) }
}
