import Base
import Catalog
import HTTPTypes

/// Databricks' SQL statements: submit, ask, fetch chunks, cancel.
///
/// A statement that fails is an answered call (status 200, state FAILED); only a wrong call is an HTTP error.
struct StatementAPI: Sendable {
    typealias Runner = @Sendable (StatementRequest, StatementCaller, RowCollector) async throws -> Void

    /// Runs a statement in the lakehouse and hands its rows to the collector.
    let run: Runner
    let book: StatementBook
    let counters: ServerMetrics.StatementCounters
    let timeoutSeconds: Int
    let time: any TimeSource
    let random: any RandomSource

    func makeRoutes() -> [Route] {
        let root = "/api/2.0/sql/statements"
        return [
            // Whether a statement changes anything is known once it is parsed.
            Route(.post, root, errors: .databricks, isReading: true, isBounded: true) { request in
                try await submit(try StatementRequest(request.json()), StatementCaller(request))
            },
            Route(.get, root + "/{id}", errors: .databricks, isBounded: true) { request in
                let record = try record(request)
                return .json(bytes: StatementAnswer.statement(record.id, record.snapshot))
            },
            Route(.get, root + "/{id}/result/chunks/{index}", errors: .databricks, isBounded: true) {
                request in
                try chunk(request.parameters[1], of: try record(request))
            },
            Route(.post, root + "/{id}/cancel", errors: .databricks, isReading: true, isBounded: true) {
                request in
                let record = try record(request)
                cancel(record)
                return .json(.object([:]))
            },
        ]
    }

    /// The statement that the path names, if it is the caller's.
    private func record(_ request: ServerRequest) throws(TarnError) -> StatementRecord {
        try book.record(request.parameters[0], of: request.principal, now: time.nowMicroseconds())
    }

    private func submit(
        _ request: StatementRequest, _ caller: StatementCaller
    ) async throws -> ServerResponse {
        let record = StatementRecord(id: random.uuid(), principalID: caller.principal.id)
        try book.add(record, now: time.nowMicroseconds())
        record.start(
            Task {
                let limit = Task {
                    try await time.wait(for: .seconds(timeoutSeconds))
                    if record.abort(.failed, error: timeout, at: time.nowMicroseconds()) {
                        counters.countFailure()
                    }
                }
                await execute(request, caller, record)
                limit.cancel()
            })
        if request.waitSeconds > 0 {
            await record.wait(seconds: request.waitSeconds, time: time)
            if request.afterWait == .cancel, !record.snapshot.phase.isFinal { cancel(record) }
        }
        return .json(bytes: StatementAnswer.statement(record.id, record.snapshot))
    }

    private func execute(
        _ request: StatementRequest, _ caller: StatementCaller, _ record: StatementRecord
    ) async {
        guard record.begin() else { return }
        let collector = RowCollector(rowLimit: request.rowLimit, byteLimit: request.byteLimit)
        do {
            try await run(request, caller, collector)
            succeed(record, collector.finish())
        } catch is RowCollector.LimitReached {
            succeed(record, collector.finish())
        } catch let error as TarnError where error.code == .cancelled {
            cancel(record)
        } catch let error as TarnError {
            fail(record, error)
        } catch {
            fail(record, TarnError(.internal, "Unexpected failure: \(error)", cause: error))
        }
    }

    private func succeed(_ record: StatementRecord, _ rows: ChunkedRows) {
        if record.end(.succeeded, rows: rows, at: time.nowMicroseconds()) {
            counters.countSuccess()
        }
    }

    private func fail(_ record: StatementRecord, _ error: TarnError) {
        if record.end(.failed, error: error, at: time.nowMicroseconds()) {
            counters.countFailure()
        }
    }

    private func cancel(_ record: StatementRecord) {
        if record.abort(.cancelled, at: time.nowMicroseconds()) { counters.countCancellation() }
    }

    private func chunk(_ index: String, of record: StatementRecord) throws(TarnError) -> ServerResponse {
        let id = record.id
        let snapshot = record.snapshot
        guard snapshot.phase == .succeeded else {
            throw TarnError(
                .failedPrecondition,
                "Statement \(id) is \(snapshot.phase.rawValue) and has no result to fetch.")
        }
        guard let number = Int(index), number >= 0 else {
            throw TarnError(.invalidInput, "'\(index)' is no chunk index.")
        }
        if number >= max(1, snapshot.rows.chunks.count) {
            throw TarnError(
                .notFound,
                "Statement \(id) has \(snapshot.rows.chunks.count) chunks; there is none with index \(number)."
            )
        }
        return .json(bytes: StatementAnswer.chunk(number, of: snapshot.rows, statement: id))
    }

    private var timeout: TarnError {
        TarnError(
            .resourceExhausted,
            "The statement took longer than \(timeoutSeconds) seconds (setting server.statement_timeout) "
                + "and was ended.")
    }
}
