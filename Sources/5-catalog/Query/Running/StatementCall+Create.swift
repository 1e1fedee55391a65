internal import Base
internal import Catalog
internal import DeltaLake
internal import Engine
internal import ObjectStore
internal import TableModel
internal import Tables

extension StatementCall {
    func createCatalog(_ name: String, ifNotExists: Bool, comment: String?) async throws -> StatementResult {
        let entry = try await catalog.createCatalog(name, comment: comment, ifNotExists: ifNotExists)
        return .done(.create, "Catalog \(quoted(entry.name)) is there")
    }

    func createSchema(_ name: ObjectName, ifNotExists: Bool, comment: String?) async throws -> StatementResult
    {
        let (parent, schema) = context.qualifiedSchema(name.parts)
        let entry = try await at(name.range) {
            try await catalog.createSchema(schema, in: parent, comment: comment, ifNotExists: ifNotExists)
        }
        return .done(.create, "Schema \(entry.fullName) is there")
    }

    private func quoted(_ name: String) -> String {
        QualifiedName(catalog: "", schema: "", name: name).lastPart
    }

    func createTable(_ statement: CreateTableStatement) async throws -> StatementResult {
        if statement.name.deltaPath != nil {
            throw sqlError(
                .unsupported, "CREATE TABLE takes a name; LOCATION says where its folder is.", text,
                at: statement.name.range.lowerBound)
        }
        let name = qualified(statement.name)
        if let known = try await existing(name) {
            if statement.ifNotExists { return .done(.create, "Table \(known.name) exists already") }
            if statement.orReplace { return try await replace(known, statement) }
        }
        if statement.location != nil, !context.localFiles {
            throw TarnError(
                .permissionDenied,
                "LOCATION names a folder of this machine, which only the local owner may do.")
        }
        let location = try statement.location.map { try path(of: $0) }
        let plan = try await at(statement.name.range) {
            try await catalog.planTable(name, location: location)
        }
        let folder = try service.localFolder(plan.location)
        if location != nil, statement.query == nil, try await DeltaTable.exists(LocalStore(root: folder)) {
            return try await register(plan, folder, statement)
        }
        if let other = statement.like {
            return try await make(plan, folder, try await filled(statement, like: other))
        }
        if statement.query == nil, statement.columns.isEmpty {
            throw sqlError(
                .invalidInput,
                "A table needs columns, or AS and a query, or a LOCATION where there is a table.", text,
                at: statement.name.range.lowerBound)
        }
        return try await make(plan, folder, statement)
    }

    func existing(_ name: QualifiedName) async throws -> TableEntry? {
        do { return try await catalog.table(name) } catch  where error.code == .notFound { return nil }
    }

    func path(of location: String) throws -> String {
        location.contains("://") ? location : LocalPath.absolute(location)
    }

    /// Makes the log, then the entry: a crash in between leaves a folder that nothing names.
    private func make(
        _ plan: TablePlan, _ folder: String, _ statement: CreateTableStatement
    ) async throws -> StatementResult {
        let prepared: PreparedQuery? =
            if let query = statement.query { try await prepare(query) } else { nil }
        defer { withExtendedLifetime(prepared?.resources) {} }
        if let prepared {
            let names = try await checkNames(of: prepared)
            record.derives(ColumnDerivation([(prepared.question, names)]))
        }
        let definition = TableDefinition(
            schema: statement.query == nil ? TableSchema(statement.columns) : nil,
            partitionColumns: statement.partitionColumns,
            clusteringColumns: statement.clusterColumns ?? [], properties: properties(statement),
            name: plan.name.name, comment: statement.comment)
        try room.check(folder)
        let made = try await withoutPlace(hiding: prepared?.governed ?? []) {
            try await room.tables.create(
                inLocalFolder: folder, definition,
                source: prepared.map { WriteSource(sql: $0.sql, parameters: $0.parameters) },
                name: plan.name.description)
        }
        do {
            let columns = made.table.newestKnown.map(CatalogColumn.columns)
            let entry = try await catalog.addTable(
                plan, comment: statement.comment, columns: columns ?? [])
            record.writes(entry.id, entry.name.description)
        } catch {
            service.rooms.forget(localFolder: folder)
            if plan.kind == .managed { try? await Self.removeFolder(folder) }
            throw error
        }
        if statement.rowFilter != nil || !statement.masks.isEmpty {
            let entry = try await catalog.table(plan.name)
            try await setPolicies(
                of: statement, TargetTable(table: made.table, entry: entry, localFolder: folder))
        }
        let rows = prepared == nil ? nil : made.result.rowCount
        let message = "Created table \(plan.name)" + (rows.map { " with \($0) rows" } ?? "")
        return .done(
            .create, message, affectedRowCount: rows, version: made.result.version,
            facts: prepared?.facts ?? ScanFacts())
    }

    /// The engine would give the second of two columns of one name another one.
    private func checkNames(of prepared: PreparedQuery) async throws -> [String] {
        var seen: Set<String> = []
        let columns = try await shape(of: prepared)
        for column in columns where !seen.insert(column.name.lowercased()).inserted {
            throw TarnError(
                .schemaMismatch,
                "Two columns of the query are called \(column.name). Give one of them another name with AS.",
                context: [("column_name", column.name)])
        }
        return columns.map(\.name)
    }

    private func properties(_ statement: CreateTableStatement) -> [String: String] {
        var properties = Dictionary(statement.properties, uniquingKeysWith: { _, last in last })
        for check in statement.checks {
            properties["delta.constraints.\(check.name.lowercased())"] = check.condition
        }
        return properties
    }

    /// `CREATE TABLE ... LIKE`: columns, partitioning, rules and properties of another table, but nothing that is that
    /// table's own: ids of columns and rows, counters, times.
    private func filled(
        _ statement: CreateTableStatement, like other: ObjectName
    ) async throws -> CreateTableStatement {
        let snapshot = try await target(other, reading: true).table.snapshot()
        var filled = statement
        filled.columns = snapshot.schema.fields.map(Self.plain)
        if filled.partitionColumns.isEmpty { filled.partitionColumns = snapshot.partitionColumns }
        let own = [
            "delta.columnMapping.maxColumnId", "delta.rowTracking.", "delta.inCommitTimestampEnablement",
        ]
        let shared = snapshot.configuration.filter { name, _ in !own.contains { name.hasPrefix($0) } }
        filled.properties = shared.map { ($0.key, $0.value) } + statement.properties
        return filled
    }

    private static func plain(_ field: SchemaField) -> SchemaField {
        var field = field
        for name in [
            "delta.columnMapping.id", "delta.columnMapping.physicalName", "delta.identity.highWaterMark",
            "delta.typeChanges",
        ] {
            field.metadata[name] = nil
        }
        field.type = plain(field.type)
        return field
    }

    private static func plain(_ type: DataType) -> DataType {
        switch type {
        case .structure(let members): .structure(members.map(plain))
        case .array(let element, let containsNull):
            .array(element: plain(element), containsNull: containsNull)
        case .map(let key, let value, let containsNull):
            .map(key: plain(key), value: plain(value), valueContainsNull: containsNull)
        default: type
        }
    }

    /// A table that exists already, made by whomever, gets a name.
    private func register(
        _ plan: TablePlan, _ folder: String, _ statement: CreateTableStatement
    ) async throws -> StatementResult {
        let table = try await room.tables.table(inLocalFolder: folder, name: plan.name.description)
        let snapshot = try await table.snapshot()
        let wanted = statement.columns.map { "\($0.name.lowercased()) \($0.type.sqlName)" }
        let found = snapshot.schema.fields.map { "\($0.name.lowercased()) \($0.type.sqlName)" }
        if !wanted.isEmpty, wanted != found {
            throw sqlError(
                .schemaMismatch,
                "The table at \(folder) has other columns: \(found.joined(separator: ", ")). Leave the columns out to take them as they are.",
                text, at: statement.name.range.lowerBound)
        }
        let entry = try await catalog.addTable(
            plan, comment: statement.comment ?? snapshot.metadata.description,
            columns: CatalogColumn.columns(of: snapshot))
        record.writes(entry.id, entry.name.description)
        return .done(
            .create, "Registered table \(plan.name), version \(snapshot.version)", version: snapshot.version)
    }

    /// `CREATE OR REPLACE`: a new version of the same table, so that its history and its readers stay.
    private func replace(_ entry: TableEntry, _ statement: CreateTableStatement) async throws
        -> StatementResult
    {
        let table = try await open(entry).table
        try await refuseGoverned(
            TargetTable(table: table, entry: entry, localFolder: entry.location), "replace")
        opened.add(entry.id, table)
        record.writes(entry.id, entry.name.description)
        let snapshot = try await table.snapshot()
        let partitioning = statement.partitionColumns.map { $0.lowercased() }
        let isPlain =
            statement.columns.allSatisfy { $0.isNullable && $0.metadata.members.isEmpty }
            && statement.checks.isEmpty && statement.clusterColumns == nil && statement.like == nil
        let samePlace = try statement.location.map { try path(of: $0) == entry.location } ?? true
        if partitioning != snapshot.partitionColumns.map({ $0.lowercased() }) || !isPlain || !samePlace {
            throw sqlError(
                .unsupported,
                "CREATE OR REPLACE cannot change the partitioning or the place of a table, or give it NOT NULL columns, comments, constraints or clustering: drop it first.",
                text, at: statement.name.range.lowerBound)
        }
        let source: WriteSource
        var governed: Set<String> = []
        var facts = ScanFacts()
        var resources: [any Sendable] = []
        defer { withExtendedLifetime(resources) {} }
        if let query = statement.query {
            let prepared = try await prepare(query)
            resources = prepared.resources
            let names = try await checkNames(of: prepared)
            record.derives(ColumnDerivation([(prepared.question, names)]))
            source = WriteSource(sql: prepared.sql, parameters: prepared.parameters)
            facts = prepared.facts
            governed = prepared.governed
        } else {
            let fields = statement.columns.map {
                "CAST(NULL AS \($0.type.sqlName)) AS \(quoteIdentifier($0.name))"
            }
            source = WriteSource(sql: "SELECT \(fields.joined(separator: ", ")) WHERE false")
        }
        let result = try await withoutPlace(hiding: governed) {
            try await table.write(
                source,
                WriteOptions(
                    mode: .overwrite, schemaMode: .replace, operation: "CREATE OR REPLACE TABLE AS SELECT"))
        }
        let properties = properties(statement)
        if !properties.isEmpty { try await table.setProperties(properties) }
        if let comment = statement.comment {
            try await catalog.updateTable(entry.name, EntryChanges(comment: .set(comment)))
        }
        return .done(
            .create, "Replaced table \(entry.name) with \(result.rowCount) rows",
            affectedRowCount: result.rowCount,
            version: result.version, facts: facts)
    }
}

extension QualifiedName {
    /// The name alone, quoted where it has to be.
    var lastPart: String { description.split(separator: ".").last.map(String.init) ?? name }
}
