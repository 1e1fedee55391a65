package import Base
import TableModel

extension CommitBuilder {
    /// The commit with all that depends on which version it becomes and what is there before it.
    ///
    /// Each attempt to commit completes the original actions anew, since a lost race changes all of this:
    /// - in-commit timestamp, and the properties that tell since when there are any ("In-Commit Timestamps");
    /// - row ids, commit versions and the high water mark of new files ("Row Tracking"), and those of the files that
    ///   are there if the commit turns row tracking on.
    ///
    /// - Parameters:
    ///   - version: The version that it is to become.
    ///   - base: The version before it; `nil` for a new table.
    ///   - nowMilliseconds: The time.
    /// - Returns: The commit to write.
    /// - Throws: `.failedPrecondition` if a file that needs row ids does not say how many rows it has.
    package func completed(
        as version: Int64, after base: DeltaSnapshot?, nowMilliseconds: Int64
    ) throws(TarnError) -> CommitBuilder {
        guard let newProtocol = tableProtocol ?? base?.tableProtocol,
            let newMetadata = metadata ?? base?.metadata
        else { return self }
        var result = self
        try result.trackRows(version, base, newProtocol, newMetadata)
        result.stampTime(version, base, newProtocol, nowMilliseconds)
        return result
    }

    // MARK: In-commit timestamps

    private mutating func stampTime(
        _ version: Int64, _ base: DeltaSnapshot?, _ newProtocol: TableProtocol, _ now: Int64
    ) {
        guard var newMetadata = metadata ?? base?.metadata else { return }
        func isActive(_ tableProtocol: TableProtocol, _ metadata: TableMetadata) -> Bool {
            TableFeatures.isActive("inCommitTimestamp", tableProtocol, .init(), metadata.configuration)
        }
        let was = base.map { isActive($0.tableProtocol, $0.metadata) } ?? false
        guard isActive(newProtocol, newMetadata) else {
            if was {
                for name in InCommitTimestamps.provenanceProperties {
                    newMetadata.configuration[name] = nil
                }
                metadata = newMetadata
            }
            return
        }
        // Later than the version before whatever the clock says; without the feature that is the file's time.
        let time = max(
            now, base.map { $0.timestampMilliseconds.addingReportingOverflow(1).partialValue } ?? now)
        if info == nil { info = CommitInfo(timestampMilliseconds: now, operation: nil) }
        info?.inCommitMilliseconds = time
        if base != nil, !was {
            newMetadata.configuration[InCommitTimestamps.enablementVersion] = String(version)
            newMetadata.configuration[InCommitTimestamps.enablementTimestamp] = String(time)
            metadata = newMetadata
        }
    }

    // MARK: Row tracking

    private mutating func trackRows(
        _ version: Int64, _ base: DeltaSnapshot?, _ newProtocol: TableProtocol, _ newMetadata: TableMetadata
    ) throws(TarnError) {
        guard RowTracking.assignsRowIDs(newProtocol, newMetadata.configuration) else { return }
        let before = RowTracking.highWaterMark(base?.domains ?? [:])
        var mark = max(before, domains.map { RowTracking.highWaterMark([$0.domain: $0]) }.max() ?? -1)
        let isEnabled = TableFeatures.isActive("rowTracking", newProtocol, .init(), newMetadata.configuration)
        if isEnabled, newMetadata.configuration[RowTracking.rowIDColumnProperty] == nil {
            var named = newMetadata
            named.configuration.merge(RowTracking.columnNames(newMetadata, version)) { _, new in new }
            metadata = named
        }
        if isEnabled, let base, !TableFeatures.isActive("rowTracking", base) {
            addFilesWithoutRowIDs(of: base)
        }
        try assignRowIDs(version, &mark)
        if mark > before { replaceDomain(RowTracking.domainMetadata(highWaterMark: mark)) }
    }

    /// Adds the live files that have no row ids once more, unless the commit removes or adds them anyway.
    private mutating func addFilesWithoutRowIDs(of base: DeltaSnapshot) {
        var touched = Set(adds.map(\.rawPath))
        touched.formUnion(removes.map(\.rawPath))
        base.files.forEach { file in
            if file.baseRowID != nil || touched.contains(file.rawPath) { return }
            var action = file.addFile
            action.dataChange = false
            add(action)
        }
    }

    private mutating func assignRowIDs(_ version: Int64, _ mark: inout Int64) throws(TarnError) {
        for index in adds.indices {
            if adds[index].baseRowID == nil {
                guard let rows = Self.rowCount(adds[index]) else {
                    throw TarnError(
                        .failedPrecondition,
                        """
                        The file \(adds[index].path) does not say how many rows it has, so its rows cannot be \
                        given ids, which the table feature rowTracking demands.
                        """,
                        context: [("file", adds[index].path)])
                }
                setRowIDs(index, base: mark + 1, version)
                mark += rows
            } else if adds[index].defaultRowCommitVersion == nil {
                setRowIDs(index, base: adds[index].baseRowID ?? 0, version)
            }
        }
    }

    private static func rowCount(_ file: AddFile) -> Int64? {
        file.stats?.withUnsafeBufferPointer { StatisticsReader.rowCount($0) }
    }
}
