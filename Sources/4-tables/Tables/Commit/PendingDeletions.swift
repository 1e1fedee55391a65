import Base
import DeltaLake
import TableModel

/// The rows that a commit on its way deletes from files that stay, as its current base has those files.
struct PendingDeletions {
    private struct Entry {
        var file: DataFileView
        let rows: RowBitmap
        /// What is to become of the file; worked out once for each state of it.
        var fate: Fate?
    }

    private enum Fate {
        case vector(DeletionVectorDescriptor)
        /// No row would be left.
        case goes
    }

    private let table: DeltaTable
    private var entries: [Entry]

    init(_ deletions: [RowDeletion], of table: DeltaTable) {
        self.table = table
        entries = deletions.map { Entry(file: $0.file, rows: $0.rows) }
    }

    var files: [DataFileView] { entries.map(\.file) }

    /// Writes the deletion vectors that are not written yet.
    private mutating func settle() async throws {
        let open = entries.indices.filter { entries[$0].fate == nil }
        if open.isEmpty { return }
        let known = try await table.deletedRows(of: open.map { entries[$0].file })
        var vectors: [RowBitmap] = []
        var places: [Int] = []
        for (index, before) in zip(open, known) {
            let rows = before.map { $0.union(entries[index].rows) } ?? entries[index].rows
            if let all = entries[index].file.rowCount, Int64(rows.count) >= all {
                entries[index].fate = .goes
            } else {
                vectors.append(rows)
                places.append(index)
            }
        }
        let descriptors = try await table.writeDeletionVectors(vectors)
        for (index, descriptor) in zip(places, descriptors) { entries[index].fate = .vector(descriptor) }
    }

    /// Adds to a commit what the deletions come to, and to its metrics how many files and vectors those are.
    mutating func addActions(to builder: inout CommitBuilder) async throws {
        if entries.isEmpty { return }
        try await settle()
        let now = table.context.time.nowMilliseconds()
        var (gone, replaced) = (0, 0)
        for entry in entries {
            builder.remove(entry.file.removeFile(atMilliseconds: now))
            guard case .vector(let descriptor) = entry.fate else {
                gone += 1
                continue
            }
            if entry.file.deletionVector != nil { replaced += 1 }
            var file = entry.file.addFile
            file.deletionVector = descriptor
            file.dataChange = true
            file.stats = file.stats.map(StatisticsText.withWideBounds)
            builder.add(file)
        }
        Self.count(gone, as: "numRemovedFiles", in: &builder)
        Self.count(entries.count - gone, as: "numDeletionVectorsAdded", in: &builder)
        Self.count(replaced, as: "numDeletionVectorsUpdated", in: &builder)
    }

    /// Adds to a figure of the operation's metrics, which the log keeps as texts.
    private static func count(_ more: Int, as name: String, in builder: inout CommitBuilder) {
        let known = builder.info?.operationMetrics[name]?.string.flatMap { Int($0) } ?? 0
        builder.info?.operationMetrics[name] = .string(String(known + more))
    }

    /// Row-level resolution: deletions of different rows of one file go together.
    ///
    /// - Parameters:
    ///   - file: A file whose deletion vector others replaced.
    ///   - others: The rows that they deleted.
    /// - Throws: `.conflict` where one of the rows is to be deleted here as well.
    mutating func rebase(
        on file: CommitConflict.ChangedFile, deletedByOthers others: RowBitmap
    ) throws(TarnError) {
        let key = file.before.fileKey
        guard let index = entries.firstIndex(where: { $0.file.fileKey == key }) else { return }
        if !entries[index].rows.isDisjoint(with: others) {
            throw CommitConflict.error(
                .concurrentDeleteDelete, file.cause, "changed rows that this operation changes too")
        }
        entries[index].file = file.after
        entries[index].fate = nil
    }
}
