internal import Base
internal import Catalog
internal import DeltaLake
internal import Engine
internal import TableModel
internal import Tables

extension StatementCall {
    /// The rows of a table that changed between two versions or times.
    func changes(
        _ range: ChangeRange, of source: QuerySource
    ) async throws -> (source: ResolvedSource, name: String, version: Int64?) {
        let (table, name, entry) = try await at(source.range) {
            () async throws -> (DeltaTable, String, TableEntry?) in
            switch range.table {
            case .path(let path):
                return (try await room.tables.table(inLocalFolder: LocalPath.absolute(path)), path, nil)
            case .name(let parts):
                let (table, entry) = try await open(
                    try await catalog.table(context.qualified(parts), requiring: .select))
                record.read(entry.id, entry.name.description, version: nil)
                return (table, entry.name.description, entry)
            }
        }
        let first = try await bound(range.first, at: source.range.lowerBound)
        let last = try await range.last.mapAsync { try await bound($0, at: source.range.lowerBound) }
        let changes = try await table.changes(from: first, to: last ?? .latest)
        let relation = SourceRelation(
            sql: changes.sql, filesScanned: changes.fileCount, filesPruned: 0, resources: changes.resources)
        try room.check(filesOf: changes)
        var resolved = ResolvedSource(fullName: nil, schema: nil, fileCount: changes.fileCount) { _ in
            relation
        }
        if let entry {
            let snapshot = try await table.snapshot(.version(changes.version))
            let extra = changes.columns.map(\.name).filter { snapshot.schema[$0] == nil }
            if let weave = try await weave(entry, table, snapshot, extra: extra) {
                resolved = weave.around(resolved, fullName: nil)
            }
        }
        return (resolved, "table_changes(\(name))", changes.version)
    }

    private func bound(_ value: EngineValue, at offset: Int) async throws -> TimeTravel {
        var unit = TravelClause.Unit.timestamp
        if case .int64 = value { unit = .version }
        return try await travel(TravelValue(unit: unit, expression: .value(value), offset: offset))
    }
}

extension Optional {
    fileprivate func mapAsync<T>(_ body: (Wrapped) async throws -> T) async rethrows -> T? {
        if let self { return try await body(self) }
        return nil
    }
}
