import Base
import Catalog
import Query
import TableModel

extension UnityCall {
    func json(_ entry: FunctionEntry) async throws -> JSONValue {
        json(entry, try await catalog.ownerNames(of: [entry.securable]))
    }

    /// `FunctionInfo`; what a function that SQL made does not say is filled in.
    func json(_ entry: FunctionEntry, _ owners: OwnerNames) -> JSONValue {
        let definition = entry.definition
        var info = UnityObject()
        info.set("name", entry.name.name)
        info.set("catalog_name", entry.name.catalog)
        info.set("schema_name", entry.name.schema)
        info.set("full_name", fullName(entry.name))
        info.set(
            "input_params",
            .object([
                "parameters": .array(
                    definition.parameters.enumerated().map { Self.json($1, position: $0) })
            ]))
        let type = try? SQLTypeText.parse(definition.returnType)
        info.set("data_type", type?.unityName ?? "STRING")
        info.set("full_data_type", type?.sparkText ?? definition.returnType)
        info.set("routine_body", definition.language.rawValue)
        info.set("routine_definition", definition.body)
        info.set("parameter_style", "S")
        info.set("is_deterministic", .bool(definition.isDeterministic))
        info.set("sql_data_access", definition.language == .sql ? "CONTAINS_SQL" : "NO_SQL")
        info.set("is_null_call", .bool(false))
        info.set("security_type", "DEFINER")
        info.set("specific_name", entry.name.name)
        for (name, value) in definition.info.members { info.set(name, value) }
        info.describe(entry.securable, owner: owners.name(of: entry.securable))
        info.set("function_id", entry.id)
        info.set("securable_type", "FUNCTION")
        return info.json
    }

    private static func json(_ parameter: FunctionParameter, position: Int) -> JSONValue {
        var field = SchemaField(parameter.name, .string)
        if let type = try? SQLTypeText.parse(parameter.type) { field.type = type }
        var info = ColumnJSON.json(
            CatalogColumn(field, key: parameter.name, position: position))
        info["nullable"] = nil
        info["parameter_mode"] = .string("IN")
        info["parameter_type"] = .string("PARAM")
        if let value = parameter.defaultValue { info["parameter_default"] = .string(value) }
        for (name, value) in parameter.info.members { info[name] = value }
        return .object(info)
    }
}
