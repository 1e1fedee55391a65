/// The events of a spine by entity and time, in compressed sparse rows: what a view's rows are looked up in.
///
/// ```swift
/// let index = SpineIndex(entityCount: 2, entityIDs: [1, 0, 1], eventTimes: [30, 10, 20])
/// // Entity 0 has the event of row 0's time 10 at position 0; entity 1 has times 20 and 30 at positions 1 and 2.
/// ```
///
/// A *position* numbers the events by entity, then time; a *row* numbers them as the spine has them. Memory is
/// 12 bytes an event and 4 an entity.
package struct SpineIndex: Sendable {
    package let entityCount: Int
    /// All rows of the spine, those without an entity or a time included.
    package let rowCount: Int
    /// Positions `offsets[e]..<offsets[e + 1]` belong to entity `e`.
    let offsets: LargeBuffer<Int32>
    /// Microseconds, ascending within an entity.
    let times: LargeBuffer<Int64>
    /// The row of each position.
    let rows: [Int32]

    /// Whether all times are within `moderateTime` of 1970.
    let hasModerateTimes: Bool
    /// 73,000 years in microseconds: twice as much and a time within it differ by less than 64 bits hold.
    static let moderateTime: Int64 = 1 << 61

    /// Events that can match: those with an entity and a time.
    package var positionCount: Int { times.count }

    /// - Parameters:
    ///   - entityCount: Ids are `0..<entityCount`.
    ///   - entityIDs: One a row; a negative id is an event without a key and never matches.
    ///   - eventTimes: One a row, in microseconds; `Int64.min` is an event without a time and never matches.
    /// - Complexity: O(*n* log *m*) time for *n* events of at most *m* an entity.
    package init(entityCount: Int, entityIDs: [Int32], eventTimes: [Int64]) {
        precondition(entityIDs.count == eventTimes.count, "one id and one time a row")
        precondition(entityIDs.count < Int(Int32.max), "rows are numbered in 32 bits")
        self.entityCount = entityCount
        rowCount = entityIDs.count
        var offsets = [Int32](repeating: 0, count: entityCount + 1)
        for row in entityIDs.indices where Self.canMatch(entityIDs[row], eventTimes[row]) {
            offsets[Int(entityIDs[row]) + 1] += 1
        }
        for entity in 0..<entityCount { offsets[entity + 1] += offsets[entity] }
        let count = Int(offsets[entityCount])
        var rows = [Int32](repeating: 0, count: count)
        var next = offsets
        for row in entityIDs.indices where Self.canMatch(entityIDs[row], eventTimes[row]) {
            let entity = Int(entityIDs[row])
            rows[Int(next[entity])] = Int32(truncatingIfNeeded: row)
            next[entity] += 1
        }
        for entity in 0..<entityCount {
            let range = Int(offsets[entity])..<Int(offsets[entity + 1])
            if range.count < 2 { continue }
            rows[range].sort { (eventTimes[Int($0)], $0) < (eventTimes[Int($1)], $1) }
        }
        times = LargeBuffer(count: count, repeating: 0)
        for (position, row) in rows.enumerated() { times.base[position] = eventTimes[Int(row)] }
        hasModerateTimes = times.elements.allSatisfy { $0.magnitude <= Self.moderateTime.magnitude }
        self.offsets = LargeBuffer(count: offsets.count, repeating: 0)
        self.offsets.base.update(from: offsets, count: offsets.count)
        self.rows = rows
    }

    private static func canMatch(_ id: Int32, _ time: Int64) -> Bool { id >= 0 && time != .min }

    /// The earliest and the latest event that can match; `nil` if there is none.
    package var timeRange: ClosedRange<Int64>? {
        guard var low = times.elements.first else { return nil }
        var high = low
        for time in times.elements {
            low = min(low, time)
            high = max(high, time)
        }
        return low...high
    }
}
