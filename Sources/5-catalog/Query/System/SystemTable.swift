internal import Base
package import Catalog
package import Engine
package import TableModel
internal import Tables

/// A table that Tarn computes when it is asked for, and nobody can write: `system.grants`.
package struct SystemTable: Sendable {
    package let schema: TableSchema
    /// For DESCRIBE and SHOW TABLES.
    package let comment: String
    /// The rows that the one who asks may see, as SQL.
    package let relation: @Sendable (SystemScope) async throws -> SourceRelation

    package init(
        _ columns: [(String, DataType)], _ comment: String,
        relation: @escaping @Sendable (SystemScope) async throws -> SourceRelation
    ) {
        schema = TableSchema(columns.map { SchemaField($0.0, $0.1) })
        self.comment = comment
        self.relation = relation
    }

    /// A table whose rows fit the memory.
    package static func rows(
        _ columns: [(String, DataType)], _ comment: String,
        _ rows: @escaping @Sendable (SystemScope) async throws -> [[EngineValue]]
    ) -> SystemTable {
        SystemTable(columns, comment) { scope in
            let rows = try await rows(scope)
            let types = columns.map { (name: $0.0, type: EngineType($0.1)) }
            let source = EngineRowSource(columns: types, rowCount: rows.count) { range, columns in
                for (place, row) in range.enumerated() {
                    for (column, value) in zip(columns, rows[row]) { try column.set(place, value) }
                }
            }
            let names = columns.map { quoteIdentifier($0.0) }.joined(separator: ", ")
            return SourceRelation(
                sql: "(SELECT \(names) FROM \(source.sql))", filesScanned: 0, filesPruned: 0,
                resources: [source])
        }
    }
}

/// Who asks for a system table, and what of it he wants.
package struct SystemScope: Sendable {
    package let principal: Principal
    /// As the principal sees it.
    package let catalog: CatalogService
    /// The first part of the name by which the table is asked for.
    package let catalogName: String
    /// What a row has to meet, if it is known.
    package let filter: ScanFilter?

    /// Whether a row with these values may be wanted; for what is costly to find out.
    package func mayWant(_ values: [(column: String, value: String?)]) -> Bool {
        guard let filter else { return true }
        return filter.mayMatch(rowCount: 1) { path in
            guard path.parts.count == 1, let known = values.first(where: { $0.column == path.parts[0] })
            else {
                return nil
            }
            guard let value = known.value else { return ColumnBounds(nullCount: 1) }
            return ColumnBounds(minimum: .string(value), maximum: .string(value), nullCount: 0)
        }
    }
}

/// All tables of the schemas `system` and `information_schema`, which every catalog has.
package struct SystemTables: Sendable {
    package static let schemaName = "system"
    package static let informationSchemaName = "information_schema"

    private let schemas: [String: [String: SystemTable]]

    /// - Parameters:
    ///   - system: By their names, in lower case.
    ///   - information: Those of `information_schema`.
    package init(system: [String: SystemTable] = [:], information: [String: SystemTable] = [:]) {
        schemas = [Self.schemaName: system, Self.informationSchemaName: information]
    }

    package subscript(name: QualifiedName) -> SystemTable? {
        schemas[name.schema.lowercased()]?[name.name.lowercased()]
    }

    /// The tables of a schema in the order of their names; `nil` if it is no schema of Tarn's own.
    func tables(in schema: String) -> [(name: String, table: SystemTable)]? {
        schemas[schema.lowercased()]?.sorted { $0.key < $1.key }.map { (name: $0.key, table: $0.value) }
    }

    /// Refuses a name in Tarn's own schemas that is none of their tables, with near ones.
    func unknown(_ name: QualifiedName) -> TarnError? {
        guard let tables = tables(in: name.schema), !tables.isEmpty else { return nil }
        return TarnError(
            .notFound,
            "Table \(name) does not exist.\(didYouMean(name.name, among: tables.map(\.name)))",
            context: [("table", name.description)])
    }

    /// Those of the catalog and of tables' logs, with those of other rooms.
    init(registry: TableRegistry, more: [String: SystemTable]) {
        let own = Self.catalogTables.merging(Self.fileTables(registry)) { $1 }
        self.init(system: own.merging(more) { $1 }, information: Self.information(registry))
    }
}

extension EngineValue {
    package static func text(_ text: String?) -> EngineValue { text.map(EngineValue.string) ?? .null }
    package static func number(_ number: Int64?) -> EngineValue { number.map(EngineValue.int64) ?? .null }
    package static func instant(_ microseconds: Int64?) -> EngineValue {
        microseconds.map(EngineValue.timestamp) ?? .null
    }
}
