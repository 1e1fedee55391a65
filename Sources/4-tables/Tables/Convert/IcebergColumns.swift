import Base
import DeltaLake
import Iceberg
import TableModel

/// The columns of an Iceberg table in a Delta table's terms.
struct IcebergColumns: Sendable {
    /// With field ids and physical names in the fields' metadata.
    let schema: TableSchema
    /// The same by the names that statistics and partition values use.
    let physicalSchema: TableSchema
    /// Field ids of the leaves that are not within lists and maps, by physical path.
    let ids: [ColumnPath: Int]
    let partitionColumns: [PartitionColumn]
    let properties: [String: String]
    let features: Set<String>

    struct PartitionColumn: Sendable {
        let name: String
        let physicalName: String
        let type: DataType
        /// The id of the partition field in each spec.
        let fieldIDs: [Int: Int]
    }

    /// - Parameters:
    ///   - metadata: Schemas, partition specs, properties.
    ///   - data: The live data files.
    ///   - footers: The columns of each, as its footer has them.
    /// - Throws: `.unsupported` naming the column that a Delta table cannot have, or the file that lacks something.
    init(_ metadata: IcebergMetadata, _ data: [ManifestFile], _ footers: [[ParquetFooters.Column]])
        throws(TarnError)
    {
        let naming = try FileNaming(metadata, data, footers)
        let translation = IcebergTypes(history: metadata.schemas, naming: naming)
        let fields = try translation.fields(metadata.schema.fields, at: [])
        schema = TableSchema(fields)
        physicalSchema = TableSchema(Self.physical(fields))
        ids = Self.leafIDs(fields)
        partitionColumns = try Self.partitionColumns(metadata, data, schema)
        features = translation.usesWidening(fields) ? ["typeWidening"] : []
        properties = [
            ColumnMapping.modeProperty: naming.mode.rawValue,
            ColumnMapping.maximumIDProperty: String(max(metadata.lastColumnID, metadata.schema.largestID)),
        ]
        try Self.checkFilesAreWhole(metadata, data, footers, naming, partitionColumns)
    }

    /// The values of a file's partition as the log writes them, by physical name.
    func partitionValues(of file: ManifestFile) throws(TarnError) -> PartitionValues {
        var values: PartitionValues = []
        for column in partitionColumns {
            var text: String?
            if let datum = column.fieldIDs[file.specID].flatMap({ file.partition[$0] }) {
                guard let scalar = datum.scalar(column.type) else {
                    throw TarnError(
                        .corruptMetadata,
                        "The Iceberg table's partition value of \(column.name) for \(file.path) is no \(column.type.deltaName).",
                        context: [("column", column.name), ("path", file.path)])
                }
                text = PartitionValue.text(scalar, column.type)
            }
            values.append((name: column.physicalName, value: text))
        }
        return values
    }

    /// Columns that are partition values as they are in every spec that has live files.
    private static func partitionColumns(
        _ metadata: IcebergMetadata, _ data: [ManifestFile], _ schema: TableSchema
    ) throws(TarnError) -> [PartitionColumn] {
        let used = Set(data.map(\.specID))
        guard let first = used.min(), let spec = metadata.partitionSpecs[first] else { return [] }
        var columns: [PartitionColumn] = []
        for field in spec where field.isIdentity {
            // The column may be gone, or lie within a structure, where Delta has no partition columns.
            guard let column = schema.fields.first(where: { $0.fieldID == field.sourceID }),
                !column.type.isNested
            else { continue }
            var fieldIDs: [Int: Int] = [:]
            for id in used {
                fieldIDs[id] =
                    metadata.partitionSpecs[id]?.first { $0.sourceID == field.sourceID && $0.isIdentity }?.id
            }
            // A text that is empty would become null.
            let hasEmptyText = data.contains { file in
                fieldIDs[file.specID].flatMap { file.partition[$0] }?.scalar(column.type) == .string("")
            }
            if fieldIDs.count < used.count || hasEmptyText { continue }
            columns.append(
                PartitionColumn(
                    name: column.name, physicalName: column.physicalName(.id), type: column.type,
                    fieldIDs: fieldIDs))
        }
        // A Delta table needs a column in its data files.
        if columns.count == schema.fields.count { columns.removeLast() }
        return columns
    }

    /// Refuses what only Iceberg's readers would fill in: partition values and defaults that the files do not hold.
    private static func checkFilesAreWhole(
        _ metadata: IcebergMetadata, _ data: [ManifestFile], _ footers: [[ParquetFooters.Column]],
        _ naming: FileNaming, _ partitionColumns: [PartitionColumn]
    ) throws(TarnError) {
        var wanted: [(path: [String], field: IcebergField)] = []
        metadata.schema.visit { path, field in if field.initialDefault != nil { wanted.append((path, field)) }
        }
        for (file, columns) in zip(data, footers) {
            for (path, field) in wanted where !naming.has(field, at: path, in: columns) {
                throw missing(
                    "the column \(path.joined(separator: ".")), whose default \(field.initialDefault?.jsonText ?? "") stands for it",
                    file)
            }
            for partition in metadata.partitionSpecs[file.specID] ?? [] where partition.isIdentity {
                guard let field = metadata.schema.field(id: partition.sourceID),
                    !partitionColumns.contains(where: { $0.name == field.name }),
                    !naming.has(field, at: [field.name], in: columns), file.partition[partition.id] != nil
                else { continue }
                throw missing("the column \(field.name), which only its partition gives", file)
            }
        }
    }

    private static func missing(_ what: String, _ file: ManifestFile) -> TarnError {
        let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
        return TarnError(
            .unsupported,
            "The file \(name) of the Iceberg table lacks \(what); a Delta table cannot say that. Rewrite the file with its own engine first.",
            context: [("path", name)])
    }

    private static func physical(_ fields: [SchemaField]) -> [SchemaField] {
        fields.map { field in
            var renamed = field
            renamed.name = field.physicalName(.id)
            if case .structure(let members) = field.type { renamed.type = .structure(physical(members)) }
            return renamed
        }
    }

    private static func leafIDs(_ fields: [SchemaField]) -> [ColumnPath: Int] {
        var ids: [ColumnPath: Int] = [:]
        func go(_ fields: [SchemaField], _ path: [String]) {
            for field in fields {
                let here = path + [field.physicalName(.id)]
                if case .structure(let members) = field.type {
                    go(members, here)
                } else {
                    ids[ColumnPath(here)] = field.fieldID
                }
            }
        }
        go(fields, [])
        return ids
    }
}
