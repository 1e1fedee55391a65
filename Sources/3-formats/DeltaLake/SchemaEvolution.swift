package import Base
package import TableModel

/// Changes of a table's columns that need no change to its files.
///
/// Every function returns the new schema; `SchemaRules.check` still has to hold for it.
package enum SchemaEvolution {
    package enum Position: Sendable, Hashable {
        case first
        case last
        case after(String)
    }

    /// Adds columns; existing rows have null in them.
    ///
    /// - Parameters:
    ///   - fields: The new columns, in order. They must allow null.
    ///   - schema: The table's columns.
    ///   - position: Where they go.
    /// - Returns: The schema with them.
    /// - Throws: `.alreadyExists` for a name that is taken, `.invalidInput` for a column that is not nullable,
    ///   `.notFound` for an unknown column to put them after.
    package static func adding(
        _ fields: [SchemaField], to schema: TableSchema, at position: Position = .last
    ) throws(TarnError) -> TableSchema {
        var result = schema
        for field in fields {
            if result[field.name] != nil {
                throw TarnError(
                    .alreadyExists, "The table has a column \(field.name) already.",
                    context: [("column", field.name)])
            }
            if !field.isNullable {
                throw TarnError(
                    .invalidInput,
                    """
                    The column \(field.name) cannot be added as NOT NULL: rows that are there already have no \
                    value for it.
                    """,
                    context: [("column", field.name)])
            }
            result.fields.append(field)
        }
        if position == .last { return result }
        for field in fields.reversed() { result = try moving(field.name, in: result, to: position) }
        return result
    }

    /// Moves a column; the data files stay as they are, since their columns are found by name.
    package static func moving(
        _ name: String, in schema: TableSchema, to position: Position
    ) throws(TarnError) -> TableSchema {
        var result = schema
        let field = result.fields.remove(at: try index(of: name, in: schema))
        switch position {
        case .first: result.fields.insert(field, at: 0)
        case .last: result.fields.append(field)
        case .after(let other):
            if other.lowercased() == name.lowercased() { return schema }
            result.fields.insert(field, at: try index(of: other, in: result) + 1)
        }
        return result
    }

    /// Puts all columns into the given order, which must name each once.
    package static func reordering(
        _ schema: TableSchema, as names: [String]
    ) throws(TarnError) -> TableSchema {
        var fields: [SchemaField] = []
        for name in names {
            let field = schema.fields[try index(of: name, in: schema)]
            if fields.contains(where: { $0.name == field.name }) {
                throw TarnError(
                    .invalidInput, "The column \(name) is named twice.", context: [("column", name)])
            }
            fields.append(field)
        }
        if let left = schema.fields.first(where: { field in !fields.contains { $0.name == field.name } }) {
            throw TarnError(
                .invalidInput, "The new order does not name the column \(left.name).",
                context: [("column", left.name)])
        }
        return TableSchema(fields)
    }

    /// Lets a column hold null from now on.
    package static func relaxing(_ name: String, in schema: TableSchema) throws(TarnError) -> TableSchema {
        var result = schema
        result.fields[try index(of: name, in: schema)].isNullable = true
        return result
    }

    /// Sets or, with `nil`, takes away a column's comment.
    package static func commenting(
        _ name: String, _ comment: String?, in schema: TableSchema
    ) throws(TarnError) -> TableSchema {
        var result = schema
        result.fields[try index(of: name, in: schema)].metadata["comment"] = comment.map { .string($0) }
        return result
    }

    private static func index(of name: String, in schema: TableSchema) throws(TarnError) -> Int {
        if let index = schema.index(of: name) { return index }
        throw TarnError(
            .notFound, "The table has no column \(name).\(didYouMean(name, among: schema.names))",
            context: [("column", name)])
    }
}
