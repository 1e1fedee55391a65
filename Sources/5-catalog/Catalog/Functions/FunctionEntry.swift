package import Base

/// A parameter of a function in the catalog.
package struct FunctionParameter: Hashable, Sendable {
    package var name: String
    /// SQL, in Tarn's words or in Spark's: `BIGINT`, `array<int>`.
    package var type: String
    /// SQL; `nil` if it has to be given.
    package var defaultValue: String?
    /// What Unity Catalog's API says of it besides, given back as it came: `type_json`, `type_name`, `position`.
    package var info: JSONObject

    package init(name: String, type: String, defaultValue: String? = nil, info: JSONObject = [:]) {
        self.name = name
        self.type = type
        self.defaultValue = defaultValue
        self.info = info
    }
}

/// What a function does.
package struct FunctionDefinition: Hashable, Sendable {
    package enum Language: String, Sendable, CaseIterable {
        /// The body is an expression or a SELECT: Tarn runs it.
        case sql = "SQL"
        /// Kept for other programs, Unity Catalog's `EXTERNAL`: Tarn does not run it.
        case external = "EXTERNAL"
    }

    package var parameters: [FunctionParameter]
    /// SQL, as `FunctionParameter.type`.
    package var returnType: String
    /// For SQL an expression, or `SELECT ...`; without RETURN.
    package var body: String
    package var language: Language
    package var isDeterministic: Bool
    /// What Unity Catalog's API says of it besides, given back as it came.
    package var info: JSONObject

    package init(
        parameters: [FunctionParameter], returnType: String, body: String, language: Language = .sql,
        isDeterministic: Bool = true, info: JSONObject = [:]
    ) {
        self.parameters = parameters
        self.returnType = returnType
        self.body = body
        self.language = language
        self.isDeterministic = isDeterministic
        self.info = info
    }

    /// Refuses what no call could be matched to.
    func check() throws(TarnError) {
        var seen: Set<String> = []
        for parameter in parameters {
            if parameter.name.isEmpty {
                throw TarnError(.invalidInput, "Every parameter of a function needs a name.")
            }
            if !seen.insert(NameRules.key(of: parameter.name)).inserted {
                throw TarnError(
                    .invalidInput, "The function has two parameters named \(parameter.name).")
            }
            if parameter.type.isEmpty {
                throw TarnError(.invalidInput, "Parameter \(parameter.name) of the function needs a type.")
            }
        }
        if parameters.count > 255 {
            throw TarnError(.invalidInput, "A function takes at most 255 parameters.")
        }
        if returnType.isEmpty { throw TarnError(.invalidInput, "A function needs the type that it returns.") }
        if body.isEmpty { throw TarnError(.invalidInput, "A function needs a body.") }
    }

    /// What `Securable.detail` holds for a function.
    var detail: String {
        let parameters = parameters.map { parameter in
            var members = [("name", JSONValue.string(parameter.name)), ("type", .string(parameter.type))]
            if let value = parameter.defaultValue { members.append(("default", .string(value))) }
            if !parameter.info.members.isEmpty { members.append(("info", .object(parameter.info))) }
            return JSONValue.object(JSONObject(members))
        }
        return JSONValue.object([
            "parameters": .array(parameters), "returns": .string(returnType), "body": .string(body),
            "language": .string(language.rawValue), "deterministic": .bool(isDeterministic),
            "info": .object(info),
        ]).jsonText
    }

    init?(detail: String) {
        guard let json = try? JSONValue.parse(detail), let parameters = json["parameters"]?.array,
            let returns = json["returns"]?.string, let body = json["body"]?.string,
            let language = json["language"]?.string.flatMap(Language.init)
        else { return nil }
        self.init(
            parameters: parameters.map {
                FunctionParameter(
                    name: $0["name"]?.string ?? "", type: $0["type"]?.string ?? "",
                    defaultValue: $0["default"]?.string, info: $0["info"]?.object ?? [:])
            },
            returnType: returns, body: body, language: language,
            isDeterministic: json["deterministic"]?.bool ?? true, info: json["info"]?.object ?? [:])
    }
}

/// A function in the catalog: a name for an expression over parameters.
package struct FunctionEntry: Hashable, Sendable {
    package let securable: Securable
    package let name: QualifiedName
    package let definition: FunctionDefinition

    init(_ securable: Securable, in schema: SchemaEntry) throws {
        name = QualifiedName(catalog: schema.catalog, schema: schema.name, name: securable.name)
        guard let definition = FunctionDefinition(detail: securable.detail) else {
            throw TarnError(
                .unsupported, "Function \(name) is of a kind that this version of Tarn does not know.")
        }
        self.securable = securable
        self.definition = definition
    }

    package var id: String { securable.id }
    package var comment: String? { securable.comment }
    package var properties: [String: String] { securable.properties }
    package var parameters: [FunctionParameter] { definition.parameters }
    package var returnType: String { definition.returnType }
    package var body: String { definition.body }
    package var isDeterministic: Bool { definition.isDeterministic }
}
