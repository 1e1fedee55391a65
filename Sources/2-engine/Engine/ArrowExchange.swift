package import Base
import CDuckDB

/// Columns from and to other libraries in one process, by the Arrow C data interface, without copying where the two
/// layouts agree.
///
/// Pointers are to the interface's `struct ArrowSchema` and `struct ArrowArray`
/// (https://arrow.apache.org/docs/format/CDataInterface.html).
package final class ArrowImport {
    private var schema: duckdb_arrow_converted_schema?
    private let connection: EngineConnection

    /// Reads the schema of a structure whose members are the columns; the schema stays the caller's to release.
    ///
    /// - Throws: `.invalidInput` or `.unsupported` for a type that DuckDB has no counterpart for.
    package init(schema: UnsafeMutableRawPointer, connection: EngineConnection) throws(TarnError) {
        self.connection = connection
        let pointer = schema.assumingMemoryBound(to: ArrowSchema.self)
        try check(duckdb_schema_from_arrow(connection.handle, pointer, &self.schema))
    }

    deinit { duckdb_destroy_arrow_converted_schema(&schema) }

    /// Takes over an array of that schema, of at most 2,048 rows, as a chunk that an appender accepts.
    ///
    /// - Throws: `.invalidInput` if the array does not fit the schema.
    package func takeChunk(_ array: UnsafeMutableRawPointer) throws(TarnError) -> EngineChunk {
        var chunk: duckdb_data_chunk?
        let pointer = array.assumingMemoryBound(to: ArrowArray.self)
        try check(duckdb_data_chunk_from_arrow(connection.handle, pointer, schema, &chunk))
        guard let chunk else { throw TarnError(.internal, "The Arrow array gave no chunk.") }
        let types = (0..<duckdb_data_chunk_get_column_count(chunk)).map { index in
            EngineType(owning: duckdb_vector_get_column_type(duckdb_data_chunk_get_vector(chunk, index)))
        }
        return EngineChunk(owning: chunk, types: types)
    }
}

extension EngineResult {
    /// Writes the schema of the result's columns; the caller releases it.
    ///
    /// - Throws: `.unsupported` for a column type that Arrow has no counterpart for.
    package func exportArrowSchema(to schema: UnsafeMutableRawPointer) throws(TarnError) {
        var options = duckdb_result_get_arrow_options(&raw)
        defer { duckdb_destroy_arrow_options(&options) }
        var types: [duckdb_logical_type?] = []
        defer { for index in types.indices { duckdb_destroy_logical_type(&types[index]) } }
        for index in columnTypes.indices { types.append(duckdb_column_logical_type(&raw, idx_t(index))) }
        let count = idx_t(types.count)
        let failure = withCStrings(columnNames) {
            duckdb_to_arrow_schema(
                options, &types, $0, count, schema.assumingMemoryBound(to: ArrowSchema.self))
        }
        try check(failure)
    }

    /// Writes one of the result's chunks as an Arrow array; the caller releases it.
    package func exportArrow(_ chunk: EngineChunk, to array: UnsafeMutableRawPointer) throws(TarnError) {
        var options = duckdb_result_get_arrow_options(&raw)
        defer { duckdb_destroy_arrow_options(&options) }
        try check(
            duckdb_data_chunk_to_arrow(options, chunk.raw, array.assumingMemoryBound(to: ArrowArray.self)))
    }
}

private func check(_ data: duckdb_error_data?) throws(TarnError) {
    var data = data
    defer { duckdb_destroy_error_data(&data) }
    guard duckdb_error_data_has_error(data) else { return }
    let text = duckdb_error_data_message(data).map { String(cString: $0) } ?? "The Arrow data was refused."
    throw EngineFailure(message: text, sql: nil).tarnError
}
