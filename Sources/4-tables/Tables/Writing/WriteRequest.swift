package import Base
package import DeltaLake
package import Engine
package import TableModel

/// The rows to write.
package struct WriteSource: Sendable {
    /// A SELECT (or VALUES) that the engine can run as it stands.
    package let sql: String
    package let parameters: [EngineValue]
    /// Statements for the same connection before it, a temporary table's making for example.
    package let preparation: [String]
    /// The names of the columns where the caller knows that each is of its table column's type; spares planning the
    /// SELECT twice.
    package let columns: [String]?

    package init(
        sql: String, parameters: [EngineValue] = [], preparation: [String] = [], columns: [String]? = nil
    ) {
        self.sql = sql
        self.parameters = parameters
        self.preparation = preparation
        self.columns = columns
    }
}

/// What a write does with the rows that are there.
package enum WriteMode: Hashable, Sendable {
    /// Adds rows; other writers' appends do not disturb.
    case append
    /// Takes the place of all rows.
    case overwrite
}

/// What a write may do to the columns.
///
/// Names compare without regard to case; order does not matter.
package enum SchemaMode: Hashable, Sendable {
    /// Nothing: a column that the table lacks is an error; one that the rows lack becomes NULL.
    case enforce
    /// New columns join at the end.
    case merge
    /// The rows' columns take the table's place; with `.overwrite` only.
    case replace
}

/// What a statement read of the table that it writes to.
package struct TableRead: Hashable, Sendable {
    package var version: Int64
    /// Rows that meet none of them were not read.
    package var filters: [ScanFilter]

    package init(version: Int64, filters: [ScanFilter] = [.always]) {
        self.version = version
        self.filters = filters
    }
}

/// How a write is done and recorded.
package struct WriteOptions: Sendable {
    package var mode: WriteMode = .append
    package var schemaMode: SchemaMode = .enforce
    /// Makes the write happen once: if the table has this application's version already, nothing is written.
    package var transaction: SetTransaction?
    /// In the history; `WRITE` is what other engines write for appends and overwrites.
    package var operation = "WRITE"
    package var operationParameters: JSONObject = [:]
    package var userMetadata: String?
    /// A few rows, whose append may become one commit with others of this process that come at the same time.
    ///
    /// Then they share a version, a data file and an entry of the history. Without effect on any other kind of write.
    package var sharesCommit = false
    /// What of the table itself the rows are computed from, if anything.
    ///
    /// A change of that by others after its version is a conflict, for the caller to compute the rows anew.
    package var reads: TableRead?

    /// Nothing but rows to add, to the columns that are there.
    var isPlainAppend: Bool {
        mode == .append && schemaMode == .enforce && transaction == nil && operation == "WRITE"
            && userMetadata == nil && reads == nil
    }

    package init() {}

    package init(
        mode: WriteMode, schemaMode: SchemaMode = .enforce, transaction: SetTransaction? = nil,
        operation: String = "WRITE", operationParameters: JSONObject = [:], userMetadata: String? = nil
    ) {
        self.mode = mode
        self.schemaMode = schemaMode
        self.transaction = transaction
        self.operation = operation
        self.operationParameters = operationParameters
        self.userMetadata = userMetadata
    }
}

/// What a new table is to be.
package struct TableDefinition: Sendable {
    /// `nil`: the columns of the rows it is made from.
    package var schema: TableSchema?
    package var partitionColumns: [String] = []
    /// What files are clustered by; not together with partition columns.
    package var clusteringColumns: [ColumnPath] = []
    /// Delta's table properties and the user's own.
    package var properties: [String: String] = [:]
    package var name: String?
    package var comment: String?

    package init(
        schema: TableSchema?, partitionColumns: [String] = [], clusteringColumns: [ColumnPath] = [],
        properties: [String: String] = [:], name: String? = nil, comment: String? = nil
    ) {
        self.schema = schema
        self.clusteringColumns = clusteringColumns
        self.partitionColumns = partitionColumns
        self.properties = properties
        self.name = name
        self.comment = comment
    }
}
