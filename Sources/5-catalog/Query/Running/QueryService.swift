internal import Base
package import Catalog
package import Engine
package import DeltaLake
package import TableModel
package import Tables

/// SQL over the catalog's tables.
///
/// ```swift
/// let query = QueryService(engine: engine, catalog: catalog, tables: registry)
/// let result = try await query.run(
///     "SELECT carrier, count(*) FROM flights AT (VERSION => 3) WHERE day = ? GROUP BY ALL",
///     parameters: .positional([.date(15_706)]), context: QueryContext())
/// ```
///
/// Only what Tarn's parser or DuckDB's understood runs, only over tables of the catalog (and files, for the local
/// owner), and only over the data files that may hold matching rows. Errors point into the text that was given.
package final class QueryService: Sendable {
    let engine: Engine
    let catalog: CatalogService
    let tables: TableRegistry
    let planner: PruningPlanner
    let reader: QueryReader
    let inliner: FunctionInliner
    let rooms: EngineRooms
    let columnKeeper: ColumnKeeper
    let pinnedVersions: @Sendable ([TableEntry]) async throws -> [Int64]
    /// What the names of the schemas `system` and `information_schema` stand for.
    let system: SystemTables
    let observe: StatementObserver?

    /// - Parameters:
    ///   - engine: Runs the queries, on its user sessions.
    ///   - catalog: Knows the tables.
    ///   - tables: Keeps them open; of the same engine.
    ///   - systemTables: Tables of the schema `system` besides those of the catalog, by their names.
    ///   - observe: Told of every statement, also of those that failed.
    ///   - pinnedVersions: The versions of one table, by all its entries in the catalog, that something outside of it
    ///     needs, a training set for example: VACUUM leaves their files.
    package init(
        engine: Engine, catalog: CatalogService, tables: TableRegistry,
        systemTables: [String: SystemTable] = [:], observe: StatementObserver? = nil,
        pinnedVersions: @escaping @Sendable ([TableEntry]) async throws -> [Int64] = { _ in [] }
    ) {
        self.pinnedVersions = pinnedVersions
        self.observe = observe
        system = SystemTables(registry: tables, more: systemTables)
        self.engine = engine
        self.catalog = catalog
        self.tables = tables
        columnKeeper = ColumnKeeper(catalog)
        planner = PruningPlanner(shared: engine)
        reader = QueryReader(planner: planner)
        inliner = FunctionInliner(reader: reader)
        rooms = EngineRooms(
            EngineRoom(engine: engine, tables: tables, folders: nil),
            warehouse: catalog.warehouse.hasPrefix("file://")
                ? String(catalog.warehouse.dropFirst(7)) : catalog.warehouse)
    }

    package func close() {
        planner.close()
        rooms.close()
    }

    /// Runs one statement.
    ///
    /// A query has started when this returns: its columns are known, and its rows wait to be read. Any other
    /// statement is done.
    ///
    /// - Parameters:
    ///   - sql: One statement; a semicolon may follow.
    ///   - parameters: For `?`, `$1`, `$name` or `:name`.
    ///   - context: Who asks, and from which schema.
    /// - Returns: Rows to read, or what was done.
    /// - Throws: `.invalidInput` for wrong SQL, `.notFound` with near names, `.permissionDenied`, `.unsupported`, and
    ///   what the tables throw; `position`, `line` and `column` in the error's context tell the place.
    package func run(
        _ sql: String, parameters: SQLParameters = .none, context: QueryContext
    ) async throws -> StatementResult {
        let statement: SQLText
        do { statement = try Self.only(sql) } catch {
            await observeRefusal(of: sql, context, error)
            throw error
        }
        return try await run(statement, parameters: parameters, context: context)
    }

    private static func only(_ sql: String) throws -> SQLText {
        let text = try SQLText(sql)
        let statements = text.statements
        guard statements.count == 1 else {
            let message =
                statements.isEmpty
                ? "The text holds no statement."
                : "The text holds \(statements.count) statements; run them one by one."
            throw TarnError(.invalidInput, message)
        }
        return text.part(statements[0])
    }

    /// Runs the statements of a script in order and hands over each result; stops at the first error.
    ///
    /// - Parameters:
    ///   - script: Statements with semicolons between them.
    ///   - context: Changed by each `USE`.
    ///   - body: Reads the result; the next statement runs after it returns.
    /// - Throws: As `run`; places count from the start of the script.
    package func runScript(
        _ script: String, context: inout QueryContext, _ body: (StatementResult) async throws -> Void
    ) async throws {
        let text: SQLText
        do { text = try SQLText(script) } catch {
            await observeRefusal(of: script, context, error)
            throw error
        }
        for statement in text.statements {
            let result = try await run(text.part(statement), parameters: .none, context: context)
            context.apply(result)
            try await body(result)
        }
    }

    private func run(
        _ text: SQLText, parameters: SQLParameters, context: QueryContext
    ) async throws -> StatementResult {
        var context = context
        // What the local owner may do with files is his alone, whatever the caller says.
        if !context.principal.isSystem { context.localFiles = false }
        return try await inRoom(of: context.principal) { [context] room in
            try await run(
                StatementCall(service: self, room: room, text: text, parameters: parameters, context: context)
            )
        }
    }

    /// Runs a statement's work where the one who asks may run his; again from its start, which has no effects, where a
    /// table turns up whose folder the room's engine may not touch.
    func inRoom<T>(of principal: Principal, _ body: (EngineRoom) async throws -> T) async throws -> T {
        if principal.isSystem { return try await body(rooms.open) }
        var shut: Set<String> = []
        while true {
            do { return try await body(try rooms.locked()) } catch let error as FolderIsShut {
                guard shut.insert(error.folder).inserted else {
                    throw TarnError(
                        .internal, "The engine does not open the folder of a table of the catalog.")
                }
                rooms.unlock(error.folder)
            }
        }
    }

    /// A table of the catalog as SQL, for those who write their own queries over it.
    ///
    /// - Parameters:
    ///   - name: The table.
    ///   - travel: Which version.
    ///   - filter: Leaves out files that cannot hold a row that it wants; rows are not filtered by it.
    ///   - columns: Which to give; `nil` is all.
    /// - Returns: SQL that can stand in FROM, the version that it reads, and the table's entry.
    /// - Throws: `.notFound` with near names, and what the table throws.
    package func relation(
        for name: QualifiedName, at travel: TimeTravel = .latest, filter: ScanFilter? = nil,
        columns: [String]? = nil
    ) async throws -> (relation: ScanRelation, version: Int64, entry: TableEntry) {
        let (table, entry) = try await open(name)
        let snapshot = try await table.snapshot(travel)
        let relation = try await table.scan(snapshot, matching: filter, columns: columns)
        return (relation, snapshot.version, entry)
    }

    /// The open table of that name.
    package func open(_ name: QualifiedName) async throws -> (table: DeltaTable, entry: TableEntry) {
        let entry = try await catalog.table(name)
        return (try await table(of: entry), entry)
    }

    /// The open table of an entry, with all that its catalog knows of in its log.
    func table(of entry: TableEntry) async throws -> DeltaTable {
        if entry.isCatalogManaged { try await publishCommits(of: entry) }
        return try await tables.table(
            inLocalFolder: try localFolder(entry.location), name: entry.name.description,
            isCatalogManaged: entry.isCatalogManaged)
    }

    /// The newest version of a table of the catalog.
    ///
    /// - Parameter entry: As the one who asks got it.
    /// - Returns: Its files are not for who may not read the table.
    /// - Throws: What the table throws.
    package func snapshot(of entry: TableEntry) async throws -> DeltaSnapshot {
        try await table(of: entry).snapshot()
    }

    /// The path of a location on this machine.
    func localFolder(_ location: String) throws -> String {
        if location.hasPrefix("file://") { return String(location.dropFirst(7)) }
        if location.contains("://") {
            throw TarnError(
                .unsupported, "Tables at \(location) cannot be read yet: only folders of this machine can.",
                context: [("location", location)])
        }
        return location
    }
}

/// One statement on its way.
struct StatementCall: Sendable {
    let service: QueryService
    /// Where it runs.
    let room: EngineRoom
    let text: SQLText
    let parameters: SQLParameters
    let context: QueryContext
    /// Which of the tables of the catalog it opened.
    var opened = OpenedTables()
    let record = StatementRecord()

    func run(_ statement: Statement) async throws -> StatementResult {
        switch statement {
        case .query(let range): return try await query(range)
        case .explain(let range): return try await explain(range)
        case .createCatalog(let name, let ifNotExists, let comment):
            return try await createCatalog(name, ifNotExists: ifNotExists, comment: comment)
        case .createSchema(let name, let ifNotExists, let comment):
            return try await createSchema(name, ifNotExists: ifNotExists, comment: comment)
        case .createTable(let statement): return try await createTable(statement)
        case .insert(let statement): return try await insert(statement)
        case .delete(let statement): return try await delete(statement)
        case .update(let statement): return try await update(statement)
        case .merge(let statement): return try await merge(statement)
        case .truncate(let name): return try await truncate(name)
        case .vacuum(let statement): return try await vacuum(statement)
        case .restore(let statement): return try await restore(statement)
        case .clone(let statement): return try await clone(statement)
        case .convert(let statement): return try await convert(statement)
        case .optimize(let statement): return try await optimize(statement)
        case .reorg(let statement): return try await reorg(statement)
        case .drop(let statement): return try await drop(statement)
        case .show(let statement): return try await show(statement)
        case .describeTable(let name): return try await describe(name)
        case .describeHistory(let name, let limit): return try await history(name, limit: limit)
        case .describeDetail(let name): return try await detail(name)
        case .alterTable(let name, let actions): return try await alter(name, actions)
        case .use(let name): return try await use(name)
        case .copy(let statement): return try await copy(statement)
        case .set(let name, let value): return try set(name, value)
        case .object(let statement): return try await run(statement)
        case .grant(let statement): return try await run(statement)
        case .policy(let statement): return try await run(statement)
        case .view(let statement): return try await run(statement)
        }
    }

    /// The catalog as the one who asks may see it.
    var catalog: CatalogService { service.catalog.acting(as: context.rights ?? context.principal) }

    var engine: Engine { room.engine }

    func later(_ what: String) -> TarnError {
        sqlError(
            .unsupported, "\(what) is understood, but cannot be run yet.", text, at: text.extent.lowerBound)
    }

    func qualified(_ name: ObjectName) -> QualifiedName { context.qualified(name.parts) }

    /// Adds the place of a name to an error about it.
    func at<T>(_ range: Range<Int>, _ body: () async throws -> T) async throws -> T {
        do { return try await body() } catch let error as TarnError {
            if error.context.contains(where: { $0.name == "position" }) { throw error }
            guard [.notFound, .alreadyExists, .invalidInput].contains(error.code) else { throw error }
            let (line, column) = text.place(range.lowerBound)
            throw TarnError(
                error.code, error.message,
                context: error.context.map { ($0.name, $0.value) } + [
                    ("position", "\(range.lowerBound)"), ("line", "\(line)"), ("column", "\(column)"),
                ], isRetryable: error.isRetryable, cause: error.cause)
        }
    }

    func open(_ name: ObjectName) async throws -> (table: DeltaTable, entry: TableEntry) {
        try refuseSystem(name)
        let found = try await at(name.range) { try await open(qualified(name)) }
        opened.add(found.entry.id, found.table)
        record.read(found.entry.id, found.entry.name.description, version: nil)
        return found
    }

    /// The open table of that name.
    func open(_ name: QualifiedName) async throws -> (table: DeltaTable, entry: TableEntry) {
        try await open(try await catalog.table(name))
    }

    func open(_ entry: TableEntry) async throws -> (table: DeltaTable, entry: TableEntry) {
        if entry.kind == .view {
            throw TarnError(
                .unsupported, "\(entry.name) is a view: it can be read, described and dropped.",
                context: [("view", entry.name.description)])
        }
        let folder = try service.localFolder(entry.location)
        try room.check(folder)
        if entry.isCatalogManaged { try await service.publishCommits(of: entry) }
        let table = try await room.tables.table(
            inLocalFolder: folder, name: entry.name.description, isCatalogManaged: entry.isCatalogManaged)
        return (table, entry)
    }
}
