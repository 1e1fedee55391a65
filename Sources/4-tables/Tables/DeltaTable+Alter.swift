import Base
package import DeltaLake
package import TableModel

extension DeltaTable {
    /// Adds, changes and removes table properties.
    ///
    /// - Throws: `.invalidInput` for a value that a known property cannot have.
    @discardableResult
    package func setProperties(
        _ set: [String: String], removing removed: [String] = []
    ) async throws -> CommitResult {
        try await alter(removed.isEmpty ? "SET TBLPROPERTIES" : "UNSET TBLPROPERTIES") { metadata, _ in
            try TableProperties.check(set)
            metadata.configuration.merge(set) { _, new in new }
            for name in removed { metadata.configuration[name] = nil }
        }
    }

    /// Adds columns; rows that are there have NULL in them.
    ///
    /// - Throws: `.alreadyExists` for a name that is taken, `.invalidInput` for a column that must not be null.
    @discardableResult
    package func addColumns(
        _ columns: [(field: SchemaField, position: SchemaEvolution.Position)]
    ) async throws -> CommitResult {
        try await alter("ADD COLUMNS") { metadata, schema in
            for (field, position) in columns {
                schema = try SchemaEvolution.adding([field], to: schema, at: position)
            }
        }
    }

    /// Moves a column; data files need no change, since columns are found by name.
    @discardableResult
    package func moveColumn(_ name: String, to position: SchemaEvolution.Position) async throws
        -> CommitResult
    {
        try await alter("CHANGE COLUMN") { _, schema in
            schema = try SchemaEvolution.moving(name, in: schema, to: position)
        }
    }

    /// Commits a change of the table's metadata; a no-op commits nothing.
    private func alter(
        _ operation: String, _ change: (inout TableMetadata, inout TableSchema) throws -> Void
    ) async throws -> CommitResult {
        try await naming {
            let base = try await refresh()
            let snapshot = base.snapshot
            try TableFeatures.checkWritable(snapshot)
            var metadata = snapshot.metadata
            var schema = snapshot.schema
            try change(&metadata, &schema)
            try SchemaRules.check(schema, partitionColumns: metadata.partitionColumns)
            if schema != snapshot.schema { metadata.schemaString = SchemaCodec.text(schema) }
            let tableProtocol = try TableFeatures.protocolUpgrade(
                snapshot.tableProtocol, for: schema, metadata.configuration, from: snapshot)
            metadata.configuration = TableFeatures.storedProperties(metadata.configuration)
            if metadata == snapshot.metadata, tableProtocol == nil {
                return .alreadyCommitted(snapshot.version)
            }
            var info = commitInfo(operation: operation, readVersion: snapshot.version, .none)
            info.isBlindAppend = false
            info.operationMetrics = [:]
            let builder = CommitBuilder(info: info, tableProtocol: tableProtocol, metadata: metadata)
            return try await commit(PreparedCommit(builder, reads: .wholeTable), on: base)
        }
    }
}
