internal import Base
internal import Catalog
internal import DeltaLake
internal import Engine
internal import TableModel
internal import Tables

extension StatementCall {
    func query(_ range: Range<Int>) async throws -> StatementResult {
        let prepared = try await prepare(range)
        defer { withExtendedLifetime(prepared.resources) {} }
        do {
            let stream = try await RowStream.open(
                prepared.sql, prepared.parameters, on: engine.user, governed: prepared.governed)
            return .rows(.query, stream, facts: prepared.facts)
        } catch { throw prepared.inUsersTerms(error) }
    }

    /// DuckDB's plan, and for each table how many of its files are read.
    func explain(_ range: Range<Int>) async throws -> StatementResult {
        let prepared = try await prepare(range)
        defer { withExtendedLifetime(prepared.resources) {} }
        if !prepared.governed.isEmpty { return try await explainHidden(range, prepared) }
        let plan: [(String, String)]
        do {
            plan = try await engine.user.onSessionThread { connection in
                let result = try connection.execute("EXPLAIN " + prepared.sql, prepared.parameters)
                var plan: [(String, String)] = []
                while let chunk = try result.nextChunk() {
                    for row in 0..<chunk.rowCount {
                        plan.append((chunk.column(0).string(row), chunk.column(1).string(row)))
                    }
                }
                return plan
            }
        } catch {
            // Positions count from behind the word EXPLAIN in the text that ran.
            throw prepared.inUsersTerms(error, shift: "EXPLAIN ".utf8.count)
        }
        let files = prepared.facts.tables.map { table in
            let version = table.version.map { " version \($0)" } ?? ""
            let pruned = table.filesPruned > 0 ? ", \(table.filesPruned) pruned" : ""
            return "\(table.name)\(version): \(table.filesScanned) files scanned\(pruned)"
        }
        let rows = plan + (files.isEmpty ? [] : [("files", files.joined(separator: "\n"))])
        let fixed = FixedRows(
            columns: [("explain_key", .string), ("explain_value", .string)],
            rows: rows.map { [.text($0.0), .text($0.1)] })
        return .rows(.explain, fixed, on: service.engine.trusted, facts: prepared.facts)
    }

    func copy(_ statement: CopyStatement) async throws -> StatementResult {
        if !context.localFiles {
            throw TarnError(
                .permissionDenied, "COPY writes a file of this machine, which only the local owner may do.")
        }
        let prepared: PreparedQuery
        switch statement.source {
        case .query(let range): prepared = try await prepare(range)
        case .table(let name): prepared = try await wholeTable(name)
        }
        defer { withExtendedLifetime(prepared.resources) {} }
        record.writes(nil, LocalPath.absolute(statement.target))
        let options = ["FORMAT \(statement.format)"] + statement.options.map { "\($0.0) \($0.1)" }
        let head = "COPY ("
        let sql =
            "\(head)\(prepared.sql)) TO \(quoteLiteral(statement.target)) (\(options.joined(separator: ", ")))"
        do {
            let count = try await engine.user.onSessionThread {
                try $0.execute(sql, prepared.parameters).changedRowCount
            }
            return .done(
                .copy, "Wrote \(count) rows to \(statement.target)", affectedRowCount: count,
                facts: prepared.facts)
        } catch { throw prepared.inUsersTerms(error, shift: head.utf8.count) }
    }

    /// All rows of a table that the statement names outside of any query.
    private func wholeTable(_ name: ObjectName) async throws -> PreparedQuery {
        let (table, entry) = try await open(name)
        let snapshot = try await table.snapshot()
        let scan = try await table.scan(snapshot)
        var edits = TextEdits()
        edits.replace(name.range, with: "SELECT * FROM \(scan.sql)")
        let facts = ScanFacts(tables: [
            .init(
                name: entry.name.description, version: snapshot.version, filesScanned: scan.fileCount,
                filesPruned: 0,
                filter: nil)
        ])
        return PreparedQuery(
            text: try edits.applied(to: text.bytes, window: name.range), parameters: [], facts: facts,
            source: text, resources: scan.resources)
    }

    /// Parses, resolves, prunes and rewrites a query that stands somewhere in the statement.
    func prepare(_ range: Range<Int>, casts: TextEdits = TextEdits()) async throws -> PreparedQuery {
        let parsed = try await service.reader.read(
            text.part(range), parameters: parameters, localFiles: context.localFiles, casts: casts)
        let resolved = try await resolve(parsed.sources)
        var prepared = try await parsed.prepare(resolved, planner: service.planner)
        if service.observe != nil { prepared.question = ColumnDerivation.Question(parsed, resolved) }
        return prepared
    }

    /// What each of a query's sources stands for, with its name and version.
    func resolve(
        _ sources: [QuerySource]
    ) async throws -> [(source: ResolvedSource, name: String, version: Int64?)] {
        var opened: [OpenedKey: OpenedSource] = [:]
        var resolved: [(source: ResolvedSource, name: String, version: Int64?)] = []
        for source in sources { resolved.append(try await resolve(source, &opened)) }
        return resolved
    }

    /// Two mentions of one table see one version of it, whatever is committed in between.
    private struct OpenedKey: Hashable {
        var origin: QuerySource.Origin
        var travel: TimeTravel
    }

    /// A table at the version that the statement sees.
    struct OpenedSource {
        let table: DeltaTable
        let snapshot: DeltaSnapshot
        /// `nil` for a table by its folder.
        let entry: TableEntry?
        /// Its policies, if any holds.
        let weave: PolicyWeave?
    }

    private func resolve(
        _ source: QuerySource, _ opened: inout [OpenedKey: OpenedSource]
    ) async throws -> (source: ResolvedSource, name: String, version: Int64?) {
        if let system = try systemSource(source) { return system }
        let travel = try await travel(source.travel)
        let key: OpenedKey
        let name: String
        var tableEntry: TableEntry?
        switch source.origin {
        case .file(let file):
            guard case .latest = travel, let reader = QuerySource.reader(of: file) else {
                throw sqlError(.invalidInput, "A file has no versions.", text, at: source.range.lowerBound)
            }
            record.read(nil, LocalPath.absolute(file), version: nil)
            let sql = "\(reader)(\(quoteLiteral(file)))"
            let relation = SourceRelation(sql: sql, filesScanned: 1, filesPruned: 0)
            return (ResolvedSource(fullName: nil, schema: nil, fileCount: 1) { _ in relation }, file, nil)
        case .changes(let range): return try await changes(range, of: source)
        case .table(let parts):
            let qualified = context.qualified(parts)
            name = qualified.description
            let entry = try await at(source.range) { try await catalog.table(qualified, requiring: .select) }
            if entry.kind == .view { return try await view(entry, source) }
            tableEntry = entry
            key = OpenedKey(
                origin: .table(
                    [qualified.catalog, qualified.schema, qualified.name].map { $0.lowercased() }),
                travel: travel)
        case .deltaPath(let path):
            name = path
            key = OpenedKey(origin: source.origin, travel: travel)
        }
        if opened[key] == nil { opened[key] = try await open(source, tableEntry, travel) }
        guard let found = opened[key] else {
            throw TarnError(.internal, "Table \(name) was opened and is not there.")
        }
        let (table, snapshot) = (found.table, found.snapshot)
        let fullName = found.entry.map { [$0.name.catalog, $0.name.schema, $0.name.name] }
        let room = room
        let resolved = ResolvedSource(
            fullName: fullName, schema: snapshot.schema, fileCount: snapshot.fileCount
        ) {
            let scan = try await table.scan(snapshot, matching: $0)
            try room.check(filesOf: scan)
            return SourceRelation(
                sql: scan.sql, filesScanned: scan.fileCount, filesPruned: scan.prunedFileCount,
                resources: scan.resources)
        }
        var woven = found.weave.map { $0.around(resolved, fullName: fullName) } ?? resolved
        woven.id = found.entry?.id
        woven.columnKeys = { CatalogColumn.columns(of: snapshot).map(\.key) }
        return (woven, name, snapshot.version)
    }

    private func open(
        _ source: QuerySource, _ entry: TableEntry?, _ travel: TimeTravel
    ) async throws -> OpenedSource {
        try await at(source.range) {
            switch source.origin {
            case .deltaPath(let path):
                let table = try await room.tables.table(inLocalFolder: LocalPath.absolute(path))
                let snapshot = try await table.snapshot(travel)
                record.read(nil, path, version: snapshot.version)
                return OpenedSource(table: table, snapshot: snapshot, entry: nil, weave: nil)
            case .table(let parts):
                guard let entry else {
                    throw TarnError(.internal, "Table \(parts.joined(separator: ".")) was not looked up.")
                }
                let table = try await open(entry).table
                self.opened.add(entry.id, table)
                record.read(entry.id, entry.name.description, version: nil)
                let snapshot = try await table.snapshot(travel)
                record.read(entry.id, entry.name.description, version: snapshot.version)
                return OpenedSource(
                    table: table, snapshot: snapshot, entry: entry,
                    weave: try await weave(entry, table, snapshot))
            case .file, .changes:
                throw TarnError(.internal, "A file or a change feed was to be opened as a table.")
            }
        }
    }
}
