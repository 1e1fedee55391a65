/// The files of a snapshot: a large table that successive snapshots share, and a small one of what is new.
///
/// A refresh by a few commits changes the small table and some bits of the large one's bitmap, so it costs what is
/// new, not what is there. When the small one has grown to an eighth, both become one.
package struct FileSet: Sendable {
    private var base = FileTable()
    private var recent = FileTable()
    /// Live data files.
    package private(set) var count = 0
    /// Bytes of the live data files together.
    package private(set) var byteCount: Int64 = 0
    /// Removed files that the log still remembers.
    package private(set) var tombstoneCount = 0

    init() {}

    /// All file actions of the blocks, oldest first.
    init(_ blocks: [FileBlock]) {
        base.reserve(blocks.reduce(0) { $0 + $1.records.count })
        for block in blocks {
            base.begin(block)
            for index in block.records.indices { account(block, index, replacing: base.put(block, index)) }
        }
        compactIfWorthwhile()
    }

    private mutating func account(_ block: FileBlock, _ index: Int, replacing old: Int?) {
        if let old { forget(base.record(old)) }
        let record = block.records[index]
        if record.isRemove {
            tombstoneCount += 1
        } else {
            count += 1
            byteCount &+= max(0, record.byteCount)
        }
    }

    private mutating func forget(_ record: FileRecord) {
        if record.isRemove {
            tombstoneCount -= 1
        } else {
            count -= 1
            byteCount &-= max(0, record.byteCount)
        }
    }

    /// The actions of one more commit.
    ///
    /// O(actions in it) but for the rare merge of the two tables.
    mutating func apply(_ block: FileBlock) {
        if block.records.isEmpty { return }
        recent.begin(block)
        for index in block.records.indices {
            if let old = base.find(block, index), base.isCurrent(old) {
                forget(base.record(old))
                base.retire(old)
            }
            if let old = recent.put(block, index) { forget(recent.record(old)) }
            let record = block.records[index]
            if record.isRemove {
                tombstoneCount += 1
            } else {
                count += 1
                byteCount &+= max(0, record.byteCount)
            }
        }
        if recent.recordCount > max(4096, base.recordCount / 8) { mergeTables() }
    }

    private mutating func mergeTables() {
        for block in recent.blocks {
            base.begin(block)
            // `recent` knows which of its records are still the newest; the rest must not come back to life.
            for index in block.records.indices { _ = base.put(block, index) }
        }
        recent = FileTable()
        compactIfWorthwhile()
    }

    /// Copies what is still current into new blocks once most of the old ones' content is dead.
    private mutating func compactIfWorthwhile() {
        let kept = count + tombstoneCount
        guard base.recordCount > 8192, kept * 2 < base.recordCount else { return }
        var table = FileTable()
        table.reserve(kept)
        func flush(_ pending: inout [(FileBlock, Int)]) {
            if pending.isEmpty { return }
            let block = FileBlock.copying(pending)
            table.begin(block)
            for index in block.records.indices { _ = table.put(block, index) }
            pending.removeAll(keepingCapacity: true)
        }
        var pending: [(FileBlock, Int)] = []
        var pendingByteCount = 0
        base.forEachCurrent { block, index in
            pending.append((block, index))
            pendingByteCount += block.records[index].textByteCount
            if pending.count == 16384 || pendingByteCount > 1 << 24 {
                flush(&pending)
                pendingByteCount = 0
            }
        }
        flush(&pending)
        base = table
    }

    /// Every newest action, removes among them.
    func forEachCurrent(_ body: (FileBlock, Int) throws -> Void) rethrows {
        try base.forEachCurrent(body)
        try recent.forEachCurrent(body)
    }

    /// Calls `body` with every live data file; the order says nothing.
    package func forEach(_ body: (DataFileView) throws -> Void) rethrows {
        try forEachCurrent { block, index in
            if !block.records[index].isRemove { try body(DataFileView(block: block, index: index)) }
        }
    }

    /// The live data files as an array: 16 bytes each.
    package func all() -> [DataFileView] {
        var files: [DataFileView] = []
        files.reserveCapacity(count)
        forEach { files.append($0) }
        return files
    }

    /// The removed files that the log still remembers.
    package func tombstones() -> [DataFileView] {
        var files: [DataFileView] = []
        forEachCurrent { block, index in
            if block.records[index].isRemove { files.append(DataFileView(block: block, index: index)) }
        }
        return files
    }

    /// The live file of that key (see `DataFileView.key`), if the snapshot has it.
    package func contains(_ file: DataFileView) -> Bool { live(file) != nil }

    /// The live file of the same key, as its add action describes it; `nil` if the snapshot does not have it.
    package func live(_ file: DataFileView) -> DataFileView? {
        for table in [recent, base] {
            if let id = table.find(file.block, file.index), table.isCurrent(id) {
                let (block, index) = table.locate(id)
                return block.records[index].isRemove ? nil : DataFileView(block: block, index: index)
            }
        }
        return nil
    }

    /// Whether the counts are what a recount gives; for tests.
    package func checkInvariants() -> Bool {
        var (files, bytes, removed) = (0, Int64(0), 0)
        var keys: Set<DataFileView> = []
        forEachCurrent { block, index in
            let record = block.records[index]
            keys.insert(DataFileView(block: block, index: index))
            if record.isRemove {
                removed += 1
            } else {
                files += 1
                bytes += max(0, record.byteCount)
            }
        }
        return files == count && bytes == byteCount && removed == tombstoneCount
            && keys.count == files + removed
    }
}

extension FileBlock {
    /// A block of just these records.
    static func copying(_ sources: [(FileBlock, Int)]) -> FileBlock {
        var bytes: [UInt8] = []
        var records: [FileRecord] = []
        records.reserveCapacity(sources.count)
        for (block, index) in sources {
            var record = block.records[index]
            func move(_ slice: TextSlice) -> TextSlice {
                if slice.isEmpty { return TextSlice() }
                let start = UInt32(bytes.count)
                bytes.append(contentsOf: block.bytes[slice.range])
                return TextSlice(start: start, length: slice.length)
            }
            let sharesKey = record.key.start == record.path.start && record.key.length == record.path.length
            record.path = move(record.path)
            record.key = sharesKey ? record.path : move(record.key)
            record.partitionValues = move(record.partitionValues)
            record.stats = move(record.stats)
            record.action = move(record.action)
            records.append(record)
        }
        return FileBlock(bytes: Array(bytes), records: records)
    }
}
