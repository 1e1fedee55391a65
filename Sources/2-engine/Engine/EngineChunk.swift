import CDuckDB

/// Up to 2,048 rows of a result, as column vectors that belong to DuckDB.
///
/// Columns and the buffers that they lend are valid as long as the chunk is.
package final class EngineChunk {
    package let rowCount: Int
    package let columnTypes: [EngineType]
    private(set) var raw: duckdb_data_chunk?

    init(owning chunk: duckdb_data_chunk, types: [EngineType]) {
        raw = chunk
        columnTypes = types
        rowCount = Int(duckdb_data_chunk_get_size(chunk))
    }

    deinit { duckdb_destroy_data_chunk(&raw) }

    package var columnCount: Int { columnTypes.count }

    package func column(_ index: Int) -> EngineColumn {
        precondition(index >= 0 && index < columnTypes.count, "column index out of range")
        return EngineColumn(
            vector: duckdb_data_chunk_get_vector(raw, idx_t(index)), type: columnTypes[index],
            rowCount: rowCount,
            owner: self)
    }

    package var columns: [EngineColumn] { (0..<columnCount).map { column($0) } }
}
