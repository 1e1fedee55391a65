import Base
import Catalog
import FeatureStore
import Lineage
import Query
import Synchronization

/// Turns what statements and the feature store did into edges, behind their backs.
///
/// Finding out where columns come from takes milliseconds, so it waits in a queue of bounded length: a statement only
/// leaves its facts there. What does not fit is dropped and counted.
actor LineageRecorder {
    private enum Item: Sendable {
        case statement(StatementFacts)
        case features(FeatureFacts)
    }

    static let longestQueue = 2000

    private let lineage: LazyRoom<LineageService>
    private let catalog: LazyRoom<CatalogService>
    private let time: any TimeSource
    private var query: QueryService?
    private var queue: [Item] = []
    private var worker: Task<Void, Never>?
    private(set) var droppedCount = 0
    private var isClosed = false

    init(
        _ lineage: LazyRoom<LineageService>, catalog: LazyRoom<CatalogService>, time: any TimeSource
    ) {
        self.lineage = lineage
        self.catalog = catalog
        self.time = time
    }

    /// What finds out where columns come from.
    func use(_ query: QueryService) { self.query = query }

    /// Most statements move nothing; they are told apart before they come here.
    func add(_ facts: StatementFacts) {
        add(.statement(facts))
    }

    func add(_ facts: FeatureFacts) { add(.features(facts)) }

    private func add(_ item: Item) {
        guard !isClosed, queue.count < Self.longestQueue else {
            droppedCount += 1
            return
        }
        queue.append(item)
        if worker == nil { worker = Task { await work() } }
    }

    private func work() async {
        while !queue.isEmpty {
            let items = queue
            queue = []
            for item in items {
                // Nothing waits for this work, so a failure is only counted.
                do { try await record(item) } catch { droppedCount += 1 }
            }
        }
        worker = nil
    }

    /// Returns when everything that was added before has been recorded.
    func drain() async { await worker?.value }

    func close() async {
        isClosed = true
        await drain()
        query = nil
        await lineage.current?.close()
    }

    private func record(_ item: Item) async throws {
        let service = try await lineage.get()
        switch item {
        case .statement(let facts): try await record(facts, in: service)
        case .features(let facts):
            let changes = try await FeatureLineage(catalog: try await catalog.get(), time: time)
                .changes(facts)
            for change in changes { await service.record(change) }
        }
    }

    private func record(_ facts: StatementFacts, in service: LineageService) async throws {
        let catalog = try await catalog.get()
        var reads: [LineageChange.Use] = []
        for table in facts.reads {
            reads.append(.init(try await Self.node(table, catalog), version: table.version))
        }
        for written in facts.writes {
            let target = try await Self.node(written, catalog)
            let job = LineageNode.statements(facts.kind, writing: target)
            var columns: [ColumnEdge] = []
            if let derivation = facts.derivation, let query {
                let keys = try await Self.columnKeys(of: written, catalog)
                for column in await query.derivedColumns(derivation) {
                    let source = try await Self.node(
                        .init(id: column.sourceID, name: column.sourceName), catalog)
                    let name = column.target.map { $0.lowercased() }
                    columns.append(
                        ColumnEdge(
                            source: source, column: column.sourceColumn, target: target,
                            column: name.map { keys[$0] ?? $0 } ?? ColumnEdge.everyColumn))
                }
            }
            await service.record(
                LineageChange(
                    sources: reads, targets: [.init(target, version: written.version)], job: job,
                    columns: columns, statementKind: facts.kind, principal: facts.principal.id,
                    timeMicroseconds: facts.endMicroseconds))
        }
    }

    /// A folder that is a table's is that table.
    private static func node(
        _ table: StatementFacts.Table, _ catalog: CatalogService
    ) async throws -> LineageNode {
        if let id = table.id { return .table(id: id, name: table.name) }
        if let known = try await catalog.tables(atLocation: table.name).first {
            return .table(id: known.id, name: known.name.description)
        }
        return .file(table.name)
    }

    private static func columnKeys(
        of table: StatementFacts.Table, _ catalog: CatalogService
    ) async throws -> [String: String] {
        guard let id = table.id else { return [:] }
        let columns = try await catalog.columns(of: id)
        return Dictionary(columns.map { ($0.name.lowercased(), $0.key) }, uniquingKeysWith: { $1 })
    }
}

extension StatementFacts {
    /// Whether it made data come from somewhere.
    var movesData: Bool {
        guard outcome == nil, !reads.isEmpty, !writes.isEmpty else { return false }
        switch result {
        case .create, .insert, .delete, .update, .merge, .clone, .copy, .convert: return true
        default: return false
        }
    }
}
