import Base

/// What a checkpoint of a snapshot holds.
///
/// ```swift
/// let plan = CheckpointPlan(snapshot, nowMilliseconds: now)
/// for line in plan.otherLines { ... }                        // protocol, metadata and the like, as lines of a commit
/// for file in plan.adds { file.withCheckpointTexts { ... } } // the files, field by field, for a writer of Parquet
/// try plan.forEachChunk { text in ... }                      // or everything as JSON lines
/// ```
///
/// Delta protocol, "Checkpoints" and "Checkpoint Schema". Removed files stay in for the table's retention time, so
/// that vacuum knows them; transactions for theirs.
package struct CheckpointPlan: Sendable {
    package let version: Int64
    /// How many add actions there are.
    package let addFileCount: Int
    /// How many actions, and so rows, there are; those that only the second kind has are not counted.
    package let actionCount: Int
    /// The removed files that are still remembered.
    package let removes: [DataFileView]
    private let snapshot: DeltaSnapshot
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
        removes = snapshot.files.tombstones().filter {
            $0.record.milliseconds < 0 || $0.record.milliseconds >= oldest
        }
        transactions = snapshot.transactions.values.filter { transaction in
            guard let retention = properties.setTransactionRetentionMilliseconds,
                let updated = transaction.lastUpdatedMilliseconds
            else { return true }
            return updated >= nowMilliseconds - min(retention, Int64.max / 2)
        }.sorted { $0.appID < $1.appID }
        actionCount = 2 + transactions.count + snapshot.domains.count + addFileCount + removes.count
    }

    /// The live files.
    ///
    /// Takes 16 bytes a file: ask once.
    package var adds: [DataFileView] { snapshot.files.all() }

    /// Every action but add and remove, each as a line of a commit without its end.
    package var otherLines: [[UInt8]] {
        var lines: [[UInt8]] = []
        func line(_ name: StaticString, _ write: (inout [UInt8]) -> Void) {
            var out: [UInt8] = []
            ActionWriter.line(name, &out, write)
            lines.append(Array(out.dropLast()))
        }
        line("protocol") { ActionWriter.write(snapshot.tableProtocol, &$0) }
        line("metaData") { ActionWriter.write(snapshot.metadata, &$0) }
        for action in transactions { line("txn") { ActionWriter.write(action, &$0) } }
        for (_, action) in snapshot.domains.sorted(by: { $0.key < $1.key }) {
            line("domainMetadata") { ActionWriter.write(action, &$0) }
        }
        return lines
    }

    /// Calls `body` with the actions as JSON lines, about 1 MiB at a time, whole lines only.
    package func forEachChunk(_ body: ([UInt8]) throws -> Void) rethrows {
        var out: [UInt8] = []
        out.reserveCapacity((1 << 20) + 65536)
        for line in otherLines {
            out += line
            out.append(0x0A)
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
        for file in removes {
            ActionWriter.line("remove", &out) {
                var action = file.removal
                action.dataChange = false
                ActionWriter.write(action, &$0)
            }
            try flush()
        }
        if !out.isEmpty { try body(out) }
    }

    /// A checkpoint of the second kind in one JSON file.
    ///
    /// - Parameter sidecars: The files that hold the file actions; `nil` puts these into the JSON file itself, which is
    ///   best where they are few.
    /// - Returns: The file's bytes. Delta protocol, "V2 Spec".
    package func jsonCheckpoint(sidecars: [CheckpointSidecar]?) -> [UInt8] {
        var out: [UInt8] = []
        ActionWriter.line("checkpointMetadata", &out) { out in
            ActionWriter.add("{\"version\":", &out)
            ActionWriter.add(version, &out)
            ActionWriter.add(",\"tags\":{}}", &out)
        }
        guard let sidecars else {
            forEachChunk { out += $0 }
            return out
        }
        for line in otherLines {
            out += line
            out.append(0x0A)
        }
        for sidecar in sidecars { ActionWriter.line("sidecar", &out) { ActionWriter.write(sidecar, &$0) } }
        return out
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

    /// The hint to leave behind once the checkpoint is durable.
    package func lastCheckpoint(byteCount: Int64?) -> LastCheckpoint {
        LastCheckpoint(
            version: version, actionCount: Int64(actionCount), byteCount: byteCount,
            addFileCount: Int64(addFileCount))
    }
}

/// The texts of one file action as they lie in the log; `nil` where the action has none.
package struct CheckpointTexts {
    /// Percent-encoded.
    package let path: UnsafeBufferPointer<UInt8>
    /// A JSON object.
    package let partitionValues: UnsafeBufferPointer<UInt8>?
    package let stats: UnsafeBufferPointer<UInt8>?
    /// A JSON object with tags, deletion vector, row ids or clustering provider among its members.
    package let rare: UnsafeBufferPointer<UInt8>?
}

extension DataFileView {
    /// Calls `body` with the texts, which are valid only within it; UTF-8.
    package func withCheckpointTexts<E: Error>(_ body: (CheckpointTexts) throws(E) -> Void) throws(E) {
        let record = record
        let bytes = block.bytes
        try bytes.withUnsafeBufferPointer { bytes throws(E) in
            func text(_ slice: TextSlice) -> UnsafeBufferPointer<UInt8>? {
                slice.isEmpty ? nil : UnsafeBufferPointer(rebasing: bytes[slice.range])
            }
            try body(
                CheckpointTexts(
                    path: text(record.path) ?? UnsafeBufferPointer(start: nil, count: 0),
                    partitionValues: text(record.partitionValues)
                        ?? (record.flags.contains(.hasPartitionValues) ? Self.emptyObject : nil),
                    stats: record.flags.contains(.hasStats) ? text(record.stats) : nil,
                    rare: text(record.action)))
        }
    }

    private static var emptyObject: UnsafeBufferPointer<UInt8> {
        let text: StaticString = "{}"
        return UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    /// When the file was removed; `nil` where the log does not say.
    package var removedMilliseconds: Int64? { record.milliseconds < 0 ? nil : record.milliseconds }

    /// The file's size; `nil` where the log does not say.
    package var knownByteCount: Int64? { record.byteCount < 0 ? nil : record.byteCount }
}
