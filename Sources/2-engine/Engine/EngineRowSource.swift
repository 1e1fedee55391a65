import Base
import CDuckDB
import Synchronization

/// Rows that a statement reads straight from Swift, on several threads, without a table or a file between.
///
/// ```swift
/// let source = EngineRowSource(columns: [("n", .int64)], rowCount: 1_000_000) { rows, columns in
///     for (place, row) in rows.enumerated() { try columns[0].set(place, Int64(row)) }
/// }
/// try connection.execute("COPY (SELECT n FROM \(source.sql)) TO 'n.parquet'")
/// ```
///
/// The object must live until the statement has run; a statement that comes later is refused.
package final class EngineRowSource: Sendable {
    /// Fills the columns for a range of at most 2,048 rows, the first of them at place 0; called on any thread.
    package typealias Fill = @Sendable (Range<Int>, [EngineColumnWriter]) throws -> Void

    let columns: [(name: String, type: EngineType)]
    let rowCount: Int
    let fill: Fill
    private let handle: Int64

    package init(columns: [(name: String, type: EngineType)], rowCount: Int, fill: @escaping Fill) {
        self.columns = columns
        self.rowCount = rowCount
        self.fill = fill
        // Not to be guessed: whoever may run statements may name any handle.
        handle = Int64.random(in: 1...Int64.max)
        RowSourceFunction.sources.withLock { [handle] in $0[handle] = WeakSource(source: self) }
    }

    deinit { RowSourceFunction.sources.withLock { [handle] in $0[handle] = nil } }

    /// The rows as a table in SQL.
    package var sql: String { "\(RowSourceFunction.name)(\(handle))" }
}

private struct WeakSource: @unchecked Sendable {
    // Only read and dropped under the registry's lock.
    weak var source: EngineRowSource?
}

/// What the threads of one statement share: the next row that nobody has taken.
private final class RowCursor: Sendable {
    private let next = Atomic<Int>(0)

    func take(upTo limit: Int) -> Range<Int> {
        let step = EngineChunkWriter.capacity
        let start = min(limit, next.wrappingAdd(step, ordering: .relaxed).oldValue)
        return start..<min(limit, start + step)
    }
}

/// The table function behind `EngineRowSource`, known to every connection of the instance.
enum RowSourceFunction {
    static let name = "__tarn_rows"
    fileprivate static let sources = Mutex<[Int64: WeakSource]>([:])

    static func register(on connection: RawConnection) throws(TarnError) {
        var function = duckdb_create_table_function()
        defer { duckdb_destroy_table_function(&function) }
        var parameter = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT)
        defer { duckdb_destroy_logical_type(&parameter) }
        duckdb_table_function_set_name(function, name)
        duckdb_table_function_add_parameter(function, parameter)
        duckdb_table_function_set_bind(function) { RowSourceFunction.bind($0) }
        duckdb_table_function_set_init(function) { RowSourceFunction.begin($0) }
        duckdb_table_function_set_function(function) { RowSourceFunction.produce($0, $1) }
        if duckdb_register_table_function(connection.handle, function) == DuckDBError {
            throw TarnError(.internal, "The engine did not take the table function \(name).")
        }
    }

    private static func bind(_ info: duckdb_bind_info?) {
        var parameter = duckdb_bind_get_parameter(info, 0)
        defer { duckdb_destroy_value(&parameter) }
        let handle = duckdb_get_int64(parameter)
        guard let source = sources.withLock({ $0[handle]?.source }) else {
            return duckdb_bind_set_error(info, "The rows of this statement are not there any more.")
        }
        for (name, type) in source.columns {
            var logical = try? type.makeLogicalType()
            if logical == nil {
                return duckdb_bind_set_error(info, "A column of the rows has no type that the engine knows.")
            }
            duckdb_bind_add_result_column(info, name, logical)
            duckdb_destroy_logical_type(&logical)
        }
        duckdb_bind_set_cardinality(info, idx_t(source.rowCount), true)
        duckdb_bind_set_bind_data(info, Unmanaged.passRetained(source).toOpaque()) { pointer in
            if let pointer { Unmanaged<EngineRowSource>.fromOpaque(pointer).release() }
        }
    }

    private static func begin(_ info: duckdb_init_info?) {
        guard let data = duckdb_init_get_bind_data(info) else { return }
        let source = Unmanaged<EngineRowSource>.fromOpaque(data).takeUnretainedValue()
        duckdb_init_set_max_threads(
            info, idx_t(min(64, max(1, source.rowCount / (16 * EngineChunkWriter.capacity)))))
        duckdb_init_set_init_data(info, Unmanaged.passRetained(RowCursor()).toOpaque()) { pointer in
            if let pointer { Unmanaged<RowCursor>.fromOpaque(pointer).release() }
        }
    }

    private static func produce(_ info: duckdb_function_info?, _ output: duckdb_data_chunk?) {
        guard let data = duckdb_function_get_bind_data(info), let state = duckdb_function_get_init_data(info)
        else { return duckdb_data_chunk_set_size(output, 0) }
        let source = Unmanaged<EngineRowSource>.fromOpaque(data).takeUnretainedValue()
        let rows = Unmanaged<RowCursor>.fromOpaque(state).takeUnretainedValue().take(upTo: source.rowCount)
        let writers = source.columns.enumerated().map { index, column in
            EngineColumnWriter(duckdb_data_chunk_get_vector(output, idx_t(index)), column.type)
        }
        do {
            if !rows.isEmpty { try source.fill(rows, writers) }
            duckdb_data_chunk_set_size(output, idx_t(rows.count))
        } catch {
            duckdb_function_set_error(info, (error as? TarnError)?.message ?? "\(error)")
        }
    }
}
