internal import Base
internal import DeltaLake
internal import TableModel
internal import Tables

extension StatementCall {
    func delete(_ statement: DeleteStatement) async throws -> StatementResult {
        let target = try await target(statement.name)
        try await refuseGoverned(target, "delete rows of")
        guard let condition = statement.condition else {
            let result = try await withoutPlace { try await target.table.delete(where: nil, changeOptions()) }
            return rowsChanged(.delete, "Deleted", "from \(target.name)", "numDeletedRows", result)
        }
        var edits = TextEdits()
        edits.replace(firstToken, with: "SELECT *")
        let scope = try await ChangeScope(
            edits, target: statement.name.range, prunesSubqueries: true, self)
        let rows = RowCondition(
            try scope.sql(condition), filter: scope.targetFilter,
            targetAlias: alias(statement.alias, statement.name), resources: scope.resources)
        let options = changeOptions(predicate: condition)
        let result = try await withoutPlace(hiding: scope.governed) {
            try await target.table.delete(where: rows, options)
        }
        return rowsChanged(
            .delete, "Deleted", "from \(target.name)", "numDeletedRows", result, facts: scope.facts)
    }

    func update(_ statement: UpdateStatement) async throws -> StatementResult {
        let target = try await target(statement.name)
        try await refuseGoverned(target, "update rows of")
        let schema = try await target.table.snapshot().schema
        let alias = alias(statement.alias, statement.name)
        let columns = try assigned(statement.assignments, schema, alias: alias)
        let scope = try await ChangeScope(
            edits(of: statement), target: statement.name.range, prunesSubqueries: true, self)
        let written = zip(columns, statement.assignments).filter { $1.value != nil }.map { $0.0.parts[0] }
        record.derives(ColumnDerivation([(scope.question, written)]))
        let assignments = try zip(columns, statement.assignments).map { column, assignment in
            (column: column, expression: try assignment.value.map { try scope.sql($0) } ?? "DEFAULT")
        }
        let rows = RowCondition(
            try statement.condition.map { try scope.sql($0) } ?? "true", filter: scope.targetFilter,
            targetAlias: alias, resources: scope.resources)
        let options = changeOptions(predicate: statement.condition)
        let result = try await withoutPlace(hiding: scope.governed) {
            try await target.table.update(assignments, where: rows, options)
        }
        return rowsChanged(
            .update, "Updated", "of \(target.name)", "numUpdatedRows", result, facts: scope.facts)
    }

    func truncate(_ name: ObjectName) async throws -> StatementResult {
        let target = try await target(name)
        try await refuseGoverned(target, "empty")
        let result = try await withoutPlace { try await target.table.truncate(changeOptions()) }
        return rowsChanged(.truncate, "Removed", "from \(target.name)", "numDeletedRows", result)
    }

    /// `UPDATE t SET a = b, c = DEFAULT WHERE d` as `FROM t SELECT (b) WHERE d`.
    private func edits(of statement: UpdateStatement) -> TextEdits {
        var edits = TextEdits()
        edits.replace(firstToken, with: "FROM")
        edits.select(
            statement.assignments.compactMap(\.value),
            from: wordBefore(statement.assignments[0].head.lowerBound),
            to: statement.condition.map { wordBefore($0.lowerBound) } ?? text.extent.upperBound)
        return edits
    }

    /// Where the token starts that stands before an offset.
    func wordBefore(_ offset: Int) -> Int {
        text.tokens.last { $0.range.upperBound <= offset }?.range.lowerBound ?? text.extent.lowerBound
    }

    /// The columns that SET names, without the table's alias; each has to be there, and none twice.
    func assigned(
        _ assignments: [Assignment], _ schema: TableSchema, alias: String
    ) throws -> [ColumnPath] {
        var seen: Set<[String]> = []
        return try assignments.map { assignment in
            var path = assignment.column
            let first = path.parts[0]
            if path.parts.count > 1, first.lowercased() == alias.lowercased(), schema[first] == nil {
                path.parts.removeFirst()
            }
            guard schema[path.parts[0]] != nil else {
                throw sqlError(
                    .notFound,
                    "There is no column \(path.parts[0]).\(didYouMean(path.parts[0], among: schema.names))",
                    text,
                    at: assignment.head.lowerBound, context: [("column_name", path.parts[0])])
            }
            if !seen.insert(path.parts.map { $0.lowercased() }).inserted {
                throw sqlError(
                    .invalidInput, "The column \(path.parts.joined(separator: ".")) is set twice.", text,
                    at: assignment.head.lowerBound)
            }
            return path
        }
    }

    var firstToken: Range<Int> { text.tokens.first?.range ?? text.extent }

    /// By what the statement's expressions may call the table.
    func alias(_ given: String?, _ name: ObjectName) -> String { given ?? name.parts.last ?? "" }

    /// How the change is written into the history: its condition as the user wrote it.
    func changeOptions(predicate: Range<Int>? = nil) -> ChangeOptions {
        var options = ChangeOptions(userMetadata: context.setting(.userMetadata))
        if let predicate {
            options.operationParameters["predicate"] = .string(
                JSONValue.array([.string(text.string(predicate))]).jsonText)
        }
        return options
    }

    /// What a change of rows reports: Databricks' `num_affected_rows`, the version, and the commit's own figures.
    func rowsChanged(
        _ kind: StatementResult.Kind, _ verb: String, _ rest: String, _ metric: String,
        _ result: CommitResult, facts: ScanFacts = ScanFacts()
    ) -> StatementResult {
        let count = result.count(metric)
        let rows = count.map { "\($0) row\($0 == 1 ? "" : "s")" } ?? "all rows"
        return .done(
            kind, "\(verb) \(rows) \(rest)", affectedRowCount: count, version: result.version,
            metrics: result.numbers, facts: facts)
    }
}

extension CommitResult {
    /// One of the commit's figures.
    func count(_ name: String) -> Int64? {
        metrics[name].flatMap { $0.int64 ?? $0.string.flatMap { Int64($0) } }
    }

    /// The commit's figures as numbers, which the log keeps as texts.
    var numbers: JSONObject {
        JSONObject(
            metrics.members.map { name, value in
                (name, value.string.flatMap { Int64($0) }.map { .int($0) } ?? value)
            })
    }
}
