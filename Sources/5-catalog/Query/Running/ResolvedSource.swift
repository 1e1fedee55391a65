package import TableModel

/// One outside name of a query, looked up: what the engine reads in its place.
struct ResolvedSource: Sendable {
    /// Catalog, schema and name, for a table of the catalog.
    var fullName: [String]?
    /// The columns, where files can be left out by a filter on them.
    var schema: TableSchema?
    var fileCount: Int
    /// Makes the relation over the files that may match.
    var relation: @Sendable (ScanFilter?) async throws -> SourceRelation
}

/// SQL for FROM, and how many files stand behind it.
struct SourceRelation: Sendable {
    var sql: String
    var filesScanned: Int
    var filesPruned: Int
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
