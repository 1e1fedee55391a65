/// A stream that a task reads a chunk at a time between other work, for example between writes to a socket.
///
/// ```swift
/// let cursor = try await session.openCursor("SELECT …")
/// while let bytes = try await cursor.next({ chunk in encode(chunk) }) { try await socket.write(bytes) }
/// ```
///
/// Each `next` hops to the session's thread; the statement makes only a few chunks ahead of the reader. The cursor
/// ends when its session runs another statement or is given back.
package final class EngineCursor: Sendable {
    package let columnNames: [String]
    package let columnTypes: [EngineType]
    package let kind: StatementKind
    package let changedRowCount: Int64
    private let session: EngineSession
    private let stream: Stream

    /// The result, touched on the session's thread only.
    private final class Stream: @unchecked Sendable {
        var result: EngineResult?
        init(_ result: EngineResult) { self.result = result }
    }

    fileprivate init(_ result: EngineResult, session: EngineSession) {
        columnNames = result.columnNames
        columnTypes = result.columnTypes
        kind = result.kind
        changedRowCount = result.changedRowCount
        self.session = session
        stream = Stream(result)
    }

    deinit {
        // DuckDB's side must end on the session's thread too.
        session.submit { [stream] in stream.result = nil }
    }

    /// Runs `body` on the next chunk, on the session's thread; `nil` after the last.
    ///
    /// - Throws: What the statement or `body` throws; `.cancelled` if the task was cancelled.
    package func next<T: Sendable>(
        _ body: @escaping @Sendable (EngineChunk) throws -> T
    ) async throws -> T? {
        try await session.run { [stream] _ in
            guard let chunk = try stream.result?.nextChunk() else { return nil }
            return try body(chunk)
        }
    }
}

extension EngineSession {
    /// Begins a statement whose rows are read with `EngineCursor.next`.
    ///
    /// - Throws: What parsing, binding and starting the statement throws.
    package func openCursor(
        _ sql: String, _ parameters: [EngineValue] = [], named: [String: EngineValue] = [:]
    ) async throws -> EngineCursor {
        try await run { [self] connection in
            EngineCursor(try connection.stream(sql, parameters, named: named), session: self)
        }
    }
}
