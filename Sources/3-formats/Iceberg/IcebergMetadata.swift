package import Base

/// A table as one of its metadata files tells it.
///
/// ```swift
/// let newest = IcebergMetadata.newestFile(names)
/// let table = try IcebergMetadata(bytes, name: newest)
/// table.currentSnapshot?.manifestList
/// ```
///
/// Iceberg specification, "Table Metadata". Format versions 1 to 3.
package struct IcebergMetadata: Sendable {
    package let formatVersion: Int
    /// Where the table was when the file was written; paths in it begin so.
    package let location: String
    /// Every schema that the table had, the current one among them.
    package let schemas: [IcebergSchema]
    package let schema: IcebergSchema
    /// By id.
    package let partitionSpecs: [Int: [PartitionField]]
    package let lastColumnID: Int
    /// `nil` for a table that was never written to.
    package let currentSnapshot: IcebergSnapshot?
    package let properties: [String: String]

    /// - Parameters:
    ///   - bytes: The file, packed with gzip or not.
    ///   - name: What messages call it.
    /// - Throws: `.corruptMetadata` naming the file, `.unsupported` for another format version or type.
    package init(_ bytes: [UInt8], name: String) throws(TarnError) {
        let json: JSONValue
        do {
            json = try JSONValue.parse(Inflate.isGzip(bytes) ? Inflate.gzip(bytes) : bytes)
        } catch {
            throw IcebergFailure.damaged(name, (error as? DamagedData)?.reason ?? "it is no JSON (\(error))")
        }
        guard let version = json["format-version"]?.int64 else {
            throw IcebergFailure.damaged(name, "it has no format-version")
        }
        guard (1...3).contains(version) else {
            throw TarnError(
                .unsupported,
                "The Iceberg table has format version \(version); Tarn knows the versions 1, 2 and 3.",
                context: [("path", name), ("format-version", String(version))])
        }
        formatVersion = Int(version)
        guard let location = json["location"]?.string else {
            throw IcebergFailure.damaged(name, "it has no location")
        }
        self.location = location
        (schemas, schema) = try Self.schemas(json, name)
        partitionSpecs = try Self.partitionSpecs(json, name)
        lastColumnID = json["last-column-id"]?.int64.map { Int(clamping: $0) } ?? schema.largestID
        currentSnapshot = try Self.currentSnapshot(json, name)
        properties = Dictionary(
            (json["properties"]?.object?.members ?? []).compactMap { member in
                member.value.string.map { (member.name, $0) }
            }, uniquingKeysWith: { _, last in last })
    }

    private static func schemas(_ json: JSONValue, _ name: String) throws(TarnError) -> (
        [IcebergSchema], IcebergSchema
    ) {
        var all: [IcebergSchema] = []
        for schema in json["schemas"]?.array ?? [] { all.append(try IcebergSchema(schema, file: name)) }
        if let id = json["current-schema-id"]?.int64, let current = all.first(where: { $0.id == Int(id) }) {
            return (all, current)
        }
        guard let only = json["schema"] else {
            throw IcebergFailure.damaged(name, "its current schema is missing")
        }
        let current = try IcebergSchema(only, file: name)
        return (all + [current], current)
    }

    private static func partitionSpecs(_ json: JSONValue, _ name: String) throws(TarnError) -> [Int:
        [PartitionField]]
    {
        var specs: [Int: [PartitionField]] = [:]
        for spec in json["partition-specs"]?.array ?? [] {
            guard let id = spec["spec-id"]?.int64 else {
                throw IcebergFailure.damaged(name, "a partition spec has no id")
            }
            specs[Int(id)] = try fields(spec["fields"], name)
        }
        if specs.isEmpty, let only = json["partition-spec"] { specs[0] = try fields(only, name) }
        return specs
    }

    private static func fields(_ json: JSONValue?, _ name: String) throws(TarnError) -> [PartitionField] {
        var fields: [PartitionField] = []
        for (index, field) in (json?.array ?? []).enumerated() {
            guard let source = field["source-id"]?.int64 ?? field["source-ids"]?[0]?.int64,
                let transform = field["transform"]?.string
            else { throw IcebergFailure.damaged(name, "a partition field lacks its source or transform") }
            fields.append(
                PartitionField(
                    // Version 1 may leave the ids out: they count from 1000 then.
                    id: field["field-id"]?.int64.map { Int(clamping: $0) } ?? 1000 + index,
                    sourceID: Int(clamping: source), name: field["name"]?.string ?? "",
                    transform: transform))
        }
        return fields
    }

    private static func currentSnapshot(_ json: JSONValue, _ name: String) throws(TarnError)
        -> IcebergSnapshot?
    {
        // Ids are compared as they are written: some do not fit 64 bits, and none must count as no snapshot.
        guard let id = json["current-snapshot-id"], !id.isNull, id.int64 != -1 else { return nil }
        guard let found = json["snapshots"]?.array?.first(where: { $0["snapshot-id"] == id }) else {
            throw IcebergFailure.damaged(name, "its current snapshot \(id.jsonText) is missing")
        }
        return IcebergSnapshot(
            manifestList: found["manifest-list"]?.string,
            manifests: (found["manifests"]?.array ?? []).compactMap(\.string))
    }

    /// The metadata file with the highest number among the names of a `metadata` folder; `nil` if there is none.
    ///
    /// Catalogs keep the name of the newest file to themselves, and `version-hint.text` may lag behind or lead to
    /// nothing; the numbers only grow. Names: `v3.metadata.json`, `00003-<uuid>.metadata.json`, both also with `.gz`.
    package static func newestFile(_ names: some Sequence<String>) -> String? {
        names.compactMap { name in number(of: name).map { (number: $0, name: name) } }
            .max { ($0.number, $0.name) < ($1.number, $1.name) }?.name
    }

    private static func number(of name: String) -> Int64? {
        let isKnown = [".metadata.json", ".gz.metadata.json", ".metadata.json.gz"].contains {
            name.hasSuffix($0)
        }
        guard isKnown else { return nil }
        var digits = name.prefix { $0 != "-" && $0 != "." }
        if digits.hasPrefix("v") { digits = digits.dropFirst() }
        // A name without a number is better than none.
        return Int64(digits) ?? -1
    }
}

/// One state of the table's files.
package struct IcebergSnapshot: Sendable {
    /// `nil` only in format version 1, which may list the manifests itself.
    package let manifestList: String?
    package let manifests: [String]
}

/// How a partition value comes from a column.
package struct PartitionField: Hashable, Sendable {
    package let id: Int
    /// The column's field id.
    package let sourceID: Int
    package let name: String
    /// `identity`, `bucket[16]`, `truncate[4]`, `year`, `month`, `day`, `hour`, `void`.
    package let transform: String

    package init(id: Int, sourceID: Int, name: String, transform: String) {
        self.id = id
        self.sourceID = sourceID
        self.name = name
        self.transform = transform
    }

    package var isIdentity: Bool { transform.lowercased() == "identity" }
}
