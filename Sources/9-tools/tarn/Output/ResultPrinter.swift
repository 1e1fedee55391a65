import Base
import Engine
import Query
import Lakehouse
import Synchronization

/// Prints the results of one or several statements in one format.
///
/// Chunks arrive on the engine's thread; the lock makes that visible to the command's own.
final class ResultPrinter: Sendable {
    private struct State {
        var writer: any RowWriter
        var buffer: [UInt8] = []
        var rowCount = 0
        var resultCount = 0
    }
    private let state: Mutex<State>
    private let format: OutputFormat
    private let file: OutputFile
    private let maximumWidth: Int?

    init(format: OutputFormat, file: OutputFile, maximumWidth: Int?) {
        self.format = format
        self.file = file
        self.maximumWidth = maximumWidth
        state = Mutex(State(writer: Self.writer(format, maximumWidth)))
    }

    private static func writer(_ format: OutputFormat, _ maximumWidth: Int?) -> any RowWriter {
        switch format {
        case .json: JSONRowWriter()
        case .csv: CSVRowWriter()
        case .table, .parquet: TableRowWriter(maximumWidth: maximumWidth)
        }
    }

    /// Prints all rows of a result.
    ///
    /// - Returns: How many there were.
    func print(_ result: StatementResult) async throws -> Int {
        state.withLock { state in
            state.writer = Self.writer(format, maximumWidth)
            state.rowCount = 0
            if state.resultCount > 0, format != .json { state.buffer.append(0x0A) }
            state.resultCount += 1
            state.writer.begin(result.columns, to: &state.buffer)
        }
        try await result.forEachChunk { [self] chunk in
            try state.withLock { state in
                state.writer.write(chunk, to: &state.buffer)
                state.rowCount += chunk.rowCount
                if state.buffer.count >= 1 << 16 { try file.write(&state.buffer) }
            }
        }
        return try state.withLock { state in
            state.writer.end(to: &state.buffer)
            try file.write(&state.buffer)
            return state.rowCount
        }
    }

    /// Prints what a statement without rows did, as an array with one object; nothing if there are no figures.
    func printMetrics(_ result: StatementResult) throws {
        if result.metrics.members.isEmpty { return }
        try state.withLock { state in
            state.resultCount += 1
            state.buffer += Array(JSONValue.array([.object(result.metrics)]).jsonText.utf8) + [0x0A]
            try file.write(&state.buffer)
        }
    }

    /// Ends the output: statements without rows are an empty array in JSON.
    func finish() throws {
        try state.withLock { state in
            if state.resultCount == 0, format == .json {
                var empty = Array("[]\n".utf8)
                try file.write(&empty)
            }
        }
        try file.finish()
    }
}
