/// Where the metastore is.
package enum MetastoreLocation: Sendable {
    /// One SQLite file, in a folder that exists, on a local disk.
    case file(String)
    /// A schema of a PostgreSQL database, which several lakehouses may share.
    case postgres(PostgresLocation)
    /// Nothing is kept.
    case memory
}
