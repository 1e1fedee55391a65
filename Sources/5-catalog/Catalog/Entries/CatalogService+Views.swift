package import Base

extension CatalogService {
    /// Gives a name to a query.
    ///
    /// - Parameters:
    ///   - name: The schema has to exist; views and tables share their names.
    ///   - query: SQL of one query, checked by the caller.
    ///   - defaults: What names without a catalog or a schema mean in it.
    ///   - columns: What it gives now; a view keeps them.
    ///   - comment: For people.
    ///   - orReplace: Whether a view of that name gets this query; its id, owner and grants stay.
    /// - Returns: The view.
    /// - Throws: `.alreadyExists`, `.notFound` without the schema, `.permissionDenied` without CREATE TABLE, or for a view
    ///   of somebody else that is to be replaced.
    @discardableResult
    package func addView(
        _ name: QualifiedName, query: String, defaults: (catalog: String, schema: String),
        columns: [CatalogColumn], comment: String? = nil, orReplace: Bool = false
    ) async throws(TarnError) -> TableEntry {
        try NameRules.check(name.name, of: .table)
        let now = time.nowMicroseconds()
        let detail = JSONValue.object([
            "kind": .string(TableEntry.Kind.view.rawValue), "format": .string(TableEntry.Format.sql.rawValue),
            "query": .string(query), "catalog": .string(defaults.catalog), "schema": .string(defaults.schema),
        ]).jsonText
        return try await write { rows in
            let parent = try rows.requireSchema(name.schema, in: name.catalog)
            try rows.require([.useCatalog, .useSchema, .createTable], on: parent.securable)
            if orReplace, let known = try rows.table(NameRules.key(of: name.name), in: parent),
                known.kind == .view, try rows.sees(known.securable)
            {
                try rows.requireManagement(of: known.securable)
                var changed = known.securable
                changed.detail = detail
                changed.comment = comment
                changed = rows.stamped(changed, at: now)
                try rows.update(changed)
                try rows.setColumns(of: changed.id, columns)
                return try rows.table(changed, in: parent)
            }
            try rows.refuseTakenTable(name.name, in: parent)
            var entry = self.newSecurable(.table, name.name, in: parent.id, comment)
            entry.detail = detail
            try rows.insert(entry)
            try rows.setColumns(of: entry.id, columns)
            return try rows.table(entry, in: parent)
        }
    }
}

extension TableEntry {
    /// What names without a catalog or a schema mean in a view's query.
    package var viewDefaults: (catalog: String, schema: String) {
        let detail = try? JSONValue.parse(securable.detail)
        return (detail?["catalog"]?.string ?? name.catalog, detail?["schema"]?.string ?? name.schema)
    }
}
