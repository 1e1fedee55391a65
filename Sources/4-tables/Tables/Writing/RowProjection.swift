import Base
import DeltaLake
import Engine
import TableModel

/// The SELECT that gives some rows the columns of a table's data files: in order, cast where types differ, NULL where
/// missing, each row checked.
struct RowProjection {
    private let alignment: SchemaAlignment
    private let extraColumns: [SchemaField]
    private let types: [String: EngineType]?
    private let rules: [RowRule]

    /// - Throws: `.schemaMismatch` where the rows do not fit the table.
    init(_ staging: RowStaging, _ shape: SourceShape) throws(TarnError) {
        let extra = Set(staging.extraColumns.map { $0.name.lowercased() })
        let incoming = try Self.schema(of: shape, in: staging.schema, without: extra)
        alignment = try SchemaAlignment(incoming, to: staging.schema)
        extraColumns = staging.extraColumns
        types = shape.types.map {
            Dictionary(zip(shape.names, $0), uniquingKeysWith: { first, _ in first })
        }
        rules = staging.checksRows ? NullRules.rules(staging.schema) : []
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

    /// Wraps the source, a SELECT, into one that gives the files' columns.
    func select(from source: String) -> String {
        let items =
            (alignment.columns.map { item($0.field, $0.source) } + extraColumns.map { item($0, $0.name) })
        let aligned = "SELECT \(items.joined(separator: ", ")) FROM (\(source)) AS __source"
        return checked(aligned)
    }

    private func item(_ field: SchemaField, _ source: String?) -> String {
        let name = quoteIdentifier(field.name)
        guard let source else { return "CAST(NULL AS \(field.type.sqlName)) AS \(name)" }
        let given = quoteIdentifier(source)
        let isSame = types.map { $0[source] == EngineType(field.type) } ?? false
        return isSame ? "\(given) AS \(name)" : "CAST(\(given) AS \(field.type.sqlName)) AS \(name)"
    }

    /// The first column stands behind a CASE that fails for a row that breaks a rule: a projection sees exactly the
    /// rows that are written, which a filter, once pushed below a join, might not.
    private func checked(_ select: String) -> String {
        guard !rules.isEmpty, let first = alignment.schema.fields.first else { return select }
        let names = alignment.schema.names
        let branches = rules.map { "WHEN \($0.violation) THEN \(RowViolation.error($0, sample: names))" }
        let guarded = quoteIdentifier(first.name)
        return """
            SELECT * REPLACE (CASE \(branches.joined(separator: " ")) ELSE \(guarded) END AS \(guarded)) \
            FROM (\(select)) AS __aligned
            """
    }
}
