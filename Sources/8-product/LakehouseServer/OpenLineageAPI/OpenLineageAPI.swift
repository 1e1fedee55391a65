import Base
import HTTPTypes
import Lakehouse
import Lineage
import TableModel

/// OpenLineage's events in, and lineage read back in Marquez's shapes; docs/lineage.md lists the routes.
struct OpenLineageAPI: Sendable {
    static let root = "/api/v1"
    static let largestBatch = 1000
    static let largestPage = 1000

    let lake: Lakehouse

    func makeRoutes() -> [Route] {
        [
            Route(.post, Self.root + "/lineage", errors: .plain) { [lake] request in
                let event = try OpenLineageEvent(try request.json())
                try await lake.lineage.receive(event, from: request.principal)
                return .json(.object([:]), status: .created)
            },
            Route(.post, Self.root + "/lineage/batch", errors: .plain) { request in
                .json(try await batch(request))
            },
        ] + graphRoutes() + browseRoutes()
    }

    func read(
        _ path: String, _ handler: @escaping @Sendable (ServerRequest) async throws -> JSONValue
    ) -> Route {
        Route(.get, Self.root + path, errors: .plain) { .json(try await handler($0)) }
    }

    /// Each event by itself: one that is wrong does not hold back the others.
    private func batch(_ request: ServerRequest) async throws -> JSONValue {
        guard let events = try request.json().array else {
            throw TarnError(.invalidInput, "The request body must be an array of events.")
        }
        if events.count > Self.largestBatch {
            throw TarnError(
                .invalidInput, "A batch takes at most \(Self.largestBatch) events, not \(events.count).")
        }
        let lineage = try await lake.lineage
        var failed: [JSONValue] = []
        for (index, json) in events.enumerated() {
            do { try await lineage.receive(try OpenLineageEvent(json), from: request.principal) } catch let
                error
                as TarnError
            {
                failed.append(
                    .object([
                        "index": .int(Int64(index)), "reason": .string(error.message),
                        "retriable": .bool(error.isRetryable),
                    ]))
            }
        }
        let retriable = failed.filter { $0["retriable"]?.bool == true }.count
        let status = failed.isEmpty ? "success" : failed.count == events.count ? "failed" : "partial_success"
        return .object([
            "status": .string(status),
            "summary": .object([
                "received": .int(Int64(events.count)), "successful": .int(Int64(events.count - failed.count)),
                "failed": .int(Int64(failed.count)), "retriable": .int(Int64(retriable)),
                "non_retriable": .int(Int64(failed.count - retriable)),
            ]),
            "failed_events": .array(failed),
        ])
    }

    // MARK: Query parameters

    func number(_ request: ServerRequest, _ name: String, default value: Int, atMost: Int) throws -> Int {
        guard let text = request.query(name) else { return value }
        guard let number = Int(text), number >= 0 else {
            throw TarnError(.invalidInput, "The parameter \(name) must be a number from 0 on.")
        }
        return min(number, atMost)
    }

    func required(_ request: ServerRequest, _ name: String) throws -> String {
        guard let text = request.query(name), !text.isEmpty else {
            throw TarnError(.invalidInput, "The parameter \(name) is missing.")
        }
        return text
    }

    func time(_ request: ServerRequest, _ name: String) throws -> Int64? {
        guard let text = request.query(name) else { return nil }
        // A plus sign of a zone comes as a blank.
        guard let time = CalendarText.microseconds(text.replacing(" ", with: "+")) else {
            throw TarnError(
                .invalidInput, "The parameter \(name) must be a time such as 2026-01-31T12:00:00Z.")
        }
        return time
    }
}
