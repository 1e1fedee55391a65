package import Base
package import Catalog

/// What is known of a statement once it is done, or of a query once its rows begin to come: for the audit log and the
/// lineage.
package struct StatementFacts: Sendable {
    /// A table of the catalog, or one by its folder.
    package struct Table: Hashable, Sendable {
        /// In the catalog; `nil` for a folder or one of Tarn's own tables.
        package var id: String?
        /// The full name, or the folder.
        package var name: String
        /// Read or committed; `nil` where there was none, as when a table is dropped.
        package var version: Int64?

        package init(id: String?, name: String, version: Int64? = nil) {
            self.id = id
            self.name = name
            self.version = version
        }
    }

    /// `SELECT`, `INSERT`, `CREATE TABLE AS SELECT`, ...; `INVALID` for a text that could not be parsed.
    package var kind: String
    package var principal: Principal
    /// As it was given, without what stands around it in a script.
    package var sql: String
    package var startMicroseconds: Int64
    package var endMicroseconds: Int64
    package var reads: [Table]
    package var writes: [Table]
    /// `nil` if it went well.
    package var outcome: TarnError.Code?
    /// `nil` if it failed.
    package var result: StatementResult.Kind?
    /// Where the written columns come from, to be found out on the side; `nil` if it is not that kind of statement.
    package var derivation: ColumnDerivation?
}

/// Told of every statement; must return soon, for the statement waits.
package typealias StatementObserver = @Sendable (StatementFacts) async -> Void
