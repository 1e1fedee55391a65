package import Base
package import TableModel

/// Which tables Tarn may read and write.
///
/// Delta protocol, "Table Features" and "Valid Feature Names in Table Features".
package enum TableFeatures {
    package enum Access: String, Sendable { case reading, writing }

    /// Features of reader version 3 that Tarn reads right.
    static let readable: Set<String> = ["timestampNtz", "vacuumProtocolCheck"]

    /// Features of writer version 7 that Tarn writes right.
    static let writable: Set<String> = [
        "timestampNtz", "vacuumProtocolCheck", "appendOnly", "invariants", "domainMetadata",
    ]

    /// What writer versions 3 to 6 imply beyond version 2.
    private static let legacyWriterFeatures: [(version: Int, names: [String])] = [
        (3, ["checkConstraints"]), (4, ["changeDataFeed", "generatedColumns"]), (5, ["columnMapping"]),
        (6, ["identityColumns"]),
    ]

    /// - Throws: `.unsupported` naming what is missing; `.corruptMetadata` if the protocol contradicts itself.
    package static func checkReadable(
        _ tableProtocol: TableProtocol, _ metadata: TableMetadata
    ) throws(TarnError) {
        switch tableProtocol.minReaderVersion {
        case ...1: break
        case 2: try checkColumnMapping(metadata)
        case 3:
            guard let features = tableProtocol.readerFeatures else {
                throw TarnError(
                    .corruptMetadata,
                    """
                    The table's protocol has reader version 3 but no readerFeatures, so nobody can know what it \
                    needs. Its writer must be repaired.
                    """)
            }
            let missing = features.filter { !readable.contains($0) }
            if !missing.isEmpty { throw unsupported(missing, .reading) }
            // Writers have been seen that list the feature for writing only; the files have other names all the same.
            try checkColumnMapping(metadata)
        default: throw unknownVersion("reader", tableProtocol.minReaderVersion)
        }
        if metadata.provider.lowercased() != "parquet" {
            throw TarnError(
                .unsupported,
                "The table's files are in the format \(metadata.provider); only parquet is known.")
        }
    }

    private static func checkColumnMapping(_ metadata: TableMetadata) throws(TarnError) {
        let mode = metadata.configuration["delta.columnMapping.mode"] ?? "none"
        if mode.lowercased() != "none" { throw unsupported(["columnMapping"], .reading) }
    }

    /// - Throws: `.unsupported` naming what is missing; `.corruptMetadata` if the protocol contradicts itself.
    package static func checkWritable(_ snapshot: DeltaSnapshot) throws(TarnError) {
        let tableProtocol = snapshot.tableProtocol
        try checkReadable(tableProtocol, snapshot.metadata)
        switch tableProtocol.minWriterVersion {
        case ...2: break
        case 3...6:
            let implied = legacyWriterFeatures.filter { $0.version <= tableProtocol.minWriterVersion }
            throw unsupported(implied.flatMap(\.names), .writing)
        case 7:
            guard let features = tableProtocol.writerFeatures else {
                throw TarnError(
                    .corruptMetadata,
                    """
                    The table's protocol has writer version 7 but no writerFeatures, so nobody can know what it \
                    needs. Its writer must be repaired.
                    """)
            }
            let missing = features.filter { !writable.contains($0) }
            if !missing.isEmpty { throw unsupported(missing, .writing) }
        default: throw unknownVersion("writer", tableProtocol.minWriterVersion)
        }
        let guarded = SchemaRules.columnsWithInvariants(snapshot.schema)
        if !guarded.isEmpty, requiresFeature("invariants", tableProtocol) {
            throw TarnError(
                .unsupported,
                """
                The table cannot be written: the columns \(guarded.joined(separator: ", ")) have invariants, and \
                this version of Tarn does not check the feature invariants.
                """,
                context: [("feature", "invariants")])
        }
    }

    /// Whether rows may only be added (`delta.appendOnly`).
    package static func isAppendOnly(_ snapshot: DeltaSnapshot) -> Bool {
        TableProperties(snapshot.configuration).isAppendOnly
            && requiresFeature("appendOnly", snapshot.tableProtocol)
    }

    private static func requiresFeature(_ name: String, _ tableProtocol: TableProtocol) -> Bool {
        if tableProtocol.minWriterVersion < 7 { return tableProtocol.minWriterVersion >= 2 }
        return tableProtocol.writerFeatures?.contains(name) ?? false
    }

    /// The lowest protocol that a new table with this schema needs.
    package static func protocolForNewTable(_ schema: TableSchema) -> TableProtocol {
        if !SchemaRules.usesTimestampNtz(schema) { return TableProtocol() }
        return TableProtocol(
            minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["timestampNtz"],
            writerFeatures: ["appendOnly", "invariants", "timestampNtz"])
    }

    /// The protocol that a table needs once it has this schema; `nil` if its own will do.
    package static func protocolUpgrade(
        _ current: TableProtocol, for schema: TableSchema
    ) -> TableProtocol? {
        guard SchemaRules.usesTimestampNtz(schema), current.readerFeatures?.contains("timestampNtz") != true
        else { return nil }
        var upgraded = current
        // What the old versions implied must be listed from now on.
        var reader = current.readerFeatures ?? (current.minReaderVersion >= 2 ? ["columnMapping"] : [])
        var writer =
            current.writerFeatures
            ?? (current.minWriterVersion >= 2 ? ["appendOnly", "invariants"] : [])
            + legacyWriterFeatures.filter { $0.version <= current.minWriterVersion }.flatMap(\.names)
        reader.append("timestampNtz")
        writer.append("timestampNtz")
        upgraded.minReaderVersion = 3
        upgraded.minWriterVersion = 7
        upgraded.readerFeatures = reader
        upgraded.writerFeatures = writer
        return upgraded
    }

    static func unsupported(_ features: [String], _ access: Access) -> TarnError {
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

    private static func unknownVersion(_ kind: String, _ version: Int) -> TarnError {
        TarnError(
            .unsupported,
            "The table needs \(kind) version \(version) of the Delta protocol, which this version of Tarn does not know.",
            context: [("\(kind)Version", "\(version)")])
    }
}
