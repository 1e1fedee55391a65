import Base
package import TableModel

/// How a table's columns are named in its files.
///
/// Delta protocol, "Column Mapping".
package enum ColumnMapping {
    /// The table property `delta.columnMapping.mode`.
    package enum Mode: String, Hashable, Sendable {
        /// The names of the schema.
        case none
        /// The physical names of the fields' metadata.
        case name
        /// The field ids of the fields' metadata; statistics and partition values go by physical name.
        case id
    }

    package static let modeProperty = "delta.columnMapping.mode"
    /// The largest id given so far.
    package static let maximumIDProperty = "delta.columnMapping.maxColumnId"
    package static let idKey = "delta.columnMapping.id"
    package static let physicalNameKey = "delta.columnMapping.physicalName"

    package static func mode(_ configuration: [String: String]) -> Mode {
        configuration[modeProperty].flatMap { Mode(rawValue: $0.lowercased()) } ?? .none
    }
}

extension DeltaSnapshot {
    package var columnMapping: ColumnMapping.Mode { ColumnMapping.mode(configuration) }

    /// The partition columns as `partitionValues` names them.
    package var physicalPartitionColumns: [String] {
        let mode = columnMapping
        if mode == .none { return partitionColumns }
        return partitionColumns.map { schema[$0]?.physicalName(mode) ?? $0 }
    }
}

extension SchemaField {
    /// What the field is called in data files, statistics and partition values.
    package func physicalName(_ mode: ColumnMapping.Mode) -> String {
        if mode == .none { return name }
        return metadata[ColumnMapping.physicalNameKey]?.string ?? name
    }

    /// What the catalog's tags, masks and lineage call the column: it stays through renames and for older versions.
    ///
    /// In lower case, so that it stays too when a table gets column mapping, where every column's physical name is the
    /// name that it had.
    package func columnKey(_ mode: ColumnMapping.Mode) -> String { physicalName(mode).lowercased() }

    /// The id that the field has in Parquet files.
    package var fieldID: Int? { metadata[ColumnMapping.idKey]?.int64.flatMap { Int(exactly: $0) } }
}
