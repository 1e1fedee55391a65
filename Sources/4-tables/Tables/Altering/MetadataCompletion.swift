import Base
import DeltaLake
import Engine
import TableModel

extension DeltaTable {
    /// Metadata ready to be committed, for columns that are new or changed.
    ///
    /// Whoever changes a table's columns or properties passes through here: columns get ids and names in the files
    /// where the table maps them, properties that only ask for a protocol go, and the schema becomes text.
    ///
    /// - Parameters:
    ///   - metadata: With the properties that are wanted.
    ///   - schema: The columns that are wanted.
    ///   - snapshot: The table before the change; `nil` for a new one.
    /// - Returns: The metadata, and its columns.
    /// - Throws: `.invalidInput` for columns or rules that cannot be, `.unsupported` for a change of the mapping that
    ///   would need other files.
    func completed(
        _ metadata: TableMetadata, _ schema: TableSchema, from snapshot: DeltaSnapshot?
    ) throws(TarnError) -> (metadata: TableMetadata, schema: TableSchema) {
        var metadata = metadata
        var schema = schema
        if schema != snapshot?.schema || metadata.partitionColumns != snapshot?.partitionColumns {
            try SchemaRules.check(schema, partitionColumns: metadata.partitionColumns)
            try ColumnRules.check(schema, partitionColumns: metadata.partitionColumns)
        }
        metadata.configuration = TableFeatures.storedProperties(metadata.configuration)
        try checkMapping(metadata.configuration, from: snapshot)
        let mode = ColumnMapping.mode(metadata.configuration)
        if mode != .none {
            let context = context
            schema = ColumnMapping.assigned(
                schema, &metadata.configuration,
                keepsNames: snapshot?.columnMapping == ColumnMapping.Mode.none,
                newName: { context.random.uuid() })
        }
        // What another writer put into the text stays as long as the columns do.
        if schema != snapshot?.schema { metadata.schemaString = SchemaCodec.text(schema) }
        return (metadata, schema)
    }

    private func checkMapping(
        _ configuration: [String: String], from snapshot: DeltaSnapshot?
    ) throws(TarnError) {
        guard let snapshot else { return }
        let (old, new) = (snapshot.columnMapping, ColumnMapping.mode(configuration))
        if old == new || old == .none && new == .name { return }
        throw TarnError(
            .unsupported,
            """
            The table property \(ColumnMapping.modeProperty) cannot change from \(old.rawValue) to \(new.rawValue): \
            only none can become name, since the files that are there must stay readable.
            """,
            context: [("property", ColumnMapping.modeProperty)])
    }

    /// Lets the engine bind what the table computes and checks, so that a mistake shows before rows come.
    ///
    /// - Throws: `.invalidInput` where an expression does not fit the columns.
    func checkRules(_ configuration: [String: String], _ schema: TableSchema) async throws {
        let rules = try WriteRules(configuration, schema)
        if rules.isEmpty { return }
        let columns = schema.fields.map { "CAST(NULL AS \($0.type.sqlName)) AS \(quoteIdentifier($0.name))" }
        let expressions =
            rules.generated.values.map(\.sql) + rules.defaults.values
            + rules.checks.map { "CAST((\($0.violation)) AS BOOLEAN)" }
        if expressions.isEmpty { return }
        let sql =
            "SELECT \(expressions.joined(separator: ", ")) FROM (SELECT \(columns.joined(separator: ", "))) AS t LIMIT 0"
        do {
            try await context.engine.onSessionThread { connection in
                _ = try connection.execute(sql)
            }
        } catch let error as TarnError where error.code != .cancelled {
            throw TarnError(
                .invalidInput,
                "A constraint, generated column or default of the table does not fit its columns: \(error.message)",
                cause: error)
        }
    }
}
