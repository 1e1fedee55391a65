internal import Base
internal import Catalog
internal import Engine
internal import TableModel
internal import Tables

extension StatementCall {
    /// The rows of a table that changed between two versions or times.
    func changes(
        _ range: ChangeRange, of source: QuerySource
    ) async throws -> (source: ResolvedSource, name: String, version: Int64?) {
        let (table, name) = try await at(source.range) { () async throws -> (DeltaTable, String) in
            switch range.table {
            case .path(let path):
                return (try await service.tables.table(inLocalFolder: LocalPath.absolute(path)), path)
            case .name(let parts):
                try await mayRead(parts)
                let (table, entry) = try await service.open(context.qualified(parts))
                return (table, entry.name.description)
            }
        }
        let first = try await bound(range.first, at: source.range.lowerBound)
        let last = try await range.last.mapAsync { try await bound($0, at: source.range.lowerBound) }
        let changes = try await table.changes(from: first, to: last ?? .latest)
        let relation = SourceRelation(
            sql: changes.sql, filesScanned: changes.fileCount, filesPruned: 0, resources: changes.resources)
        let resolved = ResolvedSource(fullName: nil, schema: nil, fileCount: changes.fileCount) { _ in
            relation
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
