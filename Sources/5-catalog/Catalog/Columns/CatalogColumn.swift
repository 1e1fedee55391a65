import Base

/// A column as the catalog remembers it, for those who ask the catalog only.
///
/// A table's log is the truth; this is what it last said. Words and types are those of Unity Catalog's `ColumnInfo`.
package struct CatalogColumn: Hashable, Sendable {
    package var name: String
    /// What tags, masks and lineage call it; it stays through renames.
    ///
    /// The physical name where the table has column mapping, else the name; in lower case.
    package var key: String
    /// From 0.
    package var position: Int
    /// Spark's words in lower case: `decimal(10,2)`, `array<bigint>`.
    package var typeText: String
    /// The kind of type in Unity Catalog's words: `LONG`, `ARRAY`, `USER_DEFINED_TYPE`.
    package var typeName: String
    /// The column as Delta's log has it: `{"name":"id","type":"long","nullable":true,"metadata":{}}`.
    package var typeJSON: String
    package var isNullable: Bool
    package var comment: String?
    /// From 0, among the partition columns; `nil` for others.
    package var partitionIndex: Int?

    package init(
        name: String, key: String? = nil, position: Int, typeText: String, typeName: String,
        typeJSON: String = "", isNullable: Bool = true, comment: String? = nil, partitionIndex: Int? = nil
    ) {
        self.name = name
        self.key = key ?? NameRules.key(of: name)
        self.position = position
        self.typeText = typeText
        self.typeName = typeName
        self.typeJSON = typeJSON
        self.isNullable = isNullable
        self.comment = comment
        self.partitionIndex = partitionIndex
    }

    var json: JSONValue {
        var members: [(String, JSONValue)] = [
            ("name", .string(name)), ("key", .string(key)), ("position", .int(position)),
            ("type_text", .string(typeText)), ("type_name", .string(typeName)),
            ("type_json", .string(typeJSON)), ("nullable", .bool(isNullable)),
        ]
        if let comment { members.append(("comment", .string(comment))) }
        if let partitionIndex { members.append(("partition_index", .int(partitionIndex))) }
        return .object(JSONObject(members))
    }

    init?(_ json: JSONValue) {
        guard let name = json["name"]?.string, let key = json["key"]?.string,
            let position = json["position"]?.int64, let typeText = json["type_text"]?.string,
            let typeName = json["type_name"]?.string
        else { return nil }
        self.init(
            name: name, key: key, position: Int(position), typeText: typeText, typeName: typeName,
            typeJSON: json["type_json"]?.string ?? "", isNullable: json["nullable"]?.bool ?? true,
            comment: json["comment"]?.string,
            partitionIndex: json["partition_index"]?.int64.flatMap { Int(exactly: $0) })
    }
}
