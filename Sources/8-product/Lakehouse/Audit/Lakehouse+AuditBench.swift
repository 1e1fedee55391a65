import Audit
package import Base
import Catalog
import Query

extension Lakehouse {
    /// Rows about the audit log, asked for without leaving a line in it.
    ///
    /// - Parameter sql: A query of Tarn's own making.
    /// - Returns: An object a row.
    /// - Throws: What the query throws.
    package func unrecordedRows(_ sql: String) async throws -> [JSONValue] {
        let result = try await query.run(sql, context: QueryContext())
        let names = distinctNames(result.columns.map(\.name))
        return try await result.jsonRows(limit: 1_000_000).map {
            .object(JSONObject(Array(zip(names, $0))))
        }
    }

    /// Records events like those of requests, as many a second as asked for, every hundredth of them waited for.
    ///
    /// - Parameters:
    ///   - rate: Events a second.
    ///   - seconds: For so long.
    /// - Returns: `events`, `seconds` that it took, and `waits`: events for which the queue had no room.
    /// - Throws: What recording throws.
    package func benchAudit(rate: Int, seconds: Int) async throws -> JSONObject {
        let audit = try await audit
        let clock = ContinuousClock()
        let start = clock.now
        var (events, waits) = (0, 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            while events < rate * seconds {
                let elapsed = clock.now - start
                let due = min(rate * seconds, Int(elapsed / .milliseconds(1)) * rate / 1_000)
                while events < due {
                    events += 1
                    let event = AuditEvent(
                        timeMicroseconds: time.nowMicroseconds(), principal: .system, action: "getTable",
                        objectKind: "table", objectName: "main.sales.orders_\(events % 1_000)",
                        door: "unity-catalog", requestID: String(events, radix: 16),
                        clientAddress: "127.0.0.1")
                    if events % 100 == 0 {
                        group.addTask { try await audit.record(event, isDurable: true) }
                    } else if !audit.add(event) {
                        if audit.hasRecorded { waits += 1 }
                        try await audit.record(event, isDurable: false)
                    }
                }
                if events < rate * seconds { try await Task.sleep(for: .milliseconds(1)) }
            }
            try await group.waitForAll()
        }
        try await audit.save()
        let (whole, attoseconds) = (clock.now - start).components
        let taken = Double(whole) + Double(attoseconds) / 1e18
        return ["events": .int(events), "seconds": .number(String(taken)), "waits": .int(waits)]
    }
}
