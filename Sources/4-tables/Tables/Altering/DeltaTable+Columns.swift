import Base
package import DeltaLake
package import TableModel

extension DeltaTable {
    /// Adds columns; rows that are there have NULL in them.
    ///
    /// - Parameters:
    ///   - columns: In order, each with its place among its siblings.
    ///   - parent: The structure that gets them as members; empty for the table itself.
    /// - Returns: The version with them.
    /// - Throws: `.alreadyExists` for a name that is taken, `.invalidInput` for a column that must not be null or that
    ///   rows would have to have values in.
    @discardableResult
    package func addColumns(
        _ columns: [(field: SchemaField, position: SchemaEvolution.Position)], within parent: [String] = []
    ) async throws -> CommitResult {
        try await alter("ADD COLUMNS") { table in
            for (field, position) in columns {
                try Self.checkMayBeAdded(field)
                table.schema = try SchemaEvolution.adding(
                    [field], within: parent, to: table.schema, at: position)
            }
            table.parameters["columns"] = .string(
                JSONValue.array(columns.map { .string((parent + [$0.field.name]).joined(separator: ".")) })
                    .jsonText)
        }
    }

    private static func checkMayBeAdded(_ field: SchemaField) throws(TarnError) {
        let what: String
        if field.defaultExpression != nil {
            what =
                "a default: rows that are there would lack it. Add the column, then ALTER COLUMN ... SET DEFAULT"
        } else if field.generationExpression != nil {
            what = "a generation expression: rows that are there have no value in it. Make the table anew"
        } else if field.identity != nil {
            what = "an identity: rows that are there have no value in it. Make the table anew"
        } else {
            return
        }
        throw TarnError(
            .invalidInput, "The column \(field.name) cannot be added with \(what).",
            context: [("column", field.name)])
    }

    /// Moves a column, or a member among its siblings; files need no change, since columns are found by name.
    @discardableResult
    package func moveColumn(
        _ column: ColumnPath, to position: SchemaEvolution.Position
    ) async throws -> CommitResult {
        try await alter("CHANGE COLUMN") { table in
            table.schema = try SchemaEvolution.moving(column, in: table.schema, to: position)
            table.parameters["column"] = Self.text(column)
        }
    }

    /// As above for a column of the table itself.
    @discardableResult
    package func moveColumn(
        _ name: String, to position: SchemaEvolution.Position
    ) async throws -> CommitResult {
        try await moveColumn(ColumnPath(name), to: position)
    }

    /// Gives a column or member another name; the files stay, for they know it by another.
    ///
    /// - Throws: `.failedPrecondition` on a table without column mapping, and where a constraint or generated column
    ///   names the column; `.alreadyExists`; `.notFound`.
    @discardableResult
    package func renameColumn(_ column: ColumnPath, to name: String) async throws -> CommitResult {
        try await alter("RENAME COLUMN") { table in
            try Self.checkMapped(table, "renamed", column)
            try Self.checkIndependent(table, column, "renamed")
            let old = try SchemaEvolution.field(column, in: table.schema).name
            table.schema = try SchemaEvolution.renaming(column, to: name, in: table.schema)
            if column.parts.count == 1 {
                table.metadata.partitionColumns = table.metadata.partitionColumns.map {
                    $0.lowercased() == old.lowercased() ? name : $0
                }
            }
            var new = column.parts
            new[new.count - 1] = name
            Self.renameInProperties(&table.metadata, column.parts, to: new)
            table.parameters["oldColumnPath"] = Self.text(column)
            table.parameters["newColumnPath"] = Self.text(ColumnPath(new))
        }
    }

    /// Takes columns or members away; their values stay in the files until these are rewritten.
    ///
    /// - Parameters:
    ///   - columns: Which ones.
    ///   - ifExists: Passes over those that the table does not have.
    /// - Returns: The version without them.
    /// - Throws: `.failedPrecondition` on a table without column mapping, for partition and clustering columns, and
    ///   where a constraint or generated column names one.
    @discardableResult
    package func dropColumns(_ columns: [ColumnPath], ifExists: Bool = false) async throws -> CommitResult {
        try await alter("DROP COLUMNS") { table in
            for column in columns {
                if ifExists, (try? SchemaEvolution.field(column, in: table.schema)) == nil { continue }
                let field = try SchemaEvolution.field(column, in: table.schema)
                try Self.checkMapped(table, "dropped", column)
                try Self.checkIndependent(table, column, "dropped")
                let isPartition = table.metadata.partitionColumns.contains {
                    $0.lowercased() == field.name.lowercased()
                }
                if column.parts.count == 1, isPartition {
                    throw Self.inUse(column, "dropped", "the table is partitioned by it")
                }
                let clustering = ClusteringColumns.logical(table.snapshot) ?? []
                if clustering.contains(where: { $0.parts.starts(with: column.parts) }) {
                    throw Self.inUse(
                        column, "dropped", "the table is clustered by it; change CLUSTER BY first")
                }
                table.schema = try SchemaEvolution.dropping(column, in: table.schema)
                Self.renameInProperties(&table.metadata, column.parts, to: nil)
            }
            table.parameters["columns"] = .string(
                JSONValue.array(columns.map { Self.text($0) }).jsonText)
        }
    }

    /// Gives a column, member, element, key or value a wider type; files of the old one stay.
    ///
    /// - Throws: `.failedPrecondition` where `delta.enableTypeWidening` is not true, `.invalidInput` for a change that
    ///   is no widening.
    @discardableResult
    package func changeType(_ column: ColumnPath, to type: DataType) async throws -> CommitResult {
        try await alter("CHANGE COLUMN") { table in
            try Self.checkIndependent(table, column, "given another type")
            let isEnabled =
                table.metadata.configuration[TypeWidening.property]?.lowercased() == "true"
            table.schema = try SchemaEvolution.retyping(
                column, to: type, in: table.schema, isEnabled: isEnabled)
            table.parameters["column"] = Self.text(column)
        }
    }

    /// Lets a column hold null, or forbids it, which no row that is there may contradict.
    ///
    /// - Throws: `.constraintViolation` with a row that has none.
    @discardableResult
    package func setNullable(_ column: ColumnPath, _ isNullable: Bool) async throws -> CommitResult {
        try await alter("CHANGE COLUMN") { table in
            let old = table.schema
            table.schema = try SchemaEvolution.changing(column, in: table.schema) {
                field throws(TarnError) in field.isNullable = isNullable
            }
            table.parameters["column"] = Self.text(column)
            if isNullable || table.schema == old { return }
            let known = Set(NullRules.rules(old).map(\.violation))
            let rules = NullRules.rules(table.schema).filter { !known.contains($0.violation) }
            try await checkRows(of: table.snapshot, rules)
            table.reads = .wholeTable
        }
    }

    /// Sets or, with `nil`, takes away what rows get that give no value for the column.
    ///
    /// - Parameters:
    ///   - column: A column of the table itself.
    ///   - expression: Spark's SQL, as the log keeps it.
    /// - Returns: The version with the change.
    /// - Throws: `.unsupported` or `.invalidInput` for an expression that cannot be used.
    @discardableResult
    package func setDefault(_ column: ColumnPath, to expression: String?) async throws -> CommitResult {
        try await alter("CHANGE COLUMN") { table in
            if column.parts.count > 1 {
                throw TarnError(
                    .unsupported,
                    "Only a column of the table itself can have a default, not a member of one.",
                    context: [("column", column.parts.joined(separator: "."))])
            }
            table.schema = try SchemaEvolution.changing(column, in: table.schema) {
                field throws(TarnError) in
                field.metadata[ColumnRules.defaultKey] = expression.map { .string($0) }
            }
            table.parameters["column"] = Self.text(column)
        }
    }

    /// Sets or, with `nil`, takes away a column's comment.
    @discardableResult
    package func setComment(of column: ColumnPath, _ comment: String?) async throws -> CommitResult {
        try await alter("CHANGE COLUMN") { table in
            table.schema = try SchemaEvolution.changing(column, in: table.schema) {
                field throws(TarnError) in field.metadata["comment"] = comment.map { .string($0) }
            }
            table.parameters["column"] = Self.text(column)
        }
    }

    static func text(_ column: ColumnPath) -> JSONValue { .string(column.parts.joined(separator: ".")) }
}
