internal import Base
package import Engine
internal import Synchronization

/// The name and type of a result's column.
package struct ResultColumn: Hashable, Sendable {
    package var name: String
    package var type: EngineType
}

/// A query that runs on a session of its own and waits for its reader.
///
/// The session is held until the rows were read or the stream is let go.
final class RowStream: Sendable {
    typealias Reader = @Sendable (EngineChunk) throws -> Void

    let columns: [ResultColumn]
    private let readers: AsyncStream<Reader>.Continuation
    private let work: Task<Void, any Error>

    /// Starts the query; returns once its columns are known.
    ///
    /// With governed tables among its sources, what goes wrong while rows are read is told without values.
    static func open(
        _ sql: String, _ parameters: [EngineValue], on pool: SessionPool,
        governed: Set<String> = []
    ) async throws -> RowStream {
        let (headers, header) = AsyncThrowingStream<[ResultColumn], any Error>.makeStream()
        let (readers, reader) = AsyncStream<Reader>.makeStream()
        let work = Task {
            do {
                try await pool.withSession { session in
                    let result = try await session.run { connection in
                        let result = try connection.stream(sql, parameters)
                        header.yield(zip(result.columnNames, result.columnTypes).map(ResultColumn.init))
                        return HeldResult(result)
                    }
                    header.finish()
                    var iterator = readers.makeAsyncIterator()
                    let body = await iterator.next()
                    do { try await session.run { _ in try result.read(body) } } catch {
                        throw GovernedError.hiding(error, governed)
                    }
                }
            } catch {
                header.finish(throwing: error)
                throw error
            }
        }
        return try await withTaskCancellationHandler {
            var iterator = headers.makeAsyncIterator()
            guard let columns = try await iterator.next() else {
                throw TarnError(.cancelled, "The statement was cancelled.")
            }
            return RowStream(columns: columns, readers: reader, work: work)
        } onCancel: {
            work.cancel()
        }
    }

    private init(
        columns: [ResultColumn], readers: AsyncStream<Reader>.Continuation, work: Task<Void, any Error>
    ) {
        self.columns = columns
        self.readers = readers
        self.work = work
    }

    deinit { readers.finish() }

    /// Reads all rows, on the session's thread; a second call reads none.
    func forEachChunk(_ body: @escaping Reader) async throws {
        readers.yield(body)
        readers.finish()
        try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            work.cancel()
        }
    }

    func close() { readers.finish() }
}

/// A result that is handed from one job of a session to the next.
///
/// Both run on the session's thread, so it never leaves that.
private final class HeldResult: @unchecked Sendable {
    private let result: EngineResult

    init(_ result: EngineResult) { self.result = result }

    func read(_ body: RowStream.Reader?) throws {
        defer { result.close() }
        guard let body else { return }
        while let chunk = try result.nextChunk() { try body(chunk) }
    }
}
