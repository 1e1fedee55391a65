internal import Base
internal import Catalog
internal import Engine
internal import TableModel

extension StatementCall {
    func tag(_ statement: TagStatement) async throws -> StatementResult {
        let object = try await tagged(statement.kind, statement.name)
        let column = statement.column
        try await at(statement.name.range) {
            switch statement.action {
            case .set(let tags):
                try await catalog.setTags(
                    Dictionary(tags, uniquingKeysWith: { _, last in last }), on: object, column: column)
            case .unset(let keys, let ifExists):
                try await catalog.unsetTags(keys, on: object, column: column, ifExists: ifExists)
            case .mark(let certification): try await catalog.mark(object, as: certification)
            }
        }
        let place = column.map { "column \($0) of " } ?? ""
        return .done(.alter, "Changed the tags of \(place)\(object)")
    }

    func showTags(_ kind: SecurableKind, _ name: ObjectName) async throws -> StatementResult {
        let object = try await tagged(kind, name)
        let tags = try await at(name.range) { try await catalog.allTags(of: object) }
        return result(
            .show, [("column_name", .string), ("tag_name", .string), ("tag_value", .string)],
            tags.map { [.text(orNull: $0.column), .text($0.key), .text($0.value)] })
    }

    /// The object of a name; the catalog knows a table's columns from here on.
    private func tagged(_ kind: SecurableKind, _ name: ObjectName) async throws -> SecurableReference {
        if kind == .table {
            if name.deltaPath != nil {
                throw sqlError(
                    .unsupported, "A folder takes no tags; tables of the catalog do.", text,
                    at: name.range.lowerBound)
            }
            let entry = try await at(name.range) { try await catalog.table(qualified(name)) }
            _ = try await service.columns(of: entry)
        }
        return try SecurableReference(kind, parts: parts(kind, name))
    }
}
