package import TableModel

/// A statement as Tarn's own parser understands it.
///
/// Queries inside it are ranges of the text: DuckDB's parser reads those.
package enum Statement: Sendable {
    case query(Range<Int>)
    case explain(Range<Int>)
    case createCatalog(String, ifNotExists: Bool, comment: String?)
    case createSchema(ObjectName, ifNotExists: Bool, comment: String?)
    case createTable(CreateTableStatement)
    case insert(InsertStatement)
    case delete(DeleteStatement)
    case update(UpdateStatement)
    case merge(MergeStatement)
    case truncate(ObjectName)
    case optimize(OptimizeStatement)
    case vacuum(VacuumStatement)
    case reorg(ReorgStatement)
    case restore(RestoreStatement)
    case clone(CloneStatement)
    case convert(ConvertStatement)
    case drop(DropStatement)
    case show(ShowStatement)
    case describeTable(ObjectName)
    case describeHistory(ObjectName, limit: Int?)
    case describeDetail(ObjectName)
    case alterTable(ObjectName, [AlterAction])
    case use(ObjectName)
    case copy(CopyStatement)
    case set(name: String, value: String)
    case policy(PolicyStatement)
    case view(ViewStatement)
    case object(ObjectStatement)
    case grant(GrantStatement)
}

/// A name of one to three parts as written, with its place.
package struct ObjectName: Hashable, Sendable {
    package var parts: [String]
    package var range: Range<Int>
}

package struct CreateTableStatement: Sendable {
    package var name: ObjectName
    package var orReplace = false
    package var ifNotExists = false
    /// Empty for `AS SELECT`.
    package var columns: [SchemaField] = []
    package var partitionColumns: [String] = []
    /// `CLUSTER BY`; `nil` if it is not there.
    package var clusterColumns: [ColumnPath]?
    /// `CONSTRAINT name CHECK (condition)`, with the condition as Delta's log keeps it.
    package var checks: [(name: String, condition: String)] = []
    /// `LIKE other`: a table with the same columns, partitioning and properties.
    package var like: ObjectName?
    package var location: String?
    package var properties: [(String, String)] = []
    package var comment: String?
    package var query: Range<Int>?
    /// `WITH ROW FILTER f ON (...)`.
    package var rowFilter: PolicyClause?
    /// Columns with `MASK f`.
    package var masks: [(column: String, mask: PolicyClause)] = []
}

package struct DropStatement: Sendable {
    package enum Kind: String, Sendable { case table, schema, catalog }
    package var kind: Kind
    package var name: ObjectName
    package var ifExists: Bool
    package var cascade: Bool
}

package struct ShowStatement: Sendable {
    package enum Kind: Sendable { case catalogs, schemas, tables, columns, createTable, tableProperties }
    package var kind: Kind
    package var scope: ObjectName?
    /// `LIKE 'a%'`: `%`, `*` any characters, `_` one character.
    package var pattern: String?
}

package struct CopyStatement: Sendable {
    package enum Source: Sendable {
        case query(Range<Int>)
        case table(ObjectName)
    }
    package var source: Source
    package var target: String
    /// `parquet`, `csv` or `json`.
    package var format: String
    /// Checked against a short list, as SQL.
    package var options: [(String, String)]
}
