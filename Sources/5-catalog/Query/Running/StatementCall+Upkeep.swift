internal import Base
internal import Catalog
internal import DeltaLake
internal import Engine
internal import TableModel
internal import Tables

extension StatementCall {
    func vacuum(_ statement: VacuumStatement) async throws -> StatementResult {
        let target = try await target(statement.name)
        try await refuseGoverned(target, "vacuum")
        var options = VacuumOptions(retention: statement.retention, isDryRun: statement.isDryRun)
        options.allowsShortRetention =
            statement.isForced || context.setting(.checksRetention) == "false"
        options.pinnedVersions = try await pinnedVersions(of: target)
        let result: VacuumResult
        do { result = try await target.table.vacuum(options) } catch let error as TarnError
            where error.code == .failedPrecondition && !options.allowsShortRetention
        {
            throw TarnError(
                error.code,
                error.message
                    + " In SQL that is VACUUM ... FORCE, or SET delta.retentionDurationCheck.enabled = false.",
                context: error.context.map { ($0.name, $0.value) }, cause: error)
        }
        if statement.isDryRun {
            let rows = FixedRows(
                columns: [("path", .string)],
                rows: result.paths.map { [.text(target.localFolder + "/" + $0)] })
            return .rows(.vacuum, rows, on: service.engine.trusted)
        }
        return .done(
            .vacuum, "Removed \(result.fileCount) files of \(target.name), \(result.byteCount) bytes",
            version: result.version,
            metrics: [
                "numDeletedFiles": .int(result.fileCount), "sizeOfDeletedFiles": .int(result.byteCount),
            ])
    }

    /// Versions that something outside of the table needs, by whatever name the table is known.
    private func pinnedVersions(of target: TargetTable) async throws -> [Int64] {
        var entries = try await catalog.tables(atLocation: target.localFolder)
        if let entry = target.entry, !entries.contains(where: { $0.id == entry.id }) { entries.append(entry) }
        return try await service.pinnedVersions(entries)
    }

    func restore(_ statement: RestoreStatement) async throws -> StatementResult {
        let target = try await target(statement.name)
        try await refuseGoverned(target, "restore")
        let travel = try await travel(statement.travel)
        let result = try await at(statement.name.range) {
            try await target.table.restore(
                to: travel, RestoreOptions(userMetadata: context.setting(.userMetadata)))
        }
        let files = result.wasAlreadyCommitted ? "nothing had to change" : "version \(result.version)"
        return .done(
            .restore, "Restored \(target.name): \(files)", version: result.version,
            named: result.named([
                ("table_size_after_restore", "tableSizeAfterRestore"),
                ("num_of_files_after_restore", "numOfFilesAfterRestore"),
                ("num_removed_files", "numRemovedFiles"), ("num_restored_files", "numRestoredFiles"),
                ("removed_files_size", "removedFilesSize"), ("restored_files_size", "restoredFilesSize"),
            ]))
    }

    /// The version or time of a clause that the grammar itself has read.
    func travel(_ clause: TravelClause?) async throws -> TimeTravel {
        guard let clause else { return .latest }
        let spelling = text.string(clause.value)
        let part = text.part(clause.value)
        let expression: TravelValue.Expression
        if part.tokens.count == 1, let value = part.stringValue(0) {
            expression = .value(.string(value))
        } else if let number = Int64(spelling) {
            expression = .value(.int64(number))
        } else if part.tokens.contains(where: { $0.kind == .parameter }) {
            expression = .value(try parameter(in: clause.value))
        } else {
            expression = .sql(spelling)
        }
        return try await travel(
            TravelValue(unit: clause.unit, expression: expression, offset: clause.value.lowerBound))
    }

    /// The value of a parameter that stands alone.
    private func parameter(in range: Range<Int>) throws -> EngineValue {
        let query = try NormalizedQuery(text, parameters: parameters)
        if let value = query.travelParameters[range.lowerBound] { return value }
        guard let place = query.parameterPlaces.first(where: { $0.range == range }) else {
            throw sqlError(
                .invalidInput, "A version or time is a value, or one parameter.", text, at: range.lowerBound)
        }
        return query.parameters[place.index]
    }

    /// A condition on a table's rows outside of DML: OPTIMIZE, REORG, INSERT REPLACE WHERE.
    func condition(_ range: Range<Int>?, of name: ObjectName) async throws -> RowCondition? {
        guard let range else { return nil }
        var edits = TextEdits()
        edits.replace(text.extent.lowerBound..<name.range.lowerBound, with: "SELECT * FROM ")
        edits.replace(name.range.upperBound..<range.lowerBound, with: " WHERE ")
        edits.replace(range.upperBound..<text.extent.upperBound, with: "")
        let scope = try await ChangeScope(edits, target: name.range, prunesSubqueries: true, self)
        return RowCondition(
            try scope.sql(range), filter: scope.targetFilter, targetAlias: name.parts.last,
            resources: scope.resources)
    }
}

extension CommitResult {
    /// Some of the commit's figures under Databricks' names.
    func named(_ names: [(name: String, metric: String)]) -> JSONObject {
        JSONObject(names.compactMap { name, metric in count(metric).map { (name, .int($0)) } })
    }
}
