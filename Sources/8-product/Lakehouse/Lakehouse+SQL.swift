import Base
import Engine
import Foundation
import Query
import Synchronization
import TableModel

/// A value of a row, or of a parameter.
public enum LakehouseValue: Sendable, Hashable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case double(Double)
    /// The digits as written, for example `12.50`; whole numbers beyond 64 bits too.
    case decimal(String)
    case text(String)
    case bytes([UInt8])
    /// Days since 1970-01-01.
    case date(Int32)
    /// Microseconds since 1970-01-01T00:00:00Z.
    case timestamp(Int64)
    /// Microseconds since 1970-01-01T00:00:00 on the wall clock.
    case localTimestamp(Int64)
    /// Lists, structures, maps and other types, as JSON.
    case json(String)

    public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    public var double: Double? { if case .double(let value) = self { value } else { nil } }
    public var text: String? { if case .text(let value) = self { value } else { nil } }
    public var isNull: Bool { self == .null }
}

/// The rows of a statement, and what it changed.
public struct LakehouseResult: Sendable {
    /// One row; its values can be had by place or by name.
    public struct Row: Sendable {
        public let values: [LakehouseValue]
        let places: [String: Int]

        /// The value of a column; `nil` if there is none of that name.
        public subscript(name: String) -> LakehouseValue? { places[name].map { values[$0] } }
    }

    public let columns: [String]
    public let rows: [Row]
    /// Rows written, changed or removed; `nil` for a statement that does none of these.
    public let affectedRowCount: Int64?
    /// What a statement without rows did, in figures: `num_affected_rows`, `version`, `numDeletedRows`...
    public let metrics: [String: Int64]
}

extension Lakehouse {
    /// Runs one statement and gives all its rows.
    ///
    /// - Parameters:
    ///   - statement: SQL; files of this machine may be named by their path.
    ///   - parameters: Values for `$name` and `:name`.
    ///   - limit: More rows than this are an error; aggregate or use LIMIT instead.
    /// - Returns: The rows in order.
    /// - Throws: `TarnError`, with the place of a mistake in its context.
    @discardableResult
    public func sql(
        _ statement: String, _ parameters: [String: LakehouseValue] = [:], limit: Int = 1_000_000
    ) async throws -> LakehouseResult {
        let values = try parameters.mapValues { try $0.engineValue() }
        let result = try await run(
            statement, parameters: values.isEmpty ? .none : .named(values),
            context: QueryContext(localFiles: true))
        let columns = result.columns.map(\.name)
        let places = Dictionary(zip(columns, columns.indices), uniquingKeysWith: { first, _ in first })
        let rows = Mutex<[LakehouseResult.Row]>([])
        try await result.forEachChunk { chunk in
            let columns = chunk.columns
            try rows.withLock { rows in
                if rows.count + chunk.rowCount > limit {
                    throw TarnError(
                        .resourceExhausted, "The result has more than \(limit) rows. Aggregate, or use LIMIT."
                    )
                }
                for row in 0..<chunk.rowCount {
                    rows.append(
                        LakehouseResult.Row(values: columns.map { LakehouseValue($0, row) }, places: places))
                }
            }
        }
        return LakehouseResult(
            columns: columns, rows: rows.withLock { $0 }, affectedRowCount: result.affectedRowCount,
            metrics: result.numbers)
    }
}

extension LakehouseValue {
    init(_ column: EngineColumn, _ row: Int) {
        switch column.type {
        case .list, .array, .map, .structure, .union, .json, .variant, .interval, .bit, .bignum:
            self = column.isNull(row) ? .null : .json(column.json(row).jsonText)
        default:
            self =
                switch column.scalar(row) {
                case .null: .null
                case .boolean(let value): .boolean(value)
                case .integer(let value): .integer(value)
                case .double(let value): .double(value)
                case .decimal: .decimal(column.text(row))
                case .string(let value): .text(value)
                case .binary(let value): .bytes(value)
                case .date(let value): .date(value)
                case .timestamp(let value): .timestamp(value)
                case .timestampNtz(let value): .localTimestamp(value)
                }
        }
    }

    func engineValue() throws(TarnError) -> EngineValue {
        switch self {
        case .null: return .null
        case .boolean(let value): return .boolean(value)
        case .integer(let value): return .int64(value)
        case .double(let value): return .double(value)
        case .decimal(let text):
            guard let value = ParameterText.decimal(text) else {
                throw TarnError(.invalidInput, "'\(text)' is no decimal of at most 38 digits.")
            }
            return value
        case .text(let value), .json(let value): return .string(value)
        case .bytes(let value): return .binary(value)
        case .date(let value): return .date(value)
        case .timestamp(let value): return .timestamp(value)
        case .localTimestamp(let value): return .timestampNtz(value)
        }
    }
}
