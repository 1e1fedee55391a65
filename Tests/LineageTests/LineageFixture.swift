import Base
import Catalog
import LakehouseTesting
import Lineage
import Metastore

/// A catalog and its lineage in memory.
final class LineageFixture: Sendable {
    let catalog: CatalogService
    let lineage: LineageService

    init() async throws {
        let metastore = try await Metastore.inMemory(
            migrations: CatalogMigrations.all + LineageMigrations.all)
        catalog = try await CatalogService.open(metastore, warehouse: "/warehouse")
        lineage = LineageService(metastore, catalog: catalog)
    }

    func table(_ name: String) async throws -> LineageNode {
        let entry = try await catalog.addTable(try await catalog.planTable(try QualifiedName(name)))
        return .table(id: entry.id, name: entry.name.description)
    }

    func record(
        _ sources: [LineageNode], _ targets: [LineageNode], kind: String = "INSERT", who: String = "owner",
        columns: [ColumnEdge] = [], job: LineageNode? = nil
    ) async {
        await lineage.record(
            LineageChange(
                sources: sources.map { .init($0) }, targets: targets.map { .init($0) }, job: job,
                columns: columns, statementKind: kind, principal: who, timeMicroseconds: 1_000_000))
    }

    /// The names of all that a question reaches, but for where it starts.
    func reached(
        _ from: LineageNode, _ direction: LineageDirection, depth: Int? = nil,
        as principal: Principal = .system
    ) async throws -> Set<String>? {
        let graph = try await lineage.graph(from: from.key, direction, depth: depth, for: principal)
        return graph.map { graph in
            Set(graph.nodes.values.filter { $0.key != from.key }.map(\.name))
        }
    }

    /// A user who may read some tables of `main.default`.
    func principal(_ name: String, seeing tables: [String]) async throws -> Principal {
        try await catalog.createPrincipal(.user, name)
        try await catalog.grant(
            .useCatalog, on: try SecurableReference(.catalog, fullName: "main"), to: [name])
        try await catalog.grant(
            .useSchema, on: try SecurableReference(.schema, fullName: "main.default"), to: [name])
        for table in tables {
            try await catalog.grant(
                .select, on: SecurableReference(table: try QualifiedName(table)), to: [name])
        }
        return try await catalog.principal(named: name)
    }
}
