import Base
import Catalog
import HTTPTypes
import TableModel

extension UnityCatalogAPI {
    func functionRoutes() -> [Route] {
        [
            route(.post, "/functions") { call in try await call.createFunction() },
            route(.get, "/functions") { call in
                let (parent, schema) = (
                    try call.requiredQuery("catalog_name"), try call.requiredQuery("schema_name")
                )
                let page = try await UnityPage(call, of: "functions", parent, schema)
                let found = try await call.catalog.functions(
                    in: schema, catalog: parent, limit: page.limit, after: page.after)
                let owners = try await call.catalog.ownerNames(of: found.entries.map(\.securable))
                return try await page.answer(
                    "functions", found.entries.map { call.json($0, owners) }, next: found.next)
            },
            route(.get, "/functions/{name}") { call in
                try await call.json(try await call.catalog.function(try call.objectName(.function)))
            },
            route(.patch, "/functions/{name}") { call in
                let name = try call.objectName(.function)
                guard let owner = try call.body().text("owner") else {
                    throw TarnError(.invalidInput, "Nothing to change: give 'owner'.")
                }
                try await call.setOwner(.function, [name.catalog, name.schema, name.name], to: owner)
                return try await call.json(try await call.catalog.function(name))
            },
            route(.delete, "/functions/{name}") { call in
                let name = try call.objectName(.function)
                _ = try await call.catalog.dropFunction(name)
                return .object([:])
            },
        ]
    }
}

extension UnityCall {
    fileprivate enum ParameterStyle: String, CaseIterable { case sql = "S" }
    fileprivate enum SecurityType: String, CaseIterable { case definer = "DEFINER" }
    fileprivate enum DataAccess: String, CaseIterable {
        case contains = "CONTAINS_SQL"
        case reads = "READS_SQL_DATA"
        case none = "NO_SQL"
    }
    fileprivate enum ParameterMode: String, CaseIterable { case into = "IN" }
    fileprivate enum ParameterType: String, CaseIterable {
        case parameter = "PARAM"
        case column = "COLUMN"
    }

    /// What is kept of a function for this API alone, and given back as it came.
    fileprivate static let kept = [
        "data_type", "full_data_type", "return_params", "routine_dependencies", "sql_data_access",
        "is_null_call", "specific_name", "properties", "external_language", "routine_definition",
    ]
    private static let keptOfParameter = [
        "type_text", "type_json", "type_name", "type_precision", "type_scale", "type_interval_type",
        "position", "parameter_mode", "parameter_type", "comment",
    ]

    fileprivate func createFunction() async throws -> JSONValue {
        let whole = try body()
        // Databricks' own clients wrap it, some tools do not.
        let body = try whole.inner("function_info") ?? whole
        if whole.value("function_info") == nil, whole.value("name") == nil {
            throw whole.missing("function_info")
        }
        let name = try objectName(body)
        let language = try body.requiredChoice("routine_body", of: FunctionDefinition.Language.self)
        _ = try body.choice("parameter_style", of: ParameterStyle.self)
        _ = try body.choice("security_type", of: SecurityType.self)
        _ = try body.choice("sql_data_access", of: DataAccess.self)
        _ = try body.flag("is_null_call")
        _ = try body.text("specific_name")
        _ = try body.text("properties")
        let dataType = try body.requiredChoice("data_type", of: ColumnJSON.TypeName.self)
        let fullType = try body.required("full_data_type")
        if dataType == .table {
            throw TarnError(.unsupported, "Functions that return tables are not available.")
        }
        let definition = FunctionDefinition(
            parameters: try parameters(body, language),
            returnType: try Self.type(fullType, "full_data_type", body, language),
            body: Self.expression(try body.required("routine_definition"), language), language: language,
            isDeterministic: try body.flag("is_deterministic") ?? true,
            info: JSONObject(
                Self.kept.compactMap { name in body.value(name).map { (name, $0) } }))
        let entry = try await catalog.createFunction(name, definition, comment: try body.comment())
        return try await json(entry)
    }

    private func parameters(
        _ body: UnityBody, _ language: FunctionDefinition.Language
    ) throws(TarnError) -> [FunctionParameter] {
        var placed: [(position: Int64, parameter: FunctionParameter)] = []
        let bodies = try body.inner("input_params")?.objects("parameters") ?? []
        for (index, body) in bodies.enumerated() {
            _ = try body.requiredChoice("type_name", of: ColumnJSON.TypeName.self)
            _ = try body.choice("parameter_mode", of: ParameterMode.self)
            _ = try body.choice("parameter_type", of: ParameterType.self)
            _ = try body.text("type_json")
            _ = try body.comment()
            let parameter = FunctionParameter(
                name: try body.required("name"),
                type: try Self.type(try body.required("type_text"), "type_text", body, language),
                defaultValue: try body.text("parameter_default"),
                info: JSONObject(
                    Self.keptOfParameter.compactMap { name in body.value(name).map { (name, $0) } }))
            placed.append((try body.integer("position") ?? Int64(index), parameter))
        }
        let order = placed.indices.sorted { (placed[$0].position, $0) < (placed[$1].position, $1) }
        return order.map { placed[$0].parameter }
    }

    /// Spark's type in Tarn's words, where Tarn is to run the function.
    private static func type(
        _ text: String, _ field: String, _ body: UnityBody, _ language: FunctionDefinition.Language
    ) throws(TarnError) -> String {
        if language == .external { return text }
        do { return try SparkTypeText.parse(text).sqlName } catch {
            throw body.wrong(field, "is no type. \(error.message)")
        }
    }

    /// The body of a SQL function is kept without RETURN.
    private static func expression(_ text: String, _ language: FunctionDefinition.Language) -> String {
        if language == .external { return text }
        let trimmed = text.trimmingPrefix(while: \.isWhitespace)
        guard trimmed.prefix(6).lowercased() == "return", let after = trimmed.dropFirst(6).first,
            after.isWhitespace || after == "("
        else { return text }
        return String(trimmed.dropFirst(6).trimmingPrefix(while: \.isWhitespace))
    }
}
