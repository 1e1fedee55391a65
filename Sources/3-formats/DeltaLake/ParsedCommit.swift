import Base

/// The actions of one commit (or of a piece of a checkpoint), compact and never changed.
///
/// File actions stay in the block that snapshots share; the few others are values.
package struct ParsedCommit: Sendable {
    package let version: Int64
    /// The first version that it stands for; another than `version` for a compacted file only.
    package var firstVersion: Int64
    let files: FileBlock
    package var protocolAction: TableProtocol?
    package var metadata: TableMetadata?
    package var transactions: [SetTransaction] = []
    package var domains: [DomainMetadata] = []
    package var changeFiles: [ChangeFile] = []
    package var sidecars: [CheckpointSidecar] = []
    /// The commit's own time, where it has one ("In-Commit Timestamps").
    package var inCommitMilliseconds: Int64?
    /// The commitInfo action as JSON, if it was asked for.
    package var commitInfoBytes: [UInt8]?

    init(version: Int64, files: FileBlock) {
        self.version = version
        firstVersion = version
        self.files = files
    }

    /// How many add and remove actions there are.
    package var fileActionCount: Int { files.records.count }

    /// Where the commit came from; `nil` if it was not asked for or is missing.
    package var commitInfo: CommitInfo? {
        guard let commitInfoBytes, let json = try? JSONValue.parse(commitInfoBytes) else { return nil }
        return CommitInfo(json)
    }

    /// The files that the commit added, as views into it.
    package var addedFiles: [DataFileView] { views { !$0.isRemove } }

    /// The files that the commit removed, as views into it.
    package var removedFiles: [DataFileView] { views { $0.isRemove } }

    private func views(where keep: (FileRecord) -> Bool) -> [DataFileView] {
        files.records.indices.filter { keep(files.records[$0]) }.map {
            DataFileView(block: files, index: $0)
        }
    }
}

/// Collects file actions into a block.
struct FileBlockWriter {
    private(set) var records: [FileRecord] = []
    /// Bytes are written behind `used`; the owner sees to it that they fit.
    let storage: UnsafeMutablePointer<UInt8>
    let capacity: Int
    var used = 0

    init(capacity: Int) {
        self.capacity = capacity
        storage = .allocate(capacity: max(1, capacity))
        records.reserveCapacity(16)
    }

    func deallocate() { storage.deallocate() }

    /// Forgets everything; the storage is kept.
    mutating func clear() {
        records.removeAll(keepingCapacity: true)
        used = 0
    }

    var end: UnsafeMutablePointer<UInt8> { storage + used }

    /// Names what was written since `start`.
    func slice(from start: Int) -> TextSlice {
        TextSlice(start: UInt32(truncatingIfNeeded: start), length: UInt32(truncatingIfNeeded: used - start))
    }

    mutating func copy(_ bytes: UnsafeBufferPointer<UInt8>) -> TextSlice {
        let start = used
        if let base = bytes.baseAddress {
            end.update(from: base, count: bytes.count)
            used += bytes.count
        }
        return slice(from: start)
    }

    /// Works out the key of a record whose texts are in place, and adds it.
    mutating func add(_ record: FileRecord, deletionVectorID: String?) {
        var record = record
        record.key = key(of: record, deletionVectorID)
        record.hash = keyHash(storage + Int(record.key.start), Int(record.key.length))
        records.append(record)
    }

    /// The path itself where it has one spelling; else its one form, then the deletion vector's id.
    ///
    /// Writers differ in how they encode one path, and absolute local paths come with and without `file:`.
    private mutating func key(of record: FileRecord, _ deletionVectorID: String?) -> TextSlice {
        let path = UnsafeBufferPointer(
            start: storage + Int(record.path.start), count: Int(record.path.length))
        let isPlain = !path.contains(UInt8(ascii: "%")) && path.first != UInt8(ascii: "f")
        if isPlain, deletionVectorID == nil { return record.path }
        let start = used
        let target = storage
        var length = 0
        PathEncoding.decode(path) { byte in
            target[start + length] = byte
            length += 1
        }
        used += length
        dropFileScheme(from: start)
        if let deletionVectorID {
            storage[used] = 0
            used += 1
            for byte in deletionVectorID.utf8 {
                storage[used] = byte
                used += 1
            }
        }
        return slice(from: start)
    }

    /// `file:/a`, `file:///a` and `/a` are one file.
    private mutating func dropFileScheme(from start: Int) {
        let scheme: StaticString = "file:/"
        guard used - start >= 6, (0..<6).allSatisfy({ storage[start + $0] == scheme.utf8Start[$0] }) else {
            return
        }
        var skip = 5
        if used - start > 8, storage[start + 6] == UInt8(ascii: "/"), storage[start + 7] == UInt8(ascii: "/")
        {
            skip = 7
        }
        for index in start..<used - skip { storage[index] = storage[index + skip] }
        used -= skip
    }

    func block() -> FileBlock {
        FileBlock(
            bytes: Array(UnsafeBufferPointer(start: storage, count: used)), records: Array(records[...]))
    }
}
