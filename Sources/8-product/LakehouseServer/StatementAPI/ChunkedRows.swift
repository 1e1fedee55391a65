import Base
import Engine
import Query
import Synchronization

/// The rows of a finished statement: JSON arrays of strings, in chunks.
struct ChunkedRows: Sendable {
    struct Chunk: Sendable {
        var rowOffset: Int64
        var rowCount: Int64
        /// The value of `data_array`.
        var json: [UInt8]
    }

    /// Entries of `manifest.schema.columns`.
    var columns: [JSONValue] = []
    var chunks: [Chunk] = []
    /// Whether a limit of the request cut the result.
    var isTruncated = false

    var rowCount: Int64 { chunks.reduce(0) { $0 + $1.rowCount } }
    var byteCount: Int64 { chunks.reduce(0) { $0 + Int64($1.json.count) } }
}

/// Collects the rows of a running statement, up to the limits.
final class RowCollector: Sendable {
    /// Reading ends here; the rows so far are the result.
    struct LimitReached: Error {}

    /// The most that is given inside answers (Databricks' limit for INLINE).
    static let maximumByteCount: Int64 = 25 << 20
    private static let chunkByteCount = 2 << 20

    private struct State {
        var rows = ChunkedRows()
        var open: ChunkedRows.Chunk?
        var closedBytes: Int64 = 0
        var rowCount: Int64 = 0
    }
    private let state = Mutex(State())
    private let rowLimit: Int64
    private let byteLimit: Int64?

    init(rowLimit: Int64?, byteLimit: Int64?) {
        self.rowLimit = rowLimit ?? .max
        self.byteLimit = byteLimit
    }

    func begin(_ columns: [ResultColumn]) {
        let entries = columns.enumerated().map { DatabricksTypes.column($1.name, $1.type, position: $0) }
        state.withLock { $0.rows.columns = entries }
    }

    /// The result of a statement that changed something: one row of its figures, `num_affected_rows` first.
    func take(metrics: JSONObject) {
        let columns = metrics.members.enumerated().map { index, member in
            DatabricksTypes.column(
                member.name, member.value.int64 == nil ? .varchar : .int64, position: index)
        }
        let values = metrics.members.map { JSONValue.string($0.value.string ?? $0.value.jsonText) }
        state.withLock { state in
            state.rows.columns = columns
            // The closing bracket comes with the chunk's end.
            let json = Array(JSONValue.array([.array(values)]).jsonText.utf8.dropLast())
            state.open = ChunkedRows.Chunk(rowOffset: 0, rowCount: 1, json: json)
        }
    }

    func take(_ chunk: EngineChunk) throws {
        try state.withLock { state in
            let columns = chunk.columns
            for row in 0..<chunk.rowCount {
                if state.rowCount == rowLimit { throw truncated(&state) }
                var open = state.open ?? ChunkedRows.Chunk(rowOffset: state.rowCount, rowCount: 0, json: [])
                // Taken out, so that the bytes are appended in place.
                state.open = nil
                let mark = open.json.count
                open.json.append(open.rowCount == 0 ? UInt8(ascii: "[") : UInt8(ascii: ","))
                Self.append(columns, row, to: &open.json)
                let total = state.closedBytes + Int64(open.json.count)
                if let byteLimit, total > byteLimit {
                    open.json.removeSubrange(mark...)
                    state.open = open.rowCount > 0 ? open : nil
                    throw truncated(&state)
                }
                if total > Self.maximumByteCount { throw Self.tooLarge }
                open.rowCount += 1
                state.rowCount += 1
                state.open = open
                if open.json.count >= Self.chunkByteCount { Self.closeChunk(&state) }
            }
        }
    }

    /// The rows, once the statement has ended.
    func finish() -> ChunkedRows {
        state.withLock { state in
            Self.closeChunk(&state)
            return state.rows
        }
    }

    private func truncated(_ state: inout State) -> LimitReached {
        state.rows.isTruncated = true
        return LimitReached()
    }

    private static func closeChunk(_ state: inout State) {
        guard var chunk = state.open else { return }
        state.open = nil
        chunk.json.append(UInt8(ascii: "]"))
        state.closedBytes += Int64(chunk.json.count)
        state.rows.chunks.append(chunk)
    }

    /// Values are strings; nested ones their JSON as a string; times ISO 8601; binary values base64.
    private static func append(_ columns: [EngineColumn], _ row: Int, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "["))
        for (index, column) in columns.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            if column.isNull(row) {
                out.append(contentsOf: "null".utf8)
                continue
            }
            switch column.type {
            case .varchar: appendJSONString(column.bytes(row), to: &out)
            case .blob: out.append(contentsOf: "\"\(base64(column.bytes(row)))\"".utf8)
            default:
                var value: [UInt8] = []
                column.writeJSON(row, to: &value)
                if value.first == UInt8(ascii: "\"") {
                    out.append(contentsOf: value)
                } else {
                    value.withUnsafeBufferPointer { appendJSONString($0, to: &out) }
                }
            }
        }
        out.append(UInt8(ascii: "]"))
    }

    private static var tooLarge: TarnError {
        TarnError(
            .resourceExhausted,
            "The result is larger than 25 MiB, the most that an answer can hold. Add LIMIT, or set row_limit or "
                + "byte_limit; `tarn sql --output` and COPY write results of any size.")
    }
}

private func base64(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count + 2) / 3 * 4)
    var index = 0
    while index < bytes.count {
        let rest = bytes.count - index
        let group =
            UInt32(bytes[index]) << 16 | (rest > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
            | (rest > 2 ? UInt32(bytes[index + 2]) : 0)
        for place in 0..<4 {
            out.append(
                place <= rest ? letters[Int(group >> (18 - 6 * UInt32(place))) & 63] : UInt8(ascii: "="))
        }
        index += 3
    }
    return String(decoding: out, as: UTF8.self)
}
