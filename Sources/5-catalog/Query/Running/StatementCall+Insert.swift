internal import Base
internal import Catalog
internal import DeltaLake
internal import Engine
internal import TableModel
internal import Tables

extension StatementCall {
    func insert(_ statement: InsertStatement) async throws -> StatementResult {
        let target = try await target(statement.name)
        if case .nothing = statement.replacing {
        } else {
            try await refuseGoverned(target, "overwrite rows of")
        }
        // What reads the table that it writes to is computed anew after a conflict.
        return try await target.table.retryingConflicts { try await insert(statement, into: target) }
    }

    private func insert(
        _ statement: InsertStatement, into target: TargetTable
    ) async throws -> StatementResult {
        let table = target.table
        let snapshot = try await table.snapshot()
        let fixed = try await fixedPartitions(statement, snapshot)
        let rows = try await insertedRows(statement, snapshot, fixed, target.name)
        defer { withExtendedLifetime(rows.prepared.resources) {} }
        var options = WriteOptions(
            mode: .append, schemaMode: evolvesSchema(statement) ? .merge : .enforce,
            operationParameters: [
                "partitionBy": .string(
                    JSONValue.array(snapshot.partitionColumns.map { .string($0) }).jsonText)
            ], userMetadata: context.setting(.userMetadata))
        options.reads = ownRead(rows.facts, target, since: snapshot.version)
        let result: CommitResult
        do {
            result = try await withoutPlace(hiding: rows.prepared.governed) { [options] in
                try await write(rows, to: table, statement, fixed, snapshot, options)
            }
        } catch let error as TarnError where rows.isUnplanned && error.code == .invalidInput {
            // What is wrong with a list of values has its place in the user's text: planning it tells.
            _ = try await shape(of: rows.prepared)
            throw error
        }
        let count = result.rowCount
        let verb =
            if case .nothing = statement.replacing { "Inserted into \(target.name)" } else {
                "Overwrote \(target.name) with"
            }
        return .done(
            .insert, "\(verb) \(count) rows", affectedRowCount: count, version: result.version,
            named: ["num_inserted_rows": .int(count)], metrics: result.numbers, facts: rows.facts)
    }

    /// The write itself: rows that join, or that take the place of all, some or whole partitions.
    private func write(
        _ rows: InsertedRows, to table: DeltaTable, _ statement: InsertStatement, _ fixed: [FixedPartition],
        _ snapshot: DeltaSnapshot, _ given: WriteOptions
    ) async throws -> CommitResult {
        var options = given
        switch statement.replacing {
        case .nothing:
            options.sharesCommit = rows.isUnplanned && fixed.isEmpty
            options.operationParameters["mode"] = .string("Append")
            return try await table.write(rows.source, options)
        case .matching(let range):
            options.operationParameters["predicate"] = .string(
                JSONValue.array([.string(text.string(range))]).jsonText)
            guard let condition = try await condition(range, of: statement.name) else { break }
            return try await table.replace(where: condition, with: rows.source, options)
        case .partitions(let names):
            let wanted = Set(names.map { $0.lowercased() })
            if wanted != Set(snapshot.partitionColumns.map { $0.lowercased() }) {
                throw sqlError(
                    .invalidInput,
                    "REPLACE USING takes the partition columns of the table, all of them (\(snapshot.partitionColumns.joined(separator: ", "))).",
                    text, at: statement.name.range.lowerBound)
            }
            return try await table.replacePartitions(with: rows.source, options)
        case .everything:
            if !fixed.isEmpty {
                return try await table.replace(
                    where: FixedPartition.condition(fixed), with: rows.source, options)
            }
            if context.setting(.overwriteMode) == "dynamic", !snapshot.partitionColumns.isEmpty {
                return try await table.replacePartitions(with: rows.source, options)
            }
        }
        options.mode = .overwrite
        options.operationParameters["mode"] = .string("Overwrite")
        return try await table.write(rows.source, options)
    }

    func evolvesSchema(_ statement: InsertStatement) -> Bool {
        statement.evolvesSchema || context.setting(.mergesSchema) == "true"
    }

    /// What the query reads of the table that its rows go to; a version from before the statement cannot change.
    private func ownRead(_ facts: ScanFacts, _ target: TargetTable, since version: Int64) -> TableRead? {
        let own = facts.tables.filter { $0.name == target.name && ($0.version ?? -1) >= version }
        guard let version = own.compactMap(\.version).max() else { return nil }
        return TableRead(version: version, filters: own.map { $0.filter ?? .always })
    }

    /// The query's columns; what is wrong with it comes out here, with its place in the user's text.
    func shape(of prepared: PreparedQuery) async throws -> [ResultColumn] {
        // A parameter leaves types open until it has its value, and with them sometimes all columns.
        let head = prepared.parameters.isEmpty ? "" : "SELECT * FROM ("
        do {
            return try await engine.user.onSessionThread { connection in
                if head.isEmpty {
                    return try connection.prepare(prepared.sql).columns.map(ResultColumn.init)
                }
                let result = try connection.execute("\(head)\(prepared.sql)) LIMIT 0", prepared.parameters)
                return zip(result.columnNames, result.columnTypes).map(ResultColumn.init)
            }
        } catch { throw prepared.inUsersTerms(error, shift: head.utf8.count) }
    }

    /// Takes the place off an error, for it counts in a text that was made around the user's.
    ///
    /// - Parameters:
    ///   - governed: Tables that have policies for the one who asks: no values of them are told.
    ///   - body: What may fail.
    /// - Returns: What `body` returned.
    /// - Throws: The error without its place.
    func withoutPlace<T>(
        hiding governed: Set<String> = [], _ body: () async throws -> T
    ) async throws -> T {
        do { return try await body() } catch let found as TarnError {
            guard let error = GovernedError.hiding(found, governed) as? TarnError else { throw found }
            let kept = error.context.filter { !["position", "line", "column"].contains($0.name) }
            throw TarnError(
                error.code, error.message, context: kept.map { ($0.name, $0.value) },
                isRetryable: error.isRetryable,
                cause: error.cause)
        }
    }
}
