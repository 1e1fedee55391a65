import Base
import DeltaLake
import Engine
import TableModel

/// The SELECT that gives some rows the columns of a table: in order, cast where types differ, missing values computed,
/// each row checked.
struct RowProjection {
    private let alignment: SchemaAlignment
    private let extraColumns: [SchemaField]
    private let types: [String: EngineType]?
    private let rules: WriteRules
    private let checks: [RowRule]
    private let keepsIdentities: Bool
    /// One for each identity column whose values are counted here.
    let counters: [IdentityCounter]

    /// - Parameters:
    ///   - staging: What the rows are for.
    ///   - shape: Their columns.
    ///   - prefix: Makes names of the session's objects unique.
    /// - Throws: `.schemaMismatch` where the rows do not fit the table, `.invalidInput` for values that the table alone
    ///   gives.
    init(_ staging: RowStaging, _ shape: SourceShape, prefix: String) throws(TarnError) {
        let extra = Set(staging.extraColumns.map { $0.name.lowercased() })
        let incoming = try Self.schema(of: shape, in: staging.schema, without: extra)
        let rules = try WriteRules(
            staging.metadata.configuration, staging.schema,
            given: Set(incoming.names.map { $0.lowercased() }), checksRows: staging.checksRows)
        alignment = try SchemaAlignment(incoming, to: staging.schema, filled: rules.filled)
        extraColumns = staging.extraColumns
        types = shape.types.map {
            Dictionary(zip(shape.names, $0), uniquingKeysWith: { first, _ in first })
        }
        self.rules = rules
        keepsIdentities = staging.keepsIdentities
        var checks = rules.checks + staging.rowRules
        var counters: [IdentityCounter] = []
        for column in alignment.columns {
            let name = column.field.name.lowercased()
            if let generated = rules.generated[name], column.source != nil {
                checks.append(rules.equality(generated))
            }
            guard let identity = rules.identities[name] else { continue }
            if column.source != nil, !keepsIdentities {
                if !identity.allowsExplicitInsert { throw Self.givenIdentity(column.field.name) }
                continue
            }
            counters.append(
                IdentityCounter(column.field.name, identity, number: counters.count, prefix: prefix))
        }
        self.checks = checks
        self.counters = counters
    }

    private static func givenIdentity(_ column: String) -> TarnError {
        TarnError(
            .invalidInput,
            "The table counts the values of the identity column \(column) itself. Leave the column out.",
            context: [("column", column)])
    }

    /// The columns that rows of these engine types make in a table.
    ///
    /// - Throws: `.schemaMismatch` for a type that no Delta table can hold.
    static func schema(of shape: SourceShape) throws(TarnError) -> TableSchema {
        try schema(of: shape, in: TableSchema(), without: [])
    }

    /// The table gives the types of columns whose engine types are not known; `extra`, in lower case, is passed over.
    private static func schema(
        of shape: SourceShape, in table: TableSchema, without extra: Set<String>
    ) throws(TarnError) -> TableSchema {
        var fields: [SchemaField] = []
        for (index, name) in shape.names.enumerated() where !extra.contains(name.lowercased()) {
            if let types = shape.types {
                fields.append(SchemaField(name, try tableType(types[index], column: name)))
            } else {
                fields.append(SchemaField(name, table[name]?.type ?? .void))
            }
        }
        return TableSchema(fields)
    }

    private static func tableType(_ type: EngineType, column: String) throws(TarnError) -> DataType {
        switch type {
        // Sums of whole numbers are 128 bits wide; 38 digits hold all but the outermost of them.
        case .int128: return .decimal(precision: 38, scale: 0)
        // A bare NULL has no type of its own; the engine's own tables take it for an INTEGER.
        case .null: return .integer
        default: break
        }
        if let known = type.dataType { return known }
        throw TarnError(
            .schemaMismatch,
            "Column \(column) has the type \(type.name), which no Delta table can hold. Cast it to another type.",
            context: [("column", column), ("type", type.name)])
    }

    /// Wraps the source, a SELECT, into one that gives the table's columns and the extra ones.
    func select(from source: String) -> String {
        checked(computed(aligned(source)))
    }

    // MARK: Values

    private func aligned(_ source: String) -> String {
        let items =
            alignment.columns.filter { !isComputed($0) }.map { item($0.field, $0.source) }
            + extraColumns.map { item($0, $0.name) }
        // A table may have computed columns alone.
        return "SELECT \(items.isEmpty ? "*" : items.joined(separator: ", ")) FROM (\(source)) AS __source"
    }

    private func isComputed(_ column: SchemaAlignment.Column) -> Bool {
        column.source == nil && rules.generated[column.field.name.lowercased()] != nil
    }

    private func item(_ field: SchemaField, _ source: String?) -> String {
        let name = quoteIdentifier(field.name)
        let lowered = field.name.lowercased()
        let counter = counters.first { $0.column == field.name }
        guard let source else {
            let value = counter?.sql ?? rules.defaults[lowered] ?? "CAST(NULL AS \(field.type.sqlName))"
            return "\(value) AS \(name)"
        }
        let given = quoteIdentifier(source)
        let isSame = types.map { $0[source] == EngineType(field.type) } ?? false
        let value = isSame ? given : "CAST(\(given) AS \(field.type.sqlName))"
        if let counter {
            return "CASE WHEN \(given) IS NULL THEN \(counter.sql) ELSE \(value) END AS \(name)"
        }
        return "\(value) AS \(name)"
    }

    private func computed(_ select: String) -> String {
        guard alignment.columns.contains(where: isComputed) else { return select }
        let items = alignment.columns.map { column in
            let name = quoteIdentifier(column.field.name)
            guard isComputed(column), let generated = rules.generated[column.field.name.lowercased()] else {
                return name
            }
            return "\(generated.sql) AS \(name)"
        }
        let extra = extraColumns.map { quoteIdentifier($0.name) }
        return "SELECT \((items + extra).joined(separator: ", ")) FROM (\(select)) AS __given"
    }

    // MARK: Checks

    /// The first column stands behind a CASE that fails for a row that breaks a rule: a projection sees exactly the
    /// rows that are written, which a filter, once pushed below a join, might not.
    private func checked(_ select: String) -> String {
        // Columns without values are not written, so nothing behind them would be computed.
        guard !checks.isEmpty, let first = alignment.schema.fields.first(where: { $0.type != .void }) else {
            return select
        }
        let names = alignment.schema.names
        let branches = checks.map { "WHEN \($0.violation) THEN \(RowViolation.error($0, sample: names))" }
        let guarded = quoteIdentifier(first.name)
        return """
            SELECT * REPLACE (CASE \(branches.joined(separator: " ")) ELSE \(guarded) END AS \(guarded)) \
            FROM (\(select)) AS __aligned
            """
    }
}
