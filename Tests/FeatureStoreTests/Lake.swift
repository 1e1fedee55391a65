import Base
import Catalog
import Engine
import LakehouseTesting
import Metastore
import OnlineStore
import Query
import Tables

import FeatureStore

/// A small lakehouse in a folder of its own, with the feature store on top.
final class Lake: Sendable {
    let folder: TemporaryFolder
    let engine: Engine
    let query: QueryService
    let online: FaultyOnlineStore
    let features: FeatureStoreService
    let time = ManualTimeSource(microseconds: 1_710_000_000_000_000)

    init() async throws {
        folder = try TemporaryFolder("features")
        engine = try Engine(settings: EngineSettings())
        let metastore = try await MetastoreFixture(in: folder).open(
            CatalogMigrations.all + FeatureMigrations.all)
        let catalog = try await CatalogService.open(
            metastore, warehouse: folder.path + "/warehouse", time: time)
        let tables = TableRegistry(TableContext(engine: engine, time: time))
        query = QueryService(engine: engine, catalog: catalog, tables: tables)
        online = FaultyOnlineStore(try await LMDBOnlineStore.open(folder: folder.path + "/online"))
        features = try await FeatureStoreService.open(
            .init(
                metastore: metastore, engine: engine, catalog: catalog, tables: tables, query: query,
                online: online,
                time: time))
    }

    func close() {
        query.close()
        engine.close()
    }

    func run(_ statements: String...) async throws {
        for statement in statements {
            let result = try await query.run(statement, context: QueryContext(localFiles: true))
            try await result.forEachChunk { _ in }
        }
    }

    /// Rows as JSON, a text each.
    func rows(_ sql: String) async throws -> [String] {
        let resolved = try await query.resolve(sql, context: QueryContext(localFiles: true))
        return try await engine.onSessionThread { connection in
            let result = try connection.execute(resolved.sql, resolved.parameters)
            var rows: [String] = []
            while let chunk = try result.nextChunk() {
                let columns = chunk.columns
                for row in 0..<chunk.rowCount {
                    rows.append(columns.map { $0.json(row).jsonText }.joined(separator: " "))
                }
            }
            return rows
        }
    }

    func ask(_ request: String) throws -> JSONValue {
        try JSONValue.parse(features.serving.getOnlineFeatures(Array(request.utf8)))
    }
}

/// An online store whose n-th write fails, before or after it took effect.
final class FaultyOnlineStore: OnlineStore {
    private let base: any OnlineStore
    private let plan = Plan()

    init(_ base: any OnlineStore) { self.base = base }

    actor Plan {
        var left = -1
        var isAfter = false
        func fail(at write: Int, after: Bool) { (left, isAfter) = (write, after) }
        func next() -> (fails: Bool, after: Bool) {
            if left > 0 { left -= 1 }
            let fails = left == 0
            if fails { left = -1 }
            return (fails, isAfter)
        }
    }

    func fail(atWrite number: Int, after: Bool) async { await plan.fail(at: number, after: after) }
    var hasPlan: Bool { get async { await plan.left > 0 } }

    func read(_ keys: OnlineKeys, _ body: (Int, UnsafeRawBufferPointer?) -> Void) throws(TarnError) {
        try base.read(keys, body)
    }

    func write(
        _ rows: OnlineRows,
        shouldReplace: @escaping @Sendable (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
    ) async throws(TarnError) -> Int {
        let (fails, after) = await plan.next()
        if fails, !after { throw TarnError(.storage, "The test's fault, before the write.") }
        let count = try await base.write(rows, shouldReplace: shouldReplace)
        if fails { throw TarnError(.storage, "The test's fault, after the write.") }
        return count
    }

    func count(of view: OnlineViewID) throws(TarnError) -> Int { try base.count(of: view) }
    func clear(_ view: OnlineViewID) async throws(TarnError) { try await base.clear(view) }
    func facts() throws(TarnError) -> OnlineStoreFacts { try base.facts() }
}
