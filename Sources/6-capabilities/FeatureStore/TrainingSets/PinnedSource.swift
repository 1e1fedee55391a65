internal import Base
internal import Catalog
internal import DeltaLake
internal import Query
internal import TableModel
internal import Tables

/// The source of a view at one version, which everything that is cut from it in one go shares.
struct PinnedSource: Sendable {
    let table: DeltaTable
    let entry: TableEntry
    let snapshot: DeltaSnapshot

    /// Opens the source of a view.
    ///
    /// - Parameters:
    ///   - view: The view.
    ///   - version: `nil` for the latest.
    ///   - query: Knows the tables.
    /// - Returns: The source at that version.
    /// - Throws: `.notFound` for a table or version that is gone.
    static func open(_ view: RegisteredView, version: Int64?, _ query: QueryService) async throws
        -> PinnedSource
    {
        let (table, entry) = try await query.open(try QualifiedName(view.definition.source.table))
        let snapshot = try await table.snapshot(version.map { .version($0) } ?? .latest)
        return PinnedSource(table: table, entry: entry, snapshot: snapshot)
    }

    /// The view for a join, still without its relation.
    ///
    /// - Parameters:
    ///   - view: The view of this source.
    ///   - columns: Which features, under which names; `nil` is all under their own.
    ///   - spineColumns: From join key to the spine's column, where the two differ.
    ///   - timeToLive: Microseconds, 0 for no limit.
    /// - Returns: What the join has to know, but for the relation.
    /// - Throws: `.failedPrecondition` if the version lacks a column that the view needs.
    func joinedView(
        _ view: RegisteredView, columns: [ResolvedFeatures.Column]? = nil,
        spineColumns: [String: String] = [:],
        timeToLive: Int64
    ) throws(TarnError) -> JoinedView {
        let source = view.definition.source
        let time = try field(source.timestampField, view)
        let created = try source.createdTimestampColumn.mapTyped { name throws(TarnError) in
            try field(name, view)
        }
        let wanted = columns?.map { ($0.field, $0.outputName) } ?? view.features.map { ($0, $0.name) }
        let features = try wanted.mapTyped { item throws(TarnError) -> JoinedView.Feature in
            let column = try field(source.column(of: item.0.name), view)
            return .init(column: column.name, sourceType: column.type, type: item.0.type, outputName: item.1)
        }
        let joinKeys = try view.joinKeys.mapTyped { key throws(TarnError) -> JoinedView.Key in
            let column = try field(source.column(of: key.name), view).name
            return .init(spineColumn: spineColumns[key.name] ?? key.name, viewColumn: column)
        }
        return JoinedView(
            name: view.name, relation: "", keys: joinKeys, timeColumn: time.name, timeType: time.type,
            createdColumn: created?.name, createdType: created?.type, timeToLive: timeToLive,
            features: features)
    }

    /// The columns that the join needs, over the files that may match; its resources must live until it is read.
    func relation(_ view: JoinedView, filter: ScanFilter?) async throws -> ScanRelation {
        var columns: [String] = []
        let all =
            view.keys.map(\.viewColumn) + [view.timeColumn] + (view.createdColumn.map { [$0] } ?? [])
            + view.features.map(\.column)
        for column in all where !columns.contains(column) { columns.append(column) }
        return try await table.scan(snapshot, matching: filter, columns: columns, addsRowLocator: true)
    }

    private func field(_ name: String, _ view: RegisteredView) throws(TarnError) -> SchemaField {
        if let field = snapshot.schema[name] { return field }
        throw TarnError(
            .failedPrecondition,
            "Feature view '\(view.name)' needs the column '\(name)', which version \(snapshot.version) of table "
                + "\(entry.name) does not have. Apply a definition that fits, or use another version.",
            context: [("feature_view", view.name), ("table", entry.name.description), ("column", name)])
    }
}
