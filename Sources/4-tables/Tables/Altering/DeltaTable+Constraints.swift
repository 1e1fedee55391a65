import Base
import DeltaLake
import Engine
package import TableModel

extension DeltaTable {
    /// Adds a CHECK constraint, which every row that is there must meet.
    ///
    /// - Parameters:
    ///   - name: Kept in lower case, as other engines do.
    ///   - expression: Spark's SQL, as the log keeps it; null breaks it as false does.
    /// - Returns: The version with it.
    /// - Throws: `.alreadyExists`; `.constraintViolation` with a row that breaks it; `.unsupported` or `.invalidInput`
    ///   for an expression that cannot be used.
    @discardableResult
    package func addConstraint(_ name: String, _ expression: String) async throws -> CommitResult {
        try await alter("ADD CONSTRAINT") { table in
            if Self.constraint(name, table.metadata) != nil {
                throw TarnError(
                    .alreadyExists, "There is a constraint \(name) already. Drop it first to change it.",
                    context: [("constraint", name)])
            }
            let rule = try WriteRules.constraint(name, expression, table.schema)
            table.metadata.configuration[ColumnRules.constraintPrefix + name.lowercased()] = expression
            // A text that is no condition is a clearer error than what the scan would say of it.
            try await checkRules(
                [ColumnRules.constraintPrefix + name.lowercased(): expression], table.schema)
            try await checkRows(of: table.snapshot, [rule])
            table.reads = .wholeTable
            table.parameters = ["name": .string(name), "expr": .string(expression)]
        }
    }

    /// Takes a CHECK constraint away.
    ///
    /// - Parameters:
    ///   - name: Case ignored.
    ///   - ifExists: A constraint that is not there is no error.
    /// - Returns: The version without it.
    /// - Throws: `.notFound` with the nearest name.
    @discardableResult
    package func dropConstraint(_ name: String, ifExists: Bool = false) async throws -> CommitResult {
        try await alter("DROP CONSTRAINT") { table in
            guard let key = Self.constraint(name, table.metadata) else {
                if ifExists { return }
                let names = ColumnRules.constraints(table.metadata.configuration).map(\.name)
                throw TarnError(
                    .notFound, "There is no constraint \(name).\(didYouMean(name, among: names))",
                    context: [("constraint", name)])
            }
            table.parameters = ["name": .string(name)]
            table.metadata.configuration[key] = nil
        }
    }

    private static func constraint(_ name: String, _ metadata: TableMetadata) -> String? {
        let wanted = (ColumnRules.constraintPrefix + name).lowercased()
        return metadata.configuration.keys.first { $0.lowercased() == wanted }
    }

    /// Reads the table's rows until one breaks a rule.
    ///
    /// - Throws: `.constraintViolation` with that row.
    func checkRows(of snapshot: DeltaSnapshot, _ rules: [RowRule]) async throws {
        if rules.isEmpty || snapshot.fileCount == 0 { return }
        let scan = try await scan(snapshot)
        let names = snapshot.schema.names
        let branches = rules.map { "WHEN \($0.violation) THEN \(RowViolation.error($0, sample: names))" }
        // The count makes the engine look at every row without handing any out.
        let sql = "SELECT count(CASE \(branches.joined(separator: " ")) END) FROM \(scan.sql) AS t"
        do {
            try await context.engine.onSessionThread { connection in
                _ = try connection.execute(sql)
            }
        } catch let error as TarnError { throw RowViolation.named(in: error) }
        withExtendedLifetime(scan) {}
    }

    // MARK: Identity columns

    /// Brings an identity column's counter up to what the rows have: after rows brought values of their own.
    ///
    /// - Throws: `.invalidInput` for a column that is no identity column.
    @discardableResult
    package func syncIdentity(_ column: ColumnPath) async throws -> CommitResult {
        try await alter("SYNC IDENTITY") { table in
            let field = try SchemaEvolution.field(column, in: table.schema)
            guard let identity = field.identity, column.parts.count == 1 else {
                throw TarnError(
                    .invalidInput, "The column \(field.name) is no identity column.",
                    context: [("column", field.name)])
            }
            let scan = try await scan(table.snapshot, columns: [field.name])
            let bound = identity.step > 0 ? "max" : "min"
            let sql = "SELECT \(bound)(\(quoteIdentifier(field.name))) FROM \(scan.sql) AS t"
            let found = try await context.engine.onSessionThread { connection in
                try connection.execute(sql).firstScalar()
            }
            withExtendedLifetime(scan) {}
            guard case .integer(let value) = found, identity.isPastMark(value) else { return }
            table.schema = try SchemaEvolution.changing(column, in: table.schema) {
                field throws(TarnError) in field.metadata[ColumnRules.identityMarkKey] = .int(value)
            }
            table.reads = .wholeTable
            table.parameters["column"] = Self.text(column)
        }
    }

    // MARK: Clustering

    /// Says which columns files are to be clustered by from now on; no columns end it.
    ///
    /// - Parameter columns: Plain columns, or members of structures, with statistics; at most four.
    /// - Returns: The version with the change.
    /// - Throws: `.failedPrecondition` on a partitioned table, `.invalidInput` for a column that cannot cluster.
    @discardableResult
    package func setClustering(_ columns: [ColumnPath]) async throws -> CommitResult {
        try await alter("CLUSTER BY") { table in
            let physical = try Self.clustering(columns, table.metadata, table.schema)
            let old = ClusteringColumns.physical(table.snapshot)
            if old == physical || old == nil && physical.isEmpty { return }
            table.features = [ClusteringColumns.feature]
            table.domains = [ClusteringColumns.domainMetadata(physical)]
            table.parameters = [
                "oldClusteringColumns": .string(Self.list(ClusteringColumns.logical(table.snapshot) ?? [])),
                "newClusteringColumns": .string(Self.list(columns)),
            ]
        }
    }

    private static func list(_ columns: [ColumnPath]) -> String {
        columns.map { $0.parts.joined(separator: ".") }.joined(separator: ",")
    }

    /// The columns by their names in the files.
    static func clustering(
        _ columns: [ColumnPath], _ metadata: TableMetadata, _ schema: TableSchema
    ) throws(TarnError) -> [ColumnPath] {
        if columns.isEmpty { return [] }
        if !metadata.partitionColumns.isEmpty {
            throw TarnError(
                .failedPrecondition,
                "The table is partitioned, so it cannot be clustered: a table is one or the other.")
        }
        if columns.count > 4 {
            throw TarnError(.invalidInput, "A table can be clustered by at most four columns.")
        }
        let counted = Set(
            StatisticsText.columns(schema, partitionColumns: [], TableProperties(metadata.configuration))
                .map(\.path))
        let mode = ColumnMapping.mode(metadata.configuration)
        var seen: Set<ColumnPath> = []
        return try columns.map { column throws(TarnError) in
            var logical: [String] = []
            var names: [String] = []
            for end in column.parts.indices {
                let field = try SchemaEvolution.field(ColumnPath(Array(column.parts[...end])), in: schema)
                logical.append(field.name)
                names.append(field.physicalName(mode))
            }
            let type = try SchemaEvolution.field(column, in: schema).type
            let text = column.parts.joined(separator: ".")
            if type.isNested || [.binary, .boolean, .void, .variant].contains(type) {
                throw TarnError(
                    .invalidInput,
                    "A table cannot be clustered by \(text): files have no bounds of a column of the type \(type.deltaName).",
                    context: [("column", text)])
            }
            if !counted.contains(ColumnPath(logical)) {
                throw TarnError(
                    .invalidInput,
                    """
                    A table cannot be clustered by \(text): the table takes no statistics of it. Add it to the table \
                    property delta.dataSkippingStatsColumns.
                    """,
                    context: [("column", text)])
            }
            if !seen.insert(ColumnPath(logical)).inserted {
                throw TarnError(
                    .invalidInput, "The clustering column \(text) is named twice.",
                    context: [("column", text)])
            }
            return ColumnPath(names)
        }
    }
}
