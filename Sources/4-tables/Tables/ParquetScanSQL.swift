import Base
import TableModel

/// The SQL text that reads a set of Parquet files as one relation with exactly a table's columns.
///
/// DuckDB's own statistics and parallelism work best on a plain `read_parquet([...])`, which takes its columns from
/// the first file. Where older files may lack columns, two other forms are used:
///
/// - `unifiedByName`: every footer is opened when the statement is planned; for some hundreds of files.
/// - `declared`: DuckDB is told the columns and opens nothing early; for very many files.
struct ParquetScanSQL {
    enum Form { case plain, unifiedByName, declared }

    /// One data file: where the engine finds it, and its partition values in the order of `partitionColumns`.
    struct File {
        let location: String
        let partitionValues: [String?]
    }

    let form: Form
    /// Columns to give out, in order.
    let columns: [SchemaField]
    /// Which of the table's columns are partition columns, in the order of `File.partitionValues`.
    let partitionColumns: [String]
    let files: [File]
    /// The type under which the engine sees each column in the files (lower-case name to SQL type).
    ///
    /// A column that is absent is NULL, one of another type is cast. `nil` (for `declared`) means: as declared.
    let physicalTypes: [String: String]?
    /// Adds the columns `__file_index` and `__file_row` (0-based, BIGINT), which name a row.
    var addsRowLocator = false

    var sql: String {
        if files.isEmpty { return emptyRelation }
        var items = columns.map { "\(expression(for: $0)) AS \(quoteIdentifier($0.name))" }
        if addsRowLocator {
            items.append("file_index::BIGINT AS __file_index")
            items.append("file_row_number AS __file_row")
        }
        return "(SELECT \(items.joined(separator: ", ")) FROM \(source))"
    }

    private var emptyRelation: String {
        var items = columns.map { "CAST(NULL AS \($0.type.sqlName)) AS \(quoteIdentifier($0.name))" }
        if addsRowLocator { items.append("0::BIGINT AS __file_index, 0::BIGINT AS __file_row") }
        return "(SELECT \(items.joined(separator: ", ")) WHERE false)"
    }

    private func expression(for column: SchemaField) -> String {
        let lowered = column.name.lowercased()
        if let index = partitionColumns.firstIndex(where: { $0.lowercased() == lowered }) {
            return partitionExpression(index, column.type)
        }
        let name = quoteIdentifier(column.name)
        guard let physicalTypes else { return name }
        guard let physical = physicalTypes[lowered] else { return "CAST(NULL AS \(column.type.sqlName))" }
        return physical == column.type.sqlName ? name : "CAST(\(name) AS \(column.type.sqlName))"
    }

    /// A partition column is a constant where all files share the value, else a look-up by the file's place in the list.
    private func partitionExpression(_ index: Int, _ type: DataType) -> String {
        let first = files[0].partitionValues[index]
        if files.allSatisfy({ $0.partitionValues[index] == first }) {
            return partitionLiteral(first, type)
        }
        // Cast once per distinct value, not once per row.
        let values = files.map { $0.partitionValues[index].map(quoteLiteral) ?? "NULL" }
        let list = "[\(values.joined(separator: ","))]::VARCHAR[]"
        let typed = type == .string ? list : castList(list, type)
        return "(\(typed))[file_index::BIGINT + 1]"
    }

    private func castList(_ list: String, _ type: DataType) -> String {
        if type == .binary { return "list_transform(\(list), lambda v: encode(v))" }
        return "(\(list))::\(type.sqlName)[]"
    }

    private func partitionLiteral(_ value: String?, _ type: DataType) -> String {
        guard let value else { return "CAST(NULL AS \(type.sqlName))" }
        if type == .binary { return "encode(\(quoteLiteral(value)))" }
        return "CAST(\(quoteLiteral(value)) AS \(type.sqlName))"
    }

    private var source: String {
        let list = files.map { quoteLiteral(Self.withoutWildcards($0.location)) }.joined(separator: ",")
        var options = "hive_partitioning=false"
        switch form {
        case .plain: break
        case .unifiedByName: options += ", union_by_name=true"
        case .declared:
            let data = columns.filter { column in
                !partitionColumns.contains { $0.lowercased() == column.name.lowercased() }
            }
            // Something has to be declared even where only partition columns are asked for.
            let declared =
                data.isEmpty
                ? "'__none':{name:'__none',type:'BOOLEAN',default_value:NULL}"
                : data.map {
                    let name = quoteLiteral($0.name)
                    return "\(name):{name:\(name),type:\(quoteLiteral($0.type.sqlName)),default_value:NULL}"
                }.joined(separator: ",")
            options = "schema=MAP{\(declared)}"
        }
        return "read_parquet([\(list)], \(options))"
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
