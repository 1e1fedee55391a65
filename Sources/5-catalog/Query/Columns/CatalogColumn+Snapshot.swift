internal import Base
package import Catalog
package import DeltaLake
package import TableModel

extension CatalogColumn {
    /// The columns of a snapshot as the catalog remembers them.
    package static func columns(of snapshot: DeltaSnapshot) -> [CatalogColumn] {
        let mode = snapshot.columnMapping
        let partitions = snapshot.partitionColumns.map { $0.lowercased() }
        return snapshot.schema.fields.enumerated().map { position, field in
            CatalogColumn(
                field, key: field.columnKey(mode), position: position,
                partitionIndex: partitions.firstIndex(of: field.name.lowercased()))
        }
    }

    /// - Parameters:
    ///   - field: Name, type and comment.
    ///   - key: See `CatalogColumn.key`.
    ///   - position: From 0.
    ///   - partitionIndex: From 0; `nil` if the table is not partitioned by it.
    package init(_ field: SchemaField, key: String, position: Int, partitionIndex: Int? = nil) {
        // The log's JSON of a schema of this one column, without what stands around it.
        let schema = SchemaCodec.text(TableSchema([field]))
        let json = (try? JSONValue.parse(schema))?["fields"]?[0]?.jsonText ?? ""
        self.init(
            name: field.name, key: key, position: position, typeText: field.type.sparkText,
            typeName: field.type.unityName, typeJSON: json, isNullable: field.isNullable,
            comment: field.metadata["comment"]?.string, partitionIndex: partitionIndex)
    }
}

extension DataType {
    /// Spark's words in lower case: `decimal(10,2)`, `struct<a:bigint>`.
    package var sparkText: String {
        switch self {
        case .boolean: "boolean"
        case .byte: "tinyint"
        case .short: "smallint"
        case .integer: "int"
        case .long: "bigint"
        case .float: "float"
        case .double: "double"
        case .decimal(let precision, let scale): "decimal(\(precision),\(scale))"
        case .string: "string"
        case .binary: "binary"
        case .date: "date"
        case .timestamp: "timestamp"
        case .timestampNtz: "timestamp_ntz"
        case .void: "void"
        case .variant: "variant"
        case .array(let element, _): "array<\(element.sparkText)>"
        case .map(let key, let value, _): "map<\(key.sparkText),\(value.sparkText)>"
        case .structure(let fields):
            "struct<"
                + fields.map { "\(Self.sparkName($0.name)):\($0.type.sparkText)" }.joined(separator: ",")
                + ">"
        }
    }

    /// The kind of type in Unity Catalog's words (`ColumnTypeName`).
    package var unityName: String {
        switch self {
        case .boolean: "BOOLEAN"
        case .byte: "BYTE"
        case .short: "SHORT"
        case .integer: "INT"
        case .long: "LONG"
        case .float: "FLOAT"
        case .double: "DOUBLE"
        case .decimal: "DECIMAL"
        case .string: "STRING"
        case .binary: "BINARY"
        case .date: "DATE"
        case .timestamp: "TIMESTAMP"
        case .timestampNtz: "TIMESTAMP_NTZ"
        case .void: "NULL"
        case .variant: "VARIANT"
        case .array: "ARRAY"
        case .map: "MAP"
        case .structure: "STRUCT"
        }
    }

    private static func sparkName(_ name: String) -> String {
        let isPlain =
            !name.isEmpty
            && name.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) || $0 == UInt8(ascii: "_")
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
        return isPlain ? name : "`" + name.replacing("`", with: "``") + "`"
    }
}
