package import Base
internal import Catalog
internal import DeltaLake
internal import Engine
internal import Metastore
internal import OnlineStore
internal import TableModel
internal import Tables

/// How far a materialisation is.
package struct MaterializeProgress: Sendable {
    package var view: String
    /// Entities looked at so far, of all that have rows in the interval.
    package var doneCount: Int
    package var totalCount: Int
}

/// What was done for one view.
package struct MaterializeResult: Hashable, Sendable {
    package var view: String
    /// The interval of event times that was looked at, both ends included; no start means from the beginning.
    package var start: Int64?
    package var end: Int64
    /// Of the source.
    package var sourceVersion: Int64
    /// Entities with a row in the interval.
    package var entityCount: Int
    /// Rows that were written: an entity whose stored row is later keeps it.
    package var writtenCount: Int
}

extension FeatureStoreService {
    private static let batchRowCount = 16_384

    /// Brings the latest row of every entity online.
    ///
    /// Safe to interrupt and to repeat at any point: rows are written before the interval is remembered, and an older
    /// row never replaces a later one.
    ///
    /// - Parameters:
    ///   - names: Views; `nil` is all that are online.
    ///   - start: The earliest event time that counts, in microseconds; `nil` for all.
    ///   - end: The latest; `nil` for now.
    ///   - progress: Called after each batch.
    /// - Returns: What was done, a line a view.
    /// - Throws: `.notFound` for an unknown view, `.failedPrecondition` for one that is not online.
    @discardableResult
    package func materialize(
        views names: [String]? = nil, start: Int64? = nil, end: Int64? = nil,
        progress: @Sendable (MaterializeProgress) -> Void = { _ in }
    ) async throws -> [MaterializeResult] {
        let end = end ?? parts.time.nowMicroseconds()
        if let start, start > end {
            throw TarnError(.invalidInput, "The interval to materialise ends before it starts.")
        }
        var results: [MaterializeResult] = []
        for view in try await onlineViews(names) {
            results.append(try await materialize(view, start: start, end: end, progress))
        }
        try await removeUnusedRows()
        return results
    }

    /// The same from where each view's last run ended; a view that never ran starts from the beginning.
    @discardableResult
    package func materializeIncremental(
        views names: [String]? = nil, end: Int64? = nil,
        progress: @Sendable (MaterializeProgress) -> Void = { _ in }
    ) async throws -> [MaterializeResult] {
        let end = end ?? parts.time.nowMicroseconds()
        var results: [MaterializeResult] = []
        for view in try await onlineViews(names) {
            let record = try await parts.metastore.read {
                try FeatureRows(db: $0).materialization(view.onlineID)
            }
            if let record, record.end > end { continue }
            results.append(try await materialize(view, start: record?.end, end: end, progress))
        }
        try await removeUnusedRows()
        return results
    }

    /// Removes rows of layouts and views that the registry no longer has.
    private func removeUnusedRows() async throws {
        for id in try await parts.metastore.read({ try FeatureRows(db: $0).unusedOnlineIDs() }) {
            guard try parts.online.count(of: OnlineViewID(id)) > 0 else { continue }
            try await parts.online.clear(OnlineViewID(id))
            try await parts.metastore.write { try FeatureRows(db: $0).forgetMaterialization(id) }
        }
    }

    private func onlineViews(_ names: [String]?) async throws -> [RegisteredView] {
        let registry = try await refresh()
        guard let names else {
            return registry.views.values.filter(\.definition.isOnline).sorted { $0.name < $1.name }
        }
        return try names.map { name in
            let view = try registry.view(name)
            if view.definition.isOnline { return view }
            throw TarnError(
                .failedPrecondition,
                "Feature view '\(name)' is not online. Set 'online: true' in its definition to materialise it.",
                context: [("feature_view", name)])
        }
    }

    private func materialize(
        _ view: RegisteredView, start: Int64?, end: Int64, _ progress: @Sendable (MaterializeProgress) -> Void
    ) async throws -> MaterializeResult {
        let source = try await PinnedSource.open(view, version: nil, parts.query)
        var result = MaterializeResult(
            view: view.name, start: start, end: end, sourceVersion: source.snapshot.version, entityCount: 0,
            writtenCount: 0)
        try await JoinWorkspace.with(parts.engine, parts.random) { workspace in
            let total = try await latestRows(of: view, source, start: start, end: end, in: workspace)
            result.entityCount = total
            var done = 0
            while done < total {
                let (first, last) = (done, min(done + Self.batchRowCount, total))
                let rows = try await batch(view, workspace.table("latest"), first..<last)
                result.writtenCount += try await parts.online.write(
                    rows, shouldReplace: OnlineRow.shouldReplace)
                done = last
                progress(.init(view: view.name, doneCount: done, totalCount: total))
            }
        }
        // Only now: were it remembered first, a crash in between would lose the rows for good.
        let record = MaterializationRecord(
            view: view.name, onlineID: view.onlineID, end: end, sourceTableID: source.entry.id,
            sourceVersion: source.snapshot.version, rowCount: Int64(result.entityCount),
            updatedMicroseconds: parts.time.nowMicroseconds())
        try await parts.metastore.write { try FeatureRows(db: $0).save(record) }
        await parts.observe?(
            .materialized(view, source: source.entry, version: source.snapshot.version))
        return result
    }

    /// Makes the table `latest`: join keys, event time, created time, features; one row an entity.
    ///
    /// It is a point-in-time join of the view with its own entities at the end of the interval, so that what is served
    /// is what a training set would get.
    private func latestRows(
        of view: RegisteredView, _ source: PinnedSource, start: Int64?, end: Int64,
        in workspace: JoinWorkspace
    ) async throws -> Int {
        // A ttl is applied when a row is read: what has expired is still known, and is told to be old.
        var joined = try source.joinedView(view, timeToLive: 0)
        joined.notBefore = start
        let range = joined.timeCondition(for: end...end)
        let keys = joined.keys.map { quoteIdentifier($0.viewColumn) }
        let present = joined.keys.map { "v.\(quoteIdentifier($0.viewColumn)) IS NOT NULL" }
        let scan = try await source.relation(joined, filter: nil)
        defer { withExtendedLifetime(scan.resources) {} }
        let relation = scan.sql
        let conditions = ([range] + present).joined(separator: " AND ")
        let time = "make_timestamp(\(end)::BIGINT) AS __at"
        let spineSQL =
            keys.isEmpty
            ? "SELECT \(time)"
            : "SELECT \(keys.joined(separator: ", ")), \(time) FROM "
                + "(SELECT DISTINCT \(keys.joined(separator: ", ")) FROM \(relation) v WHERE \(conditions)) "
                + "ORDER BY \(keys.joined(separator: ", "))"
        let spine = try await SpineTable(spineSQL, timeColumn: "__at", in: workspace)
        var join = PointInTimeJoin(spine: spine)
        joined.relation = relation
        joined.keys = joined.keys.map { .init(spineColumn: $0.viewColumn, viewColumn: $0.viewColumn) }
        try await join.join(joined, withTimes: true)
        let sql = join.resultSQL(spineColumns: joined.keys.map(\.spineColumn), timesFirst: true)
        let table = workspace.table("latest")
        try await parts.engine.onSessionThread { _ = try $0.execute("CREATE TABLE \(table) AS \(sql)") }
        return spine.rowCount
    }

    private func batch(_ view: RegisteredView, _ table: String, _ range: Range<Int>) async throws
        -> OnlineRows
    {
        try await parts.engine.onSessionThread { connection in
            var encoder = ChunkRowEncoder(view)
            var rows = OnlineRows()
            let result = try connection.stream(
                "SELECT * FROM \(table) WHERE rowid >= \(range.lowerBound) AND rowid < \(range.upperBound)")
            while let chunk = try result.nextChunk() { try encoder.append(chunk, to: &rows) }
            return rows
        }
    }

    /// What every view's online rows cover.
    package func materializations() async throws(TarnError) -> [MaterializationRecord] {
        try await parts.metastore.read { try FeatureRows(db: $0).materializations() }
    }
}
