import Base
import Catalog
import DeltaLake
import Lakehouse
import Query
import TableModel

extension UnityCall {
    private enum DeltaTableType: String, CaseIterable {
        case managed = "MANAGED"
        case external = "EXTERNAL"
    }

    func createDeltaTable() async throws -> JSONValue {
        let body = try body()
        let name = try deltaName(try body.required("name"))
        let location = try body.required("location")
        let type = try body.requiredChoice("table-type", of: DeltaTableType.self)
        let schema = try DeltaTypeJSON.schema(body, "columns")
        let partitions = (try body.texts("partition-columns") ?? []).map { $0.lowercased() }
        let comment = try body.comment()
        let properties = try body.map("properties") ?? [:]
        let wanted = try body.requiredInner("protocol")
        _ = try wanted.requiredInteger("min-reader-version")
        _ = try wanted.texts("reader-features")
        if body.value("uniform") != nil {
            throw TarnError(.unsupported, "'uniform' is not available.")
        }
        switch type {
        case .managed:
            guard let plan = try await stagedTable(at: location) else {
                throw TarnError(
                    .notFound, "There is no staging table at this location. Ask for one first.",
                    context: [("table", name.description)])
            }
            let entry = try await finish(plan, name, comment: comment, properties, strictly: true)
            return try await loadDeltaTable(entry)
        case .external:
            let plan = try await catalog.planTable(name, location: try StorageURL.location(location))
            let columns = schema.fields.enumerated().map { position, field in
                CatalogColumn(
                    field, key: NameRules.key(of: field.name), position: position,
                    partitionIndex: partitions.firstIndex(of: field.name.lowercased()))
            }
            return try await loadDeltaTable(
                try await catalog.addTable(
                    plan, comment: comment, properties: properties.filter { !Self.isOfTheLog($0.key) },
                    columns: columns))
        }
    }

    /// `DeltaLoadTableResponse`.
    ///
    /// Ratified commits are published on the way, so that the log has all of them and the answer none.
    func loadDeltaTable(_ entry: TableEntry) async throws -> JSONValue {
        guard entry.kind != .view, entry.format == .delta, StorageURL.path(entry.location) != nil else {
            throw TarnError(.unsupportedTableFormat, "\(entry.name) is no Delta table on this machine.")
        }
        try await refuseGoverned(entry)
        let state = entry.isCatalogManaged ? try await lake.query.publishCommits(of: entry) : nil
        let snapshot: DeltaSnapshot?
        do { snapshot = try await lake.query.snapshot(of: entry) } catch let error as TarnError {
            // An external table may be registered before its first version is written.
            if error.code == .notFound { snapshot = nil } else { throw error }
        }
        var answer: JSONObject = ["metadata": try await deltaMetadata(entry, snapshot, state)]
        if let state {
            answer["commits"] = .array(
                state.unpublished.reversed().map { commit in
                    .object([
                        "version": .int(commit.version), "timestamp": .int(commit.timestampMilliseconds),
                        "file-name": .string(commit.fileName), "file-size": .int(commit.fileSize),
                        "file-modification-timestamp": .int(commit.fileModifiedMilliseconds),
                    ])
                })
        }
        if let version = state?.latestVersion ?? snapshot?.version {
            answer["latest-table-version"] = .int(version)
        }
        return .object(answer)
    }

    private func deltaMetadata(
        _ entry: TableEntry, _ snapshot: DeltaSnapshot?, _ state: ManagedCommitState?
    ) async throws -> JSONValue {
        var metadata = UnityObject()
        metadata.set(
            "etag", state?.etag ?? "\(snapshot?.version ?? -1)-\(entry.updatedMicroseconds)")
        metadata.set("table-type", entry.kind.rawValue.uppercased())
        metadata.set("table-uuid", entry.id)
        metadata.set("location", StorageURL.text(entry.location))
        metadata.set("created-time", UnityObject.milliseconds(entry.createdMicroseconds))
        metadata.set("updated-time", UnityObject.milliseconds(entry.updatedMicroseconds))
        metadata.set("comment", entry.comment)
        guard let snapshot else {
            let known = try await catalog.columns(of: entry.id)
            let fields = known.compactMap { try? ColumnJSON.field(fromJSON: $0.typeJSON) }
            metadata.set("columns", DeltaTypeJSON.json(.structure(fields)))
            metadata.set(
                "partition-columns",
                .array(
                    known.filter { $0.partitionIndex != nil }.sorted {
                        ($0.partitionIndex ?? 0) < ($1.partitionIndex ?? 0)
                    }.map { .string($0.name) }))
            metadata.set("properties", .object([:]))
            return metadata.json
        }
        metadata.set("columns", DeltaTypeJSON.json(.structure(snapshot.schema.fields)))
        metadata.set("partition-columns", .array(snapshot.partitionColumns.map { .string($0) }))
        let properties = Self.deltaProperties(snapshot).sorted { $0.key < $1.key }
        metadata.set(
            "properties", .object(JSONObject(properties.map { ($0.key, .string($0.value)) })))
        return metadata.json
    }

    /// The log's properties, and what the API derives from the protocol.
    static func deltaProperties(_ snapshot: DeltaSnapshot) -> [String: String] {
        var properties = snapshot.configuration
        let listed = snapshot.tableProtocol
        properties["delta.minReaderVersion"] = String(listed.minReaderVersion)
        properties["delta.minWriterVersion"] = String(listed.minWriterVersion)
        for feature in Set((listed.readerFeatures ?? []) + (listed.writerFeatures ?? [])) {
            properties["delta.feature.\(feature)"] = "supported"
        }
        return properties
    }
}
