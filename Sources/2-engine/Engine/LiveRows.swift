import Base
import CDuckDB
import Synchronization
package import TableModel

/// Which rows of each file of a scan are wanted, for a condition in SQL that tests them.
///
/// ```swift
/// let rows = engine.liveRows([.all, .without(deleted)])
/// let sql = "SELECT x FROM read_parquet([...]) WHERE \(rows.condition)"
/// ```
///
/// The engine finds the rows when it plans a statement and keeps them as long as it has the plan; so this object must
/// live until then, and a statement planned later is an error, never a wrong answer.
package final class LiveRows: Sendable {
    /// The wanted rows of one file.
    package enum Selection: Hashable, Sendable {
        case all
        /// Every row but these.
        case without(RowBitmap)
        /// These rows and no other.
        case only(RowBitmap)
    }

    /// By the file's place in the scan.
    package let files: [Selection]
    let handle: Int32
    private let registry: LiveRowsRegistry

    fileprivate init(_ files: [Selection], _ registry: LiveRowsRegistry, handle: Int32) {
        self.files = files
        self.registry = registry
        self.handle = handle
    }

    deinit { registry.forget(handle) }

    /// The test in SQL: true for a wanted row of `read_parquet`.
    package var condition: String { condition(file: "file_index", row: "file_row_number") }

    /// The test in SQL over other columns.
    ///
    /// - Parameters:
    ///   - file: An expression for the place of the file, of a type of unsigned whole numbers.
    ///   - row: An expression for the place of the row in the file, of type `BIGINT`.
    /// - Returns: An expression of type `BOOLEAN`.
    package func condition(file: String, row: String) -> String {
        // The engine writes out every argument for every row, so a narrow one is a tenth of a scan's time.
        let place = files.count <= Int(UInt16.max) ? "USMALLINT" : "UBIGINT"
        return "\(LiveRowsFunction.name)(\(handle)::INTEGER, (\(file))::\(place), \(row))"
    }

    /// Answers for the rows of one vector; `false` where a file's place is none of the scan's.
    func test<Place: FixedWidthInteger & UnsignedInteger>(
        _ places: UnsafePointer<Place>, _ rows: UnsafePointer<Int64>, _ count: Int,
        into out: UnsafeMutablePointer<Bool>
    ) -> Bool {
        var start = 0
        while start < count {
            let place = places[start]
            guard UInt64(place) < UInt64(files.count), rows[start] >= 0 else { return false }
            let end = Self.endOfRun(places, rows, start, count)
            let piece = UnsafeMutableBufferPointer(start: out + start, count: end - start)
            let first = UInt64(rows[start])
            switch files[Int(place)] {
            case .all: piece.update(repeating: true)
            case .without(let bitmap):
                piece.update(repeating: true)
                bitmap.forEach(in: first..<first + UInt64(end - start)) { piece[Int($0 - first)] = false }
            case .only(let bitmap):
                piece.update(repeating: false)
                bitmap.forEach(in: first..<first + UInt64(end - start)) { piece[Int($0 - first)] = true }
            }
            start = end
        }
        return true
    }

    /// Where the rows cease to follow each other in one file; most vectors are one run.
    @inline(__always)
    private static func endOfRun<Place: FixedWidthInteger & UnsignedInteger>(
        _ places: UnsafePointer<Place>, _ rows: UnsafePointer<Int64>, _ start: Int, _ count: Int
    ) -> Int {
        let (place, offset) = (places[start], rows[start] &- Int64(start))
        var end = start + 1
        // Without a way out of the loop it runs on wide registers.
        while end + 64 <= count {
            var otherPlace: Place = 0
            var otherRow: Int64 = 0
            for index in end..<end + 64 {
                otherPlace |= places[index] ^ place
                otherRow |= (rows[index] &- Int64(index)) ^ offset
            }
            if otherPlace != 0 || otherRow != 0 { break }
            end += 64
        }
        while end < count, places[end] == place, rows[end] &- Int64(end) == offset { end += 1 }
        return end
    }
}

extension Engine {
    /// Makes rows known to the engine, for as long as the object lives.
    package func liveRows(_ files: [LiveRows.Selection]) -> LiveRows { liveRowsRegistry.add(files) }
}

/// The live rows that statements may name, by their handles.
final class LiveRowsRegistry: Sendable {
    private struct Weak {
        weak var rows: LiveRows?
    }
    private struct State {
        var known: [Int32: Weak] = [:]
        var nextHandle: Int32 = 1
    }
    private let state = Mutex(State())

    func add(_ files: [LiveRows.Selection]) -> LiveRows {
        state.withLock { state in
            let rows = LiveRows(files, self, handle: state.nextHandle)
            state.known[state.nextHandle] = Weak(rows: rows)
            // After two thousand million scans the numbers start again, without those still in use.
            repeat {
                state.nextHandle = state.nextHandle == .max ? 1 : state.nextHandle + 1
            } while state.known[state.nextHandle] != nil
            return rows
        }
    }

    subscript(handle: Int32) -> LiveRows? { state.withLock { $0.known[handle]?.rows } }

    func forget(_ handle: Int32) { state.withLock { _ = $0.known.removeValue(forKey: handle) } }
}

/// The scalar function behind `LiveRows.condition`.
enum LiveRowsFunction {
    static let name = "__tarn_live"

    /// Adds the function to the database.
    static func register(_ registry: LiveRowsRegistry, on connection: duckdb_connection?) throws(TarnError) {
        var set = duckdb_create_scalar_function_set(name)
        defer { duckdb_destroy_scalar_function_set(&set) }
        try add(registry, DUCKDB_TYPE_USMALLINT, to: set) { LiveRowsFunction.run(UInt16.self, $0, $1, $2) }
        try add(registry, DUCKDB_TYPE_UBIGINT, to: set) { LiveRowsFunction.run(UInt64.self, $0, $1, $2) }
        if duckdb_register_scalar_function_set(connection, set) == DuckDBError { throw refused() }
    }

    private static func refused() -> TarnError {
        TarnError(.internal, "The engine refuses the function \(name).")
    }

    /// Adds the form whose file places are of that type.
    private static func add(
        _ registry: LiveRowsRegistry, _ placeType: duckdb_type, to set: duckdb_scalar_function_set?,
        _ body: duckdb_scalar_function_t
    ) throws(TarnError) {
        var function = duckdb_create_scalar_function()
        defer { duckdb_destroy_scalar_function(&function) }
        duckdb_scalar_function_set_name(function, name)
        for id in [DUCKDB_TYPE_INTEGER, placeType, DUCKDB_TYPE_BIGINT] {
            var type = duckdb_create_logical_type(id)
            duckdb_scalar_function_add_parameter(function, type)
            duckdb_destroy_logical_type(&type)
        }
        var result = duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN)
        duckdb_scalar_function_set_return_type(function, result)
        duckdb_destroy_logical_type(&result)
        duckdb_scalar_function_set_extra_info(function, Unmanaged.passRetained(registry).toOpaque()) { info in
            guard let info else { return }
            Unmanaged<LiveRowsRegistry>.fromOpaque(info).release()
        }
        duckdb_scalar_function_set_bind(function) { LiveRowsFunction.bind($0) }
        duckdb_scalar_function_set_function(function, body)
        if duckdb_add_scalar_function_to_set(set, function) == DuckDBError { throw refused() }
    }

    /// Finds the rows once for a plan, which then keeps them.
    private static func bind(_ info: duckdb_bind_info?) {
        guard let extra = duckdb_scalar_function_bind_get_extra_info(info) else { return }
        let registry = Unmanaged<LiveRowsRegistry>.fromOpaque(extra).takeUnretainedValue()
        guard let handle = handle(info), let rows = registry[handle] else {
            duckdb_scalar_function_bind_set_error(
                info, "INTERNAL Error: the rows that \(name) should test are not known any more")
            return
        }
        duckdb_scalar_function_set_bind_data(info, Unmanaged.passRetained(rows).toOpaque()) { data in
            guard let data else { return }
            Unmanaged<LiveRows>.fromOpaque(data).release()
        }
        duckdb_scalar_function_set_bind_data_copy(info) { data in
            guard let data else { return nil }
            return UnsafeMutableRawPointer(
                Unmanaged.passRetained(Unmanaged<LiveRows>.fromOpaque(data).takeUnretainedValue()).toOpaque())
        }
    }

    private static func handle(_ info: duckdb_bind_info?) -> Int32? {
        var context: duckdb_client_context?
        duckdb_scalar_function_get_client_context(info, &context)
        defer { duckdb_destroy_client_context(&context) }
        var argument = duckdb_scalar_function_bind_get_argument(info, 0)
        defer { duckdb_destroy_expression(&argument) }
        guard duckdb_expression_is_foldable(argument) else { return nil }
        var value: duckdb_value?
        var error = duckdb_expression_fold(context, argument, &value)
        defer {
            duckdb_destroy_error_data(&error)
            duckdb_destroy_value(&value)
        }
        guard !duckdb_error_data_has_error(error), let value, !duckdb_is_null_value(value) else { return nil }
        return duckdb_get_int32(value)
    }

    private static func run<Place: FixedWidthInteger & UnsignedInteger>(
        _ type: Place.Type, _ info: duckdb_function_info?, _ input: duckdb_data_chunk?,
        _ output: duckdb_vector?
    ) {
        let count = Int(duckdb_data_chunk_get_size(input))
        guard let data = duckdb_scalar_function_get_bind_data(info),
            let places = duckdb_vector_get_data(duckdb_data_chunk_get_vector(input, 1)),
            let numbers = duckdb_vector_get_data(duckdb_data_chunk_get_vector(input, 2)),
            let out = duckdb_vector_get_data(output)
        else {
            duckdb_scalar_function_set_error(info, "INTERNAL Error: \(name) was run without its rows")
            return
        }
        let rows = Unmanaged<LiveRows>.fromOpaque(data).takeUnretainedValue()
        let isKnown = rows.test(
            UnsafePointer(places.assumingMemoryBound(to: Place.self)),
            UnsafePointer(numbers.assumingMemoryBound(to: Int64.self)), count,
            into: out.assumingMemoryBound(to: Bool.self))
        if !isKnown {
            duckdb_scalar_function_set_error(
                info, "INTERNAL Error: \(name) was asked for a file out of its scan")
        }
    }
}
