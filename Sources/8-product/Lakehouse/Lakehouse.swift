package import Audit
package import Base
package import Catalog
package import Engine
package import FeatureStore
import Foundation
package import Identity
package import Lineage
package import Metastore
import OnlineStore
package import Query
package import Tables

/// A lakehouse in a folder, or a passing one in memory.
///
/// ```swift
/// let lake = try await Lakehouse.open("lakehouse", creating: true)
/// try await lake.sql("CREATE TABLE trips AS SELECT * FROM 'trips.csv'")
/// let result = try await lake.sql(
///     "SELECT count(*) AS trips FROM trips WHERE city = $city", ["city": .text("Zürich")])
/// let count = result.rows[0]["trips"]?.integer
/// await lake.close()
/// ```
///
/// Rooms are opened when they are first needed: a program that only queries never opens the online store. Several
/// processes, a server among them, may have the same home open.
public final class Lakehouse: Sendable {
    /// The folder; `nil` for a passing lakehouse.
    package let home: LakehouseHome?
    package let settings: LakehouseSettings
    package let time: any TimeSource
    package let random: any RandomSource

    /// What this process is.
    package let purpose: LakehousePurpose
    /// Whether the command that this process is has an event.
    let hasRecordedCommand = OnceFlag()

    private let lazyEngine: LazyRoom<Engine>
    private let lazyMetastore: LazyRoom<Metastore>
    private let lazyCatalog: LazyRoom<CatalogService>
    private let lazyIdentity: LazyRoom<IdentityService>
    private let lazyTables: LazyRoom<TableRegistry>
    private let lazyAudit: LazyRoom<AuditLog>
    private let lazyQuery: LazyRoom<QueryService>
    private let lazyLineage: LazyRoom<LineageService>
    private let lineageRecorder: LineageRecorder
    private let lazyOnline: LazyRoom<LMDBOnlineStore>
    private let lazyFeatures: LazyRoom<FeatureStoreService>
    private let passingFolder: PassingFolder?
    /// Checkpoints and the like, behind the commits that made them due.
    private let background = BackgroundWork()

    /// - Parameters:
    ///   - home: `nil` keeps everything in memory or in a folder that goes away with the process.
    ///   - settings: Checked already.
    ///   - purpose: Of this process.
    ///   - warn: Told of what went wrong without making a call fail.
    ///   - time: The clock.
    ///   - random: For identifiers.
    package init(
        home: LakehouseHome?, settings: LakehouseSettings,
        purpose: LakehousePurpose = .library, warn: @escaping @Sendable (String) -> Void = { _ in },
        time: any TimeSource = SystemTimeSource(), random: any RandomSource = SystemRandomSource()
    ) {
        self.home = home
        self.purpose = purpose
        self.settings = settings
        self.time = time
        self.random = random
        let passing = home == nil ? PassingFolder() : nil
        passingFolder = passing
        let engine = LazyRoom {
            // Takes 10 ms of one core; the metastore can be opened meanwhile.
            try await BlockingPool.files.run {
                try Engine(settings: Self.engineSettings(settings, home, passing))
            }
        }
        let metastore = LazyRoom {
            try await Metastore.open(
                try Self.metastoreLocation(home, settings), migrations: Self.metastoreMigrations)
        }
        let catalog = LazyRoom { [passing] in
            let warehouse = try home?.warehouseFolder ?? passing?.path("warehouse") ?? ""
            return try await CatalogService.open(
                try await metastore.get(), warehouse: warehouse, time: time, random: random)
        }
        let background = background
        let tables = LazyRoom {
            var context = TableContext(
                engine: try await engine.get(), time: time, random: random,
                engineInfo: "tarn/\(tarnVersion)", warn: warn,
                upkeep: Self.upkeep(settings, background))
            context.newTableProperties = settings.tables.newTableProperties
            context.compactsFiles = settings.tables.fileCompaction
            return TableRegistry(context)
        }
        lazyEngine = engine
        lazyMetastore = metastore
        lazyCatalog = catalog
        lazyIdentity = LazyRoom {
            IdentityService(
                try await metastore.get(), catalog: try await catalog.get(), time: time, random: random)
        }
        lazyTables = tables
        let audit = LazyRoom {
            guard let home else {
                throw TarnError(
                    .failedPrecondition, "A passing lakehouse has no audit log; name a home with --home.")
            }
            var options = AuditLog.Options()
            options.flushInterval = .seconds(settings.audit.flushIntervalSeconds)
            options.isShortLived = purpose.isShortLived
            return AuditLog(
                folder: home.auditFolder, metastore: try await metastore.get(),
                context: { try await tables.get().context }, options: options, time: time, random: random,
                warn: warn)
        }
        lazyAudit = audit
        let lineage = LazyRoom {
            LineageService(try await metastore.get(), catalog: try await catalog.get(), time: time)
        }
        lazyLineage = lineage
        let recorder = LineageRecorder(lineage, catalog: catalog, time: time)
        lineageRecorder = recorder
        let systemTables = [
            "audit": Self.auditTable { home == nil ? nil : try await audit.get() },
            "lineage": LineageTable.make {
                await recorder.drain()
                return try await lineage.get()
            },
        ]
        let query = LazyRoom {
            async let opened = catalog.get()
            let registry = try await tables.get()
            let service = QueryService(
                engine: registry.context.engine, catalog: try await opened, tables: registry,
                systemTables: systemTables,
                observe: { facts in if facts.movesData { await recorder.add(facts) } }
            ) { entries in
                try await TrainingSetPins.versions(
                    of: entries.map { ($0.id, $0.name.description) }, in: try await metastore.get())
            }
            await recorder.use(service)
            return service
        }
        let online = LazyRoom { [passing] in
            try await LMDBOnlineStore.open(folder: try home?.onlineFolder ?? passing?.path("online") ?? "")
        }
        lazyQuery = query
        lazyOnline = online
        lazyFeatures = LazyRoom {
            try await FeatureStoreService.open(
                FeatureStoreService.Parts(
                    metastore: try await metastore.get(), engine: try await engine.get(),
                    catalog: try await catalog.get(), tables: try await tables.get(),
                    query: try await query.get(),
                    online: try await online.get(), time: time, random: random,
                    observe: { await recorder.add($0) }))
        }
    }

    /// Opens the lakehouse in a folder.
    ///
    /// - Parameters:
    ///   - path: The home; relative paths start at the current folder.
    ///   - creating: Makes the lakehouse if it is not there.
    ///   - settings: `nil` takes those of the home's `tarn.yaml` and of the environment.
    /// - Returns: The lakehouse; `close` it in the end.
    /// - Throws: `TarnError` `.notFound` if there is none, `.invalidInput` for wrong settings.
    public static func open(
        _ path: String, creating: Bool = false, settings: LakehouseSettings? = nil
    ) async throws -> Lakehouse {
        let home = LakehouseHome(path)
        if creating { _ = try home.create() } else { try home.requireExisting() }
        return Lakehouse(home: home, settings: try settings ?? .load(file: home.settingsFile))
    }

    /// A lakehouse that leaves nothing behind: for queries over files and tables by their path.
    public static func passing(settings: LakehouseSettings = LakehouseSettings()) -> Lakehouse {
        Lakehouse(home: nil, settings: settings)
    }

    package var engine: Engine { get async throws { try await lazyEngine.get() } }
    package var metastore: Metastore { get async throws { try await lazyMetastore.get() } }
    package var catalog: CatalogService { get async throws { try await lazyCatalog.get() } }
    package var identity: IdentityService { get async throws { try await lazyIdentity.get() } }
    package var tables: TableRegistry { get async throws { try await lazyTables.get() } }
    package var query: QueryService { get async throws { try await lazyQuery.get() } }
    package var audit: AuditLog { get async throws { try await lazyAudit.get() } }
    package var features: FeatureStoreService { get async throws { try await lazyFeatures.get() } }

    /// What came from what, with everything that was done so far.
    package var lineage: LineageService {
        get async throws {
            await lineageRecorder.drain()
            return try await lazyLineage.get()
        }
    }

    /// Tokens, if anything has needed them yet.
    package var identityInUse: IdentityService? { lazyIdentity.current }

    /// The audit log, if anything has needed it yet.
    package var auditInUse: AuditLog? { lazyAudit.current }

    /// The engine, if anything has needed it yet.
    package var engineInUse: Engine? { lazyEngine.current }

    /// The feature store, if anything has needed it yet.
    package var featuresInUse: FeatureStoreService? { lazyFeatures.current }

    /// Runs one statement.
    ///
    /// - Parameters:
    ///   - sql: A semicolon may follow.
    ///   - parameters: For `?`, `$1`, `$name` and `:name`.
    ///   - context: Who asks, and from which schema.
    /// - Returns: Rows to read, or what was done.
    /// - Throws: As `QueryService.run`.
    package func run(
        _ sql: String, parameters: SQLParameters = .none, context: QueryContext
    ) async throws -> StatementResult {
        if isAudited { return try await runAudited(sql, parameters: parameters, context: context) }
        return try await query.run(sql, parameters: parameters, context: context)
    }

    /// Ends what runs and closes everything; the lakehouse cannot be used afterwards.
    public func close() async {
        // A failure here was told to `warn`.
        try? await recordCommand(outcome: nil)
        await lazyAudit.current?.close()
        await background.close()
        await lineageRecorder.close()
        lazyQuery.current?.close()
        lazyEngine.current?.close()
        lazyOnline.current?.close()
        // Nothing can be done about a failure here, and all that was committed is on disk.
        try? lazyMetastore.current?.close()
        passingFolder?.remove()
    }

    /// Of all rooms.
    package static let metastoreMigrations =
        CatalogMigrations.all + FeatureMigrations.all + IdentityMigrations.all + AuditMigrations.all
        + LineageMigrations.all

    /// A passing lakehouse leaves nothing behind, whatever the settings say.
    package static func metastoreLocation(
        _ home: LakehouseHome?, _ settings: LakehouseSettings
    ) throws(TarnError) -> MetastoreLocation {
        guard let home else { return .memory }
        guard let url = settings.metastore.url else { return .file(home.metastoreFile) }
        return .postgres(try PostgresLocation(url))
    }

    private static func upkeep(_ settings: LakehouseSettings, _ background: BackgroundWork) -> LogUpkeep {
        var upkeep = LogUpkeep()
        upkeep.writesCheckpoints = settings.tables.checkpoints
        upkeep.cleansLog = settings.tables.logCleanup
        upkeep.writesChecksums = settings.tables.checksums
        upkeep.compactionInterval = Int64(settings.tables.logCompactionInterval)
        upkeep.background = background
        return upkeep
    }

    private static func engineSettings(
        _ settings: LakehouseSettings, _ home: LakehouseHome?, _ passing: PassingFolder?
    ) throws -> EngineSettings {
        var engine = EngineSettings()
        engine.memoryLimit = settings.engine.memoryLimit
        engine.threads = settings.engine.threads
        engine.connections = settings.engine.connections
        if let home {
            engine.spillFolder = SpillFolder.prepare(in: settings.engine.spillFolder, home: home)
        } else {
            engine.spillFolder =
                settings.engine.spillFolder ?? FileManager.default.temporaryDirectory.path
                + "/tarn-spill-\(getpid())"
        }
        return engine
    }
}
