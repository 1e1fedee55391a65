package import DeltaLake
package import TableModel

/// A table's rows as SQL: what `FROM` needs, and how much of the table it will read.
package struct ScanRelation: Sendable {
    /// A SELECT in parentheses that gives the columns asked for, in order and of the table's types.
    package let sql: String
    package let columns: [SchemaField]
    /// The version that is read.
    package let version: Int64
    /// The files that will be read, in the order of `__file_index`.
    package let files: [DataFileView]
    /// Files of the version; what is not in `files` was ruled out.
    package let totalFileCount: Int
    /// Bytes of the files that will be read.
    package let byteCount: Int64
    /// Where the files lie, in the order of `__file_index`.
    package let locations: [String]
    /// What the SQL refers to beside files: must live until the engine has planned the statement.
    package let resources: [any Sendable]

    /// Files that will be read.
    package var fileCount: Int { locations.count }
    package var prunedFileCount: Int { totalFileCount - fileCount }
}
