import Base
import DeltaLake
import TableModel

/// A WHEN with its columns looked up.
struct ResolvedClause: Sendable {
    enum Kind: Sendable { case update, delete, insert, nothing }
    let condition: String?
    let kind: Kind
    /// By lower-case column: the expression that it gets, not yet cast.
    let values: [String: String]

    /// Whether a row of the target leaves its place.
    var touchesTarget: Bool { kind == .update || kind == .delete }
}

/// Clauses of one kind of match, in order.
struct ResolvedClauses: Sendable {
    let clauses: [ResolvedClause]

    var isEmpty: Bool { clauses.isEmpty }

    /// The numbers of the clauses of a kind, for IN.
    func numbers(_ kind: ResolvedClause.Kind) -> [Int] {
        clauses.indices.filter { clauses[$0].kind == kind }
    }

    func has(_ kind: ResolvedClause.Kind) -> Bool { !numbers(kind).isEmpty }
    var touchesTarget: Bool { clauses.contains { $0.touchesTarget } }

    /// SQL for the number of the clause that decides; -1 where none does.
    var number: String {
        var text = "CASE"
        for (index, clause) in clauses.enumerated() {
            guard let condition = clause.condition else {
                return index == 0 ? "\(index)" : "\(text) ELSE \(index) END"
            }
            text += " WHEN (\(condition)) THEN \(index)"
        }
        return clauses.isEmpty ? "-1" : "\(text) ELSE -1 END"
    }

    /// SQL for a column's new value, by the number of the clause that decided.
    ///
    /// - Parameters:
    ///   - field: The column, as it is after the MERGE.
    ///   - kind: Clauses to look at.
    ///   - number: SQL for the clause's number.
    ///   - otherwise: The value where a clause says nothing of the column.
    /// - Returns: An expression of the column's type.
    func value(_ field: SchemaField, _ kind: ResolvedClause.Kind, number: String, otherwise: String) -> String
    {
        let type = field.type.sqlName
        let choices = numbers(kind).map { index -> (Int, String) in
            let given = clauses[index].values[field.name.lowercased()]
            return (index, given.map { "CAST((\($0)) AS \(type))" } ?? otherwise)
        }
        guard let first = choices.first else { return otherwise }
        if choices.allSatisfy({ $0.1 == first.1 }) { return first.1 }
        let whens = choices.map { "WHEN \($0.0) THEN \($0.1)" }.joined(separator: " ")
        return "CASE \(number) \(whens) END"
    }
}

extension MergeColumns {
    /// Looks up the columns of clauses.
    ///
    /// - Throws: `.notFound` for a column that the table, or for `*` the source, lacks; `.invalidInput` for an action
    ///   that does not fit its kind of clause.
    func resolve(
        _ clauses: [MergeClause], _ plan: MergePlan, allows: Set<ResolvedClause.Kind>
    ) throws(TarnError) -> ResolvedClauses {
        var resolved: [ResolvedClause] = []
        for clause in clauses {
            let (kind, values) = try resolve(clause.action, plan)
            guard allows.contains(kind) || kind == .nothing else {
                throw TarnError(
                    .invalidInput,
                    "MERGE cannot \(kind == .insert ? "insert" : "change") a row in this kind of WHEN clause."
                )
            }
            resolved.append(ResolvedClause(condition: clause.condition, kind: kind, values: values))
        }
        return ResolvedClauses(clauses: resolved)
    }

    private func resolve(
        _ action: MergeAction, _ plan: MergePlan
    ) throws(TarnError) -> (ResolvedClause.Kind, [String: String]) {
        switch action {
        case .nothing: return (.nothing, [:])
        case .delete: return (.delete, [:])
        case .updateAll: return (.update, try all("UPDATE SET *", plan))
        case .insertAll: return (.insert, try all("INSERT *", plan))
        case .update(let assignments):
            let alias = quoteIdentifier(plan.targetAlias)
            let known = try ColumnAssignments(assignments, after, alias: alias, defaults: defaults)
            return (.update, known.expressions)
        case .insert(let values):
            var expressions: [String: String] = [:]
            for (column, expression) in values {
                guard after[column] != nil else {
                    throw TarnError(
                        .notFound,
                        "The table has no column \(column).\(didYouMean(column, among: after.names))",
                        context: [("column", column)])
                }
                let value = ColumnAssignments.defaulted(expression, defaults[column.lowercased()])
                if expressions.updateValue(value, forKey: column.lowercased()) != nil {
                    throw TarnError(
                        .invalidInput, "The column \(column) is listed twice.", context: [("column", column)])
                }
            }
            for field in after.fields where expressions[field.name.lowercased()] == nil {
                if let value = defaults[field.name.lowercased()] {
                    expressions[field.name.lowercased()] = value
                }
            }
            return (.insert, expressions)
        }
    }

    /// Whether the table gives the column a value by itself.
    private static func isFilled(_ field: SchemaField) -> Bool {
        field.generationExpression != nil || field.identity != nil
    }

    /// Every column from the source's column of that name.
    private func all(_ what: String, _ plan: MergePlan) throws(TarnError) -> [String: String] {
        var expressions: [String: String] = [:]
        var missing: [String] = []
        for field in after.fields {
            if let column = source[field.name.lowercased()] {
                expressions[field.name.lowercased()] =
                    "\(quoteIdentifier(plan.sourceAlias)).\(quoteIdentifier(column))"
            } else if Self.isFilled(field) {
                continue
            } else if !plan.evolvesSchema, field.defaultExpression == nil {
                missing.append(field.name)
            } else if what.hasPrefix("INSERT"), let value = defaults[field.name.lowercased()] {
                expressions[field.name.lowercased()] = value
            }
        }
        if missing.isEmpty { return expressions }
        throw TarnError(
            .schemaMismatch,
            """
            \(what) needs every column of the table in the source, which lacks \(missing.joined(separator: ", ")). \
            Add them to the source, or name the columns to set one by one.
            """, context: missing.map { ("column", $0) })
    }
}

extension ResolvedClause.Kind: Hashable {}
