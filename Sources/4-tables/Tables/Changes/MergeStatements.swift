import Base
import DeltaLake
import TableModel

/// The SQL of a MERGE's steps.
///
/// Its temporary tables: `__tarn_source`, the source's rows; `__tarn_match(__f, __r, __s, __c)`, each pair of a
/// target's row (file, row) and a source's row that found each other, with the number of the clause that decided;
/// `__tarn_rest(__f, __r, __c)`, the target's rows that no row of the source found and a clause decided on.
struct MergeStatements: Sendable {
    static let match = "__tarn_match"
    static let rest = "__tarn_rest"

    let plan: MergePlan
    let columns: MergeColumns
    let matched: ResolvedClauses
    let notMatched: ResolvedClauses
    let notMatchedBySource: ResolvedClauses

    init(_ plan: MergePlan, _ columns: MergeColumns) throws(TarnError) {
        self.plan = plan
        self.columns = columns
        matched = try columns.resolve(plan.matched, plan, allows: [.update, .delete])
        notMatched = try columns.resolve(plan.notMatched, plan, allows: [.insert])
        notMatchedBySource = try columns.resolve(plan.notMatchedBySource, plan, allows: [.update, .delete])
    }

    private var t: String { quoteIdentifier(plan.targetAlias) }
    private var s: String { quoteIdentifier(plan.sourceAlias) }
    private var sourceTable: String { "\(MergeSource.name) AS \(s)" }
    private var sourceRow: String { "\(s).\(quoteIdentifier(columns.sourceRow))" }

    /// Whether the target's rows need their place: not where rows are only inserted.
    var needsPairs: Bool { matched.touchesTarget || !notMatchedBySource.isEmpty }

    /// The rows of `__tarn_match`; without a place where it does not matter.
    func pairs(_ target: TargetRows) -> String {
        if !needsPairs {
            return """
                SELECT \(sourceRow) AS __s FROM \(sourceTable) SEMI JOIN \(target.relation.sql) AS \(t) \
                ON (\(plan.condition))
                """
        }
        return """
            SELECT \(t).__file_index AS __f, \(t).__file_row AS __r, \(sourceRow) AS __s, \
            CAST(\(matched.number) AS SMALLINT) AS __c \
            FROM \(target.relation.sql) AS \(t) JOIN \(sourceTable) ON (\(plan.condition))
            """
    }

    /// The rows of `__tarn_rest`.
    func unmatched(_ target: TargetRows) -> String {
        """
        SELECT * FROM (SELECT \(t).__file_index AS __f, \(t).__file_row AS __r, \
        CAST(\(notMatchedBySource.number) AS SMALLINT) AS __c FROM \(target.relation.sql) AS \(t) \
        ANTI JOIN \(Self.match) AS __m ON (__m.__f = \(t).__file_index AND __m.__r = \(t).__file_row)) \
        WHERE __c >= 0
        """
    }

    /// The rows that leave their place, each once.
    var marked: String {
        var parts: [String] = []
        if matched.touchesTarget {
            let touching = matched.numbers(.update) + matched.numbers(.delete)
            parts.append(
                "SELECT DISTINCT __f AS f, __r AS r FROM \(Self.match) WHERE \(Self.isIn("__c", touching))")
        }
        if notMatchedBySource.touchesTarget {
            let touching = notMatchedBySource.numbers(.update) + notMatchedBySource.numbers(.delete)
            parts.append("SELECT __f AS f, __r AS r FROM \(Self.rest) WHERE \(Self.isIn("__c", touching))")
        }
        if parts.isEmpty { return "SELECT 0::BIGINT AS f, 0::BIGINT AS r WHERE false" }
        return parts.joined(separator: " UNION ALL ")
    }

    /// A row of the target that several rows of the source would change in different ways.
    var ambiguous: String {
        let touching = matched.numbers(.update) + matched.numbers(.delete)
        return """
            SELECT __f, __r FROM \(Self.match) WHERE \(Self.isIn("__c", touching)) GROUP BY __f, __r \
            HAVING count(*) > 1 AND bool_or(\(Self.isIn("__c", matched.numbers(.update)))) LIMIT 1
            """
    }

    /// Matched rows with their new values.
    func updated(_ target: TargetRows) -> String {
        """
        SELECT \(values(matched, .update, unchanged: unchanged)) FROM \(Self.match) AS __m \
        JOIN \(target.relation.sql) AS \(t) ON (\(t).__file_index = __m.__f AND \(t).__file_row = __m.__r) \
        JOIN \(sourceTable) ON (\(sourceRow) = __m.__s) \
        WHERE \(Self.isIn("__m.__c", matched.numbers(.update)))
        """
    }

    /// Rows that the source lacks, with their new values.
    func updatedRest(_ target: TargetRows) -> String {
        """
        SELECT \(values(notMatchedBySource, .update, unchanged: unchanged)) FROM \(Self.rest) AS __m \
        JOIN \(target.relation.sql) AS \(t) ON (\(t).__file_index = __m.__f AND \(t).__file_row = __m.__r) \
        WHERE \(Self.isIn("__m.__c", notMatchedBySource.numbers(.update)))
        """
    }

    /// Rows of the source that found none, as the table's.
    var inserted: String {
        """
        SELECT \(values(notMatched, .insert, number: "__c") { "CAST(NULL AS \($0.type.sqlName))" }) \
        FROM (SELECT \(s).*, CAST(\(notMatched.number) AS SMALLINT) AS __c FROM \(sourceTable) \
        ANTI JOIN \(Self.match) AS __m ON (__m.__s = \(sourceRow))) AS \(s) \
        WHERE \(Self.isIn("__c", notMatched.numbers(.insert)))
        """
    }

    private func unchanged(_ field: SchemaField) -> String {
        guard let old = columns.before[field.name] else { return "CAST(NULL AS \(field.type.sqlName))" }
        let value = "\(t).\(quoteIdentifier(old.name))"
        return old.type == field.type ? value : "CAST(\(value) AS \(field.type.sqlName))"
    }

    private func values(
        _ clauses: ResolvedClauses, _ kind: ResolvedClause.Kind, number: String = "__m.__c",
        unchanged: (SchemaField) -> String
    ) -> String {
        columns.after.fields.map { field in
            let value = clauses.value(field, kind, number: number, otherwise: unchanged(field))
            return "\(value) AS \(quoteIdentifier(field.name))"
        }.joined(separator: ", ")
    }

    static func isIn(_ value: String, _ numbers: [Int]) -> String {
        numbers.isEmpty ? "false" : "\(value) IN (\(numbers.map(String.init).joined(separator: ",")))"
    }
}
