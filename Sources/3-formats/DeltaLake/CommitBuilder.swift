import Base

/// The actions of a commit to be, and its bytes.
///
/// ```swift
/// var commit = CommitBuilder(info: CommitInfo(timestampMilliseconds: now, operation: "WRITE"))
/// commit.add(file)
/// try await store.put(path, commit.bytes(), mode: .ifAbsent)
/// ```
package struct CommitBuilder: Sendable {
    /// Written first, as in-commit timestamps demand.
    package var info: CommitInfo?
    package var tableProtocol: TableProtocol?
    package var metadata: TableMetadata?
    package private(set) var transactions: [SetTransaction] = []
    package private(set) var domains: [DomainMetadata] = []
    package private(set) var adds: [AddFile] = []
    package private(set) var removes: [RemoveFile] = []
    /// Files of changed rows for the change data feed, which readers of the table itself pass over.
    package private(set) var changeFiles: [ChangeFile] = []

    package init(
        info: CommitInfo? = nil, tableProtocol: TableProtocol? = nil, metadata: TableMetadata? = nil
    ) {
        self.info = info
        self.tableProtocol = tableProtocol
        self.metadata = metadata
    }

    package mutating func add(_ file: AddFile) { adds.append(file) }
    package mutating func remove(_ file: RemoveFile) { removes.append(file) }
    package mutating func add(_ change: ChangeFile) { changeFiles.append(change) }
    package mutating func record(_ transaction: SetTransaction) { transactions.append(transaction) }
    /// One action a domain: the last one given counts.
    package mutating func record(_ domain: DomainMetadata) {
        domains.removeAll { $0.domain == domain.domain }
        domains.append(domain)
    }

    /// Gives the file at that place of `adds` its row ids.
    mutating func setRowIDs(_ index: Int, base: Int64, _ version: Int64) {
        adds[index].baseRowID = base
        adds[index].defaultRowCommitVersion = adds[index].defaultRowCommitVersion ?? version
    }

    /// Records a domain's metadata instead of what was recorded for it.
    mutating func replaceDomain(_ domain: DomainMetadata) {
        domains.removeAll { $0.domain == domain.domain }
        domains.append(domain)
    }

    /// One JSON object a line: commitInfo, protocol, metaData, txn, domainMetadata, remove, add, cdc.
    package func bytes() -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(512 + 512 * adds.count + 256 * removes.count)
        if let info { ActionWriter.line("commitInfo", &out) { info.json.write(to: &$0) } }
        if let tableProtocol {
            ActionWriter.line("protocol", &out) { ActionWriter.write(tableProtocol, &$0) }
        }
        if let metadata { ActionWriter.line("metaData", &out) { ActionWriter.write(metadata, &$0) } }
        for action in transactions { ActionWriter.line("txn", &out) { ActionWriter.write(action, &$0) } }
        for action in domains {
            ActionWriter.line("domainMetadata", &out) { ActionWriter.write(action, &$0) }
        }
        for file in removes { ActionWriter.line("remove", &out) { ActionWriter.write(file, &$0) } }
        for file in adds { ActionWriter.line("add", &out) { ActionWriter.write(file, &$0) } }
        for file in changeFiles { ActionWriter.line("cdc", &out) { ActionWriter.write(file, &$0) } }
        return out
    }
}

/// Actions as JSON bytes.
///
/// Fields without a value are left out.
enum ActionWriter {
    /// `{"name":...}` and the line's end.
    static func line(_ name: StaticString, _ out: inout [UInt8], _ body: (inout [UInt8]) -> Void) {
        add("{\"", &out)
        add(name, &out)
        add("\":", &out)
        body(&out)
        add("}\n", &out)
    }

    @inline(__always)
    static func add(_ text: StaticString, _ out: inout [UInt8]) {
        out.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    static func add(_ value: Int64, _ out: inout [UInt8]) { out.append(contentsOf: String(value).utf8) }

    static func write(_ value: TableProtocol, _ out: inout [UInt8]) {
        add("{\"minReaderVersion\":", &out)
        add(Int64(value.minReaderVersion), &out)
        add(",\"minWriterVersion\":", &out)
        add(Int64(value.minWriterVersion), &out)
        if let features = value.readerFeatures {
            add(",\"readerFeatures\":", &out)
            write(features, &out)
        }
        if let features = value.writerFeatures {
            add(",\"writerFeatures\":", &out)
            write(features, &out)
        }
        add("}", &out)
    }

    static func write(_ value: TableMetadata, _ out: inout [UInt8]) {
        add("{\"id\":", &out)
        appendJSONString(value.id, to: &out)
        member("name", value.name, &out)
        member("description", value.description, &out)
        add(",\"format\":{\"provider\":", &out)
        appendJSONString(value.provider, to: &out)
        add(",\"options\":", &out)
        write(value.formatOptions, &out)
        add("}", &out)
        member("schemaString", value.schemaString, &out)
        add(",\"partitionColumns\":", &out)
        write(value.partitionColumns, &out)
        add(",\"configuration\":", &out)
        write(value.configuration, &out)
        member("createdTime", value.createdMilliseconds, &out)
        add("}", &out)
    }

    static func write(_ value: SetTransaction, _ out: inout [UInt8]) {
        add("{\"appId\":", &out)
        appendJSONString(value.appID, to: &out)
        member("version", value.version, &out)
        member("lastUpdated", value.lastUpdatedMilliseconds, &out)
        add("}", &out)
    }

    static func write(_ value: DomainMetadata, _ out: inout [UInt8]) {
        add("{\"domain\":", &out)
        appendJSONString(value.domain, to: &out)
        member("configuration", value.configuration, &out)
        add(value.isRemoved ? ",\"removed\":true}" : ",\"removed\":false}", &out)
    }

    static func write(_ value: CheckpointSidecar, _ out: inout [UInt8]) {
        add("{\"path\":", &out)
        appendJSONString(value.rawPath, to: &out)
        member("sizeInBytes", value.byteCount, &out)
        member("modificationTime", value.modifiedMilliseconds, &out)
        add("}", &out)
    }

    static func write(_ file: AddFile, _ out: inout [UInt8]) {
        add("{\"path\":", &out)
        appendJSONString(file.rawPath, to: &out)
        add(",\"partitionValues\":", &out)
        write(file.partitionValues, &out)
        member("size", file.byteCount, &out)
        member("modificationTime", file.modifiedMilliseconds, &out)
        add(file.dataChange ? ",\"dataChange\":true" : ",\"dataChange\":false", &out)
        if let stats = file.stats {
            add(",\"stats\":", &out)
            stats.withUnsafeBufferPointer { appendJSONString($0, to: &out) }
        }
        rareMembers(file.tags, file.deletionVector, file.baseRowID, file.defaultRowCommitVersion, &out)
        member("clusteringProvider", file.clusteringProvider, &out)
        add("}", &out)
    }

    static func write(_ file: RemoveFile, _ out: inout [UInt8]) {
        add("{\"path\":", &out)
        appendJSONString(file.rawPath, to: &out)
        member("deletionTimestamp", file.deletedMilliseconds, &out)
        add(file.dataChange ? ",\"dataChange\":true" : ",\"dataChange\":false", &out)
        // The three go together, and the flag says that they are there.
        if let values = file.partitionValues, let size = file.byteCount {
            add(",\"extendedFileMetadata\":true,\"partitionValues\":", &out)
            write(values, &out)
            member("size", size, &out)
        }
        rareMembers(file.tags, file.deletionVector, file.baseRowID, file.defaultRowCommitVersion, &out)
        add("}", &out)
    }

    /// `dataChange` is false always: the rows' own files say what changes (protocol, "Add CDC File").
    static func write(_ file: ChangeFile, _ out: inout [UInt8]) {
        add("{\"path\":", &out)
        appendJSONString(file.rawPath, to: &out)
        add(",\"partitionValues\":", &out)
        write(file.partitionValues, &out)
        member("size", file.byteCount, &out)
        add(",\"dataChange\":false", &out)
        if let tags = file.tags {
            add(",\"tags\":", &out)
            write(tags, &out)
        }
        add("}", &out)
    }

    private static func rareMembers(
        _ tags: [String: String]?, _ deletionVector: DeletionVectorDescriptor?, _ baseRowID: Int64?,
        _ defaultRowCommitVersion: Int64?, _ out: inout [UInt8]
    ) {
        if let tags {
            add(",\"tags\":", &out)
            write(tags, &out)
        }
        if let deletionVector {
            add(",\"deletionVector\":", &out)
            write(deletionVector, &out)
        }
        member("baseRowId", baseRowID, &out)
        member("defaultRowCommitVersion", defaultRowCommitVersion, &out)
    }

    static func write(_ value: DeletionVectorDescriptor, _ out: inout [UInt8]) {
        add("{\"storageType\":", &out)
        appendJSONString(value.storageType, to: &out)
        member("pathOrInlineDv", value.pathOrInlineDv, &out)
        member("offset", value.offset, &out)
        member("sizeInBytes", value.sizeInBytes, &out)
        member("cardinality", value.cardinality, &out)
        add("}", &out)
    }

    // MARK: Pieces

    private static func member(_ name: StaticString, _ value: Int64?, _ out: inout [UInt8]) {
        guard let value else { return }
        begin(name, &out)
        add(value, &out)
    }

    private static func member(_ name: StaticString, _ value: String?, _ out: inout [UInt8]) {
        guard let value else { return }
        begin(name, &out)
        appendJSONString(value, to: &out)
    }

    private static func begin(_ name: StaticString, _ out: inout [UInt8]) {
        add(",\"", &out)
        add(name, &out)
        add("\":", &out)
    }

    private static func write(_ items: [String], _ out: inout [UInt8]) {
        add("[", &out)
        for (index, item) in items.enumerated() {
            if index > 0 { add(",", &out) }
            appendJSONString(item, to: &out)
        }
        add("]", &out)
    }

    /// Sorted by name, so that equal values give equal bytes.
    static func write(_ map: [String: String], _ out: inout [UInt8]) {
        write(map.sorted { $0.key < $1.key }.map { (name: $0.key, value: Optional($0.value)) }, &out)
    }

    static func write(_ values: PartitionValues, _ out: inout [UInt8]) {
        add("{", &out)
        for (index, (name, value)) in values.enumerated() {
            if index > 0 { add(",", &out) }
            appendJSONString(name, to: &out)
            add(":", &out)
            if let value { appendJSONString(value, to: &out) } else { add("null", &out) }
        }
        add("}", &out)
    }
}
