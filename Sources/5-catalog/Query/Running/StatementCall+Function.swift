internal import Base
internal import Catalog
internal import Engine
internal import TableModel

extension StatementCall {
    func run(_ statement: ObjectStatement) async throws -> StatementResult {
        switch statement {
        case .createFunction(let statement): return try await createFunction(statement)
        case .drop(_, let name, let ifExists): return try await dropFunction(name, ifExists: ifExists)
        case .show(_, let scope, let pattern): return try await showFunctions(in: scope, like: pattern)
        case .describe(_, let name): return try await describeFunction(name)
        }
    }

    private func createFunction(_ statement: CreateFunctionStatement) async throws -> StatementResult {
        let definition = FunctionDefinition(
            parameters: statement.parameters.map {
                FunctionParameter(
                    name: $0.name, type: $0.type.sqlName, defaultValue: $0.defaultValue,
                    info: $0.comment.map { ["comment": .string($0)] } ?? [:])
            },
            returnType: statement.returnType.sqlName, body: text.string(statement.body),
            isDeterministic: statement.isDeterministic)
        let entry = try await at(statement.name.range) {
            try await catalog.createFunction(
                qualified(statement.name), definition, comment: statement.comment,
                orReplace: statement.orReplace, ifNotExists: statement.ifNotExists)
        }
        return .done(.create, "Function \(entry.name) is there")
    }

    private func dropFunction(_ name: ObjectName, ifExists: Bool) async throws -> StatementResult {
        let dropped = try await at(name.range) {
            try await catalog.dropFunction(qualified(name), ifExists: ifExists)
        }
        guard let dropped else { return .done(.drop, "There is no function \(qualified(name))") }
        return .done(.drop, "Dropped function \(dropped.name)")
    }

    private func showFunctions(in scope: ObjectName?, like pattern: String?) async throws -> StatementResult {
        let (parent, schema) = context.qualifiedSchema(scope?.parts ?? [])
        let entries = try await all {
            try await catalog.functions(
                in: schema, catalog: parent, limit: CatalogService.largestPage, after: $0)
        }
        return result(
            .show,
            [
                ("catalog_name", .string), ("schema_name", .string), ("function_name", .string),
                ("return_type", .string), ("comment", .string),
            ],
            entries.filter { pattern.map(LikePattern.init)?.matches($0.name.name) ?? true }.map {
                [
                    .text($0.name.catalog), .text($0.name.schema), .text($0.name.name), .text($0.returnType),
                    .text(orNull: $0.comment),
                ]
            })
    }

    private func describeFunction(_ name: ObjectName) async throws -> StatementResult {
        let entry = try await at(name.range) { try await catalog.function(qualified(name)) }
        let parameters = entry.parameters.map { parameter in
            QualifiedName(catalog: "", schema: "", name: parameter.name).lastPart + " " + parameter.type
                + (parameter.defaultValue.map { " DEFAULT \($0)" } ?? "")
        }
        let facts: [(String, String?)] = [
            ("function", entry.name.description), ("input", parameters.joined(separator: ", ")),
            ("returns", entry.returnType), ("deterministic", String(entry.isDeterministic)),
            ("language", entry.definition.language.rawValue), ("body", entry.body),
            ("comment", entry.comment),
        ]
        return result(
            .describe, [("info_name", .string), ("info_value", .string)],
            facts.map { [.text($0.0), .text(orNull: $0.1)] })
    }
}
