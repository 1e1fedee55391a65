import Base
import DeltaLake
import ObjectStore
import TableModel

/// How a table is brought back.
package struct RestoreOptions: Sendable {
    /// Restores without the files that are not there any more, instead of refusing.
    package var ignoresMissingFiles = false
    package var userMetadata: String?

    package init(ignoresMissingFiles: Bool = false, userMetadata: String? = nil) {
        self.ignoresMissingFiles = ignoresMissingFiles
        self.userMetadata = userMetadata
    }
}

extension DeltaTable {
    /// Makes the table what it was at an older version, as a new version: files, schema and properties.
    ///
    /// The protocol is never lowered. What must only grow stays as it is now: row id and column id marks, identity
    /// columns' marks, and everything about in-commit timestamps.
    ///
    /// - Parameters:
    ///   - target: The version, or the time.
    ///   - options: What to do about missing files.
    /// - Returns: The new version; the current one where nothing differs.
    /// - Throws: `.notFound` for a version that the log does not reach; `.corruptMetadata` naming data files that are
    ///   missing; `.failedPrecondition` where rows would go from an append-only table.
    @discardableResult
    package func restore(
        to target: TimeTravel, _ options: RestoreOptions = RestoreOptions()
    ) async throws -> CommitResult {
        try await repeating {
            let base = try await refresh()
            let current = base.snapshot
            let wanted = try await snapshot(target)
            try TableFeatures.checkWritable(current)
            var added: [DataFileView] = []
            var removed: [DataFileView] = []
            wanted.files.forEach { if !current.files.contains($0) { added.append($0) } }
            current.files.forEach { if !wanted.files.contains($0) { removed.append($0) } }
            if !removed.isEmpty { try checkMayRemove(current) }
            try await dropMissing(from: &added, wanted.version, options)
            var builder = RestoredTable(current: current, wanted: wanted).builder
            let isSame =
                added.isEmpty && removed.isEmpty && builder.metadata == nil && builder.domains.isEmpty
            if isSame { return .alreadyCommitted(current.version) }
            builder.info = restoreInfo(target, wanted, current, added, removed, options)
            let now = context.time.nowMilliseconds()
            for file in removed { builder.remove(file.removeFile(atMilliseconds: now)) }
            for file in added {
                var action = file.addFile
                action.dataChange = true
                builder.add(action)
            }
            return try await commit(PreparedCommit(builder, reads: .wholeTable), on: base)
        }
    }

    private func dropMissing(
        from added: inout [DataFileView], _ version: Int64, _ options: RestoreOptions
    ) async throws {
        let missing = try await missing(among: added)
        if missing.isEmpty { return }
        guard options.ignoresMissingFiles else {
            throw missingFiles(
                missing, version,
                "Choose a newer version, bring the files back, or restore without them by ignoring missing files."
            )
        }
        let gone = Set(missing.map(\.file))
        added.removeAll { gone.contains($0) }
    }

    private func restoreInfo(
        _ target: TimeTravel, _ wanted: DeltaSnapshot, _ current: DeltaSnapshot, _ added: [DataFileView],
        _ removed: [DataFileView], _ options: RestoreOptions
    ) -> CommitInfo {
        func size(_ files: [DataFileView]) -> Int64 { files.reduce(0) { $0 + $1.byteCount } }
        var info = commitInfo(operation: "RESTORE", readVersion: current.version, .none)
        info.isBlindAppend = false
        info.userMetadata = options.userMetadata
        if case .timestamp(let microseconds) = target {
            info.operationParameters = ["timestamp": .string(String(microseconds / 1000))]
        } else {
            info.operationParameters = ["version": .string(String(wanted.version))]
        }
        let byteCount = current.byteCount + size(added) - size(removed)
        info.operationMetrics = [
            "numRestoredFiles": .string(String(added.count)),
            "numRemovedFiles": .string(String(removed.count)),
            "restoredFilesSize": .string(String(size(added))),
            "removedFilesSize": .string(String(size(removed))),
            "numOfFilesAfterRestore": .string(String(current.fileCount + added.count - removed.count)),
            "tableSizeAfterRestore": .string(String(byteCount)),
        ]
        return info
    }
}

/// Everything of a restored table but its files.
private struct RestoredTable {
    let current: DeltaSnapshot
    let wanted: DeltaSnapshot

    /// Properties that belong to the log as it goes on, not to the version that comes back.
    private static let lasting = [
        "delta.enableInCommitTimestamps", "delta.inCommitTimestampEnablementVersion",
        "delta.inCommitTimestampEnablementTimestamp", "delta.rowTracking.materializedRowIdColumnName",
        "delta.rowTracking.materializedRowCommitVersionColumnName",
    ]

    var builder: CommitBuilder {
        var builder = CommitBuilder()
        let metadata = metadata
        if metadata != current.metadata { builder.metadata = metadata }
        let merged = TableFeatures.upgraded(
            current.tableProtocol,
            toSupport: Set(TableFeatures.supportedFeatures(wanted.tableProtocol)))
        if merged != current.tableProtocol { builder.tableProtocol = merged }
        for domain in domains { builder.record(domain) }
        return builder
    }

    private var metadata: TableMetadata {
        var metadata = wanted.metadata
        metadata.id = current.metadata.id
        for name in Self.lasting { metadata.configuration[name] = current.metadata.configuration[name] }
        let mark = "delta.columnMapping.maxColumnId"
        let marks = [wanted, current].compactMap { $0.configuration[mark].flatMap { Int64($0) } }
        if let highest = marks.max() { metadata.configuration[mark] = String(highest) }
        var schema = wanted.schema
        for (index, field) in schema.fields.enumerated() {
            // An identity column must not give a number twice.
            let key = "delta.identity.highWaterMark"
            guard let then = field.metadata[key]?.int64,
                let now = current.schema[field.name]?.metadata[key]?.int64
            else { continue }
            let isDescending = field.metadata["delta.identity.step"]?.int64.map { $0 < 0 } ?? false
            schema.fields[index].metadata[key] = .int(isDescending ? min(then, now) : max(then, now))
        }
        if schema != wanted.schema { metadata.schemaString = SchemaCodec.text(schema) }
        return metadata
    }

    private var domains: [DomainMetadata] {
        var changed: [DomainMetadata] = []
        for (name, domain) in wanted.domains.sorted(by: { $0.key < $1.key })
        where name != "delta.rowTracking" && current.domains[name] != domain {
            changed.append(domain)
        }
        for (name, domain) in current.domains.sorted(by: { $0.key < $1.key })
        where name != "delta.rowTracking" && wanted.domains[name] == nil {
            changed.append(
                DomainMetadata(domain: name, configuration: domain.configuration, isRemoved: true))
        }
        return changed
    }
}
