package import Base
package import TableModel

/// Which protocol a table gets: never more than its properties, columns and constraints ask for.
///
/// Delta protocol, "Table Features for New and Existing Tables".
extension TableFeatures {
    private static let featurePrefix = "delta.feature."
    private static let readerVersion = "delta.minReaderVersion"
    private static let writerVersion = "delta.minWriterVersion"

    /// The properties that a table keeps: those that only ask for a protocol are not stored.
    package static func storedProperties(_ properties: [String: String]) -> [String: String] {
        properties.filter { name, _ in
            !name.hasPrefix(featurePrefix) && name != readerVersion && name != writerVersion
        }
    }

    /// The lowest protocol that a new table with this schema and these properties needs.
    ///
    /// - Parameters:
    ///   - schema: The columns.
    ///   - properties: As the user gave them, `delta.feature.NAME = supported` and `delta.minWriterVersion` among
    ///     them.
    /// - Returns: 1 and 2 unless more is asked for.
    /// - Throws: `.unsupported` naming a feature that Tarn cannot write, `.invalidInput` for a wrong property.
    package static func protocolForNewTable(
        _ schema: TableSchema, _ properties: [String: String] = [:]
    ) throws(TarnError) -> TableProtocol {
        try protocolUpgrade(TableProtocol(), for: schema, properties) ?? TableProtocol()
    }

    /// The protocol that a table needs once it has this schema and these properties; `nil` if its own will do.
    ///
    /// - Parameters:
    ///   - current: The table's protocol.
    ///   - schema: The columns that it will have.
    ///   - properties: All that it will have, and those that only ask for a protocol.
    ///   - snapshot: The table before the change: what it used already asks for nothing new.
    /// - Returns: More than `current`, never less.
    /// - Throws: As `protocolForNewTable`.
    package static func protocolUpgrade(
        _ current: TableProtocol, for schema: TableSchema, _ properties: [String: String],
        from snapshot: DeltaSnapshot? = nil
    ) throws(TarnError) -> TableProtocol? {
        var wanted = FeatureUse.names(schema, properties)
        if let snapshot { wanted.subtract(FeatureUse.names(snapshot.schema, snapshot.configuration)) }
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) where name.hasPrefix(featurePrefix) {
            guard ["supported", "enabled"].contains(value.lowercased()) else {
                throw TarnError(
                    .invalidInput, "The table property \(name) can only be 'supported', not '\(value)'.",
                    context: [("property", name)])
            }
            wanted.insert(String(name.dropFirst(featurePrefix.count)))
        }
        let versions = try requestedVersions(properties)
        var result = upgraded(current, toSupport: wanted)
        if versions.reader > result.minReaderVersion || versions.writer > result.minWriterVersion {
            result = raised(result, reader: versions.reader, writer: versions.writer)
        }
        if result == current { return nil }
        // Only what is new must be known here: what the table has already is checked before each write.
        let before = Set(supportedFeatures(current))
        let missing = supportedFeatures(result).filter {
            !before.contains($0) && TableFeature.named($0)?.isWritable != true
        }
        if !missing.isEmpty { throw unsupported(missing, .writing) }
        return result
    }

    /// The lowest protocol that supports what `current` does and these features with all that they depend on.
    ///
    /// Versions alone are used where they imply exactly the features wanted; otherwise features are listed, those that
    /// the old versions implied among them, sorted by name.
    ///
    /// - Parameters:
    ///   - current: The table's protocol.
    ///   - names: Features; one that Tarn does not know counts as a reader feature.
    /// - Returns: `current` itself if it supports them all.
    package static func upgraded(
        _ current: TableProtocol, toSupport names: Set<String>
    ) -> TableProtocol {
        var missing: Set<String> = []
        var pending = Array(names)
        while let name = pending.popLast() {
            if supports(name, current) || !missing.insert(name).inserted { continue }
            pending.append(contentsOf: TableFeature.named(name)?.dependsOn ?? [])
        }
        if missing.isEmpty { return current }
        let all = Set(supportedFeatures(current)).union(missing)
        if current.minWriterVersion < 7, let plain = plainProtocol(all, current) { return plain }
        let readers = all.filter { TableFeature.named($0)?.isReaderFeature ?? true }
        let needsListing = readers.contains { TableFeature.named($0)?.legacyReaderVersion == nil }
        var result = current
        result.minWriterVersion = 7
        result.writerFeatures = all.sorted()
        if current.minReaderVersion >= 3 || needsListing {
            result.minReaderVersion = max(3, current.minReaderVersion)
            result.readerFeatures = readers.sorted()
        } else {
            let implied = readers.compactMap { TableFeature.named($0)?.legacyReaderVersion }
            result.minReaderVersion = max(current.minReaderVersion, implied.max() ?? 1)
        }
        return result
    }

    /// The features that the protocol supports, by listing or by version, sorted.
    package static func supportedFeatures(_ tableProtocol: TableProtocol) -> [String] {
        let implied = TableFeature.all.filter { supports($0.name, tableProtocol) && $0.finalName == nil }
        let listed = (tableProtocol.writerFeatures ?? []) + (tableProtocol.readerFeatures ?? [])
        // A listed preview must not bring its final name with it.
        let names = implied.filter { feature in
            !TableFeature.previews(of: feature.name).contains { listed.contains($0) }
                || listed.contains(feature.name)
        }.map(\.name)
        return Set(names + listed).sorted()
    }

    /// Versions that imply exactly these features.
    private static func plainProtocol(_ names: Set<String>, _ current: TableProtocol) -> TableProtocol? {
        for writer in max(2, current.minWriterVersion)...6 {
            for reader in max(1, current.minReaderVersion)...max(2, current.minReaderVersion) where reader < 3
            {
                let candidate = TableProtocol(minReaderVersion: reader, minWriterVersion: writer)
                if Set(supportedFeatures(candidate)) == names { return candidate }
            }
        }
        return nil
    }

    /// Versions that were asked for by number; from 7 on whatever the old ones implied is listed.
    private static func raised(_ current: TableProtocol, reader: Int, writer: Int) -> TableProtocol {
        var result = current
        let features = Set(supportedFeatures(current))
        result.minReaderVersion = max(current.minReaderVersion, reader)
        result.minWriterVersion = max(current.minWriterVersion, writer, reader >= 3 ? 7 : 0)
        if result.minWriterVersion >= 7 { result.writerFeatures = features.sorted() }
        if result.minReaderVersion >= 3 {
            result.readerFeatures = features.filter { TableFeature.named($0)?.isReaderFeature ?? true }
                .sorted()
        }
        return result
    }

    private static func requestedVersions(
        _ properties: [String: String]
    ) throws(TarnError) -> (reader: Int, writer: Int) {
        func number(_ name: String, _ valid: ClosedRange<Int>) throws(TarnError) -> Int {
            guard let text = properties[name] else { return 0 }
            guard let value = Int(text.trimmed), valid.contains(value) else {
                throw TarnError(
                    .invalidInput,
                    "The table property \(name) must be \(valid.lowerBound) to \(valid.upperBound), not '\(text)'.",
                    context: [("property", name)])
            }
            return value
        }
        return (try number(readerVersion, 1...3), try number(writerVersion, 1...7))
    }
}
