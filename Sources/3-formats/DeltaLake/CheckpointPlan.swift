import Base

/// What a checkpoint of a snapshot holds, for a writer of Parquet files.
///
/// ```swift
/// let plan = CheckpointPlan(snapshot, nowMilliseconds: now)
/// try plan.forEachChunk { lines in file.write(lines) }       // one JSON object a line, one action each
/// // COPY (SELECT * FROM read_json(file, columns = plan.columns, ...)) TO '...checkpoint.parquet'
/// ```
///
/// Delta protocol, "Checkpoints" and "Checkpoint Schema". Removed files stay in for the table's retention time, so
/// that vacuum knows them; transactions for theirs.
package struct CheckpointPlan: Sendable {
    package let version: Int64
    /// How many add actions there are.
    package let addFileCount: Int
    /// How many actions, and so rows, there are.
    package let actionCount: Int
    private let snapshot: DeltaSnapshot
    private let tombstones: [DataFileView]
    private let transactions: [SetTransaction]

    /// - Parameters:
    ///   - snapshot: What the checkpoint is of.
    ///   - nowMilliseconds: The time, from which retention counts back.
    package init(_ snapshot: DeltaSnapshot, nowMilliseconds: Int64) {
        self.snapshot = snapshot
        version = snapshot.version
        addFileCount = snapshot.fileCount
        let properties = TableProperties(snapshot.configuration)
        let oldest = nowMilliseconds - min(properties.deletedFileRetentionMilliseconds, Int64.max / 2)
        // A removal of an unknown time is kept: forgetting it too early would leave its file on disk for ever.
        tombstones = snapshot.files.tombstones().filter {
            $0.record.milliseconds < 0 || $0.record.milliseconds >= oldest
        }
        transactions = snapshot.transactions.values.filter { transaction in
            guard let retention = properties.setTransactionRetentionMilliseconds,
                let updated = transaction.lastUpdatedMilliseconds
            else { return true }
            return updated >= nowMilliseconds - min(retention, Int64.max / 2)
        }.sorted { $0.appID < $1.appID }
        actionCount = 2 + transactions.count + snapshot.domains.count + addFileCount + tombstones.count
    }

    /// The columns and their types as DuckDB spells them.
    package static let columns: [(name: String, type: String)] = [
        ("txn", "STRUCT(appId VARCHAR, version BIGINT, lastUpdated BIGINT)"),
        (
            "add",
            """
            STRUCT(path VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT, modificationTime BIGINT, \
            dataChange BOOLEAN, tags MAP(VARCHAR, VARCHAR), deletionVector \(deletionVector), baseRowId BIGINT, \
            defaultRowCommitVersion BIGINT, clusteringProvider VARCHAR, stats VARCHAR)
            """
        ),
        (
            "remove",
            """
            STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN, extendedFileMetadata BOOLEAN, \
            partitionValues MAP(VARCHAR, VARCHAR), size BIGINT, tags MAP(VARCHAR, VARCHAR), \
            deletionVector \(deletionVector), baseRowId BIGINT, defaultRowCommitVersion BIGINT)
            """
        ),
        (
            "metaData",
            """
            STRUCT(id VARCHAR, "name" VARCHAR, description VARCHAR, \
            format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), schemaString VARCHAR, \
            partitionColumns VARCHAR[], configuration MAP(VARCHAR, VARCHAR), createdTime BIGINT)
            """
        ),
        (
            "protocol",
            """
            STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER, readerFeatures VARCHAR[], \
            writerFeatures VARCHAR[])
            """
        ),
        ("domainMetadata", "STRUCT(\"domain\" VARCHAR, configuration VARCHAR, removed BOOLEAN)"),
    ]

    private static let deletionVector =
        """
        STRUCT(storageType VARCHAR, pathOrInlineDv VARCHAR, "offset" INTEGER, sizeInBytes INTEGER, \
        cardinality BIGINT)
        """

    /// Calls `body` with the actions as JSON lines, about 1 MiB at a time, whole lines only.
    package func forEachChunk(_ body: ([UInt8]) throws -> Void) rethrows {
        var out: [UInt8] = []
        out.reserveCapacity((1 << 20) + 65536)
        ActionWriter.line("protocol", &out) { ActionWriter.write(snapshot.tableProtocol, &$0) }
        ActionWriter.line("metaData", &out) { ActionWriter.write(snapshot.metadata, &$0) }
        for action in transactions { ActionWriter.line("txn", &out) { ActionWriter.write(action, &$0) } }
        for (_, action) in snapshot.domains.sorted(by: { $0.key < $1.key }) {
            ActionWriter.line("domainMetadata", &out) { ActionWriter.write(action, &$0) }
        }
        func flush() throws {
            if out.count < 1 << 20 { return }
            try body(out)
            out.removeAll(keepingCapacity: true)
        }
        try snapshot.files.forEach { file in
            ActionWriter.line("add", &out) { Self.write(file, &$0) }
            try flush()
        }
        for file in tombstones {
            ActionWriter.line("remove", &out) { Self.writeRemove(file, &$0) }
            try flush()
        }
        if !out.isEmpty { try body(out) }
    }

    /// An add action straight from its bytes; in a checkpoint no file changes data.
    private static func write(_ file: DataFileView, _ out: inout [UInt8]) {
        let record = file.record
        guard record.action.isEmpty else {
            var action = file.addFile
            action.dataChange = false
            ActionWriter.write(action, &out)
            return
        }
        file.block.bytes.withUnsafeBufferPointer { bytes in
            func text(_ slice: TextSlice) -> UnsafeBufferPointer<UInt8> {
                UnsafeBufferPointer(rebasing: bytes[slice.range])
            }
            ActionWriter.add("{\"path\":", &out)
            appendJSONString(text(record.path), to: &out)
            ActionWriter.add(",\"partitionValues\":", &out)
            if record.partitionValues.isEmpty {
                ActionWriter.add("{}", &out)
            } else {
                appendOneLine(text(record.partitionValues), &out)
            }
            ActionWriter.add(",\"size\":", &out)
            ActionWriter.add(file.byteCount, &out)
            ActionWriter.add(",\"modificationTime\":", &out)
            ActionWriter.add(file.milliseconds, &out)
            ActionWriter.add(",\"dataChange\":false", &out)
            if record.flags.contains(.hasStats) {
                ActionWriter.add(",\"stats\":", &out)
                appendJSONString(text(record.stats), to: &out)
            }
            ActionWriter.add("}", &out)
        }
    }

    /// JSON that another writer may have spread over lines.
    private static func appendOneLine(_ json: UnsafeBufferPointer<UInt8>, _ out: inout [UInt8]) {
        for byte in json where byte != 0x0A && byte != 0x0D { out.append(byte) }
    }

    private static func writeRemove(_ file: DataFileView, _ out: inout [UInt8]) {
        let record = file.record
        ActionWriter.write(
            RemoveFile(
                rawPath: file.rawPath,
                deletedMilliseconds: record.milliseconds < 0 ? nil : record.milliseconds,
                dataChange: false, partitionValues: file.hasPartitionValues ? file.partitionValues : nil,
                byteCount: record.byteCount < 0 ? nil : record.byteCount, tags: file.tags,
                deletionVector: file.deletionVector, baseRowID: file.baseRowID,
                defaultRowCommitVersion: file.defaultRowCommitVersion),
            &out)
    }

    /// The hint to leave behind once the checkpoint is durable.
    package func lastCheckpoint(byteCount: Int64?) -> LastCheckpoint {
        LastCheckpoint(
            version: version, actionCount: Int64(actionCount), byteCount: byteCount,
            addFileCount: Int64(addFileCount))
    }
}
