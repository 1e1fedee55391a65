internal import Base
internal import DeltaLake
internal import Engine
internal import TableModel
internal import Tables

extension StatementCall {
    func merge(_ statement: MergeStatement) async throws -> StatementResult {
        let target = try await target(statement.name)
        try await refuseGoverned(target, "merge into")
        let schema = try await target.table.snapshot().schema
        let source = try await mergeSource(statement.source)
        let columns = try await shape(of: source).map(\.name)
        let scopes = try await MergeScopes(statement, schema, columns, self)
        let alias = alias(statement.alias, statement.name)
        var plan = MergePlan(
            source: WriteSource(sql: source.sql, parameters: source.parameters),
            sourceAlias: statement.sourceAlias ?? MergeScopes.unnamedSource, targetAlias: alias,
            condition: try scopes.matched.sql(statement.condition),
            targetFilter: scopes.matched.targetFilter,
            evolvesSchema: statement.evolvesSchema || context.setting(.mergesSchema) == "true")
        plan.keys = try MergeKeys(
            text: text, target: (alias, schema.names), source: (statement.sourceAlias, columns)
        ).find(in: statement.condition).map { ($0.target, try scopes.matched.sql($0.source)) }
        for clause in statement.clauses {
            let made = try scopes.clause(clause, schema, alias: alias, self)
            switch clause.kind {
            case .matched: plan.matched.append(made)
            case .notMatched: plan.notMatched.append(made)
            case .notMatchedBySource: plan.notMatchedBySource.append(made)
            }
        }
        plan.resources = scopes.resources + source.resources
        let parts = try scopes.derivations(statement, schema, source, columns, alias: alias, self)
        record.derives(ColumnDerivation(parts))
        let options = mergeOptions(statement)
        let governed = source.governed.union(scopes.governed)
        let result = try await withoutPlace(hiding: governed) { [plan] in
            try await target.table.merge(plan, options)
        }
        return merged(
            target.name, result, facts: ScanFacts(tables: source.facts.tables + scopes.facts.tables))
    }

    /// The rows of the source, as a query by itself: filters of the ON condition do not hold for rows without a match.
    private func mergeSource(_ range: Range<Int>) async throws -> PreparedQuery {
        var edits = TextEdits()
        edits.replace(text.extent.lowerBound..<range.lowerBound, with: "SELECT * FROM ")
        edits.replace(range.upperBound..<text.extent.upperBound, with: "")
        return try await prepare(text.extent, casts: edits)
    }

    private func merged(_ name: String, _ result: CommitResult, facts: ScanFacts) -> StatementResult {
        let updated = result.count("numTargetRowsUpdated") ?? 0
        let deleted = result.count("numTargetRowsDeleted") ?? 0
        let inserted = result.count("numTargetRowsInserted") ?? 0
        return .done(
            .merge,
            "Merged into \(name): \(updated) rows updated, \(deleted) deleted, \(inserted) inserted",
            affectedRowCount: updated + deleted + inserted, version: result.version,
            named: [
                "num_updated_rows": .int(updated), "num_deleted_rows": .int(deleted),
                "num_inserted_rows": .int(inserted),
            ], metrics: result.numbers, facts: facts)
    }

    private func mergeOptions(_ statement: MergeStatement) -> ChangeOptions {
        var options = changeOptions(predicate: statement.condition)
        for (name, kind) in [
            ("matchedPredicates", MergeClauseStatement.Kind.matched), ("notMatchedPredicates", .notMatched),
            ("notMatchedBySourcePredicates", .notMatchedBySource),
        ] {
            let entries = statement.clauses.filter { $0.kind == kind }.map { clause -> JSONValue in
                var entry: JSONObject = ["actionType": .string(clause.action.name)]
                if let condition = clause.condition {
                    entry["predicate"] = .string(JSONValue.array([.string(text.string(condition))]).jsonText)
                }
                return .object(entry)
            }
            options.operationParameters[name] = .string(JSONValue.array(entries).jsonText)
        }
        return options
    }
}

/// The queries that a MERGE implies, one for each kind of clause, since each sees other rows.
///
/// ```
/// FROM target JOIN source ON condition SELECT ...     -- WHEN MATCHED
/// FROM source SELECT ...                              -- WHEN NOT MATCHED
/// FROM target SELECT ...                              -- WHEN NOT MATCHED BY SOURCE
/// ```
struct MergeScopes {
    static let unnamedSource = "__source"

    let matched: ChangeScope
    private let notMatched: ChangeScope?
    private let notMatchedBySource: ChangeScope?
    private let sourceColumns: [String]

    var facts: ScanFacts {
        ScanFacts(
            tables: matched.facts.tables + (notMatched?.facts.tables ?? [])
                + (notMatchedBySource?.facts.tables ?? []))
    }

    var governed: Set<String> {
        [matched, notMatched, notMatchedBySource].reduce(into: []) { $0.formUnion($1?.governed ?? []) }
    }

    var resources: [any Sendable] {
        matched.resources + (notMatched?.resources ?? []) + (notMatchedBySource?.resources ?? [])
    }

    init(
        _ statement: MergeStatement, _ schema: TableSchema, _ sourceColumns: [String], _ call: StatementCall
    ) async throws {
        self.sourceColumns = sourceColumns
        func parts(_ kind: MergeClauseStatement.Kind) -> [Range<Int>] {
            statement.clauses.filter { $0.kind == kind }.flatMap {
                [$0.condition].compactMap(\.self) + $0.action.values
            }
        }
        let end = call.text.extent.upperBound
        let clauses = statement.clauses[0].offset
        let target = statement.name.range
        let using = call.wordBefore(statement.source.lowerBound)
        func scope(
            _ kind: MergeClauseStatement.Kind, always: Bool, _ prepare: (inout TextEdits) -> Void
        ) async throws -> ChangeScope? {
            let kept = parts(kind)
            if kept.isEmpty, !always { return nil }
            var edits = TextEdits()
            prepare(&edits)
            edits.select(kept, from: clauses, to: end)
            return try await ChangeScope(edits, target: target, prunesSubqueries: false, call)
        }
        let head = call.text.extent.lowerBound..<target.lowerBound
        let both = try await scope(.matched, always: true) { edits in
            edits.replace(head, with: "FROM ")
            edits.replace(using..<statement.source.lowerBound, with: "JOIN ")
        }
        guard let both else { throw TarnError(.internal, "MERGE lost its condition.") }
        matched = both
        notMatched = try await scope(.notMatched, always: false) { edits in
            edits.replace(call.text.extent.lowerBound..<statement.source.lowerBound, with: "FROM ")
            edits.replace(statement.source.upperBound..<clauses, with: " ")
        }
        notMatchedBySource = try await scope(.notMatchedBySource, always: false) { edits in
            edits.replace(head, with: "FROM ")
            edits.replace(using..<clauses, with: " ")
        }
    }

    private func scope(_ kind: MergeClauseStatement.Kind) -> ChangeScope {
        switch kind {
        case .matched: matched
        case .notMatched: notMatched ?? matched
        case .notMatchedBySource: notMatchedBySource ?? matched
        }
    }

    /// The queries of the statement with the target's columns that they fill.
    func derivations(
        _ statement: MergeStatement, _ schema: TableSchema, _ source: PreparedQuery, _ columns: [String],
        alias: String, _ call: StatementCall
    ) throws -> [(ColumnDerivation.Question?, [String?])] {
        var parts: [(ColumnDerivation.Question?, [String?])] = []
        for kind in [MergeClauseStatement.Kind.matched, .notMatched, .notMatchedBySource] {
            var targets: [String?] = []
            for clause in statement.clauses where clause.kind == kind {
                if clause.condition != nil { targets.append(nil) }
                switch clause.action {
                case .update(let assignments):
                    let assigned = try call.assigned(assignments, schema, alias: alias)
                    targets += zip(assigned, assignments).filter { $1.value != nil }.map { $0.0.parts[0] }
                case .insert(let names, let values):
                    targets += zip(names, values).filter { $1 != nil }.map(\.0)
                case .insertValues(let values):
                    targets += zip(schema.names, values).filter { $1 != nil }.map(\.0)
                case .updateAll, .insertAll: parts.append((source.question, columns))
                case .delete, .nothing: break
                }
            }
            let isThere = kind == .matched || statement.clauses.contains { $0.kind == kind }
            if isThere { parts.append((scope(kind).question, targets)) }
        }
        return parts
    }

    func clause(
        _ clause: MergeClauseStatement, _ schema: TableSchema, alias: String, _ call: StatementCall
    ) throws -> MergeClause {
        let scope = scope(clause.kind)
        func value(_ range: Range<Int>?) throws -> String { try range.map { try scope.sql($0) } ?? "DEFAULT" }
        let condition = try clause.condition.map { try scope.sql($0) }
        switch clause.action {
        case .delete: return MergeClause(condition, .delete)
        case .updateAll: return MergeClause(condition, .updateAll)
        case .insertAll: return MergeClause(condition, .insertAll)
        case .nothing: return MergeClause(condition, .nothing)
        case .update(let assignments):
            let columns = try call.assigned(assignments, schema, alias: alias)
            return MergeClause(
                condition,
                .update(try zip(columns, assignments).map { ($0, try value($1.value)) }))
        case .insert(let names, let values):
            for name in names where schema[name] == nil {
                throw sqlError(
                    .notFound, "There is no column \(name).\(didYouMean(name, among: schema.names))",
                    call.text, at: clause.offset, context: [("column_name", name)])
            }
            if let twice = names.firstIndex(where: { name in
                names.filter { $0.lowercased() == name.lowercased() }.count > 1
            }) {
                throw sqlError(
                    .invalidInput, "The column \(names[twice]) is listed twice.", call.text, at: clause.offset
                )
            }
            return MergeClause(condition, .insert(try zip(names, values).map { ($0, try value($1)) }))
        case .insertValues(let values):
            if values.count != schema.fields.count {
                throw sqlError(
                    .schemaMismatch,
                    "The table has \(schema.fields.count) columns, but INSERT gives \(values.count) values.",
                    call.text, at: clause.offset)
            }
            return MergeClause(condition, .insert(try zip(schema.names, values).map { ($0, try value($1)) }))
        }
    }
}

extension MergeClauseStatement.Action {
    /// The expressions in it, in the order in which they stand.
    var values: [Range<Int>] {
        switch self {
        case .update(let assignments): assignments.compactMap(\.value)
        case .insert(_, let values), .insertValues(let values): values.compactMap(\.self)
        case .updateAll, .delete, .insertAll, .nothing: []
        }
    }

    /// As Delta's history names it.
    var name: String {
        switch self {
        case .update, .updateAll: "update"
        case .delete: "delete"
        case .insert, .insertValues, .insertAll: "insert"
        case .nothing: "nothing"
        }
    }
}
