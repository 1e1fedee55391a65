package import Base
package import TableModel

/// Changes of columns and of members of structures at any depth.
///
/// A path goes through `element`, `key` and `value` where it passes an array or a map, as Delta's field paths do.
extension SchemaEvolution {
    /// Adds columns, or members of the structure at `parent`.
    ///
    /// - Parameters:
    ///   - fields: In order; they must allow null.
    ///   - parent: The structure; empty for the table itself.
    ///   - schema: The table's columns.
    ///   - position: Where they go among their siblings.
    /// - Returns: The schema with them.
    /// - Throws: As `adding(_:to:at:)`; `.invalidInput` if the parent is no structure.
    package static func adding(
        _ fields: [SchemaField], within parent: [String], to schema: TableSchema, at position: Position
    ) throws(TarnError) -> TableSchema {
        if parent.isEmpty { return try adding(fields, to: schema, at: position) }
        return try editingMembers(of: ColumnPath(parent), in: schema) { members throws(TarnError) in
            members = try adding(fields, to: TableSchema(members), at: position).fields
        }
    }

    /// Moves a column or member among its siblings.
    package static func moving(
        _ path: ColumnPath, in schema: TableSchema, to position: Position
    ) throws(TarnError) -> TableSchema {
        try editing(path, in: schema) { siblings, index throws(TarnError) in
            siblings = try moving(siblings[index].name, in: TableSchema(siblings), to: position).fields
        }
    }

    /// Gives a column or member another name; only tables with column mapping keep their rows' values then.
    ///
    /// - Throws: `.alreadyExists` for a name that a sibling has, `.notFound`.
    package static func renaming(
        _ path: ColumnPath, to name: String, in schema: TableSchema
    ) throws(TarnError) -> TableSchema {
        try editing(path, in: schema) { siblings, index throws(TarnError) in
            let taken = siblings.indices.contains {
                $0 != index && siblings[$0].name.lowercased() == name.lowercased()
            }
            if taken {
                throw TarnError(
                    .alreadyExists, "The table has a column \(name) already.", context: [("column", name)])
            }
            siblings[index].name = name
        }
    }

    /// Takes a column or member away; its values stay in the files until these are rewritten.
    ///
    /// - Throws: `.invalidInput` for the last one of a table or structure, `.notFound`.
    package static func dropping(_ path: ColumnPath, in schema: TableSchema) throws(TarnError) -> TableSchema
    {
        try editing(path, in: schema) { siblings, index throws(TarnError) in
            if siblings.count == 1 {
                throw TarnError(
                    .invalidInput,
                    "The column \(text(path)) cannot be dropped: it is the last one.",
                    context: [("column", text(path))])
            }
            siblings.remove(at: index)
        }
    }

    /// Gives a column, member, element, key or value a wider type.
    ///
    /// - Throws: As `TypeWidening.widened`; `.notFound`.
    package static func retyping(
        _ path: ColumnPath, to type: DataType, in schema: TableSchema, isEnabled: Bool
    ) throws(TarnError) -> TableSchema {
        // The last field on the path keeps the record of the change.
        var owner = path.parts
        var inside: [String] = []
        while let last = owner.last, ["element", "key", "value"].contains(last),
            (try? editing(ColumnPath(owner), in: schema, { _, _ throws(TarnError) in })) == nil
        {
            inside.insert(last, at: 0)
            owner.removeLast()
        }
        return try editing(ColumnPath(owner), in: schema) { siblings, index throws(TarnError) in
            let wanted = try replacing(inside[...], of: siblings[index].type, by: type, path)
            siblings[index] = try TypeWidening.widened(
                siblings[index], to: wanted, isEnabled: isEnabled, path: owner)
        }
    }

    private static func replacing(
        _ rest: ArraySlice<String>, of type: DataType, by new: DataType, _ path: ColumnPath
    ) throws(TarnError) -> DataType {
        guard let first = rest.first else { return new }
        switch (type, first) {
        case (.array(let element, let containsNull), "element"):
            let inner = try replacing(rest.dropFirst(), of: element, by: new, path)
            return .array(element: inner, containsNull: containsNull)
        case (.map(let key, let value, let containsNull), "key"):
            let inner = try replacing(rest.dropFirst(), of: key, by: new, path)
            return .map(key: inner, value: value, valueContainsNull: containsNull)
        case (.map(let key, let value, let containsNull), "value"):
            let inner = try replacing(rest.dropFirst(), of: value, by: new, path)
            return .map(key: key, value: inner, valueContainsNull: containsNull)
        default: throw notFound(path.parts[...], path, [])
        }
    }

    /// Changes one column or member.
    package static func changing(
        _ path: ColumnPath, in schema: TableSchema, _ change: (inout SchemaField) throws(TarnError) -> Void
    ) throws(TarnError) -> TableSchema {
        try editing(path, in: schema) { siblings, index throws(TarnError) in try change(&siblings[index]) }
    }

    /// The field at a path, with the path as the schema spells it.
    package static func field(
        _ path: ColumnPath, in schema: TableSchema
    ) throws(TarnError) -> SchemaField {
        var found: SchemaField?
        _ = try editing(path, in: schema) { siblings, index throws(TarnError) in found = siblings[index] }
        if let found { return found }
        throw notFound(path.parts[...], path, schema.names)
    }

    // MARK: Walking

    private static func editing(
        _ path: ColumnPath, in schema: TableSchema,
        _ body: (inout [SchemaField], Int) throws(TarnError) -> Void
    ) throws(TarnError) -> TableSchema {
        var fields = schema.fields
        try edit(&fields, path.parts[...], path, body)
        return TableSchema(fields)
    }

    private static func editingMembers(
        of parent: ColumnPath, in schema: TableSchema,
        _ body: (inout [SchemaField]) throws(TarnError) -> Void
    ) throws(TarnError) -> TableSchema {
        var fields = schema.fields
        try editType(of: &fields, parent.parts[...], parent, body)
        return TableSchema(fields)
    }

    private static func edit(
        _ fields: inout [SchemaField], _ rest: ArraySlice<String>, _ path: ColumnPath,
        _ body: (inout [SchemaField], Int) throws(TarnError) -> Void
    ) throws(TarnError) {
        guard let name = rest.first, let index = TableSchema(fields).index(of: name) else {
            throw notFound(rest, path, fields.map(\.name))
        }
        if rest.count == 1 { return try body(&fields, index) }
        try editMembers(&fields[index].type, rest.dropFirst(), path) {
            members, inner throws(TarnError) in try edit(&members, inner, path, body)
        }
    }

    /// Goes to the structure at the end of the path.
    private static func editType(
        of fields: inout [SchemaField], _ rest: ArraySlice<String>, _ path: ColumnPath,
        _ body: (inout [SchemaField]) throws(TarnError) -> Void
    ) throws(TarnError) {
        guard let name = rest.first, let index = TableSchema(fields).index(of: name) else {
            throw notFound(rest, path, fields.map(\.name))
        }
        try editMembers(&fields[index].type, rest.dropFirst(), path) { members, inner throws(TarnError) in
            if inner.isEmpty { try body(&members) } else { try editType(of: &members, inner, path, body) }
        }
    }

    /// Passes arrays and maps by their path components until a structure comes.
    private static func editMembers(
        _ type: inout DataType, _ rest: ArraySlice<String>, _ path: ColumnPath,
        _ body: (inout [SchemaField], ArraySlice<String>) throws(TarnError) -> Void
    ) throws(TarnError) {
        switch (type, rest.first) {
        case (.structure(var members), _):
            try body(&members, rest)
            type = .structure(members)
        case (.array(var element, let containsNull), "element"):
            try editMembers(&element, rest.dropFirst(), path, body)
            type = .array(element: element, containsNull: containsNull)
        case (.map(var key, let value, let containsNull), "key"):
            try editMembers(&key, rest.dropFirst(), path, body)
            type = .map(key: key, value: value, valueContainsNull: containsNull)
        case (.map(let key, var value, let containsNull), "value"):
            try editMembers(&value, rest.dropFirst(), path, body)
            type = .map(key: key, value: value, valueContainsNull: containsNull)
        default:
            throw TarnError(
                .invalidInput,
                "\(text(path)) names no member: what stands before the dot is no structure.",
                context: [("column", text(path))])
        }
    }

    private static func text(_ path: ColumnPath) -> String { path.parts.joined(separator: ".") }

    private static func notFound(
        _ rest: ArraySlice<String>, _ path: ColumnPath, _ names: [String]
    ) -> TarnError {
        TarnError(
            .notFound,
            "The table has no column \(text(path)).\(didYouMean(rest.first ?? "", among: names))",
            context: [("column", text(path))])
    }
}
