import Base
import DeltaLake
import Iceberg

/// How an Iceberg table's data files name its columns: by field id, or, where none has ids, by names.
struct FileNaming: Sendable {
    let mode: ColumnMapping.Mode
    /// By field id, in files without ids.
    private let names: [Int: String]

    /// - Throws: `.unsupported` naming a file whose columns nobody can tell.
    init(
        _ metadata: IcebergMetadata, _ data: [ManifestFile], _ footers: [[ParquetFooters.Column]]
    ) throws(TarnError) {
        let without = zip(data, footers).filter { _, columns in
            !columns.isEmpty && !columns.contains { $0.fieldID != nil }
        }
        guard let example = without.first?.0.path.split(separator: "/").last else {
            (mode, names) = (.id, [:])
            return
        }
        mode = .name
        guard without.count == data.count else {
            throw Self.unknown(String(example), "and others have some")
        }
        let mapping = metadata.properties[NameMapping.property].flatMap { NameMapping($0) }
        if let mapping, Self.fits(mapping, metadata.schema) {
            names = try Self.names(mapping, footers)
            return
        }
        // Without a mapping (or with one of another table's ids, which Hive has left behind) the schema's own names
        // are right as long as no file lacks any: nothing was renamed or added then.
        for (file, columns) in zip(data, footers) {
            let present = Set(columns.map(\.path))
            var isWhole = true
            metadata.schema.visit { path, _ in isWhole = isWhole && present.contains(path) }
            if !isWhole {
                let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
                throw Self.unknown(name, "and the table has no \(NameMapping.property) that fits")
            }
        }
        names = [:]
    }

    /// What the files, or later ones of ours, call the column.
    func physicalName(of field: IcebergField) -> String { names[field.id] ?? field.name }

    func has(_ field: IcebergField, at path: [String], in columns: [ParquetFooters.Column]) -> Bool {
        if mode == .id { return columns.contains { $0.fieldID == Int64(field.id) } }
        return columns.contains { $0.path.last == physicalName(of: field) && $0.path.count == path.count }
    }

    /// Whether the mapping's ids lie within each other as the schema's do.
    private static func fits(_ mapping: NameMapping, _ schema: IcebergSchema) -> Bool {
        var isFit = true
        func go(_ fields: [IcebergField], within parent: Int?) {
            for field in fields {
                if mapping.names[field.id] != nil, mapping.parents[field.id] != parent { isFit = false }
                if case .structure(let members) = field.type { go(members, within: field.id) }
            }
        }
        go(schema.fields, within: nil)
        return isFit
    }

    private static func names(
        _ mapping: NameMapping, _ footers: [[ParquetFooters.Column]]
    ) throws(TarnError) -> [Int: String] {
        let present = Set(footers.flatMap { $0.map { $0.path.last ?? "" } })
        var names: [Int: String] = [:]
        for (id, choices) in mapping.names {
            let found = choices.filter { present.contains($0) }
            if found.count > 1 {
                throw TarnError(
                    .unsupported,
                    """
                    The Iceberg table's files call one column \(found.joined(separator: " and ")); a Delta table's \
                    files must agree. Rewrite them with its own engine first.
                    """,
                    context: [("property", NameMapping.property)])
            }
            names[id] = found.first ?? choices.first
        }
        return names
    }

    private static func unknown(_ file: String, _ reason: String) -> TarnError {
        TarnError(
            .unsupported,
            """
            The file \(file) of the Iceberg table has no field ids, \(reason): nobody can tell which column is which \
            in all of them. Rewrite it with its own engine first.
            """,
            context: [("path", file), ("property", NameMapping.property)])
    }
}
