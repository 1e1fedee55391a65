package import Base

/// Makes one file of the actions of several commits, so that opening the table reads one file instead of many.
///
/// Delta protocol, "Log Compaction Files": what later commits of the range cancel is left out; removals stay, and so do
/// the tombstones of domains, for they cancel what older files say. `commitInfo` does not stay.
package enum LogCompaction {
    /// - Parameter commits: One after the other without a gap, oldest first, at least two.
    /// - Returns: The name of the file and its bytes.
    /// - Throws: `.internal` if the versions do not follow each other.
    package static func file(
        of commits: [ParsedCommit]
    ) throws(TarnError) -> (name: LogFileName, bytes: [UInt8]) {
        guard let first = commits.first, let last = commits.last, commits.count > 1 else {
            throw TarnError(.internal, "A compacted log file needs at least two commits.")
        }
        var (latestProtocol, latestMetadata): (TableProtocol?, TableMetadata?) = (nil, nil)
        var transactions: [String: SetTransaction] = [:]
        var domains: [String: DomainMetadata] = [:]
        for (offset, commit) in commits.enumerated() {
            if commit.version != first.version + Int64(offset) {
                throw TarnError(
                    .internal,
                    "Commit \(commit.version) was given where \(first.version + Int64(offset)) is next.")
            }
            latestProtocol = commit.protocolAction ?? latestProtocol
            latestMetadata = commit.metadata ?? latestMetadata
            for action in commit.transactions { transactions[action.appID] = action }
            for action in commit.domains { domains[action.domain] = action }
        }
        var builder = CommitBuilder(tableProtocol: latestProtocol, metadata: latestMetadata)
        for action in transactions.values.sorted(by: { $0.appID < $1.appID }) { builder.record(action) }
        for action in domains.values.sorted(by: { $0.domain < $1.domain }) { builder.record(action) }
        FileSet(commits.map(\.files)).forEachCurrent { block, index in
            let file = DataFileView(block: block, index: index)
            if file.record.isRemove { builder.remove(file.removal) } else { builder.add(file.addFile) }
        }
        return (.compacted(from: first.version, to: last.version), builder.bytes())
    }
}

extension DataFileView {
    /// The action of a file that was removed, as the log had it.
    var removal: RemoveFile {
        RemoveFile(
            rawPath: rawPath, deletedMilliseconds: record.milliseconds < 0 ? nil : record.milliseconds,
            dataChange: dataChange, partitionValues: hasPartitionValues ? partitionValues : nil,
            byteCount: record.byteCount < 0 ? nil : record.byteCount, tags: tags,
            deletionVector: deletionVector, baseRowID: baseRowID,
            defaultRowCommitVersion: defaultRowCommitVersion)
    }
}
