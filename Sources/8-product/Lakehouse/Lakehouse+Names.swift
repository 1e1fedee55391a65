import Catalog
import DeltaLake
package import Query
import TableModel
import Tables

extension Lakehouse {
    /// Names for a prompt to complete: catalogs, schemas, tables, and the columns of the current schema's tables.
    ///
    /// As many as are found quickly; a failure costs names, not the prompt.
    package func completionNames(_ context: QueryContext) async -> [String] {
        guard home != nil, let catalog = try? await catalog else { return [] }
        var names: [String] = []
        for entry in (try? await catalog.catalogs(limit: 100).entries) ?? [] {
            names.append(entry.name)
            for schema in (try? await catalog.schemas(in: entry.name, limit: 100).entries) ?? [] {
                names += [schema.name, schema.fullName]
                let isCurrent = entry.name == context.catalog && schema.name == context.schema
                let page = try? await catalog.tables(in: schema.name, catalog: entry.name, limit: 200)
                for table in page?.entries ?? [] {
                    names += [table.name.description, "\(schema.name).\(table.name.name)"]
                    if isCurrent { names += [table.name.name] + (await columnNames(table.name)) }
                }
            }
        }
        return names
    }

    private func columnNames(_ name: QualifiedName) async -> [String] {
        guard let table = try? await query.open(name).table, let snapshot = try? await table.snapshot() else {
            return []
        }
        return snapshot.schema.names
    }
}
