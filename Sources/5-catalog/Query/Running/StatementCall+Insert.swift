internal import Base
internal import Catalog
internal import DeltaLake
internal import Engine
internal import TableModel
internal import Tables

extension StatementCall {
    func insert(_ statement: InsertStatement) async throws -> StatementResult {
        var isOverwrite = false
        switch statement.replacing {
        case .nothing: break
        case .everything: isOverwrite = true
        case .matching, .partitions: throw later("INSERT ... REPLACE WHERE")
        }
        if statement.partition != nil { throw later("INSERT ... PARTITION") }
        let (table, entry) = try await open(statement.name)
        // What reads the table that it writes to is computed anew after a conflict.
        return try await table.retryingConflicts { [isOverwrite] in
            try await insert(statement, isOverwrite: isOverwrite, into: table, entry)
        }
    }

    private func insert(
        _ statement: InsertStatement, isOverwrite: Bool, into table: DeltaTable, _ entry: TableEntry
    ) async throws -> StatementResult {
        let snapshot = try await table.snapshot()
        let columns = statement.byName ? [] : try columns(of: statement, snapshot.schema)
        let types = columns.map { snapshot.schema[$0]?.type ?? .string }
        let casts = statement.byName ? nil : ValuesList(text.part(statement.query))?.casts(to: types)
        // The whole text is bound, so that question marks count from its start.
        var edits = casts ?? TextEdits()
        edits.replace(text.extent.lowerBound..<statement.query.lowerBound, with: "")
        let prepared = try await prepare(text.extent, casts: edits)
        var sql = prepared.sql
        if !statement.byName {
            let count = casts == nil ? try await shape(of: prepared).count : columns.count
            if count != columns.count {
                throw sqlError(
                    .schemaMismatch,
                    "Table \(entry.name) takes \(columns.count) columns here (\(columns.joined(separator: ", "))), but the query gives \(count).",
                    text, at: statement.query.lowerBound)
            }
            let names = columns.map(quoteIdentifier).joined(separator: ", ")
            sql = "SELECT * FROM (\(prepared.sql)) AS __rows(\(names))"
        }
        let partitions = JSONValue.array(snapshot.partitionColumns.map { .string($0) }).jsonText
        var options = WriteOptions(
            mode: isOverwrite ? .overwrite : .append,
            operationParameters: [
                "mode": .string(isOverwrite ? "Overwrite" : "Append"), "partitionBy": .string(partitions),
            ])
        options.reads = ownRead(prepared.facts, entry.name, since: snapshot.version)
        options.sharesCommit = casts != nil
        let source = WriteSource(
            sql: sql, parameters: prepared.parameters, columns: casts == nil ? nil : columns)
        let result: CommitResult
        do {
            result = try await withoutPlace { [options] in try await table.write(source, options) }
        } catch let error as TarnError where casts != nil && error.code == .invalidInput {
            // What is wrong with a list of values has its place in the user's text: planning it tells.
            _ = try await shape(of: prepared)
            throw error
        }
        let rows = result.rowCount
        let verb = isOverwrite ? "Overwrote \(entry.name) with" : "Inserted into \(entry.name)"
        return .done(
            .insert, "\(verb) \(rows) rows", affectedRowCount: rows, version: result.version,
            facts: prepared.facts)
    }

    /// What the query reads of the table that its rows go to; a version from before the statement cannot change.
    private func ownRead(_ facts: ScanFacts, _ name: QualifiedName, since version: Int64) -> TableRead? {
        let own = facts.tables.filter { $0.name == name.description && ($0.version ?? -1) >= version }
        guard let version = own.compactMap(\.version).max() else { return nil }
        return TableRead(version: version, filters: own.map { $0.filter ?? .always })
    }

    /// The columns that the query fills, in its order.
    private func columns(of statement: InsertStatement, _ schema: TableSchema) throws -> [String] {
        guard let names = statement.columns else { return schema.names }
        var seen: Set<String> = []
        for name in names {
            guard schema[name] != nil else {
                throw sqlError(
                    .notFound, "There is no column \(name).\(didYouMean(name, among: schema.names))", text,
                    at: statement.name.range.lowerBound, context: [("column_name", name)])
            }
            if !seen.insert(name.lowercased()).inserted {
                throw sqlError(
                    .invalidInput, "The column \(name) is listed twice.", text,
                    at: statement.name.range.lowerBound)
            }
        }
        return names
    }

    /// The query's columns; what is wrong with it comes out here, with its place in the user's text.
    func shape(of prepared: PreparedQuery) async throws -> [ResultColumn] {
        // A parameter leaves types open until it has its value, and with them sometimes all columns.
        let head = prepared.parameters.isEmpty ? "" : "SELECT * FROM ("
        do {
            return try await service.engine.user.onSessionThread { connection in
                if head.isEmpty {
                    return try connection.prepare(prepared.sql).columns.map(ResultColumn.init)
                }
                let result = try connection.execute("\(head)\(prepared.sql)) LIMIT 0", prepared.parameters)
                return zip(result.columnNames, result.columnTypes).map(ResultColumn.init)
            }
        } catch { throw prepared.inUsersTerms(error, shift: head.utf8.count) }
    }

    /// Takes the place off an error, for it counts in a text that was made around the user's.
    func withoutPlace<T>(_ body: () async throws -> T) async throws -> T {
        do { return try await body() } catch let error as TarnError {
            let kept = error.context.filter { !["position", "line", "column"].contains($0.name) }
            throw TarnError(
                error.code, error.message, context: kept.map { ($0.name, $0.value) },
                isRetryable: error.isRetryable,
                cause: error.cause)
        }
    }
}
