internal import Base
internal import Catalog
internal import Engine
internal import TableModel

extension StatementCall {
    func createFunction(_ statement: CreateFunctionStatement) async throws -> StatementResult {
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

    func facts(of entry: FunctionEntry) -> [(String, String?)] {
        let parameters = entry.parameters.map { parameter in
            QualifiedName(catalog: "", schema: "", name: parameter.name).lastPart + " " + parameter.type
                + (parameter.defaultValue.map { " DEFAULT \($0)" } ?? "")
        }
        return [
            ("input", parameters.joined(separator: ", ")), ("returns", entry.returnType),
            ("deterministic", String(entry.isDeterministic)),
            ("language", entry.definition.language.rawValue), ("body", entry.body),
        ]
    }
}
