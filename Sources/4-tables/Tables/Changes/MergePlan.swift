package import Engine
package import TableModel

/// A MERGE: what becomes of a table's rows and of a source's rows, by whether they find each other.
///
/// ```swift
/// var plan = MergePlan(
///     source: WriteSource(sql: "SELECT * FROM read_parquet('changes.parquet')"),
///     condition: "t.id = s.id", keys: [("id", "s.id")])
/// plan.matched = [MergeClause("s.is_deleted", .delete), MergeClause(nil, .updateAll)]
/// plan.notMatched = [MergeClause("NOT s.is_deleted", .insertAll)]
/// try await table.merge(plan)
/// ```
///
/// Of each kind of clause the first whose condition is true decides; where none is, the row stays as it is, or is not
/// inserted. Texts are the engine's SQL, and see the target and the source by their aliases.
package struct MergePlan: Sendable {
    /// Read once, into a temporary table that may go to the spill folder.
    package var source: WriteSource
    package var sourceAlias: String
    package var targetAlias: String
    /// When a row of the target and one of the source find each other.
    package var condition: String
    /// Equalities that the condition demands, of a column of the target and an expression over the source: their
    /// bounds in the source rule files out.
    package var keys: [(target: ColumnPath, sourceExpression: String)]
    /// For `$1`, `$2` … in condition and clauses, numbered over all of them; the source has its own.
    package var parameters: [EngineValue]
    /// What the condition demands of the target's columns alone.
    package var targetFilter: ScanFilter
    package var matched: [MergeClause]
    package var notMatched: [MergeClause]
    package var notMatchedBySource: [MergeClause]
    /// Columns of the source that the target lacks join the table (WITH SCHEMA EVOLUTION).
    package var evolvesSchema: Bool
    /// What the SQL's scans need to stay alive until they are read.
    package var resources: [any Sendable]

    package init(
        source: WriteSource, sourceAlias: String = "s", targetAlias: String = "t", condition: String,
        keys: [(target: ColumnPath, sourceExpression: String)] = [], parameters: [EngineValue] = [],
        targetFilter: ScanFilter = .always, matched: [MergeClause] = [], notMatched: [MergeClause] = [],
        notMatchedBySource: [MergeClause] = [], evolvesSchema: Bool = false,
        resources: [any Sendable] = []
    ) {
        self.source = source
        self.sourceAlias = sourceAlias
        self.targetAlias = targetAlias
        self.condition = condition
        self.keys = keys
        self.parameters = parameters
        self.targetFilter = targetFilter
        self.matched = matched
        self.notMatched = notMatched
        self.notMatchedBySource = notMatchedBySource
        self.evolvesSchema = evolvesSchema
        self.resources = resources
    }
}

/// One WHEN of a MERGE.
package struct MergeClause: Sendable {
    /// What stands behind AND; `nil` is true.
    package var condition: String?
    package var action: MergeAction

    package init(_ condition: String?, _ action: MergeAction) {
        self.condition = condition
        self.action = action
    }
}

/// What a MERGE does with a row.
package enum MergeAction: Sendable {
    /// Sets columns, or members of structures, to expressions.
    ///
    /// The expression `DEFAULT` stands for the column's default.
    case update([(column: ColumnPath, expression: String)])
    /// `UPDATE SET *`: every column of the target from the source's column of that name.
    case updateAll
    case delete
    /// A new row; columns that are not named get their default, or null.
    case insert([(column: String, expression: String)])
    /// `INSERT *`
    case insertAll
    /// `DO NOTHING`
    case nothing

    /// Whether a row of the target leaves its place.
    var touchesTarget: Bool {
        switch self {
        case .update, .updateAll, .delete: true
        case .insert, .insertAll, .nothing: false
        }
    }

    var isUpdate: Bool {
        switch self {
        case .update, .updateAll: true
        default: false
        }
    }

    var isInsert: Bool {
        switch self {
        case .insert, .insertAll: true
        default: false
        }
    }
}
