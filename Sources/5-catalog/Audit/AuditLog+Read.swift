internal import Base
internal import DeltaLake
internal import Engine
internal import Tables
package import TableModel

/// All events as SQL.
package struct AuditRelation: Sendable {
    /// Can stand in FROM; the columns are `AuditColumns.schema`.
    package let sql: String
    package let filesScanned: Int
    package let filesPruned: Int
    /// Must live until the engine has planned the statement.
    package let resources: [any Sendable]
}

extension AuditLog {
    /// Every event of every process: what is in the table, and what is in journals and not in the table yet.
    ///
    /// - Parameter filter: Leaves out files of the table that cannot hold a row that it wants.
    /// - Returns: SQL, and what it refers to.
    /// - Throws: `.storage` if a journal cannot be read, and what the table throws.
    package func relation(matching filter: ScanFilter? = nil) async throws -> AuditRelation {
        try await save()
        // Journals first: what is moved meanwhile is then found twice, and left out here by what the table knows.
        let journals = try readJournals()
        var parts: [String] = []
        var resources: [any Sendable] = []
        var moved: [String: Int64] = [:]
        var (scanned, pruned) = (0, 0)
        if let table = try await table().open() {
            let snapshot = try await table.snapshot()
            let scan = try await table.scan(snapshot, matching: filter)
            (scanned, pruned) = (scan.fileCount, scan.prunedFileCount)
            parts.append("SELECT * FROM \(scan.sql)")
            resources += scan.resources
            for (application, transaction) in snapshot.transactions {
                moved[application] = transaction.version
            }
        }
        let lines = journals.flatMap { segment in
            let last = moved[AuditTable.application(segment.chain)] ?? 0
            return segment.lines.filter { $0.sequence > last }
        }
        let source = AuditColumns.source(lines)
        let names = AuditColumns.names.map(quoteIdentifier).joined(separator: ", ")
        parts.append("SELECT \(names) FROM \(source.sql)")
        resources.append(source)
        return AuditRelation(
            sql: "(" + parts.joined(separator: " UNION ALL ") + ")", filesScanned: scanned,
            filesPruned: pruned, resources: resources)
    }

    /// What all journals of the folder hold at present; one whose header is damaged is left to `verify`.
    private func readJournals() throws -> [JournalSegment] {
        var segments: [JournalSegment] = []
        for (_, files) in try folder.chains().sorted(by: { $0.key < $1.key }) {
            for file in files {
                do {
                    if let segment = try JournalSegment.read(folder.file(file)) { segments.append(segment) }
                } catch let error as TarnError where error.code == .corruptMetadata { continue }
            }
        }
        return segments
    }
}
