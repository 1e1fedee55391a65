internal import Base
internal import Catalog
internal import Engine
internal import TableModel

extension StatementCall {
    /// What a name in Tarn's own schemas stands for in a query; `nil` for any other name.
    ///
    /// - Throws: `.notFound` with near names for one that is not there, `.invalidInput` for a version of it.
    func systemSource(_ source: QuerySource) throws -> (
        source: ResolvedSource, name: String, version: Int64?
    )? {
        guard case .table(let parts) = source.origin else { return nil }
        let name = context.qualified(parts)
        guard let table = service.system[name] else {
            if let error = service.system.unknown(name) { throw located(error, source.range) }
            return nil
        }
        if source.travel != nil {
            throw sqlError(
                .invalidInput,
                "\(name.schema).\(name.name) is computed when it is asked for, and has no versions.",
                text, at: source.range.lowerBound)
        }
        let (catalog, principal) = (catalog, context.principal)
        // Two files, so that a filter is looked for: it spares opening every table there is.
        let resolved = ResolvedSource(
            fullName: [name.catalog, name.schema, name.name], schema: table.schema, fileCount: 2
        ) { filter in
            try await table.relation(
                SystemScope(
                    principal: principal, catalog: catalog, catalogName: name.catalog, filter: filter))
        }
        return (resolved, name.description, nil)
    }

    /// Refuses to open one of Tarn's own tables as if it lay somewhere.
    func refuseSystem(_ name: ObjectName) throws {
        let full = qualified(name)
        if let error = service.system.unknown(full), service.system[full] == nil {
            throw located(error, name.range)
        }
        if service.system[full] == nil { return }
        throw sqlError(
            .permissionDenied,
            "\(full.schema).\(full.name) is written by Tarn alone: it can be read with SELECT, and nothing else.",
            text, at: name.range.lowerBound)
    }

    private func located(_ error: TarnError, _ range: Range<Int>) -> TarnError {
        sqlError(
            error.code, error.message, text, at: range.lowerBound,
            context: error.context.map { ($0.name, $0.value) })
    }

    /// SHOW TABLES of one of Tarn's own schemas; `nil` for any other.
    func systemTables(in schema: String, catalog: String) -> [[FixedValue]]? {
        guard let tables = service.system.tables(in: schema), !tables.isEmpty else { return nil }
        return tables.map {
            [
                .text(catalog), .text(schema.lowercased()), .text($0.name), .text("system"),
                .text($0.table.comment),
            ]
        }
    }

    /// The columns of one of Tarn's own tables; `nil` for any other.
    func systemFields(_ name: ObjectName) -> [SchemaField]? {
        service.system[qualified(name)]?.schema.fields
    }
}
