/// One file action as a view into the shared bytes: 16 bytes, fields are read when asked for.
///
/// Delta protocol, "Add File and Remove File".
package struct DataFileView: Sendable {
    let block: FileBlock
    let index: Int

    var record: FileRecord { block.records[index] }

    /// As the log writes it: percent-encoded, relative to the table's folder unless it is absolute.
    package var rawPath: String { block.text(record.path) }

    /// The path as the object store knows it.
    package var path: String { PathEncoding.decode(rawPath) }

    /// What tells this file from all others of a snapshot; equal for an add and the remove that ends it.
    package var key: String { block.text(record.key) }

    /// What the data file itself goes by, whatever deletion vector it has at the moment.
    package var fileKey: String {
        let text = block.bytes[record.key.range]
        return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// 0 where a remove does not say.
    package var byteCount: Int64 { max(0, record.byteCount) }

    /// When the file was written; of a remove, when it was removed; 0 where the log does not say.
    package var milliseconds: Int64 { max(0, record.milliseconds) }

    package var dataChange: Bool { record.flags.contains(.dataChange) }

    /// In the order of the log; a remove may have none.
    package var partitionValues: PartitionValues {
        if record.partitionValues.isEmpty { return [] }
        return scan(record.partitionValues) { scanner throws(ScanFailure) in
            try scanner.partitionValues()
        } ?? []
    }

    package var hasPartitionValues: Bool { record.flags.contains(.hasPartitionValues) }

    /// The statistics' JSON text; `nil` if there are none.
    package var stats: [UInt8]? {
        record.flags.contains(.hasStats) ? Array(block.bytes[record.stats.range]) : nil
    }

    package var deletionVector: DeletionVectorDescriptor? {
        rare("deletionVector") { scanner throws(ScanFailure) in try scanner.deletionVector() }
    }

    package var tags: [String: String]? {
        rare("tags") { scanner throws(ScanFailure) in try scanner.stringMap() }
    }

    package var baseRowID: Int64? {
        rare("baseRowId") { scanner throws(ScanFailure) in try scanner.int64() }
    }

    package var defaultRowCommitVersion: Int64? {
        rare("defaultRowCommitVersion") { scanner throws(ScanFailure) in try scanner.int64() }
    }

    package var clusteringProvider: String? {
        rare("clusteringProvider") { scanner throws(ScanFailure) in try scanner.text() }
    }

    /// The action with all its fields, as `CommitBuilder` takes it.
    package var addFile: AddFile {
        AddFile(
            rawPath: rawPath, partitionValues: partitionValues, byteCount: byteCount,
            modifiedMilliseconds: milliseconds, dataChange: dataChange, stats: stats, tags: tags,
            deletionVector: deletionVector, baseRowID: baseRowID,
            defaultRowCommitVersion: defaultRowCommitVersion, clusteringProvider: clusteringProvider)
    }

    /// The action that removes this file.
    package func removeFile(atMilliseconds time: Int64, dataChange: Bool = true) -> RemoveFile {
        RemoveFile(
            rawPath: rawPath, deletedMilliseconds: time, dataChange: dataChange,
            partitionValues: partitionValues, byteCount: byteCount, tags: tags,
            deletionVector: deletionVector, baseRowID: baseRowID,
            defaultRowCommitVersion: defaultRowCommitVersion)
    }

    private func scan<T>(
        _ slice: TextSlice, _ body: (inout ByteScanner) throws(ScanFailure) -> T?
    ) -> T? {
        block.bytes.withUnsafeBufferPointer { bytes in
            var scanner = ByteScanner(UnsafeBufferPointer(rebasing: bytes[slice.range]))
            do throws(ScanFailure) { return try body(&scanner) } catch { return nil }
        }
    }

    /// One of the fields that few actions have.
    ///
    /// The commit's parser has checked the text.
    private func rare<T>(
        _ field: String, _ body: (inout ByteScanner) throws(ScanFailure) -> T
    ) -> T? {
        if record.action.isEmpty { return nil }
        return scan(record.action) { scanner throws(ScanFailure) in
            var found: T?
            try scanner.members { scanner, name throws(ScanFailure) in
                if scanner.nameText(name) == field {
                    found = try body(&scanner)
                } else {
                    try scanner.skipValue()
                }
            }
            return found
        }
    }
}

extension DataFileView: Hashable {
    package static func == (a: DataFileView, b: DataFileView) -> Bool {
        FileBlock.sameKey(a.block, a.index, b.block, b.index)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(record.hash) }
}
