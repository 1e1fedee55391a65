package import Base

/// What taking a feature away from a table changes, once nothing of the table needs it any more.
///
/// Whatever can be turned off is turned off with it; what is part of the table's content (a column's type, a
/// constraint, a deletion vector) must be gone before, and the error says how.
package struct FeatureRemoval: Sendable {
    /// The lowest protocol that supports the other features.
    package var tableProtocol: TableProtocol
    package var metadata: TableMetadata
    /// Domains that go with the feature.
    package let removedDomains: [DomainMetadata]
    /// Whether older versions of the table need readers that know the feature, which the newest one does not any more.
    package let leavesHistory: Bool

    /// - Parameters:
    ///   - name: The feature as the protocol lists it; its final name will do for a preview.
    ///   - snapshot: The newest version.
    /// - Throws: `.notFound` if the table does not support it, `.failedPrecondition` saying what needs it,
    ///   `.unsupported` if it cannot be taken away.
    package init(_ name: String, from snapshot: DeltaSnapshot) throws(TarnError) {
        let supported = TableFeatures.supportedFeatures(snapshot.tableProtocol)
        let listed = ([name] + TableFeature.previews(of: name)).filter(supported.contains)
        guard !listed.isEmpty else {
            throw TarnError(
                .notFound,
                "The table does not have the feature \(name).\(didYouMean(name, among: supported))",
                context: [("feature", name)])
        }
        for other in supported where !listed.contains(other) {
            if TableFeature.named(other)?.dependsOn.contains(name) == true {
                throw Self.needed(name, "the feature \(other) depends on it. Drop that first")
            }
        }
        try Self.checkUnused(name, snapshot)
        var metadata = snapshot.metadata
        Self.turnOff(name, &metadata.configuration)
        self.metadata = metadata
        removedDomains = Self.domains(of: name).compactMap { snapshot.domains[$0] }.map {
            DomainMetadata(domain: $0.domain, configuration: $0.configuration, isRemoved: true)
        }
        tableProtocol = TableFeatures.upgraded(
            TableProtocol(minReaderVersion: 1, minWriterVersion: 1),
            toSupport: Set(supported).subtracting(listed))
        let isReaderFeature = listed.contains { TableFeature.named($0)?.isReaderFeature ?? true }
        leavesHistory = (isReaderFeature && name != "vacuumProtocolCheck") || name == "checkpointProtection"
    }

    /// Makes readers of versions before `version` find a checkpoint that they can start from.
    ///
    /// Delta protocol, "Checkpoint Protection".
    package mutating func protectHistory(before version: Int64) {
        tableProtocol = TableFeatures.upgraded(tableProtocol, toSupport: ["checkpointProtection"])
        metadata.configuration[LogRetention.protectedVersionProperty] = String(version)
    }

    /// Whether a version with this metadata, or one of its files, shows the feature.
    ///
    /// - Parameters:
    ///   - name: A feature that readers must know.
    ///   - commit: One commit of the history.
    /// - Returns: `true` if a reader of that version must know the feature for what is in this commit.
    package static func isTrace(of name: String, in commit: ParsedCommit) -> Bool {
        if let metadata = commit.metadata,
            TableFeature.named(name)?.enablingProperty?.isActive(metadata.configuration) == true
        {
            return true
        }
        if name == "deletionVectors" { return commit.addedFiles.contains { $0.deletionVector != nil } }
        return false
    }

    // MARK: What each feature leaves behind

    private static func needed(_ name: String, _ why: String) -> TarnError {
        TarnError(
            .failedPrecondition, "The feature \(name) cannot be dropped: \(why).",
            context: [("feature", name)])
    }

    private static func checkUnused(_ name: String, _ snapshot: DeltaSnapshot) throws(TarnError) {
        let used = FeatureUse.names(snapshot.schema, snapshot.configuration)
        switch name {
        case "deletionVectors":
            var count = 0
            snapshot.files.forEach { if $0.deletionVector != nil { count += 1 } }
            if count > 0 {
                throw needed(
                    name, "\(count) files have deletion vectors. Run REORG TABLE ... APPLY (PURGE) first")
            }
        case "columnMapping":
            if snapshot.columnMapping != .none {
                throw needed(
                    name,
                    "the table's files have other column names than the table. Write it anew without mapping")
            }
        case "typeWidening":
            if FeatureUse.hasTypeChanges(snapshot.schema) {
                throw needed(name, "columns have had other types, which older files still have")
            }
        case "checkConstraints", "generatedColumns", "identityColumns", "invariants", "allowColumnDefaults",
            "timestampNtz", "variantType", "collations":
            if used.contains(name) {
                throw needed(name, "a column or constraint of the table uses it. Drop that first")
            }
        case "domainMetadata":
            if let domain = snapshot.domains.keys.sorted().first {
                throw needed(name, "the table has the metadata domain \(domain)")
            }
        case "catalogManaged":
            throw TarnError(
                .unsupported, "The feature catalogManaged can only be dropped by the table's catalog.",
                context: [("feature", name)])
        default: break
        }
    }

    private static func domains(of name: String) -> [String] {
        switch name {
        case "rowTracking": [RowTracking.domain]
        case "clustering": ["delta.clustering"]
        default: []
        }
    }

    private static func turnOff(_ name: String, _ configuration: inout [String: String]) {
        if let property = TableFeature.named(name)?.enablingProperty { configuration[property.name] = nil }
        switch name {
        case "inCommitTimestamp":
            for property in InCommitTimestamps.provenanceProperties { configuration[property] = nil }
        case "rowTracking":
            configuration[RowTracking.rowIDColumnProperty] = nil
            configuration[RowTracking.commitVersionColumnProperty] = nil
            configuration[RowTracking.suspendedProperty] = nil
        case "columnMapping": configuration[ColumnMapping.maximumIDProperty] = nil
        case "checkpointProtection": configuration[LogRetention.protectedVersionProperty] = nil
        default: break
        }
    }
}
