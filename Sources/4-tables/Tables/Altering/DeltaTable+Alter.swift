import Base
import DeltaLake
import TableModel

/// A table's description while it is changed.
struct TableChange {
    /// The table before the change.
    let snapshot: DeltaSnapshot
    var metadata: TableMetadata
    var schema: TableSchema
    /// Features to support that neither columns nor properties ask for.
    var features: Set<String> = []
    var domains: [DomainMetadata] = []
    /// Rows that the change rests on: others' new rows stand in its way then.
    var reads: ReadScope = .nothing
    var parameters: JSONObject = [:]

    init(_ snapshot: DeltaSnapshot) {
        self.snapshot = snapshot
        metadata = snapshot.metadata
        schema = snapshot.schema
    }
}

extension DeltaTable {
    /// Commits a change of the table's metadata; one that changes nothing commits nothing.
    ///
    /// - Parameters:
    ///   - operation: As the history names it.
    ///   - change: Makes the change; may read rows.
    /// - Returns: The version with the change.
    /// - Throws: What `change` throws, `.conflict`.
    func alter(
        _ operation: String, _ change: (inout TableChange) async throws -> Void
    ) async throws -> CommitResult {
        try await repeating {
            let base = try await refresh()
            let snapshot = base.snapshot
            try TableFeatures.checkWritable(snapshot)
            var table = TableChange(snapshot)
            try await change(&table)
            let asked = table.metadata.configuration
            let (metadata, schema) = try completed(table.metadata, table.schema, from: snapshot)
            if schema != snapshot.schema || metadata.configuration != snapshot.configuration {
                try await checkRules(metadata.configuration, schema)
            }
            let upgraded = try TableFeatures.protocolUpgrade(
                snapshot.tableProtocol, for: schema, asked, from: snapshot)
            let tableProtocol = try supporting(table.features, upgraded ?? snapshot.tableProtocol)
            let isChanged = metadata != snapshot.metadata
            if !isChanged, tableProtocol == snapshot.tableProtocol, table.domains.isEmpty {
                return .alreadyCommitted(snapshot.version)
            }
            var info = commitInfo(operation: operation, readVersion: snapshot.version, .none)
            info.isBlindAppend = false
            info.operationMetrics = [:]
            info.operationParameters = table.parameters
            var builder = CommitBuilder(
                info: info, tableProtocol: tableProtocol == snapshot.tableProtocol ? nil : tableProtocol,
                metadata: isChanged ? metadata : nil)
            for domain in table.domains { builder.record(domain) }
            return try await commit(PreparedCommit(builder, reads: table.reads), on: base)
        }
    }

    private func supporting(
        _ features: Set<String>, _ tableProtocol: TableProtocol
    ) throws(TarnError) -> TableProtocol {
        for name in features.sorted() where TableFeature.named(name)?.isWritable != true {
            throw TarnError(
                .unsupported,
                "The table would need the feature \(name), which this version of Tarn does not write.",
                context: [("feature", name)])
        }
        return TableFeatures.upgraded(tableProtocol, toSupport: features)
    }

    // MARK: Properties

    /// Adds, changes and removes table properties.
    ///
    /// - Parameters:
    ///   - set: New values; `delta.feature.NAME = supported` asks for a feature.
    ///   - removed: Properties to take away; one that is not there is passed over.
    /// - Returns: The version with the change.
    /// - Throws: `.invalidInput` for a value that a known property cannot have, and for properties that have a
    ///   statement of their own.
    @discardableResult
    package func setProperties(
        _ set: [String: String], removing removed: [String] = []
    ) async throws -> CommitResult {
        try await alter(removed.isEmpty ? "SET TBLPROPERTIES" : "UNSET TBLPROPERTIES") { table in
            try TableProperties.check(set)
            for name in set.keys.sorted() + removed { try Self.checkMayBeSet(name) }
            table.metadata.configuration.merge(set) { _, new in new }
            for name in removed { table.metadata.configuration[name] = nil }
            let members = set.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
            table.parameters["properties"] = .string(
                removed.isEmpty
                    ? JSONValue.object(JSONObject(members)).jsonText
                    : JSONValue.array(removed.map { .string($0) }).jsonText)
        }
    }

    private static func checkMayBeSet(_ name: String) throws(TarnError) {
        let lowered = name.lowercased()
        let instead: String
        if lowered.hasPrefix(ColumnRules.constraintPrefix) {
            instead = "Use ALTER TABLE ... ADD CONSTRAINT and DROP CONSTRAINT."
        } else if [
            ColumnMapping.maximumIDProperty, RowTracking.rowIDColumnProperty,
            RowTracking.commitVersionColumnProperty, InCommitTimestamps.enablementVersion,
            InCommitTimestamps.enablementTimestamp,
        ].contains(where: { $0.lowercased() == lowered }) {
            instead = "The table keeps it by itself."
        } else {
            return
        }
        throw TarnError(
            .invalidInput, "The table property \(name) cannot be set. \(instead)",
            context: [("property", name)])
    }

    /// Sets or, with `nil`, takes away the table's comment.
    @discardableResult
    package func setComment(_ comment: String?) async throws -> CommitResult {
        try await alter("SET TBLPROPERTIES") { table in
            table.metadata.description = comment
            table.parameters["properties"] = .string(
                JSONValue.object(["comment": comment.map { .string($0) } ?? .null]).jsonText)
        }
    }
}
