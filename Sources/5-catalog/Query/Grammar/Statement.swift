internal import TableModel

/// A statement as Tarn's own parser understands it.
///
/// Queries inside it are ranges of the text: DuckDB's parser reads those.
enum Statement: Sendable {
    case query(Range<Int>)
    case explain(Range<Int>)
    case createCatalog(String, ifNotExists: Bool, comment: String?)
    case createSchema(ObjectName, ifNotExists: Bool, comment: String?)
    case createTable(CreateTableStatement)
    case insert(InsertStatement)
    case drop(DropStatement)
    case show(ShowStatement)
    case describeTable(ObjectName)
    case describeHistory(ObjectName, limit: Int?)
    case describeDetail(ObjectName)
    case alterTable(ObjectName, [AlterAction])
    case use(ObjectName)
    case copy(CopyStatement)
    case set(name: String, value: String)
}

/// A name of one to three parts as written, with its place.
struct ObjectName: Hashable, Sendable {
    var parts: [String]
    var range: Range<Int>
}

struct CreateTableStatement: Sendable {
    var name: ObjectName
    var orReplace = false
    var ifNotExists = false
    /// Empty for `AS SELECT`.
    var columns: [SchemaField] = []
    var partitionColumns: [String] = []
    var location: String?
    var properties: [(String, String)] = []
    var comment: String?
    var query: Range<Int>?
}

struct InsertStatement: Sendable {
    var name: ObjectName
    var overwrite = false
    var byName = false
    var columns: [String]?
    var query: Range<Int>
}

struct DropStatement: Sendable {
    enum Kind: String, Sendable { case table, schema, catalog }
    var kind: Kind
    var name: ObjectName
    var ifExists: Bool
    var cascade: Bool
}

struct ShowStatement: Sendable {
    enum Kind: Sendable { case catalogs, schemas, tables, columns, createTable, tableProperties }
    var kind: Kind
    var scope: ObjectName?
    /// `LIKE 'a%'`: `%`, `*` any characters, `_` one character.
    var pattern: String?
}

enum AlterAction: Sendable {
    enum Position: Sendable {
        case first
        case after(String)
    }
    case addColumn(SchemaField, Position?, ifNotExists: Bool)
    case moveColumn(String, Position)
    case setColumnComment(String, String)
    case setProperties([(String, String)])
    case unsetProperties([String], ifExists: Bool)
    case setComment(String)
    case rename(ObjectName)
}

struct CopyStatement: Sendable {
    enum Source: Sendable {
        case query(Range<Int>)
        case table(ObjectName)
    }
    var source: Source
    var target: String
    /// `parquet`, `csv` or `json`.
    var format: String
    /// Checked against a short list, as SQL.
    var options: [(String, String)]
}
