/// The newest action of every file key, over blocks that are shared and never copied.
///
/// An open-addressing table of 8 bytes a slot and one bit an action that tells whether it is still the newest of its
/// key: "Action Reconciliation" in the Delta protocol. A value; copies share storage until they are changed.
struct FileTable: Sendable {
    private(set) var blocks: [FileBlock] = []
    /// The number of the first record of each block.
    private(set) var starts: [UInt32] = []
    private(set) var recordCount = 0
    /// A bit for each record: no later action has its key.
    private(set) var current: [UInt64] = []
    /// Upper half: the hash's upper half.
    ///
    /// Lower half: the record's number plus one. 0 is free.
    private var slots: [UInt64] = []

    /// More records than this would not fit the 32-bit numbers.
    static let maximumRecordCount = Int(UInt32.max) - 1

    func isCurrent(_ id: Int) -> Bool { current[id >> 6] >> UInt64(id & 63) & 1 == 1 }

    mutating func retire(_ id: Int) { current[id >> 6] &= ~(1 << UInt64(id & 63)) }

    /// The block and the index in it of a record's number.
    func locate(_ id: Int) -> (block: FileBlock, index: Int) {
        var (low, high) = (0, starts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if Int(starts[middle]) <= id { low = middle } else { high = middle }
        }
        return (blocks[low], id - Int(starts[low]))
    }

    func record(_ id: Int) -> FileRecord {
        let (block, index) = locate(id)
        return block.records[index]
    }

    /// The newest record with the same key, or `nil`.
    func find(_ block: FileBlock, _ index: Int) -> Int? {
        if slots.isEmpty { return nil }
        let hash = block.records[index].hash
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            if slots[slot] >> 32 == hash >> 32 {
                let id = Int(slots[slot] & 0xFFFF_FFFF) - 1
                let (other, otherIndex) = locate(id)
                if FileBlock.sameKey(other, otherIndex, block, index) { return id }
            }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Starts a block; its records are then given to `put` one by one, in order.
    mutating func begin(_ block: FileBlock) {
        blocks.append(block)
        starts.append(UInt32(recordCount))
        recordCount += block.records.count
        while current.count < (recordCount + 63) >> 6 { current.append(0) }
        grow()
    }

    /// Makes record `index` of the block begun last the newest of its key.
    ///
    /// - Returns: The record that it takes the place of in this table.
    mutating func put(_ block: FileBlock, _ index: Int) -> Int? {
        let id = recordCount - block.records.count + index
        current[id >> 6] |= 1 << UInt64(id & 63)
        let hash = block.records[index].hash
        let entry = (hash >> 32) << 32 | UInt64(id + 1)
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            if slots[slot] >> 32 == hash >> 32 {
                let old = Int(slots[slot] & 0xFFFF_FFFF) - 1
                let (other, otherIndex) = locate(old)
                if FileBlock.sameKey(other, otherIndex, block, index) {
                    slots[slot] = entry
                    retire(old)
                    return old
                }
            }
            slot = (slot + 1) & mask
        }
        slots[slot] = entry
        return nil
    }

    /// Keeps the table at most three quarters full.
    private mutating func grow() {
        let wanted = recordCount + recordCount / 3 + 1
        if slots.count >= wanted { return }
        var size = max(16, slots.count)
        while size < wanted { size *= 2 }
        let old = slots
        slots = Array(repeating: 0, count: size)
        let mask = size - 1
        for entry in old where entry != 0 {
            let id = Int(entry & 0xFFFF_FFFF) - 1
            var slot = Int(truncatingIfNeeded: record(id).hash) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = entry
        }
    }

    /// Prepares for so many records at once, so that building does not grow step by step.
    mutating func reserve(_ count: Int) {
        var size = 16
        while size < count + count / 3 + 1 { size *= 2 }
        if slots.isEmpty { slots = Array(repeating: 0, count: size) }
        current.reserveCapacity((count + 63) >> 6)
    }

    /// Calls `body` with every newest record.
    func forEachCurrent(_ body: (FileBlock, Int) throws -> Void) rethrows {
        for (number, block) in blocks.enumerated() {
            let start = Int(starts[number])
            for index in block.records.indices where isCurrent(start + index) { try body(block, index) }
        }
    }
}
