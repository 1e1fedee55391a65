internal import Base
package import TableModel

/// One outside name of a query, looked up: what the engine reads in its place.
package struct ResolvedSource: Sendable {
    /// Catalog, schema and name, for a table of the catalog.
    package var fullName: [String]?
    /// The columns, where files can be left out by a filter on them.
    package var schema: TableSchema?
    package var fileCount: Int
    /// In the catalog; `nil` for anything else.
    package var id: String?
    /// The keys of the columns of `schema`; see `CatalogColumn.key`.
    package var columnKeys: @Sendable () -> [String] = { [] }
    /// Makes the relation over the files that may match.
    package var relation: @Sendable (ScanFilter?) async throws -> SourceRelation
    /// Set where SQL stands around one or more other sources; files are then left out in those.
    package var composite: Composite?
    /// The names of the columns that a composite gives; empty where they are those of its first table.
    var columnNames: [String] = []
    /// Whether a row filter or a mask of the one who asks holds here: then he is not told of files, and nothing of what
    /// went wrong with values.
    package var isGoverned = false

    package init(
        fullName: [String]?, schema: TableSchema?, fileCount: Int,
        relation: @escaping @Sendable (ScanFilter?) async throws -> SourceRelation
    ) {
        self.fullName = fullName
        self.schema = schema
        self.fileCount = fileCount
        self.relation = relation
    }
}

extension ResolvedSource {
    /// SQL around other sources.
    init(fullName: [String]?, isGoverned: Bool, around composite: Composite) {
        self.init(fullName: fullName, schema: nil, fileCount: 0) { _ in
            throw TarnError(.internal, "A source that is put together of others was read by itself.")
        }
        self.composite = composite
        self.isGoverned = isGoverned
    }
}

/// SQL for FROM, and how many files stand behind it.
package struct SourceRelation: Sendable {
    package var sql: String
    package var filesScanned: Int
    package var filesPruned: Int
    /// What the SQL refers to: must live until the engine has planned the statement.
    package var resources: [any Sendable]

    package init(sql: String, filesScanned: Int, filesPruned: Int, resources: [any Sendable] = []) {
        self.resources = resources
        self.sql = sql
        self.filesScanned = filesScanned
        self.filesPruned = filesPruned
    }
}

/// What a statement read.
package struct ScanFacts: Hashable, Sendable {
    /// One table, or one of its versions, as the query names it.
    package struct Table: Hashable, Sendable {
        package var name: String
        /// Of the table, if it has versions.
        package var version: Int64?
        package var filesScanned: Int
        package var filesPruned: Int
        /// The filter that files were pruned by, for people; `nil` if there is none.
        package var filter: ScanFilter?
    }
    package var tables: [Table] = []

    package var filesScanned: Int { tables.reduce(0) { $0 + $1.filesScanned } }
    package var filesPruned: Int { tables.reduce(0) { $0 + $1.filesPruned } }
}
