package import Base

/// Turns the rows of a Parquet checkpoint into pieces that a snapshot is built from.
///
/// ```swift
/// var pieces = CheckpointPieces(version: 10, fileName: name)
/// // for each row with an add:
/// try pieces.add(path: path, partitionValues: json, byteCount: size, modifiedMilliseconds: time, stats: text, rare: nil)
/// // for each row with another action, as {"metaData": {...}}:
/// try pieces.action(line)
/// try builder.apply(checkpoint: pieces.finish())
/// ```
///
/// Texts are copied; they are UTF-8, as a Parquet reader gives them. Large checkpoints come out as pieces of about a
/// megabyte, so that nothing is ever copied twice.
package struct CheckpointPieces: ~Copyable {
    private let version: Int64
    private let fileName: String
    private var writer = FileBlockWriter(capacity: 1 << 20)
    private var done: [ParsedCommit] = []

    package init(version: Int64, fileName: String) {
        self.version = version
        self.fileName = fileName
    }

    deinit { writer.deallocate() }

    /// One live file.
    ///
    /// - Parameters:
    ///   - path: As the log writes it, percent-encoded.
    ///   - partitionValues: A JSON object of strings and nulls; `nil` is `{}`.
    ///   - byteCount: The file's size.
    ///   - modifiedMilliseconds: When it was written; `nil` if the checkpoint does not say.
    ///   - stats: The statistics' JSON text, or `stats_parsed` as a JSON object.
    ///   - rare: A JSON object with `tags`, `deletionVector`, `baseRowId`, `defaultRowCommitVersion` or
    ///     `clusteringProvider`; `nil` if the file has none of them.
    /// - Throws: `.corruptMetadata` if a text is not what it must be.
    package mutating func add(
        path: UnsafeBufferPointer<UInt8>, partitionValues: UnsafeBufferPointer<UInt8>?, byteCount: Int64,
        modifiedMilliseconds: Int64?, stats: UnsafeBufferPointer<UInt8>?, rare: UnsafeBufferPointer<UInt8>?
    ) throws(TarnError) {
        var record = FileRecord()
        record.byteCount = byteCount
        record.milliseconds = modifiedMilliseconds ?? -1
        record.flags = [.hasPartitionValues]
        if byteCount < 0 { throw corrupt("an add action has a negative size") }
        try put(&record, path, partitionValues, stats, rare)
    }

    /// One removed file that is not forgotten yet; parameters as for `add`.
    package mutating func remove(
        path: UnsafeBufferPointer<UInt8>, partitionValues: UnsafeBufferPointer<UInt8>?, byteCount: Int64?,
        deletedMilliseconds: Int64?, rare: UnsafeBufferPointer<UInt8>?
    ) throws(TarnError) {
        var record = FileRecord()
        record.byteCount = byteCount ?? -1
        record.milliseconds = deletedMilliseconds ?? -1
        record.flags = partitionValues == nil ? [.isRemove] : [.isRemove, .hasPartitionValues]
        try put(&record, path, partitionValues, nil, rare)
    }

    /// Any other action as a line of a commit, for example `{"protocol":{...}}`.
    package mutating func action(_ line: [UInt8]) throws(TarnError) {
        done.append(try CommitFile.parse(line, version: version, fileName: fileName))
    }

    /// The pieces, in the order in which the rows came.
    package consuming func finish() -> [ParsedCommit] {
        flush()
        return done
    }

    private mutating func put(
        _ record: inout FileRecord, _ path: UnsafeBufferPointer<UInt8>,
        _ partitionValues: UnsafeBufferPointer<UInt8>?, _ stats: UnsafeBufferPointer<UInt8>?,
        _ rare: UnsafeBufferPointer<UInt8>?
    ) throws(TarnError) {
        if path.isEmpty { throw corrupt("a file has no path") }
        let rareCount = rare?.count ?? 0
        // The key may repeat the path, and holds the deletion vector's id out of the rare fields.
        let room =
            2 * path.count + (partitionValues?.count ?? 0) + (stats?.count ?? 0) + 2 * rareCount + 64
        if writer.used + room > writer.capacity { makeRoom(room) }
        record.path = writer.copy(path)
        if let partitionValues {
            if try checkObject(partitionValues) { record.partitionValues = writer.copy(partitionValues) }
        }
        if let stats {
            record.stats = writer.copy(stats)
            record.flags.insert(.hasStats)
        }
        var id: String?
        if let rare {
            _ = try checkObject(rare)
            record.action = writer.copy(rare)
            id = try deletionVectorID(rare)
        }
        writer.add(record, deletionVectorID: id)
    }

    /// Whether the object has members.
    private func checkObject(_ text: UnsafeBufferPointer<UInt8>) throws(TarnError) -> Bool {
        var scanner = ByteScanner(text)
        do throws(ScanFailure) {
            guard scanner.peek() == UInt8(ascii: "{") else { throw scanner.failure("an object is expected") }
            try scanner.skipValue()
            if scanner.peek() != nil { throw scanner.failure("text after the end of an object") }
            scanner.position = 0
            return try scanner.beginObject()
        } catch { throw corrupt(error.message) }
    }

    private func deletionVectorID(_ rare: UnsafeBufferPointer<UInt8>) throws(TarnError) -> String? {
        var scanner = ByteScanner(rare)
        var id: String?
        do throws(ScanFailure) {
            try scanner.members { scanner, name throws(ScanFailure) in
                if scanner.isName(name, "deletionVector") {
                    id = try scanner.deletionVector().uniqueID
                } else {
                    try scanner.skipValue()
                }
            }
        } catch { throw corrupt(error.message) }
        return id
    }

    private func corrupt(_ what: String) -> TarnError {
        TarnError(
            .corruptMetadata, "The checkpoint _delta_log/\(fileName) is damaged: \(what).",
            context: [("file", "_delta_log/\(fileName)")])
    }

    private mutating func makeRoom(_ room: Int) {
        flush()
        writer.deallocate()
        writer = FileBlockWriter(capacity: max(1 << 20, room))
    }

    private mutating func flush() {
        if writer.records.isEmpty { return }
        done.append(ParsedCommit(version: version, files: writer.block()))
        writer.clear()
    }
}
