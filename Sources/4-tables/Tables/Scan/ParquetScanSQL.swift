import Base
import DeltaLake
import Engine
import TableModel

/// The SQL text that reads a set of Parquet files as one relation with exactly the columns that are wanted.
///
/// DuckDB's own statistics and parallelism work best on a plain `read_parquet([...])`, which takes its columns from
/// the first file; so files of one layout are read that way, and several layouts one after another. Where nobody looked
/// at the files, DuckDB is told the columns instead, and opens nothing early.
struct ParquetScanSQL {
    /// Files that are read by one `read_parquet`.
    struct Group {
        /// The files' places in the whole scan, ascending.
        let places: [Int]
        /// What the files have; `nil` where DuckDB is to be told what they should have.
        let layout: FileLayout?
        /// Which of their rows are wanted; `nil` is all.
        let live: LiveRows?
    }

    let columns: [ScanColumn]
    /// Where the engine finds each file.
    let locations: [String]
    let mapping: ColumnMapping.Mode
    let groups: [Group]

    /// A SELECT in parentheses.
    ///
    /// - Throws: `.unsupported` for a variant in a form that cannot be read.
    func sql() throws(TarnError) -> String {
        if groups.isEmpty { return emptyRelation }
        var selects: [String] = []
        for group in groups { selects.append(try select(group)) }
        return "(\(selects.joined(separator: " UNION ALL ")))"
    }

    private var emptyRelation: String {
        let items = columns.map { "CAST(NULL AS \($0.type.sqlName)) AS \(quoteIdentifier($0.name))" }
        return "(SELECT \(items.joined(separator: ", ")) WHERE false)"
    }

    private func select(_ group: Group) throws(TarnError) -> String {
        let declared = group.layout == nil ? Declaration(columns, mapping) : nil
        guard let layout = group.layout ?? declared?.layout else { return emptyRelation }
        var items: [String] = []
        for column in columns {
            items.append("\(try expression(column, layout, group)) AS \(quoteIdentifier(column.name))")
        }
        let list = group.places.map { quoteLiteral(Self.withoutWildcards(locations[$0])) }
        let options = declared?.option ?? "hive_partitioning=false"
        let source = "read_parquet([\(list.joined(separator: ","))], \(options))"
        let condition = group.live.map { " WHERE \($0.condition)" } ?? ""
        return "SELECT \(items.joined(separator: ", ")) FROM \(source)\(condition)"
    }

    private func expression(
        _ column: ScanColumn, _ layout: FileLayout, _ group: Group
    ) throws(TarnError) -> String {
        switch column.source {
        case .file(let field):
            return try ColumnExpression(mapping: mapping).value(of: field, in: layout.column(field, mapping))
        case .perFile(let values): return constant(group.places.map { values[$0] }, column.type)
        case .physical(let name, let values):
            let other = constant(group.places.map { values[$0] }, column.type)
            guard let node = layout.column(named: name) else { return other }
            let own = "CAST(\(quoteIdentifier(node.name)) AS \(column.type.sqlName))"
            // Where nobody looked at the files, some of them may lack the column.
            return group.layout == nil ? "coalesce(\(own), \(other))" : own
        case .rowNumber(let firsts, let name):
            let first = whole(group.places.map { firsts[$0] })
            return unless(name, layout, "\(first) + file_row_number")
        case .wholePerFile(let values, let name):
            return unless(name, layout, whole(group.places.map { values[$0] }))
        case .filePlace: return place(group.places)
        case .rowPlace: return "file_row_number"
        }
    }

    private func unless(_ name: String?, _ layout: FileLayout, _ other: String) -> String {
        guard let name, let node = layout.column(named: name) else { return other }
        return "coalesce(CAST(\(quoteIdentifier(node.name)) AS BIGINT), \(other))"
    }

    private func place(_ places: [Int]) -> String {
        let first = places[0]
        if places.count == places[places.count - 1] - first + 1 {
            return first == 0 ? "file_index::BIGINT" : "file_index::BIGINT + \(first)::BIGINT"
        }
        return whole(places.map { Int64($0) })
    }

    /// A constant where all files share the number, else a look-up by the file's place in the list.
    private func whole(_ values: [Int64?]) -> String {
        func text(_ value: Int64?) -> String { value.map(String.init) ?? "NULL" }
        if values.allSatisfy({ $0 == values[0] }) { return "CAST(\(text(values[0])) AS BIGINT)" }
        return "([\(values.map(text).joined(separator: ","))]::BIGINT[])[file_index::BIGINT + 1]"
    }

    /// The same for any type; the texts are cast once per file, not once per row.
    private func constant(_ values: [String?], _ type: DataType) -> String {
        if values.allSatisfy({ $0 == values[0] }) { return literal(values[0], type) }
        let list = "[\(values.map { $0.map(quoteLiteral) ?? "NULL" }.joined(separator: ","))]::VARCHAR[]"
        let typed: String
        switch type {
        case .string: typed = list
        case .binary: typed = "list_transform(\(list), lambda v: encode(v))"
        default: typed = "(\(list))::\(type.sqlName)[]"
        }
        return "(\(typed))[file_index::BIGINT + 1]"
    }

    private func literal(_ value: String?, _ type: DataType) -> String {
        guard let value else { return "CAST(NULL AS \(type.sqlName))" }
        if type == .binary { return "encode(\(quoteLiteral(value)))" }
        return "CAST(\(quoteLiteral(value)) AS \(type.sqlName))"
    }

    /// A path whose `*`, `?` and `[` stand for themselves.
    static func withoutWildcards(_ path: String) -> String {
        guard path.contains(where: { "*?[".contains($0) }) else { return path }
        var out = ""
        for character in path {
            out += "*?[".contains(character) ? "[\(character)]" : String(character)
        }
        return out
    }
}

/// What DuckDB is told of files that nobody looked at: every column that they may have.
private struct Declaration {
    let option: String
    /// The columns as DuckDB then gives them.
    let layout: FileLayout

    init(_ columns: [ScanColumn], _ mapping: ColumnMapping.Mode) {
        let expression = ColumnExpression(mapping: mapping)
        let extras = columns.compactMap { column in
            column.physicalExtra.map { SchemaField($0, column.type) }
        }
        let fields = columns.compactMap(\.schemaField).filter { $0.type != .void }.map(expression.physical)
        var declared = fields + extras
        // Something has to be declared even where only constants are asked for.
        if declared.isEmpty { declared = [SchemaField("__none", .boolean)] }
        let byID = mapping == .id && extras.isEmpty && declared.allSatisfy { $0.fieldID != nil }
        let items = declared.map { field in
            let name = quoteLiteral(field.name)
            let key = byID ? String(field.fieldID ?? 0) : name
            return "\(key):{name:\(name),type:\(quoteLiteral(field.type.sqlName)),default_value:NULL}"
        }
        option = "schema=MAP{\(items.joined(separator: ","))}"
        layout = FileLayout(
            declared.map { field in
                var node = LayoutNode(field.name, EngineType(field.type))
                node.fieldID = nil
                return node
            })
    }
}
