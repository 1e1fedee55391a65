package import Base
package import Catalog
package import Engine
package import Metastore
package import OnlineStore
package import Query
package import Tables
internal import DeltaLake
internal import TableModel

/// The feature store: definitions, training sets, materialisation and online serving over the catalog's tables.
///
/// ```swift
/// let features = try await FeatureStoreService.open(parts)
/// try await features.apply(yaml: text)
/// try await features.trainingSet(.init(table: "main.default.training", spine: .table("main.default.spine"), ...))
/// try await features.materialize()
/// let answer = try features.serving.getOnlineFeatures(request)
/// ```
package final class FeatureStoreService: Sendable {
    /// The rooms below that it works with.
    package struct Parts: Sendable {
        package var metastore: Metastore
        package var engine: Engine
        package var catalog: CatalogService
        package var tables: TableRegistry
        package var query: QueryService
        package var online: any OnlineStore
        package var time: any TimeSource
        package var random: any RandomSource
        package var observe: FeatureObserver?

        package init(
            metastore: Metastore, engine: Engine, catalog: CatalogService, tables: TableRegistry,
            query: QueryService,
            online: any OnlineStore, time: any TimeSource = SystemTimeSource(),
            random: any RandomSource = SystemRandomSource(), observe: FeatureObserver? = nil
        ) {
            self.metastore = metastore
            self.engine = engine
            self.catalog = catalog
            self.tables = tables
            self.query = query
            self.online = online
            self.time = time
            self.random = random
            self.observe = observe
        }
    }

    let parts: Parts
    let registry: FeatureRegistry
    let onlineAccess: OnlineAccess
    /// Answers online requests; synchronous and safe from any thread.
    package let serving: OnlineServing

    /// Opens the feature store with the definitions as they are now.
    ///
    /// - Parameter parts: The metastore was opened with `FeatureMigrations.all`.
    /// - Returns: The feature store, ready to serve.
    /// - Throws: What the metastore throws.
    package static func open(_ parts: Parts) async throws(TarnError) -> FeatureStoreService {
        let registry = FeatureRegistry(parts.metastore)
        return FeatureStoreService(parts, registry, try await registry.snapshot())
    }

    private init(_ parts: Parts, _ registry: FeatureRegistry, _ snapshot: RegistrySnapshot) {
        self.parts = parts
        self.registry = registry
        onlineAccess = OnlineAccess(parts.metastore, parts.catalog)
        serving = OnlineServing(store: parts.online, registry: snapshot, time: parts.time)
    }

    /// Takes over what other processes applied.
    ///
    /// A server calls it every second or so; it is cheap when nothing changed.
    @discardableResult
    package func refresh() async throws(TarnError) -> RegistrySnapshot {
        let known = serving.registry
        if try await registry.revision() == known.revision { return known }
        let snapshot = try await registry.snapshot()
        serving.update(snapshot)
        return snapshot
    }

    /// Makes the definitions of a file the registry's, all or none.
    ///
    /// - Parameters:
    ///   - text: The file; see `DefinitionFile`.
    ///   - deletesOthers: Whether definitions that the file does not have are deleted.
    ///   - dryRun: Only says what would change.
    /// - Returns: What changed, a line a definition.
    /// - Throws: `.invalidInput` with the line for whatever is wrong; then nothing was changed.
    @discardableResult
    package func apply(
        yaml text: String, deletesOthers: Bool = false, dryRun: Bool = false
    ) async throws -> ApplyReport {
        let file = try DefinitionFile(yaml: text)
        // Someone else may apply meanwhile; then what was looked up may no longer hold.
        for _ in 0..<5 {
            let plan = ApplyPlan(
                file: file, registry: try await registry.snapshot(), deletesOthers: deletesOthers)
            let views = try await resolveViews(plan)
            let now = parts.time.nowMicroseconds()
            let report = try await parts.metastore.write { db -> ApplyReport? in
                let rows = FeatureRows(db: db)
                guard try rows.revision() == plan.registry.revision else { return nil }
                var report: ApplyReport?
                try db.savepoint {
                    report = try rows.apply(plan, views: views, at: now)
                    return !dryRun
                }
                return report
            }
            if let report {
                let registry = try await refresh()
                if !dryRun { await parts.observe?(.applied(registry)) }
                return report
            }
        }
        throw TarnError(
            .conflict, "Other definitions were applied again and again at the same time. Apply once more.",
            isRetryable: true)
    }

    private func resolveViews(_ plan: ApplyPlan) async throws -> [RegisteredView] {
        var resolved: [RegisteredView] = []
        for view in plan.viewsToResolve {
            let entities = try plan.entities(of: view)
            do {
                let (table, entry) = try await parts.query.open(try QualifiedName(view.source.table))
                let schema = try await table.snapshot().schema
                let (joinKeys, features) = try ViewResolution(
                    view: view, entities: entities, schema: schema, table: entry.name.description
                ).layout()
                resolved.append(
                    RegisteredView(
                        definition: view, version: 0, onlineID: 0, joinKeys: joinKeys, features: features))
            } catch let error as TarnError {
                throw plan.atLine(.featureView, view.name, Self.about(view, error))
            }
        }
        var all = plan.deletesOthers ? [:] : plan.registry.views
        for view in resolved { all[view.name] = view }
        try plan.checkServices(all)
        return resolved
    }

    private static func about(_ view: FeatureView, _ error: TarnError) -> TarnError {
        if error.context.contains(where: { $0.name == "feature_view" }) { return error }
        return TarnError(
            error.code, "Feature view '\(view.name)': \(error.message)",
            context: [("feature_view", view.name)] + error.context.map { ($0.name, $0.value) },
            cause: error.cause)
    }
}
