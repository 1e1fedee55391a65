internal import Base
internal import Catalog
internal import TableModel

/// The body of a function of the catalog with arguments in the place of its parameters, read and put together by the
/// parser, never by pasting text.
///
/// ```
/// CREATE FUNCTION mine(r VARCHAR) ... RETURN r IN (SELECT region FROM staff WHERE name = current_user())
///     as   CAST((row.region) AS VARCHAR) IN (SELECT region FROM __tarn_source_0_ AS staff WHERE name = 'ann')
/// ```
struct FunctionTemplate: Sendable {
    /// An expression; tables are placeholders in it.
    let sql: String
    /// The tables that the body reads, by their names of one to three parts.
    let tables: [[String]]

    static func placeholder(_ index: Int) -> String { "__tarn_source_\(index)_" }

    /// The expression with relations in the place of its tables.
    func sql(relations: [String]) -> String {
        var text = sql
        for (index, relation) in relations.enumerated() {
            text = text.replacing(Self.placeholder(index), with: relation)
        }
        return text
    }
}

/// Makes templates; those made last are kept.
struct FunctionInliner: Sendable {
    let reader: QueryReader
    private let made = BoundedCache<Key, FunctionTemplate>(limit: 1024)

    private struct Key: Hashable {
        let function: String
        let definition: FunctionDefinition
        let arguments: [String]
        let columns: Set<String>
        let asker: String
        let groups: Set<String>
    }

    init(reader: QueryReader) { self.reader = reader }

    /// The tables that a function's body reads, by their names of one to three parts.
    ///
    /// - Throws: `.invalidInput` for a body that reads anything else, or that cannot be read.
    func tables(of function: FunctionEntry) async throws -> [[String]] {
        try Self.tables(of: try await parsed(function), function)
    }

    /// - Parameters:
    ///   - function: In SQL.
    ///   - arguments: SQL for the first parameters; the others have defaults.
    ///   - columns: The names of all columns of the body's tables, in lower case.
    ///   - asker: What `current_user()` and `is_account_group_member()` tell of.
    /// - Returns: The template.
    /// - Throws: `.invalidInput` or `.unsupported` for a body that cannot be used, `.permissionDenied` for one that reads
    ///   files.
    func template(
        _ function: FunctionEntry, arguments: [String], columns: Set<String>, asker: Principal
    ) async throws -> FunctionTemplate {
        let key = Key(
            function: function.name.name, definition: function.definition, arguments: arguments,
            columns: columns, asker: asker.name, groups: asker.groupKeys)
        if let known = made[key] { return known }
        let template = try await make(function, arguments, columns, asker)
        made[key] = template
        return template
    }

    private func parsed(_ function: FunctionEntry) async throws -> ParsedQuery {
        // Placeholders would be mistaken for the body's own words.
        if function.body.lowercased().contains("__tarn") {
            throw Self.refusal(function, "its body holds a reserved word")
        }
        if function.definition.language != .sql { throw Self.refusal(function, "it is not in SQL") }
        do {
            // The bracket stands on a line of its own, so that a comment at the body's end does not hide it.
            return try await reader.read(
                try SQLText("SELECT (\(function.body)\n)"), parameters: .none, localFiles: false)
        } catch let error as TarnError where error.code != .cancelled {
            throw Self.refusal(function, "its body is not allowed: \(error.message)")
        }
    }

    private static func tables(of parsed: ParsedQuery, _ function: FunctionEntry) throws -> [[String]] {
        try parsed.sources.map { source in
            guard case .table(let parts) = source.origin, source.travel == nil else {
                throw refusal(function, "its body reads something other than tables as they are now")
            }
            return parts
        }
    }

    private func make(
        _ function: FunctionEntry, _ arguments: [String], _ columns: Set<String>, _ asker: Principal
    ) async throws -> FunctionTemplate {
        let parsed = try await parsed(function)
        let tables = try Self.tables(of: parsed, function)
        let text = try parsed.rewriter.run(
            relations: tables.indices.map(FunctionTemplate.placeholder), fullNames: tables.map { _ in nil }
        ).text.text
        let tree = try await self.tree(text)
        guard let expression = Self.onlyExpression(tree) else {
            throw Self.refusal(function, "its body is not one expression")
        }
        var substitution = ParameterSubstitution(
            function, try Self.values(of: function, arguments), asker: asker, columns: columns,
            body: expression)
        substitution.collect(expression)
        if let problem = substitution.problem { throw Self.refusal(function, problem) }
        let wanted = "SELECT " + (["1"] + substitution.wanted).joined(separator: ", ")
        let items = try await self.tree(wanted)["statements"]?[0]?["node"]?["select_list"]?.array ?? []
        guard items.count == substitution.wanted.count + 1 else {
            throw Self.refusal(function, "its arguments cannot be read")
        }
        let filled = substitution.filled(expression, with: Array(items.dropFirst()))
        let result = Self.replacingOnlyExpression(tree, filled)
        let select = try await reader.planner.deserialize(result.jsonText)
        guard select.hasPrefix("SELECT ") else {
            throw Self.refusal(function, "its body cannot be written out")
        }
        let type = try SQLTypeName.duckDB(function.returnType)
        return FunctionTemplate(
            sql: "CAST((\(select.dropFirst("SELECT ".count))) AS \(type))", tables: tables)
    }

    private func tree(_ sql: String) async throws -> JSONValue {
        try JSONValue.parse(
            try await reader.planner.serialize(sql), maximumDepth: ParameterSubstitution.deepest)
    }

    /// The arguments, cast to the parameters' types.
    private static func values(
        of function: FunctionEntry, _ arguments: [String]
    ) throws -> [String] {
        if arguments.count > function.parameters.count { throw refusal(function, "it takes fewer arguments") }
        return try function.parameters.enumerated().map { index, parameter in
            guard let value = index < arguments.count ? arguments[index] : parameter.defaultValue else {
                throw refusal(function, "its parameter \(parameter.name) has no value")
            }
            return "CAST((\(value)\n) AS \(try SQLTypeName.duckDB(parameter.type)))"
        }
    }

    private static func refusal(_ function: FunctionEntry, _ reason: String) -> TarnError {
        TarnError(
            .invalidInput, "Function \(function.name) cannot be used: \(reason).",
            context: [("function", function.name.description)])
    }

    /// The one item of a SELECT without FROM and all else.
    private static func onlyExpression(_ tree: JSONValue) -> JSONValue? {
        guard let statements = tree["statements"]?.array, statements.count == 1,
            let node = statements[0]["node"], node["type"]?.string == "SELECT_NODE",
            let items = node["select_list"]?.array, items.count == 1,
            node["from_table"]?["type"]?.string == "EMPTY", node["where_clause"]?.isNull ?? true,
            node["having"]?.isNull ?? true, node["qualify"]?.isNull ?? true,
            node["modifiers"]?.array?.isEmpty ?? true, node["cte_map"]?["map"]?.array?.isEmpty ?? true
        else { return nil }
        return items[0]
    }

    private static func replacingOnlyExpression(_ tree: JSONValue, _ expression: JSONValue) -> JSONValue {
        guard var document = tree.object, var statement = tree["statements"]?[0]?.object,
            var node = statement["node"]?.object
        else { return tree }
        node["select_list"] = .array([expression])
        statement["node"] = .object(node)
        document["statements"] = .array([.object(statement)])
        return .object(document)
    }
}

/// Types as functions of the catalog name them, in the engine's words.
enum SQLTypeName {
    static func duckDB(_ text: String) throws -> String {
        var cursor = SQLCursor(try SQLText(text))
        let type = try cursor.dataType()
        try cursor.expectEnd()
        return type.sqlName
    }
}
