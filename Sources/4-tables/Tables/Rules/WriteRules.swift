import Base
import DeltaLake
import TableModel

/// What a table makes of rows that are written to it: values that it computes, and conditions that rows must meet.
///
/// Delta protocol, "Column Invariants", "CHECK Constraints", "Generated Columns", "Default Columns", "Identity Columns".
struct WriteRules: Sendable {
    /// A column whose value follows from the others of its row.
    struct Generated: Sendable {
        let name: String
        /// The engine's SQL, of the column's type.
        let sql: String
        /// As the log has it.
        let text: String
    }

    /// By column name in lower case.
    let generated: [String: Generated]
    /// The engine's SQL, of the column's type, by column name in lower case.
    let defaults: [String: String]
    /// By column name in lower case.
    let identities: [String: IdentityColumn]
    /// Conditions on rows in the table's columns.
    let checks: [RowRule]

    /// - Parameters:
    ///   - configuration: The table's properties.
    ///   - schema: The table's columns.
    ///   - given: Columns, in lower case, that the rows have values for.
    ///   - checksRows: Whether rows and the values that they bring are checked. Rows that only move may lack the columns
    ///     that constraints name.
    /// - Throws: `.unsupported` or `.invalidInput` naming a constraint or column whose expression cannot be used.
    init(
        _ configuration: [String: String], _ schema: TableSchema, given: Set<String> = [],
        checksRows: Bool = true
    ) throws(TarnError) {
        var generated: [String: Generated] = [:]
        var defaults: [String: String] = [:]
        var identities: [String: IdentityColumn] = [:]
        for field in schema.fields {
            let name = field.name.lowercased()
            let isGiven = given.contains(name)
            if checksRows || !isGiven { identities[name] = field.identity }
            if let text = field.generationExpression {
                if isGiven, !checksRows { continue }
                let expression = try SparkExpression(text, schema, of: "the generated column \(field.name)")
                generated[name] = Generated(
                    name: field.name, sql: "CAST(\(expression.sql) AS \(field.type.sqlName))", text: text)
            } else if !isGiven {
                defaults[name] = try Self.defaultValue(of: field)
            }
        }
        self.generated = generated
        self.defaults = defaults
        self.identities = identities
        checks =
            checksRows
            ? try NullRules.rules(schema) + Self.lengths(schema) + Self.invariants(schema)
                + Self.constraints(configuration, schema) : []
    }

    /// The engine's SQL, of the column's type, for what rows get that give no value; `nil` where that is null.
    ///
    /// - Throws: `.unsupported` or `.invalidInput` for an expression that cannot be used.
    static func defaultValue(of field: SchemaField) throws(TarnError) -> String? {
        guard let text = field.defaultExpression else { return nil }
        let expression = try SparkExpression(text, TableSchema(), of: "the default of column \(field.name)")
        return "CAST(\(expression.sql) AS \(field.type.sqlName))"
    }

    /// Columns that need no value from the rows, in lower case.
    var filled: Set<String> { Set(generated.keys).union(defaults.keys).union(identities.keys) }

    var isEmpty: Bool { filled.isEmpty && checks.isEmpty }

    /// The rule that a column's given value is the one that the table would compute.
    func equality(_ generated: Generated) -> RowRule {
        RowRule(
            kind: .generated, name: generated.name,
            violation: "\(quoteIdentifier(generated.name)) IS DISTINCT FROM \(generated.sql)",
            text: generated.text)
    }

    /// A CHECK constraint as a rule; null breaks it as false does.
    static func constraint(
        _ name: String, _ text: String, _ schema: TableSchema
    ) throws(TarnError) -> RowRule {
        let expression = try SparkExpression(text, schema, of: "the constraint \(name)")
        return RowRule(kind: .check, name: name, violation: "(\(expression.sql)) IS NOT TRUE", text: text)
    }

    private static func constraints(
        _ configuration: [String: String], _ schema: TableSchema
    ) throws(TarnError) -> [RowRule] {
        try ColumnRules.constraints(configuration).map { entry throws(TarnError) in
            try constraint(entry.name, entry.expression, schema)
        }
    }

    private static func invariants(_ schema: TableSchema) throws(TarnError) -> [RowRule] {
        var rules: [RowRule] = []
        for (name, text) in ColumnRules.invariants(schema) {
            let expression = try SparkExpression(text, schema, of: "the invariant of column \(name)")
            rules.append(
                RowRule(
                    kind: .invariant, name: name, violation: "(\(expression.sql)) IS NOT TRUE", text: text))
        }
        return rules
    }

    private static func lengths(_ schema: TableSchema) -> [RowRule] {
        schema.fields.compactMap { field in
            guard field.type == .string, let length = field.maximumLength else { return nil }
            return RowRule(
                kind: .length, name: field.name,
                violation: "length(\(quoteIdentifier(field.name))) > \(length)",
                text: field.metadata[ColumnRules.lengthKey]?.string ?? "varchar(\(length))")
        }
    }
}
