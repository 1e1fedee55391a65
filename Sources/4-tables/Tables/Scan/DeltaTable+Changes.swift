import Base
import DeltaLake
import Engine
import ObjectStore
import TableModel

extension DeltaTable {
    /// The rows that changed from one version to another, both included.
    ///
    /// Gives the table's columns as the last of the versions has them, and `_change_type` (`insert`, `delete`,
    /// `update_preimage`, `update_postimage`), `_commit_version` and `_commit_timestamp`. Delta protocol, "Change Data
    /// Files".
    ///
    /// - Parameters:
    ///   - first: The first version whose changes are wanted.
    ///   - last: The last one; `nil` is the newest.
    ///   - columns: Which of the table's columns to give; `nil` is all.
    /// - Returns: The SQL, and what it will read.
    /// - Throws: `.failedPrecondition` naming a version where the feed was off or whose columns do not fit, `.notFound`
    ///   for versions that do not exist or whose commits are gone, `.corruptMetadata`.
    package func changes(
        from first: Int64, to last: Int64? = nil, columns: [String]? = nil
    ) async throws -> ScanRelation {
        let snapshot = try await snapshot(last.map { .version($0) } ?? .latest)
        try await naming { try Self.check(first, through: snapshot.version, asked: last) }
        let fields = try columns.map { try $0.map { try field($0, snapshot) } } ?? snapshot.schema.fields
        let commits = try await naming { try await self.commits(first...snapshot.version) }
        try await checkMetadata(of: commits, snapshot)
        return try await relation(over: commits, fields, snapshot)
    }

    /// The rows that changed from one version or time to another, both included.
    ///
    /// - Parameters:
    ///   - first: A time stands for the first version that was written then or later.
    ///   - last: A time stands for the last version that was written by then.
    ///   - columns: Which of the table's columns to give; `nil` is all.
    /// - Returns: As above.
    /// - Throws: As above.
    package func changes(
        from first: TimeTravel, to last: TimeTravel, columns: [String]? = nil
    ) async throws -> ScanRelation {
        let start: Int64
        switch first {
        case .version(let version): start = version
        case .latest: start = try await snapshot().version
        case .timestamp(let microseconds): start = try await firstVersion(from: microseconds)
        }
        switch last {
        case .latest: return try await changes(from: start, to: nil, columns: columns)
        case .version(let version): return try await changes(from: start, to: version, columns: columns)
        case .timestamp:
            let end = try await snapshot(last).version
            return try await changes(from: start, to: end, columns: columns)
        }
    }

    private func firstVersion(from microseconds: Int64) async throws -> Int64 {
        do {
            let before = try await naming {
                try await LogReader(self).version(atMicroseconds: microseconds &- 1)
            }
            return before + 1
        } catch let error as TarnError where error.code == .notFound {
            return 0
        }
    }

    private static func check(_ first: Int64, through last: Int64, asked: Int64?) throws(TarnError) {
        if first < 0 {
            throw TarnError(.invalidInput, "Versions count from 0, not from \(first).")
        }
        if first > last {
            throw TarnError(
                asked == nil ? .notFound : .invalidInput,
                asked == nil
                    ? "There is no version \(first): the newest is \(last)."
                    : "The changes from version \(first) to version \(last) were asked for: the first is after the last.",
                context: [("version", "\(first)")])
        }
    }

    /// The commits of these versions, in order.
    private func commits(_ versions: ClosedRange<Int64>) async throws -> [ParsedCommit] {
        let paths = try versions.map { version throws(StorageError) in try LogFolder.commit(version) }
        do {
            return try await store.mapEach(paths) { index, bytes in
                try CommitFile.parse(
                    bytes, version: versions.lowerBound + Int64(index), keepsCommitInfo: true)
            }
        } catch StorageError.notFound(let path) {
            throw TarnError(
                .notFound,
                """
                The changes from version \(versions.lowerBound) to \(versions.upperBound) are not all known any more: \
                the commit \(path) is gone, as happens to old ones. Ask for later versions.
                """,
                context: [("file", path)])
        }
    }

    /// Whether the feed was on throughout, and all versions have columns that fit those of the last.
    private func checkMetadata(of commits: [ParsedCommit], _ snapshot: DeltaSnapshot) async throws {
        guard let first = commits.first else { return }
        var metadata = snapshot.metadata
        if commits.contains(where: { $0.metadata != nil }) {
            if let own = first.metadata {
                metadata = own
            } else {
                metadata = try await self.snapshot(.version(first.version)).metadata
            }
        }
        try await naming {
            var isChecked = false
            for commit in commits {
                if let new = commit.metadata {
                    metadata = new
                    isChecked = false
                }
                if isChecked { continue }
                try ChangeFeed.checkIsOn(metadata, version: commit.version)
                try ChangeFeed.checkIsReadable(metadata, version: commit.version, as: snapshot)
                isChecked = true
            }
        }
    }

    // MARK: Files

    /// One file of the feed, with what all its rows have in common.
    private struct ChangedRows {
        var file: FileScan.File
        let partitionValues: PartitionValues
        let byteCount: Int64
        /// `nil` where the file itself says it row by row.
        let kind: ChangeFeed.Kind?
        let version: Int64
        let timestamp: String
    }

    private func relation(
        over commits: [ParsedCommit], _ fields: [SchemaField], _ snapshot: DeltaSnapshot
    ) async throws -> ScanRelation {
        let timestamps = try await timestamps(of: commits)
        var changed: [ChangedRows] = []
        for (commit, timestamp) in zip(commits, timestamps) {
            changed += try await self.changed(commit, timestamp, snapshot)
        }
        var items = scanColumns(fields, partitionValues: changed.map(\.partitionValues), snapshot)
        let kinds = changed.map { $0.kind?.rawValue }
        // Without change files the log says it all, and the files need not be asked for the column.
        items.append(
            ScanColumn(
                name: ChangeFeed.typeColumn, type: .string,
                source: kinds.contains(nil)
                    ? .physical(ChangeFeed.typeColumn, orPerFile: kinds) : .perFile(kinds)))
        items.append(
            ScanColumn(
                name: ChangeFeed.versionColumn, type: .long,
                source: .wholePerFile(changed.map(\.version), unlessIn: nil)))
        items.append(
            ScanColumn(
                name: ChangeFeed.timestampColumn, type: .timestamp, source: .perFile(changed.map(\.timestamp))
            ))
        let scan = FileScan(
            files: changed.map(\.file), columns: items, mapping: snapshot.columnMapping,
            version: snapshot.version)
        let (sql, resources) = try await sql(of: scan)
        let extra = items.suffix(3).map { SchemaField($0.name, $0.type, isNullable: false) }
        return ScanRelation(
            sql: sql, columns: fields + extra, version: snapshot.version,
            files: changed.compactMap(\.file.view), totalFileCount: changed.count,
            byteCount: changed.reduce(0) { $0 + $1.byteCount }, locations: changed.map(\.file.location),
            resources: resources)
    }

    private func changed(
        _ commit: ParsedCommit, _ timestamp: String, _ snapshot: DeltaSnapshot
    ) async throws -> [ChangedRows] {
        var found: [ChangedRows] = []
        for source in ChangeFeed.sources(commit) {
            switch source {
            case .changes(let file):
                let place = FileScan.File(view: nil, location: try location(ofPath: file.path))
                found.append(
                    ChangedRows(
                        file: place, partitionValues: file.partitionValues, byteCount: file.byteCount,
                        kind: nil,
                        version: commit.version, timestamp: timestamp))
            case .whole(let file, let kind):
                let deleted = try await deletedRows(of: file)
                found.append(
                    try await changed(
                        file, deleted.map { .without($0) } ?? .all, kind, commit.version, timestamp, snapshot)
                )
            case .difference(let before, let after):
                let pair = try await deletedRows(of: [before, after])
                let (was, isNow) = (pair[0] ?? RowBitmap(), pair[1] ?? RowBitmap())
                for (rows, kind) in [
                    (isNow.subtracting(was), ChangeFeed.Kind.delete), (was.subtracting(isNow), .insert),
                ] where !rows.isEmpty {
                    found.append(
                        try await changed(after, .only(rows), kind, commit.version, timestamp, snapshot))
                }
            }
        }
        return found
    }

    private func changed(
        _ file: DataFileView, _ selection: LiveRows.Selection, _ kind: ChangeFeed.Kind, _ version: Int64,
        _ timestamp: String, _ snapshot: DeltaSnapshot
    ) async throws -> ChangedRows {
        var values = file.partitionValues
        if !file.hasPartitionValues, !snapshot.partitionColumns.isEmpty {
            // A remove need not say them; the version before has the file.
            let before = try await self.snapshot(.version(version - 1))
            values = before.files.all().first { $0 == file }?.partitionValues ?? []
        }
        return ChangedRows(
            file: FileScan.File(view: file, location: try location(of: file), selection: selection),
            partitionValues: values, byteCount: file.byteCount, kind: kind, version: version,
            timestamp: timestamp)
    }

    // MARK: Times

    /// When each commit was made, as SQL reads it: by the commit itself, else by the file's time.
    private func timestamps(of commits: [ParsedCommit]) async throws -> [String] {
        var known = commits.map { $0.inCommitMilliseconds ?? $0.commitInfo?.timestampMilliseconds }
        if known.contains(nil) {
            let timeline = CommitTimeline(try await naming { try await LogReader(self).listing() })
            for (index, commit) in commits.enumerated() where known[index] == nil {
                known[index] = timeline.milliseconds(of: commit.version)
            }
        }
        return known.map { milliseconds in
            let (value, overflow) = (milliseconds ?? 0).multipliedReportingOverflow(by: 1000)
            return CalendarText.timestamp(overflow ? 0 : value) + "+00"
        }
    }
}
