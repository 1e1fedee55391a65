import Base
import Lakehouse
import Query

extension TarnServer {
    /// Everything that is served, one protocol after the other.
    static func makeRoutes(
        lake: Lakehouse, metrics: ServerMetrics, book: StatementBook,
        allRoutes: @escaping @Sendable () -> [Route]
    ) -> [Route] {
        let settings = lake.settings.server
        let statements = StatementAPI(
            run: { try await run($0, $1, $2, in: lake, metrics) }, book: book, counters: metrics.statements,
            timeoutSeconds: settings.statementTimeoutSeconds, time: lake.time, random: lake.random)
        let feast = FeastAPI { try await lake.features }
        let health = HealthAPI(
            metrics: metrics, writeRooms: { RoomMetrics.write(lake, to: &$0) }, routes: allRoutes)
        return health.makeRoutes() + feast.makeRoutes() + statements.makeRoutes()
            + UnityCatalogAPI(lake: lake).makeRoutes() + SearchAPI(lake: lake).makeRoutes()
            + TokenRoutes(
                identity: { try await lake.identity }, sessionSeconds: lake.settings.auth.sessionSeconds
            ).makeRoutes()
            + ScimRoutes { try await lake.catalog }.makeRoutes()
            + OpenLineageAPI(lake: lake).makeRoutes()
    }

    /// Runs a statement for the statement API; files of this machine are the local owner's and not to be had here.
    private static func run(
        _ request: StatementRequest, _ caller: StatementCaller, _ collector: RowCollector, in lake: Lakehouse,
        _ metrics: ServerMetrics
    ) async throws {
        var context = QueryContext(principal: caller.principal)
        context.isReadOnly = caller.isReadOnly
        if let catalog = request.catalog { context.catalog = catalog }
        if let schema = request.schema { context.schema = schema }
        let values = Dictionary(
            request.parameters.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
        let result = try await lake.run(
            request.statement, parameters: values.isEmpty ? .none : .named(values), context: context)
        metrics.statements.count(result.facts, isCommit: result.version != nil)
        if !result.metrics.members.isEmpty { return collector.take(metrics: result.metrics) }
        collector.begin(result.columns)
        try await result.forEachChunk { try collector.take($0) }
    }
}
