import Base
import DeltaLake
import Engine
import ObjectStore
import TableModel

/// Rows that join the table, as a SELECT over temporary tables and scans.
struct NewRows: Sendable {
    enum Kind: Sendable {
        case updated, inserted
        /// As `inserted`, with whatever columns the user's rows have.
        case given
    }
    let kind: Kind
    /// Gives the columns of `RowReplacement.columns` and `rowIDItems`, in order, unless the rows are `given`.
    let select: String
    /// What the SELECT's scans need to live.
    var resources: [any Sendable] = []
}

/// Takes rows out of their files and puts others into the table: by deletion vectors where the table has them, else by
/// writing the touched files anew.
///
/// Where the change data feed is on, the changed rows are written to its files too; new rows are read back from the
/// files that they went to, so that both have the same values, computed ones included.
struct RowReplacement {
    let run: ChangeRun
    let target: TargetRows
    /// The table after it.
    let metadata: TableMetadata
    let schema: TableSchema
    /// Columns that the table computes and no clause gives: left out of every SELECT.
    let computedColumns: Set<String>

    /// - Parameters:
    ///   - run: The statement.
    ///   - target: The files that the rows to go are in.
    ///   - schema: The table's columns after it.
    ///   - given: Columns, in lower case, that the statement gives a value.
    /// - Throws: `.invalidInput` for columns that no table can have.
    init(
        _ run: ChangeRun, _ target: TargetRows, schema: TableSchema? = nil, given: Set<String> = []
    ) throws(TarnError) {
        self.run = run
        self.target = target
        var metadata = run.snapshot.metadata
        var after = run.snapshot.schema
        if let schema, schema != after {
            // New columns get ids and names in the files where the table maps them.
            (metadata, after) = try run.table.completed(metadata, schema, from: run.snapshot)
        }
        self.metadata = metadata
        self.schema = after
        computedColumns = Set(
            self.schema.fields.filter { $0.generationExpression != nil }
                .map { $0.name.lowercased() }
        ).subtracting(given)
    }

    private var configuration: [String: String] { metadata.configuration }
    private var usesVectors: Bool { TableFeatures.isActive("deletionVectors", run.snapshot) }
    private var feedsChanges: Bool { TableFeatures.isActive("changeDataFeed", run.snapshot) }

    /// Names of the hidden columns that keep row ids; `nil` where the table tracks no rows.
    var rowIDColumns: (id: String, version: String)? {
        guard TableFeatures.isActive("rowTracking", run.snapshot),
            let id = configuration[RowTracking.rowIDColumnProperty],
            let version = configuration[RowTracking.commitVersionColumnProperty]
        else { return nil }
        return (id, version)
    }

    /// The columns that SELECTs of new rows give.
    var columns: [SchemaField] {
        schema.fields.filter { !computedColumns.contains($0.name.lowercased()) }
    }

    /// - Parameters:
    ///   - deleted: Rows that leave.
    ///   - updated: Rows that leave because they come back changed; none of them is in `deleted`.
    ///   - new: Those that come.
    /// - Returns: What to commit, its metrics and reads left open.
    /// - Throws: What computing, checking and writing the rows throws.
    func write(deleted: MarkedRows, updated: MarkedRows, new: [NewRows]) async throws -> ChangeWrite {
        var write = ChangeWrite()
        let leaving = deleted.union(updated)
        var kept: NewRows?
        if usesVectors {
            write.deletions = leaving.places.map { RowDeletion(file: target.files[$0], rows: leaving[$0]) }
        } else {
            write.removed = leaving.places.map { target.files[$0] }
            let partial = leaving.places.filter {
                target.files[$0].liveRowCount != Int64(leaving[$0].count)
            }
            if !partial.isEmpty { kept = try await survivors(leaving, in: partial) }
        }
        if feedsChanges {
            try await writeApart(kept, new, deleted, updated, into: &write)
        } else {
            let own = (kept.map { [$0] } ?? []) + new.filter { $0.kind != .given }
            write.newRowCount = try await stage(own, into: &write).rowCount
            let given = new.filter { $0.kind == .given }
            write.newRowCount += try await stage(given, into: &write).rowCount
        }
        if kept != nil {
            write.copiedRowCount = leaving.places.reduce(0) {
                $0 + max(0, (target.files[$1].liveRowCount ?? 0) - Int64(leaving[$1].count))
            }
            if !feedsChanges { write.newRowCount -= write.copiedRowCount }
        }
        if write.metadata == nil, metadata != run.snapshot.metadata { write.metadata = metadata }
        return write
    }

    /// The rows that stay of files that are written anew, ids and all.
    private func survivors(_ leaving: MarkedRows, in places: [Int]) async throws -> NewRows {
        let rows = try await target.without(leaving, in: places, addsRowIDs: rowIDColumns != nil)
        var items = columns.map { field -> String in
            let name = quoteIdentifier(field.name)
            guard let old = run.snapshot.schema[field.name] else {
                return "CAST(NULL AS \(field.type.sqlName)) AS \(name)"
            }
            let value = "__k.\(quoteIdentifier(old.name))"
            return old.type == field.type
                ? "\(value) AS \(name)" : "CAST(\(value) AS \(field.type.sqlName)) AS \(name)"
        }
        if let rowIDColumns {
            items.append("__k.__row_id AS \(quoteIdentifier(rowIDColumns.id))")
            items.append("__k.__row_commit_version AS \(quoteIdentifier(rowIDColumns.version))")
        }
        return NewRows(
            kind: .updated, select: "SELECT \(items.joined(separator: ", ")) FROM \(rows.sql) AS __k",
            resources: rows.resources)
    }

    /// SQL items for the row ids of a new row; empty where the table tracks no rows.
    ///
    /// - Parameter row: What the SELECT calls the row that keeps its id; `nil` for one that gets a new one.
    /// - Returns: Items that begin with a comma.
    func rowIDItems(of row: String?) -> String {
        guard let rowIDColumns else { return "" }
        let id = row.map { "\($0).__row_id" } ?? "CAST(NULL AS BIGINT)"
        return """
            , \(id) AS \(quoteIdentifier(rowIDColumns.id)), \
            CAST(NULL AS BIGINT) AS \(quoteIdentifier(rowIDColumns.version))
            """
    }

    // MARK: Staging

    private func staging(_ write: ChangeWrite) -> RowStaging {
        RowStaging(run.table, write.metadata ?? metadata, schema)
    }

    /// Writes rows as data files of the table.
    private func stage(_ rows: [NewRows], into write: inout ChangeWrite) async throws -> StagedRows {
        if rows.isEmpty { return .none }
        var staging = staging(write)
        var names = columns.map(\.name)
        let isGiven = rows.contains { $0.kind == .given }
        staging.keepsIdentities = !isGiven

        if let rowIDColumns, !isGiven {
            staging.extraColumns = [
                SchemaField(rowIDColumns.id, .long), SchemaField(rowIDColumns.version, .long),
            ]
            names += [rowIDColumns.id, rowIDColumns.version]
        }
        let select = run.withParameters(rows.map(\.select).joined(separator: " UNION ALL "))
        let staged = try await staging.stage(
            select, run.parameters, columns: isGiven ? nil : names, in: run.session)
        withExtendedLifetime(rows) {}
        write.staged = write.staged + staged
        if let counted = staged.newMetadata { write.metadata = counted }
        return staged
    }

    // MARK: Change data feed

    /// Stages each kind of row by itself, and the change files with them.
    private func writeApart(
        _ kept: NewRows?, _ new: [NewRows], _ deleted: MarkedRows, _ updated: MarkedRows,
        into write: inout ChangeWrite
    ) async throws {
        if let kept { _ = try await stage([kept], into: &write) }
        let changed = try await stage(new.filter { $0.kind == .updated }, into: &write)
        let inserted = try await stage(new.filter { $0.kind != .updated }, into: &write)
        write.newRowCount = changed.rowCount + inserted.rowCount
        // Where whole files come and go, the feed's readers find the rows in them.
        if deleted.isEmpty, updated.isEmpty { return }
        if updated.isEmpty, inserted.files.isEmpty, kept == nil, write.deletions.isEmpty { return }
        var parts: [String] = []
        var resources: [any Sendable] = []
        for (rows, type) in [(deleted, "delete"), (updated, "update_preimage")] where !rows.isEmpty {
            let old = try await target.only(rows)
            resources.append(contentsOf: old.resources)
            parts.append(changes(old.sql, type, run.snapshot.schema))
        }
        for (staged, type) in [(changed, "update_postimage"), (inserted, "insert")]
        where !staged.files.isEmpty {
            let relation = try await relation(over: staged)
            resources.append(contentsOf: relation.resources)
            parts.append(changes(relation.sql, type, schema))
        }
        var staging = staging(write)
        staging.folder = "_change_data"
        staging.extraColumns = [SchemaField("_change_type", .string)]
        staging.checksRows = false
        let feed = try await staging.stage(
            parts.joined(separator: " UNION ALL "), columns: schema.names + ["_change_type"], in: run.session)
        withExtendedLifetime(resources) {}
        write.changeFiles = feed.files.map {
            ChangeFile(rawPath: $0.rawPath, partitionValues: $0.partitionValues, byteCount: $0.byteCount)
        }
    }

    private func changes(_ relation: String, _ type: String, _ known: TableSchema) -> String {
        let items = schema.fields.map { field -> String in
            let name = quoteIdentifier(field.name)
            guard let old = known[field.name] else {
                return "CAST(NULL AS \(field.type.sqlName)) AS \(name)"
            }
            return "CAST(\(quoteIdentifier(old.name)) AS \(field.type.sqlName)) AS \(name)"
        }
        return """
            SELECT \(items.joined(separator: ", ")), \(quoteLiteral(type)) AS _change_type FROM \(relation) AS __c
            """
    }

    /// The rows of files that no version has yet.
    private func relation(over staged: StagedRows) async throws -> TargetRows.Selected {
        var builder = CommitBuilder()
        for file in staged.files { builder.add(file) }
        let views = try CommitFile.parse(builder.bytes(), version: run.snapshot.version + 1).addedFiles
        let scanned = try views.map { view throws(TarnError) in
            FileScan.File(view: view, location: try run.table.location(of: view))
        }
        let (sql, resources) = try await run.table.sql(
            of: FileScan(
                files: scanned,
                columns: run.table.scanColumns(
                    schema.fields, partitionValues: views.map(\.partitionValues), run.snapshot),
                mapping: run.snapshot.columnMapping, version: run.snapshot.version))
        return TargetRows.Selected(sql: sql, resources: resources)
    }
}
