import Base
import DeltaLake
import Engine
import TableModel

/// Joins the columns of many Parquet files by name.
struct ParquetSchemas {
    private let footers: ParquetFooters
    private let locations: [String]
    /// What messages call the files.
    private let paths: [String]

    init(_ footers: ParquetFooters, _ locations: [String], _ paths: [String]) {
        self.footers = footers
        self.locations = locations
        self.paths = paths
    }

    /// The table's columns: those of the first file, then what others have besides, then the partition columns.
    ///
    /// - Throws: `.schemaMismatch` naming the file and the column.
    func merged(partitionColumns: [SchemaField], on connection: EngineConnection) throws(TarnError)
        -> TableSchema
    {
        var fields: [SchemaField] = []
        var origin: [String: String] = [:]
        var seen: Set<[ParquetFooters.Column]> = []
        let partitions = Set(partitionColumns.map { $0.name.lowercased() })
        for (location, path) in zip(locations, paths) {
            let columns = footers.columns[location] ?? []
            // Files of one writer have equal footers: one of them is asked.
            guard seen.insert(columns).inserted else { continue }
            for field in try schema(location, path, columns, connection) {
                if partitions.contains(field.name.lowercased()) { continue }
                guard let known = fields.first(where: { $0.name.lowercased() == field.name.lowercased() })
                else {
                    fields.append(field)
                    origin[field.name] = path
                    continue
                }
                if known.name == field.name, known.type == field.type { continue }
                throw Self.differ(known, in: origin[known.name] ?? "", field, in: path)
            }
        }
        return TableSchema(fields + partitionColumns)
    }

    private static func differ(
        _ known: SchemaField, in first: String, _ field: SchemaField, in second: String
    )
        -> TarnError
    {
        TarnError(
            .schemaMismatch,
            """
            The column \(known.name) is \(known.type.deltaName) in \(first), and \(field.name) is \
            \(field.type.deltaName) in \(second). A column must have one spelling and one type in all files: write \
            one of them anew.
            """,
            context: [("column", known.name), ("path", second)])
    }

    private func schema(
        _ location: String, _ path: String, _ columns: [ParquetFooters.Column], _ connection: EngineConnection
    ) throws(TarnError) -> [SchemaField] {
        let source = quoteLiteral(ParquetScanSQL.withoutWildcards(location))
        let result = try connection.execute(
            "SELECT * FROM read_parquet(\(source), hive_partitioning=false) LIMIT 0")
        defer { result.close() }
        // The engine takes 96-bit timestamps for wall-clock times; they are instants.
        let instants = Set(columns.filter { $0.physicalType == "INT96" }.map(\.path))
        var fields: [SchemaField] = []
        for (name, type) in zip(result.columnNames, result.columnTypes) {
            guard let known = Self.tableType(type, at: [name], instants) else {
                throw TarnError(
                    .schemaMismatch,
                    """
                    The column \(name) of \(path) has the type \(type.name), which a Delta table's files cannot \
                    have. Write the file anew with another type.
                    """,
                    context: [("column", name), ("path", path), ("type", type.name)])
            }
            fields.append(SchemaField(name, known))
        }
        return fields
    }

    /// The table type whose files look like this; `nil` where only a copy with another type would do.
    static func tableType(_ type: EngineType, at path: [String], _ instants: Set<[String]>) -> DataType? {
        switch type {
        case .timestamp: return instants.contains(path) ? .timestamp : .timestampNtz
        case .boolean, .int8, .int16, .int32, .int64, .float, .double, .decimal, .varchar, .json, .blob,
            .date,
            .timestampTz:
            return type.dataType
        case .list(let element):
            let inner = path + instants.elementNames(below: path)
            return tableType(element, at: inner, instants).map { .array(element: $0, containsNull: true) }
        case .map(let key, let value):
            guard let key = tableType(key, at: path + ["key_value", "key"], instants),
                let value = tableType(value, at: path + ["key_value", "value"], instants)
            else { return nil }
            return .map(key: key, value: value, valueContainsNull: true)
        case .structure(let members):
            var fields: [SchemaField] = []
            for member in members {
                guard let known = tableType(member.type, at: path + [member.name], instants) else {
                    return nil
                }
                fields.append(SchemaField(member.name, known))
            }
            return .structure(fields)
        default: return nil
        }
    }
}

extension Set<[String]> {
    /// How a list's elements are called in the file: writers differ, `list.element` being the rule.
    fileprivate func elementNames(below path: [String]) -> [String] {
        guard let longer = first(where: { $0.count >= path.count + 2 && $0.starts(with: path) }) else {
            return ["list", "element"]
        }
        return Array(longer[path.count..<(path.count + 2)])
    }
}
