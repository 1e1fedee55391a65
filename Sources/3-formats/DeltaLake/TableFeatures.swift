package import Base
package import TableModel

/// Which tables Tarn may read and write, and what a table's protocol supports.
///
/// The features themselves are in `TableFeature.all`. Delta protocol, "Table Features".
package enum TableFeatures {
    package enum Access: String, Sendable { case reading, writing }

    /// Whether the protocol supports a feature: by listing it, or its preview, or by a version that implies it.
    ///
    /// - Parameters:
    ///   - name: The feature's final name, or any listed name.
    ///   - tableProtocol: The table's protocol.
    /// - Returns: `false` also for a name that nobody knows and the protocol does not list.
    package static func supports(_ name: String, _ tableProtocol: TableProtocol) -> Bool {
        let names = [name] + TableFeature.previews(of: name)
        let feature = TableFeature.named(name)
        guard tableProtocol.minWriterVersion >= 7 else {
            guard let writer = feature?.legacyWriterVersion else { return false }
            return tableProtocol.minWriterVersion >= writer
                && tableProtocol.minReaderVersion >= feature?.legacyReaderVersion ?? 0
        }
        func lists(_ features: [String]?) -> Bool { features?.contains(where: names.contains) ?? false }
        if lists(tableProtocol.writerFeatures) { return true }
        return feature?.isReaderFeature != false && lists(tableProtocol.readerFeatures)
    }

    /// Whether a feature is supported, and the table's metadata says that it is used.
    ///
    /// Delta protocol, "Active Features". Features without a property are active when a column or constraint uses
    /// them, or, where nothing of that kind can tell, when they are supported.
    package static func isActive(_ name: String, _ snapshot: DeltaSnapshot) -> Bool {
        isActive(name, snapshot.tableProtocol, snapshot.schema, snapshot.configuration)
    }

    /// As above for a protocol and metadata that are not in a snapshot yet.
    package static func isActive(
        _ name: String, _ tableProtocol: TableProtocol, _ schema: TableSchema,
        _ configuration: [String: String]
    ) -> Bool {
        guard supports(name, tableProtocol) else { return false }
        if let property = TableFeature.named(name)?.enablingProperty {
            return property.isActive(configuration)
        }
        return !FeatureUse.visible.contains(name) || FeatureUse.names(schema, configuration).contains(name)
    }

    /// Whether rows may only be added (`delta.appendOnly`).
    package static func isAppendOnly(_ snapshot: DeltaSnapshot) -> Bool { isActive("appendOnly", snapshot) }

    // MARK: What Tarn can do

    /// - Throws: `.unsupported` naming what is missing; `.corruptMetadata` if the protocol contradicts itself.
    package static func checkReadable(
        _ tableProtocol: TableProtocol, _ metadata: TableMetadata
    ) throws(TarnError) {
        switch tableProtocol.minReaderVersion {
        case ...2: break
        case 3:
            guard let features = tableProtocol.readerFeatures else {
                throw missingList("reader", 3, "readerFeatures")
            }
            let missing = features.filter { TableFeature.named($0)?.isReadable != true }
            if !missing.isEmpty { throw unsupported(missing, .reading) }
        default: throw unknownVersion("reader", tableProtocol.minReaderVersion)
        }
        // Writers have been seen that list the feature for writing only; the files have other names all the same.
        if let mapping = TableFeature.named("columnMapping"), !mapping.isReadable,
            mapping.enablingProperty?.isActive(metadata.configuration) == true
        {
            throw unsupported([mapping.name], .reading)
        }
        if metadata.provider.lowercased() != "parquet" {
            throw TarnError(
                .unsupported,
                "The table's files are in the format \(metadata.provider); only parquet is known.")
        }
    }

    /// - Throws: `.unsupported` naming what is missing; `.corruptMetadata` if the protocol contradicts itself.
    package static func checkWritable(_ snapshot: DeltaSnapshot) throws(TarnError) {
        let tableProtocol = snapshot.tableProtocol
        try checkReadable(tableProtocol, snapshot.metadata)
        let wanted: [String]
        switch tableProtocol.minWriterVersion {
        case ...6:
            wanted = TableFeature.all.filter {
                $0.legacyWriterVersion.map { $0 <= tableProtocol.minWriterVersion } ?? false
            }.map(\.name)
        case 7:
            guard let features = tableProtocol.writerFeatures else {
                throw missingList("writer", 7, "writerFeatures")
            }
            wanted = features
        default: throw unknownVersion("writer", tableProtocol.minWriterVersion)
        }
        let missing = wanted.filter { TableFeature.named($0)?.isWritable != true }
        if !missing.isEmpty { throw unsupported(missing, .writing) }
    }

    /// A table that a catalog manages may have newer commits than its log shows.
    ///
    /// - Throws: `.unsupported` for such a table.
    package static func checkUsableByPath(_ tableProtocol: TableProtocol) throws(TarnError) {
        if supports(catalogManaged, tableProtocol) { throw unsupported([catalogManaged], .reading) }
    }

    package static let catalogManaged = "catalogManaged"

    // MARK: Refusals

    static func unsupported(_ features: [String], _ access: Access) -> TarnError {
        if access == .writing, features.contains(catalogManaged) {
            return TarnError(
                .unsupported,
                """
                The table's commits are put in order by its catalog (the table feature catalogManaged): SQL reads it, \
                but cannot write to it yet. Write with a client of Unity Catalog's Delta API.
                """,
                context: [("features", catalogManaged)])
        }
        if let name = features.first(where: { $0 == catalogManaged || $0.hasPrefix("catalogOwned") }) {
            return TarnError(
                .unsupported,
                """
                The table is managed by a catalog (the table feature \(name)): only that catalog knows its newest \
                commits, so it cannot be used by its path. Ask the catalog for its rows.
                """,
                context: [("features", name)])
        }
        let names = features.sorted().joined(separator: ", ")
        let (noun, verb) = access == .reading ? ("read", "reading") : ("written", "writing")
        return TarnError(
            .unsupported,
            """
            The table cannot be \(noun): it needs the table feature\(features.count == 1 ? "" : "s") \(names), \
            which this version of Tarn does not support for \(verb).
            """,
            context: [("features", names)])
    }

    private static func missingList(_ kind: String, _ version: Int, _ list: String) -> TarnError {
        TarnError(
            .corruptMetadata,
            """
            The table's protocol has \(kind) version \(version) but no \(list), so nobody can know what it needs. \
            Its writer must be repaired.
            """)
    }

    private static func unknownVersion(_ kind: String, _ version: Int) -> TarnError {
        TarnError(
            .unsupported,
            "The table needs \(kind) version \(version) of the Delta protocol, which this version of Tarn does not know.",
            context: [("\(kind)Version", "\(version)")])
    }
}
