import Base
import Catalog
import FeatureStore
import Lineage
import TableModel

/// The feature store's doings as edges: source table -> feature view -> feature service, and source tables and views
/// -> training set.
struct FeatureLineage {
    let catalog: CatalogService
    let time: any TimeSource

    func changes(_ facts: FeatureFacts) async throws -> [LineageChange] {
        switch facts {
        case .applied(let registry): return try await definitions(registry)
        case .materialized(let view, let source, let version):
            let table = LineageNode.table(id: source.id, name: source.name.description)
            return [
                change(
                    [.init(table, version: version)], [.init(Self.node(view))],
                    columns: try await columns(of: view, from: table), "MATERIALIZE", "owner")
            ]
        case .trainingSet(let record, let features, let principal):
            return try await trainingSet(record, features, principal)
        }
    }

    private static func node(_ view: RegisteredView) -> LineageNode {
        LineageNode(.featureView, name: view.name)
    }

    private func change(
        _ sources: [LineageChange.Use], _ targets: [LineageChange.Use], columns: [ColumnEdge],
        _ kind: String, _ principal: String
    ) -> LineageChange {
        LineageChange(
            sources: sources, targets: targets,
            job: targets.first.map { .statements(kind, writing: $0.node) }, columns: columns,
            statementKind: kind, principal: principal,
            timeMicroseconds: time.nowMicroseconds())
    }

    private func definitions(_ registry: RegistrySnapshot) async throws -> [LineageChange] {
        var changes: [LineageChange] = []
        for view in registry.views.values.sorted(by: { $0.name < $1.name }) {
            guard let table = try await table(view) else { continue }
            changes.append(
                change(
                    [.init(table)], [.init(Self.node(view))],
                    columns: try await columns(of: view, from: table), "FEATURE VIEW", "owner"))
        }
        for service in registry.services.values.sorted(by: { $0.name < $1.name }) {
            let node = LineageNode(.featureService, name: service.name)
            let views = service.selections.compactMap { registry.views[$0.view] }
            var columns: [ColumnEdge] = []
            for selection in service.selections {
                guard let view = registry.views[selection.view] else { continue }
                for item in selection.features ?? view.features.map({ .init(name: $0.name) }) {
                    columns.append(
                        ColumnEdge(
                            source: Self.node(view), column: item.name, target: node,
                            column: item.alias ?? item.name))
                }
            }
            changes.append(
                change(
                    views.map { .init(Self.node($0)) }, [.init(node)], columns: columns, "FEATURE SERVICE",
                    "owner"))
        }
        return changes
    }

    private func table(_ view: RegisteredView) async throws -> LineageNode? {
        guard let name = try? QualifiedName(view.definition.source.table),
            let entry = try? await catalog.table(name)
        else { return nil }
        return .table(id: entry.id, name: entry.name.description)
    }

    /// Features, keys and the times that rows are chosen by.
    private func columns(of view: RegisteredView, from table: LineageNode) async throws -> [ColumnEdge] {
        let keys = try await keys(of: table)
        let source = view.definition.source
        func key(_ column: String) -> String { keys[column.lowercased()] ?? column.lowercased() }
        let node = Self.node(view)
        var edges = view.features.map {
            ColumnEdge(source: table, column: key(source.column(of: $0.name)), target: node, column: $0.name)
        }
        let deciding =
            view.joinKeys.map { source.column(of: $0.name) } + [source.timestampField]
            + [source.createdTimestampColumn].compactMap(\.self)
        edges += deciding.map {
            ColumnEdge(source: table, column: key($0), target: node, column: ColumnEdge.everyColumn)
        }
        return edges
    }

    private func keys(of table: LineageNode) async throws -> [String: String] {
        guard let id = table.catalogID else { return [:] }
        let columns = try await catalog.columns(of: id)
        return Dictionary(columns.map { ($0.name.lowercased(), $0.key) }, uniquingKeysWith: { $1 })
    }

    private func trainingSet(
        _ record: TrainingSetRecord, _ features: ResolvedFeatures, _ principal: Principal
    ) async throws -> [LineageChange] {
        let target = LineageNode.table(id: record.tableID, name: record.table)
        let targetKeys = try await keys(of: target)
        var sources: [LineageChange.Use] = []
        var columns: [ColumnEdge] = []
        for source in record.sources {
            let node: LineageNode
            if let id = source.tableID {
                node = .table(id: id, name: source.table)
            } else if let name = try? QualifiedName(source.table), let entry = try? await catalog.table(name)
            {
                node = .table(id: entry.id, name: entry.name.description)
            } else {
                node = .file(source.table)
            }
            sources.append(.init(node, version: source.version))
            // A spine that is a table keeps its columns.
            if source.view == nil, case .table = record.request.spine {
                for (name, key) in try await keys(of: node) {
                    columns.append(
                        ColumnEdge(
                            source: node, column: key, target: target, column: targetKeys[name] ?? name))
                }
            }
        }
        for entry in features.views {
            sources.append(.init(Self.node(entry.view)))
            for column in entry.columns {
                let name = column.outputName.lowercased()
                columns.append(
                    ColumnEdge(
                        source: Self.node(entry.view), column: column.field.name, target: target,
                        column: targetKeys[name] ?? name))
            }
        }
        return [
            change(
                sources, [.init(target, version: record.version)], columns: columns, "TRAINING SET",
                principal.id)
        ]
    }
}
