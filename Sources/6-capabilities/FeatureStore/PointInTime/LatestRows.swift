/// The point-in-time join of one view: for each event of a spine, the latest row at or before it.
///
/// The view needs no sort and is read once. Each of its rows goes to the slot of the first event at or after it and
/// stays there if it is later than what the slot holds. When all rows were offered, each event takes what its own slot
/// holds, or else what the event before it (of the same entity) took.
///
/// "Later" compares time, then created time, then tie-break, so that the answer does not depend on the order in which
/// rows come. A slot holds those three and the row's narrow features, all as 64-bit words side by side: an update
/// touches one or two cache lines. Memory follows the spine: `8 * wordCount` bytes an event.
package struct LatestRows: ~Copyable {
    /// Time, created time and tie-break of the row in a slot.
    static let headWordCount = 3
    /// The time of an empty slot; a row with this time, or without any, never matches.
    static let emptyTime = Int64.min

    let index: SpineIndex
    /// Words a slot, the head included.
    let wordCount: Int
    private let buffer: LargeBuffer<Int64>
    private let slots: UnsafeMutablePointer<Int64>
    private let scratch: UnsafeMutableBufferPointer<Int32>
    private let counts: UnsafeMutableBufferPointer<Int32>
    /// The most rows that one call of `offer` takes.
    package static let batchCapacity = 4096

    /// - Parameters:
    ///   - index: The spine.
    ///   - payloadWordCount: 64-bit words that the caller keeps a row, beside the head.
    package init(index: SpineIndex, payloadWordCount: Int) {
        self.index = index
        wordCount = Self.headWordCount + payloadWordCount
        buffer = LargeBuffer(count: index.positionCount * wordCount, repeating: 0)
        slots = buffer.base
        for position in 0..<index.positionCount { slots[position * wordCount] = Self.emptyTime }
        scratch = .allocate(capacity: Self.batchCapacity)
        scratch.initialize(repeating: -1)
        counts = .allocate(capacity: Self.batchCapacity)
        counts.initialize(repeating: 0)
    }

    deinit {
        scratch.deallocate()
        counts.deallocate()
    }

    /// Rows of a view, as columns of equal length.
    package struct Batch {
        let count: Int
        /// Ids in `0..<entityCount`.
        let entityIDs: UnsafePointer<Int32>
        /// Microseconds.
        let times: UnsafePointer<Int64>
        /// `nil`: the view has none.
        let created: UnsafePointer<Int64>?
        /// The place of the row in its version of the table: larger wins among equals.
        let tieBreaks: UnsafePointer<Int64>

        package init(
            count: Int, entityIDs: UnsafePointer<Int32>, times: UnsafePointer<Int64>,
            created: UnsafePointer<Int64>?, tieBreaks: UnsafePointer<Int64>
        ) {
            self.count = count
            self.entityIDs = entityIDs
            self.times = times
            self.created = created
            self.tieBreaks = tieBreaks
        }
    }

    /// Takes in up to `batchCapacity` rows.
    ///
    /// - Returns: For each row the slot that it now holds, or -1. A row may lose its slot to a later one of the same
    ///   batch: the last row that names a slot is the one that has it.
    package mutating func offer(_ batch: Batch) -> UnsafeBufferPointer<Int32> {
        precondition(batch.count <= Self.batchCapacity, "a batch holds at most \(Self.batchCapacity) rows")
        // Two loops: the first is all reads that do not depend on one another, so that their cache misses overlap.
        findPositions(batch)
        updateSlots(batch)
        return UnsafeBufferPointer(rebasing: scratch[0..<batch.count])
    }

    private func findPositions(_ batch: Batch) {
        let (offsets, times) = (index.offsets.elements, index.times.elements)
        if times.isEmpty {
            for row in 0..<batch.count { scratch[row] = -1 }
        } else if index.hasModerateTimes {
            findTogether(batch, offsets, times)
        } else {
            for row in 0..<batch.count {
                let entity = Int(batch.entityIDs[row])
                let (start, end) = (Int(offsets[entity]), Int(offsets[entity + 1]))
                let position = Self.firstNotBefore(batch.times[row], times, start, end)
                scratch[row] =
                    position < end && batch.times[row] != Self.emptyTime
                    ? Int32(truncatingIfNeeded: position) : -1
            }
        }
    }

    /// The first of the ascending `times` from `start` to `end` that is not before `time`.
    private static func firstNotBefore(
        _ time: Int64, _ times: UnsafeBufferPointer<Int64>, _ start: Int, _ end: Int
    ) -> Int {
        var (low, high) = (start, end)
        while low < high {
            let middle = (low + high) >> 1
            if times[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The same for all rows of the batch, a step of every search at a time.
    ///
    /// The searches hit memory in no order that a processor could guess. Row by row, each would wait for its own reads
    /// and for wrongly guessed branches; in step, without a branch on a time, many reads are under way at once. The sign
    /// of a difference stands for the comparison, since the compiler makes a branch of any other form; it needs times
    /// whose difference does not overflow.
    private func findTogether(
        _ batch: Batch, _ offsets: UnsafeBufferPointer<Int32>, _ times: UnsafeBufferPointer<Int64>
    ) {
        var longest: Int32 = 0
        for row in 0..<batch.count {
            let entity = Int(batch.entityIDs[row])
            let (start, end) = (offsets[entity], offsets[entity + 1])
            scratch[row] = start
            counts[row] = end &- start
            longest = max(longest, end &- start)
        }
        let last = times.count &- 1
        while longest > 1 {
            for row in 0..<batch.count {
                let half = counts[row] >> 1
                // An entity without events may stand behind the last time.
                let probe = min(Int(scratch[row] &+ max(half, 1) &- 1), last)
                let isBefore = Int32(
                    truncatingIfNeeded: (times[probe] &- Self.moderate(batch.times[row])) >> 63)
                scratch[row] &+= half & isBefore
                counts[row] &-= half
            }
            longest &-= longest >> 1
        }
        for row in 0..<batch.count {
            let low = scratch[row]
            let isBefore = (times[min(Int(low), last)] &- Self.moderate(batch.times[row])) >> 63
            let position = low &- Int32(truncatingIfNeeded: isBefore)
            let end = offsets[Int(batch.entityIDs[row]) + 1]
            scratch[row] = position < end && batch.times[row] != Self.emptyTime ? position : -1
        }
    }

    /// Beyond all times of the index a row compares the same wherever it is.
    @inline(__always)
    private static func moderate(_ time: Int64) -> Int64 {
        min(max(time, -2 * SpineIndex.moderateTime), 2 * SpineIndex.moderateTime)
    }

    private func updateSlots(_ batch: Batch) {
        for row in 0..<batch.count {
            let position = scratch[row]
            if position < 0 { continue }
            let slot = Int(position) &* wordCount
            let time = batch.times[row]
            let held = slots[slot]
            if time < held {
                scratch[row] = -1
                continue
            }
            let created = batch.created.map { $0[row] } ?? .min
            let tieBreak = batch.tieBreaks[row]
            if time == held, (created, tieBreak) <= (slots[slot + 1], slots[slot + 2]) {
                scratch[row] = -1
                continue
            }
            slots[slot] = time
            slots[slot + 1] = created
            slots[slot + 2] = tieBreak
        }
    }

    /// Where the caller keeps word `word` of the payload of `slot`.
    @inline(__always)
    package func payload(_ slot: Int32, _ word: Int) -> UnsafeMutablePointer<Int64> {
        slots + (Int(slot) * wordCount + Self.headWordCount + word)
    }

    /// Time, created time and tie-break of the row that `slot` holds.
    package func head(_ slot: Int32) -> (time: Int64, created: Int64, tieBreak: Int64) {
        let start = Int(slot) * wordCount
        return (slots[start], slots[start + 1], slots[start + 2])
    }

    /// Carries the latest rows forward to the events that had none of their own.
    ///
    /// - Parameter timeToLive: The greatest age in microseconds that still matches, inclusive; 0 for no limit.
    /// - Returns: For each row of the spine the slot whose row it gets, or -1.
    package func matches(timeToLive: Int64) -> [Int32] {
        var result = [Int32](repeating: -1, count: index.rowCount)
        for entity in 0..<index.entityCount {
            var latest: Int32 = -1
            for position in index.offsets.base[entity]..<index.offsets.base[entity + 1] {
                if slots[Int(position) * wordCount] != Self.emptyTime { latest = position }
                if latest < 0 { continue }
                let time = slots[Int(latest) * wordCount]
                let (age, overflow) = index.times.base[Int(position)].subtractingReportingOverflow(time)
                if timeToLive == 0 || (!overflow && age <= timeToLive) {
                    result[Int(index.rows[Int(position)])] = latest
                }
            }
        }
        return result
    }
}
