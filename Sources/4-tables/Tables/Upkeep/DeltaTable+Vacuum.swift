import Base
import DeltaLake
import ObjectStore

extension DeltaTable {
    /// Removes the files that no version within the retention time needs, and what writes that failed left behind.
    ///
    /// A file goes only if it is older than the retention time, and no live file, recently removed file, pinned
    /// version, protected path or clone needs it. Names that begin with `_` or `.` are passed over, as the protocol
    /// has it, but for `_change_data` and folders of partition columns.
    ///
    /// - Parameter options: Retention, pins, dry run.
    /// - Returns: What went.
    /// - Throws: `.failedPrecondition` for a retention shorter than the table's without `allowsShortRetention`, and where
    ///   a clone or a pinned version that needs files cannot be read. Nothing is removed then.
    @discardableResult
    package func vacuum(_ options: VacuumOptions = VacuumOptions()) async throws -> VacuumResult {
        try await naming {
            let base = try await refresh()
            try TableFeatures.checkWritable(base.snapshot)
            let retention = try Self.retention(options, base.snapshot)
            let cutoff = context.time.nowMilliseconds() - retention
            let garbage = try await garbage(base.snapshot, cutoff, options)
            let byteCount = garbage.reduce(0) { $0 + $1.byteCount }
            var version = try await refresh().snapshot.version
            if !options.isDryRun, !garbage.isEmpty {
                version = try await remove(garbage, byteCount, retention, options)
            }
            return VacuumResult(
                fileCount: garbage.count, byteCount: byteCount,
                paths: garbage.prefix(options.pathLimit).map(\.path.text), isDryRun: options.isDryRun,
                version: version)
        }
    }

    /// In milliseconds.
    private static func retention(
        _ options: VacuumOptions, _ snapshot: DeltaSnapshot
    ) throws(TarnError) -> Int64 {
        let own = TableProperties(snapshot.configuration).deletedFileRetentionMilliseconds
        guard let wanted = options.retention else { return own }
        let (seconds, attoseconds) = wanted.components
        let (thousands, tooBig) = seconds.multipliedReportingOverflow(by: 1000)
        if wanted < .zero {
            throw TarnError(.invalidInput, "A vacuum cannot retain files for less than no time.")
        }
        let milliseconds = tooBig ? Int64.max / 4 : thousands + attoseconds / 1_000_000_000_000_000
        if milliseconds < own, !options.allowsShortRetention {
            throw TarnError(
                .failedPrecondition,
                """
                A vacuum that retains only \(hours(milliseconds)) hours could remove files that readers and writers at \
                work need, and older versions could not be read: the table retains \(hours(own)) hours. Retain at \
                least that, lower the table property delta.deletedFileRetentionDuration, or say explicitly that \
                the check is to be left out.
                """,
                context: [("property", "delta.deletedFileRetentionDuration")])
        }
        return min(milliseconds, Int64.max / 4)
    }

    private static func hours(_ milliseconds: Int64) -> String {
        let hours = Double(milliseconds) / 3_600_000
        return hours == hours.rounded() ? String(Int64(hours)) : String((hours * 100).rounded() / 100)
    }

    // MARK: Finding

    /// Listed first, decided last: what is committed or cloned while the folder is walked is seen, and kept.
    private func garbage(
        _ snapshot: DeltaSnapshot, _ cutoff: Int64, _ options: VacuumOptions
    ) async throws -> [StoredObject] {
        let place = TablePlace(store)
        var needed = NeededFiles(place)
        try needed.keep(snapshot, removedSince: cutoff)
        for path in options.protectedPaths { needed.keep(path: path) }
        for version in Set(options.pinnedVersions) {
            try await needed.keep(pinned(version), removedSince: nil)
        }
        let (visible, known) = (VisibleNames(snapshot), needed.paths)
        let found = try await store.walk(
            .root, entering: { visible.enters($0) },
            wanting: { visible.wants($0) && !known.contains($0.text) })
        let old = found.filter { $0.modifiedMicroseconds.floorDivided(by: 1000) < cutoff }
        if old.isEmpty { return [] }
        var late = NeededFiles(place)
        let now = try await refresh().snapshot
        if now.version != snapshot.version { try late.keep(now, removedSince: cutoff) }
        try await CloneRegistry(self).keepFiles(in: &late, isDryRun: options.isDryRun)
        return late.paths.count == 0 ? old : old.filter { !late.paths.contains($0.path.text) }
    }

    private func pinned(_ version: Int64) async throws -> DeltaSnapshot {
        do { return try await snapshot(.version(version)) } catch let error as TarnError {
            throw TarnError(
                .failedPrecondition,
                """
                Version \(version) is pinned, but cannot be read, so it is not known which files it needs; nothing was \
                removed. Remove the pin, or restore the version's log. The reason: \(error.message)
                """,
                context: [("version", "\(version)")], cause: error)
        }
    }

    // MARK: Removing

    /// So many files go between two looks at whether the task was cancelled.
    private static let batchSize = 10_000

    private func remove(
        _ garbage: [StoredObject], _ byteCount: Int64, _ retention: Int64, _ options: VacuumOptions
    ) async throws -> Int64 {
        if options.recordsHistory {
            try await note(
                "VACUUM START",
                parameters: [
                    "retentionCheckEnabled": .string(String(!options.allowsShortRetention)),
                    "specifiedRetentionMillis": .string(String(retention)),
                ],
                metrics: [
                    "numFilesToDelete": .string(String(garbage.count)),
                    "sizeOfDataToDelete": .string(String(byteCount)),
                ])
        }
        var removed = 0
        do {
            while removed < garbage.count {
                try Task.checkCancellation()
                let batch = garbage[removed..<min(garbage.count, removed + Self.batchSize)]
                try await store.deleteEach(batch.map(\.path))
                removed += batch.count
            }
        } catch {
            if options.recordsHistory { _ = try? await end("FAILED", removed) }
            throw error
        }
        if options.recordsHistory { return try await end("COMPLETED", removed) }
        return try await refresh().snapshot.version
    }

    private func end(_ status: String, _ removed: Int) async throws -> Int64 {
        try await note(
            "VACUUM END", parameters: ["status": .string(status)],
            metrics: ["numDeletedFiles": .string(String(removed))])
    }

    /// A version that changes nothing, for the history.
    @discardableResult
    private func note(_ operation: String, parameters: JSONObject, metrics: JSONObject) async throws -> Int64
    {
        let base = try await refresh()
        var info = commitInfo(operation: operation, readVersion: base.snapshot.version, .none)
        info.operationParameters = parameters
        info.operationMetrics = metrics
        info.isBlindAppend = true
        return try await commit(PreparedCommit(CommitBuilder(info: info), reads: .nothing), on: base).version
    }
}

/// Which names below a table's folder belong to it.
///
/// Those of other programs, of the log and of indexes begin with `_` or `.`; a partition folder may too.
private struct VisibleNames: Sendable {
    private let partitionPrefixes: [String]

    init(_ snapshot: DeltaSnapshot) {
        partitionPrefixes = Set(snapshot.partitionColumns + snapshot.physicalPartitionColumns)
            .filter { $0.hasPrefix("_") || $0.hasPrefix(".") }.map { $0 + "=" }
    }

    func enters(_ folder: StorePath) -> Bool {
        if folder.parent.isRoot {
            if folder.name == "_change_data" { return true }
            // An Iceberg table that became a Delta table in place has its metadata there.
            if folder.name == "metadata" { return false }
        }
        return wants(folder) || partitionPrefixes.contains { folder.name.hasPrefix($0) }
    }

    func wants(_ path: StorePath) -> Bool {
        let first = path.name.utf8.first
        return first != UInt8(ascii: "_") && first != UInt8(ascii: ".")
    }
}
