import Base
import Testing

import FeatureStore

/// The kernel of the point-in-time join against a brute-force search.
@Suite struct LatestRowsTests {
    struct ViewRow {
        var entity: Int32
        var time: Int64
        var created: Int64
        var tieBreak: Int64
    }

    /// The rule itself, one event at a time.
    static func bruteForce(
        entity: Int32, time: Int64, rows: [ViewRow], timeToLive: Int64
    ) -> Int64? {
        if entity < 0 || time == .min { return nil }
        var best: ViewRow?
        for row in rows where row.entity == entity && row.time != .min && row.time <= time {
            if let held = best,
                (row.time, row.created, row.tieBreak) < (held.time, held.created, held.tieBreak)
            {
                continue
            }
            best = row
        }
        guard let best else { return nil }
        let (age, overflow) = time.subtractingReportingOverflow(best.time)
        if timeToLive > 0, overflow || age > timeToLive { return nil }
        return best.tieBreak
    }

    static func join(
        _ index: SpineIndex, _ rows: [ViewRow], timeToLive: Int64, batch: Int
    ) -> [Int64?] {
        var kernel = LatestRows(index: index, payloadWordCount: 1)
        for start in stride(from: 0, to: rows.count, by: batch) {
            let part = rows[start..<min(start + batch, rows.count)]
            let (ids, times) = (part.map(\.entity), part.map(\.time))
            let (created, ties) = (part.map(\.created), part.map(\.tieBreak))
            let won = kernel.offer(
                .init(count: part.count, entityIDs: ids, times: times, created: created, tieBreaks: ties))
            for (offset, slot) in won.enumerated() where slot >= 0 {
                kernel.payload(slot, 0).pointee = ties[offset] &* 7
            }
        }
        var result: [Int64?] = []
        for slot in kernel.matches(timeToLive: timeToLive) {
            if slot < 0 {
                result.append(nil)
                continue
            }
            let tieBreak = kernel.head(slot).tieBreak
            #expect(kernel.payload(slot, 0).pointee == tieBreak &* 7, "the payload is the winner's")
            result.append(tieBreak)
        }
        return result
    }

    /// Random spines and views: few entities and few distinct times, so that ties and edges are common.
    @Test func equalsBruteForceOnRandomData() {
        let seed: UInt64 = 20_261_124
        let random = SeededRandomSource(seed: seed)
        func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }
        for round in 0..<800 {
            let entityCount = 1 + below(5)
            let timeSpan = 1 + below(30)
            func time() -> Int64 { below(20) == 0 ? .min : Int64(below(timeSpan)) }
            let spine = (0..<below(40)).map { _ in (Int32(below(entityCount + 1)) - 1, time()) }
            let ties = (0..<below(80)).map { Int64($0) }.sorted { _, _ in random.next() % 2 == 0 }
            let rows = ties.map {
                ViewRow(
                    entity: Int32(below(entityCount)), time: time(), created: Int64(below(3)), tieBreak: $0)
            }
            let timeToLive = Int64(below(4) == 0 ? 0 : below(12))
            let index = SpineIndex(
                entityCount: entityCount, entityIDs: spine.map(\.0), eventTimes: spine.map(\.1))
            let found = Self.join(index, rows, timeToLive: timeToLive, batch: 1 + below(30))
            let expected = spine.map {
                Self.bruteForce(entity: $0.0, time: $0.1, rows: rows, timeToLive: timeToLive)
            }
            #expect(found == expected, "seed \(seed), round \(round)")
        }
    }

    @Test func timeToLiveIsInclusive() {
        let index = SpineIndex(entityCount: 1, entityIDs: [0, 0], eventTimes: [110, 111])
        let rows = [ViewRow(entity: 0, time: 100, created: 0, tieBreak: 5)]
        #expect(Self.join(index, rows, timeToLive: 10, batch: 8) == [5, nil])
        #expect(Self.join(index, rows, timeToLive: 0, batch: 8) == [5, 5])
    }

    /// Ages beyond 64 bits are too old, not an overflow.
    @Test func extremeTimesDoNotTrap() {
        let index = SpineIndex(entityCount: 1, entityIDs: [0], eventTimes: [.max])
        let rows = [ViewRow(entity: 0, time: -.max, created: .max, tieBreak: 1)]
        #expect(Self.join(index, rows, timeToLive: .max, batch: 8) == [nil])
        #expect(Self.join(index, rows, timeToLive: 0, batch: 8) == [1])
    }

    @Test func emptySpineAndEmptyView() {
        let empty = SpineIndex(entityCount: 0, entityIDs: [], eventTimes: [])
        #expect(empty.timeRange == nil)
        #expect(Self.join(empty, [], timeToLive: 0, batch: 8) == [])
        let index = SpineIndex(entityCount: 1, entityIDs: [0], eventTimes: [1])
        #expect(Self.join(index, [], timeToLive: 0, batch: 8) == [nil])
    }
}
