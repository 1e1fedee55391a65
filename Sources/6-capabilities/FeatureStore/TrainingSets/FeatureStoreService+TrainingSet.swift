internal import Base
internal import Catalog
internal import DeltaLake
internal import Engine
internal import Metastore
package import Query
internal import TableModel
internal import Tables

extension FeatureStoreService {
    /// Cuts a training set: for each event of the spine the features as they were known then.
    ///
    /// The result is a Delta table with the spine's rows in their order, the spine's columns first. It records the exact
    /// version of every table that it was cut from, in its properties, its history and the metastore.
    ///
    /// - Parameters:
    ///   - request: What to cut.
    ///   - context: Who asks; a file as spine needs `localFiles`.
    /// - Returns: What was cut from which versions.
    /// - Throws: `.notFound` and `.invalidInput` with near names, `.alreadyExists`; then there is no table.
    @discardableResult
    package func trainingSet(
        _ request: TrainingSetRequest, context: QueryContext = QueryContext()
    ) async throws -> TrainingSetRecord {
        let registry = try await refresh()
        let selections = try selections(of: request, registry)
        let resolved = try ResolvedFeatures(selections, in: registry, fullNames: request.fullFeatureNames)
        let target = try await target(request)
        let (spineQuery, spineSources) = try await spine(of: request, context)
        var sources = spineSources
        var pinned: [String: PinnedSource] = [:]
        for entry in resolved.views {
            let name = try QualifiedName(entry.view.definition.source.table)
            // Two views of one table are cut from one version of it.
            let source: PinnedSource
            if let known = pinned[name.description] {
                source = known
            } else {
                source = try await PinnedSource.open(
                    entry.view, version: request.versions[name.description], parts.query)
                pinned[name.description] = source
            }
            sources.append(
                .init(
                    view: entry.view.name, viewVersion: entry.view.version,
                    table: source.entry.name.description,
                    tableID: source.entry.id, version: source.snapshot.version))
        }
        let (allSources, opened) = (sources, pinned)
        return try await JoinWorkspace.with(parts.engine, parts.random) { workspace in
            let table = try await SpineTable(
                spineQuery.sql, parameters: spineQuery.parameters, timeColumn: request.timeColumn,
                in: workspace)
            try SpineCheck(spine: table, request: request).check(resolved)
            var join = PointInTimeJoin(spine: table)
            var views: [JoinedView] = []
            // What the scans refer to, until the rows are written.
            var held = spineQuery.resources
            defer { withExtendedLifetime(held) {} }
            for entry in resolved.views {
                let name = try QualifiedName(entry.view.definition.source.table).description
                guard let source = opened[name] else { continue }
                var view = try source.joinedView(
                    entry.view, columns: entry.columns, spineColumns: request.keyColumns,
                    timeToLive: entry.view.definition.timeToLive)
                let relation = try await source.relation(view, filter: join.fileFilter(for: view))
                view.relation = relation.sql
                held += relation.resources
                views.append(view)
            }
            try await join.join(views)
            let record = try await write(join, to: target, request, allSources)
            await parts.observe?(.trainingSet(record, resolved, context.principal))
            return record
        }
    }

    private func selections(
        of request: TrainingSetRequest, _ registry: RegistrySnapshot
    ) throws(TarnError) -> [FeatureSelection] {
        switch request.features {
        case .service(let name): return try registry.service(name).selections
        case .list(let texts):
            if texts.isEmpty { throw TarnError(.invalidInput, "A training set needs at least one feature.") }
            return try texts.mapTyped { text throws(TarnError) in
                if let selection = FeatureSelection(text: text) { return selection }
                throw TarnError(
                    .invalidInput, "'\(text.prefix(200))' must be VIEW, VIEW:FEATURE or VIEW:[FEATURE, ...].")
            }
        }
    }

    /// The spine as the engine runs it, and the versions of the tables behind it.
    private func spine(
        of request: TrainingSetRequest, _ context: QueryContext
    ) async throws -> (ResolvedQuery, [TrainingSetRecord.Source]) {
        switch request.spine {
        case .table(let text):
            let name = try QualifiedName(text, catalog: context.catalog, schema: context.schema)
            let quoted = [name.catalog, name.schema, name.name].map(quoteIdentifier).joined(separator: ".")
            let travel = request.versions[name.description].map { " AT (VERSION => \($0))" } ?? ""
            let entry = try await parts.catalog.table(name)
            let query = try await parts.query.resolve("SELECT * FROM \(quoted)\(travel)", context: context)
            let version = query.facts.tables.first?.version ?? 0
            return (query, [.init(table: entry.name.description, tableID: entry.id, version: version)])
        case .sql(let text):
            let query = try await parts.query.resolve(text, context: context)
            let sources = query.facts.tables.compactMap { table in
                table.version.map { TrainingSetRecord.Source(table: table.name, version: $0) }
            }
            try Self.checkPins(sources, request.versions)
            return (query, sources)
        case .file(let path):
            let query = try await parts.query.resolve("SELECT * FROM \(quoteLiteral(path))", context: context)
            return (query, [])
        }
    }

    /// A query names its own versions; what was pinned has to be what it reads.
    private static func checkPins(
        _ sources: [TrainingSetRecord.Source], _ versions: [String: Int64]
    ) throws(TarnError) {
        for source in sources {
            guard let wanted = versions[source.table], wanted != source.version else { continue }
            throw TarnError(
                .failedPrecondition,
                "The spine's query reads version \(source.version) of \(source.table), not version \(wanted). "
                    + "Write AT (VERSION => \(wanted)) behind the table's name in the query.",
                context: [("table", source.table), ("version", String(wanted))])
        }
    }

    private enum Target: Sendable {
        case new(TablePlan)
        case existing(DeltaTable, TableEntry)
    }

    private func target(_ request: TrainingSetRequest) async throws -> Target {
        let name = try QualifiedName(request.table)
        do {
            let (table, entry) = try await parts.query.open(name)
            if request.replaces { return .existing(table, entry) }
            throw TarnError(
                .alreadyExists,
                "Table \(entry.name) exists already. Choose another name, or replace its rows by a new version.",
                context: [("table", entry.name.description)])
        } catch let error as TarnError where error.code == .notFound {
            // Also says what is wrong with the name, before anything is computed.
            return .new(try await parts.catalog.planTable(name))
        }
    }

    private func write(
        _ join: PointInTimeJoin, to target: Target, _ request: TrainingSetRequest,
        _ sources: [TrainingSetRecord.Source]
    ) async throws -> TrainingSetRecord {
        let source = WriteSource(sql: join.resultSQL())
        let sourcesText = TrainingSetRecord.json(sources).jsonText
        let (name, id, version): (String, String, Int64)
        switch target {
        case .new(let plan):
            let definition = TableDefinition(
                schema: nil,
                properties: [
                    "tarn.trainingSet.sources": sourcesText,
                    "tarn.trainingSet.request": request.json.jsonText,
                ],
                name: plan.name.name)
            let made = try await parts.tables.create(
                inLocalFolder: plan.location, definition, source: source, name: plan.name.description)
            do { try await parts.catalog.addTable(plan) } catch {
                parts.tables.forget(localFolder: plan.location)
                throw error
            }
            (name, id, version) = (plan.name.description, plan.id, made.result.version)
        case .existing(let table, let entry):
            let options = WriteOptions(
                mode: .overwrite, schemaMode: .replace, operation: "TRAINING SET",
                operationParameters: [
                    "sources": .string(sourcesText), "request": .string(request.json.jsonText),
                ])
            let result = try await table.write(source, options)
            (name, id, version) = (entry.name.description, entry.id, result.version)
        }
        let record = TrainingSetRecord(
            table: name, tableID: id, version: version, request: request, sources: sources,
            rowCount: Int64(join.spine.rowCount), createdMicroseconds: parts.time.nowMicroseconds())
        try await parts.metastore.write { try FeatureRows(db: $0).save(record) }
        return record
    }
}

/// Checks a spine against what is to be joined to it, before the work begins.
struct SpineCheck {
    let spine: SpineTable
    let request: TrainingSetRequest

    func check(_ features: ResolvedFeatures) throws(TarnError) {
        for entry in features.views {
            for key in entry.view.joinKeys { try check(key, entry.view) }
        }
        for name in features.outputNames where spine.column(name) != nil {
            throw TarnError(
                .invalidInput,
                "Both the spine and the features have a column '\(name)'. Ask for full feature names, or give the feature "
                    + "an alias.", context: [("column", name)])
        }
    }

    private func check(_ key: SchemaField, _ view: RegisteredView) throws(TarnError) {
        let name = request.keyColumns[key.name] ?? key.name
        guard let column = spine.column(name) else {
            throw TarnError(
                .invalidInput,
                "Feature view '\(view.name)' is joined by '\(key.name)', and the spine has no column '\(name)'."
                    + "\(didYouMean(name, among: spine.columns.map(\.name)))",
                context: [("feature_view", view.name), ("column", name)])
        }
        guard let type = column.type.dataType, Self.canMeet(type, key.type) else {
            throw TarnError(
                .invalidInput,
                "The spine's column '\(name)' is of type \(column.type.name), but the join key '\(key.name)' of feature view "
                    + "'\(view.name)' is \(key.type.sqlName).",
                context: [("feature_view", view.name), ("column", name)])
        }
    }

    private static func canMeet(_ a: DataType, _ b: DataType) -> Bool {
        if a == b || (a.isNumeric && b.isNumeric) { return true }
        return TimeSQL.isTime(a) && TimeSQL.isTime(b)
    }
}
