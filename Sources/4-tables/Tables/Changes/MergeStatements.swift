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

    /// The rows of `__tarn_rest`, out of those that no row of the source found.
    func unmatched(_ relation: String) -> String {
        """
        SELECT * FROM (SELECT \(t).__file_index AS __f, \(t).__file_row AS __r, \
        CAST(\(notMatchedBySource.number) AS SMALLINT) AS __c FROM \(relation) AS \(t)) WHERE __c >= 0
        """
    }

    /// The places of matched rows that a kind of clause decides on; of all matched rows for `nil`.
    func matchedPlaces(_ kind: ResolvedClause.Kind?) -> String {
        let condition = kind.map { Self.isIn("__c", matched.numbers($0)) } ?? "true"
        return "SELECT __f, __r FROM \(Self.match) WHERE \(condition)"
    }

    /// The places of rows without a match that a kind of clause decides on.
    func restPlaces(_ kind: ResolvedClause.Kind) -> String {
        "SELECT __f, __r FROM \(Self.rest) WHERE \(Self.isIn("__c", notMatchedBySource.numbers(kind)))"
    }

    /// A row of the target that several rows of the source would change in different ways.
    var ambiguous: String {
        let touching = matched.numbers(.update) + matched.numbers(.delete)
        return """
            SELECT __f, __r FROM \(Self.match) WHERE \(Self.isIn("__c", touching)) GROUP BY __f, __r \
            HAVING count(*) > 1 AND bool_or(\(Self.isIn("__c", matched.numbers(.update)))) LIMIT 1
            """
    }

    /// Whether an update needs to see the row as it was.
    func updateReadsTarget(_ fields: [SchemaField]) -> Bool {
        let source = s + "."
        return matched.numbers(.update).contains { index in
            fields.contains { field in
                guard let value = matched.clauses[index].values[field.name.lowercased()] else { return true }
                return !Self.isColumn(value, of: [source, plan.sourceAlias + "."])
            }
        }
    }

    /// Whether an expression is nothing but a column of a relation.
    private static func isColumn(_ text: String, of prefixes: [String]) -> Bool {
        guard let prefix = prefixes.first(where: { text.lowercased().hasPrefix($0.lowercased()) }) else {
            return false
        }
        let name = text.dropFirst(prefix.count)
        if name.hasPrefix("\""), name.hasSuffix("\""), name.count > 2 {
            return !name.dropFirst().dropLast().contains("\"")
        }
        return !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    }

    /// Matched rows with their new values.
    ///
    /// - Parameters:
    ///   - fields: The columns to give.
    ///   - rowIDs: SQL items behind them.
    ///   - relation: The rows as they were; `nil` if no value depends on them.
    /// - Returns: A SELECT of the fields and the row ids.
    func updated(_ fields: [SchemaField], rowIDs: String, _ relation: String?) -> String {
        let old = relation.map {
            " JOIN \($0) AS \(t) ON (\(t).__file_index = __m.__f AND \(t).__file_row = __m.__r)"
        }
        return """
            SELECT \(values(fields, matched, .update, unchanged: unchanged))\(rowIDs) \
            FROM \(Self.match) AS __m\(old ?? "") JOIN \(sourceTable) ON (\(sourceRow) = __m.__s) \
            WHERE \(Self.isIn("__m.__c", matched.numbers(.update)))
            """
    }

    /// Rows that the source lacks, with their new values.
    func updatedRest(_ fields: [SchemaField], rowIDs: String, _ relation: String) -> String {
        """
        SELECT \(values(fields, notMatchedBySource, .update, unchanged: unchanged))\(rowIDs) \
        FROM \(Self.rest) AS __m \
        JOIN \(relation) AS \(t) ON (\(t).__file_index = __m.__f AND \(t).__file_row = __m.__r) \
        WHERE \(Self.isIn("__m.__c", notMatchedBySource.numbers(.update)))
        """
    }

    /// Rows of the source that found none, as the table's.
    func inserted(_ fields: [SchemaField], rowIDs: String) -> String {
        """
        SELECT \(values(fields, notMatched, .insert, number: "__c") { "CAST(NULL AS \($0.type.sqlName))" })\
        \(rowIDs) FROM (SELECT \(s).*, CAST(\(notMatched.number) AS SMALLINT) AS __c FROM \(sourceTable) \
        ANTI JOIN \(Self.match) AS __m ON (__m.__s = \(sourceRow))) AS \(s) \
        WHERE \(Self.isIn("__c", notMatched.numbers(.insert)))
        """
    }

    var t: String { quoteIdentifier(plan.targetAlias) }

    private func unchanged(_ field: SchemaField) -> String {
        guard let old = columns.before[field.name] else { return "CAST(NULL AS \(field.type.sqlName))" }
        let value = "\(t).\(quoteIdentifier(old.name))"
        return old.type == field.type ? value : "CAST(\(value) AS \(field.type.sqlName))"
    }

    private func values(
        _ fields: [SchemaField], _ clauses: ResolvedClauses, _ kind: ResolvedClause.Kind,
        number: String = "__m.__c", unchanged: (SchemaField) -> String
    ) -> String {
        fields.map { field in
            let value = clauses.value(field, kind, number: number, otherwise: unchanged(field))
            return "\(value) AS \(quoteIdentifier(field.name))"
        }.joined(separator: ", ")
    }

    /// Columns, in lower case, to which some clause gives a value.
    var given: Set<String> {
        (matched.clauses + notMatched.clauses + notMatchedBySource.clauses).reduce(into: []) {
            $0.formUnion($1.values.keys)
        }
    }

    static func isIn(_ value: String, _ numbers: [Int]) -> String {
        numbers.isEmpty ? "false" : "\(value) IN (\(numbers.map(String.init).joined(separator: ",")))"
    }
}
