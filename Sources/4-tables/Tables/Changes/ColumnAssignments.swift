import Base
import DeltaLake
import TableModel

/// What SET gives to columns: one expression for each column that changes, members of structures woven in.
struct ColumnAssignments {
    /// By lower-case name of the column: an expression, not yet cast to its type.
    private(set) var expressions: [String: String] = [:]

    /// - Parameters:
    ///   - assignments: Columns or members of structures, in any case, none twice.
    ///   - schema: The table's columns.
    ///   - alias: What the expressions call the row, quoted.
    ///   - defaults: SQL for the columns' defaults, by column in lower case.
    /// - Throws: `.notFound` with near names, `.invalidInput` for what is assigned twice or is no structure.
    init(
        _ assignments: [(column: ColumnPath, expression: String)], _ schema: TableSchema, alias: String,
        defaults: [String: String]
    ) throws(TarnError) {
        var byColumn: [String: [(path: [String], expression: String)]] = [:]
        for (column, expression) in assignments {
            guard let first = column.parts.first, let field = schema[first] else {
                throw Self.unknown(column, column.parts.first ?? "", schema.names)
            }
            if field.identity?.allowsExplicitInsert == false {
                throw TarnError(
                    .invalidInput, "The table counts the values of the identity column \(field.name) itself.",
                    context: [("column", field.name)])
            }
            byColumn[field.name.lowercased(), default: []].append(
                (Array(column.parts.dropFirst()), expression))
        }
        for field in schema.fields {
            guard let parts = byColumn[field.name.lowercased()] else { continue }
            expressions[field.name.lowercased()] = try Self.expression(
                parts, field, value: "\(alias).\(quoteIdentifier(field.name))", path: [field.name],
                defaults: defaults)
        }
    }

    /// A value with some of its members replaced.
    private static func expression(
        _ parts: [(path: [String], expression: String)], _ field: SchemaField, value: String, path: [String],
        defaults: [String: String]
    ) throws(TarnError) -> String {
        if parts.count == 1, parts[0].path.isEmpty {
            return defaulted(parts[0].expression, path.count == 1 ? defaults[field.name.lowercased()] : nil)
        }
        let name = path.joined(separator: ".")
        if parts.contains(where: { $0.path.isEmpty }) {
            throw TarnError(
                .invalidInput, "\(name) is assigned twice, or both as a whole and in part.",
                context: [("column", name)])
        }
        guard case .structure(let members) = field.type else {
            throw TarnError(
                .invalidInput, "\(name) is no structure, so no member of it can be assigned.",
                context: [("column", name)])
        }
        var grouped: [String: [(path: [String], expression: String)]] = [:]
        for part in parts {
            guard let member = TableSchema(members)[part.path[0]] else {
                throw unknown(ColumnPath(path + part.path), part.path[0], members.map(\.name))
            }
            grouped[member.name, default: []].append((Array(part.path.dropFirst()), part.expression))
        }
        var items: [String] = []
        for member in members {
            let inner = "struct_extract(\(value), \(quoteLiteral(member.name)))"
            let given = try grouped[member.name].map { parts throws(TarnError) in
                try expression(
                    parts, member, value: inner, path: path + [member.name], defaults: defaults)
            }
            let item = given.map { "CAST((\($0)) AS \(member.type.sqlName))" } ?? inner
            items.append("\(quoteIdentifier(member.name)) := \(item)")
        }
        return "struct_pack(\(items.joined(separator: ", ")))"
    }

    /// The word `DEFAULT` is the column's default, which is null where it has none.
    static func defaulted(_ expression: String, _ value: String?) -> String {
        let word = expression.filter { !$0.isWhitespace && $0 != "(" && $0 != ")" }
        return word.uppercased() == "DEFAULT" ? value ?? "NULL" : expression
    }

    private static func unknown(_ column: ColumnPath, _ part: String, _ names: [String]) -> TarnError {
        let name = column.parts.joined(separator: ".")
        return TarnError(
            .notFound, "The table has no column \(name).\(didYouMean(part, among: names))",
            context: [("column", name)])
    }
}
