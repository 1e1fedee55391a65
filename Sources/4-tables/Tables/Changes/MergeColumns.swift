import Base
import DeltaLake
import Engine
import TableModel

/// The columns of a MERGE's source, and the table's columns after it.
struct MergeColumns: Sendable {
    /// By lower-case name, as the source spells them.
    let source: [String: String]
    /// The table's columns before.
    let before: TableSchema
    /// The table's columns after: wider than before only WITH SCHEMA EVOLUTION.
    let after: TableSchema
    /// SQL for the columns' defaults, by column in lower case.
    let defaults: [String: String]
    /// What tells a row of the source from the others, unquoted.
    let sourceRow: String

    /// Settles what the table's columns become.
    ///
    /// - Throws: `.schemaMismatch` where a column of the source cannot become one of the table.
    init(_ plan: MergePlan, _ shape: SourceShape, _ snapshot: DeltaSnapshot, sourceRow: String)
        throws(TarnError)
    {
        source = Dictionary(
            shape.names.map { ($0.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
        let table = snapshot.schema
        before = table
        defaults = try WriteRules(snapshot.configuration, table).defaults
        self.sourceRow = sourceRow
        let wanted = Self.takenOver(plan, table)
        let pairs = zip(shape.names, shape.types ?? []).filter { wanted($0.0) }
        if pairs.isEmpty {
            after = table
            return
        }
        let incoming = try RowProjection.schema(
            of: SourceShape(names: pairs.map(\.0), types: pairs.map(\.1)))
        // What must not be null may be absent here: an update leaves it, an insert is checked as it is written.
        var relaxed = table
        for index in relaxed.fields.indices { relaxed.fields[index].isNullable = true }
        var merged = try SchemaAlignment(
            incoming, to: relaxed, mode: plan.evolvesSchema ? .merge : .enforce
        ).schema
        for index in table.fields.indices { merged.fields[index].isNullable = table.fields[index].isNullable }
        after = merged
    }

    /// Which columns of the source become columns of the table as they are.
    private static func takenOver(_ plan: MergePlan, _ table: TableSchema) -> (String) -> Bool {
        let clauses = plan.matched + plan.notMatched + plan.notMatchedBySource
        var names: Set<String> = []
        for clause in clauses {
            switch clause.action {
            case .updateAll, .insertAll:
                if plan.evolvesSchema { return { _ in true } }
                return { table[$0] != nil }
            case .update(let assignments) where plan.evolvesSchema:
                for case let path in assignments.map(\.column) where path.parts.count == 1 {
                    names.insert(path.parts[0].lowercased())
                }
            case .insert(let values) where plan.evolvesSchema:
                names.formUnion(values.map { $0.column.lowercased() })
            default: break
            }
        }
        return { table[$0] == nil && names.contains($0.lowercased()) }
    }
}
