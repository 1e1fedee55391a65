import Base

/// How statements and chunks are written.
enum StatementAnswer {
    private static let root = "/api/2.0/sql/statements"

    /// The answer to submitting or asking about a statement, with the first chunk once it has succeeded.
    static func statement(_ id: String, _ snapshot: StatementRecord.Snapshot) -> [UInt8] {
        var status: JSONObject = ["state": .string(snapshot.phase.rawValue)]
        if let error = snapshot.error {
            status["error"] = .object([
                "error_code": .string(ErrorShape.databricks.code(for: error.code)),
                "message": .string(error.message),
            ])
        }
        var out: [UInt8] = Array("{\"statement_id\":".utf8)
        appendJSONString(id, to: &out)
        append(",\"status\":", to: &out)
        JSONValue.object(status).write(to: &out)
        if snapshot.phase == .succeeded {
            append(",\"manifest\":", to: &out)
            manifest(snapshot.rows).write(to: &out)
            append(",\"result\":", to: &out)
            writeChunk(0, of: snapshot.rows, statement: id, to: &out)
        }
        append("}", to: &out)
        return out
    }

    /// The answer to `GET .../result/chunks/{index}`; the index must be that of a chunk.
    static func chunk(_ index: Int, of rows: ChunkedRows, statement id: String) -> [UInt8] {
        var out: [UInt8] = []
        writeChunk(index, of: rows, statement: id, to: &out)
        return out
    }

    private static func manifest(_ rows: ChunkedRows) -> JSONValue {
        let chunks = rows.chunks.enumerated().map { index, chunk in
            JSONValue.object([
                "chunk_index": .int(index), "row_offset": .int(chunk.rowOffset),
                "row_count": .int(chunk.rowCount),
                "byte_count": .int(chunk.json.count),
            ])
        }
        return .object([
            "format": .string("JSON_ARRAY"),
            "schema": .object(["column_count": .int(rows.columns.count), "columns": .array(rows.columns)]),
            "total_chunk_count": .int(chunks.count), "chunks": .array(chunks),
            "total_row_count": .int(rows.rowCount),
            "total_byte_count": .int(rows.byteCount), "truncated": .bool(rows.isTruncated),
        ])
    }

    private static func writeChunk(
        _ index: Int, of rows: ChunkedRows, statement id: String, to out: inout [UInt8]
    ) {
        // A statement without rows has no chunk; its result is an empty one.
        guard rows.chunks.indices.contains(index) else {
            append("{\"chunk_index\":0,\"row_offset\":0,\"row_count\":0,\"data_array\":[]}", to: &out)
            return
        }
        let chunk = rows.chunks[index]
        append(
            "{\"chunk_index\":\(index),\"row_offset\":\(chunk.rowOffset),\"row_count\":\(chunk.rowCount)",
            to: &out)
        append(",\"byte_count\":\(chunk.json.count)", to: &out)
        if index + 1 < rows.chunks.count {
            let link =
                "\(root)/\(id)/result/chunks/\(index + 1)?row_offset=\(rows.chunks[index + 1].rowOffset)"
            append(",\"next_chunk_index\":\(index + 1),\"next_chunk_internal_link\":", to: &out)
            appendJSONString(link, to: &out)
        }
        append(",\"data_array\":", to: &out)
        out.append(contentsOf: chunk.json)
        append("}", to: &out)
    }

    private static func append(_ text: String, to out: inout [UInt8]) { out.append(contentsOf: text.utf8) }
}
