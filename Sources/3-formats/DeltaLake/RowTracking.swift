import Base

/// Row ids and row commit versions: which files get which.
///
/// Delta protocol, "Row Tracking".
package enum RowTracking {
    package static let domain = "delta.rowTracking"
    package static let rowIDColumnProperty = "delta.rowTracking.materializedRowIdColumnName"
    package static let commitVersionColumnProperty =
        "delta.rowTracking.materializedRowCommitVersionColumnName"
    static let suspendedProperty = "delta.rowTrackingSuspended"

    /// The highest row id that was given out; -1 if none was.
    package static func highWaterMark(_ domains: [String: DomainMetadata]) -> Int64 {
        guard let action = domains[domain], let json = try? JSONValue.parse(Array(action.configuration.utf8))
        else { return -1 }
        return json["rowIdHighWaterMark"]?.int64 ?? -1
    }

    package static func domainMetadata(highWaterMark: Int64) -> DomainMetadata {
        DomainMetadata(
            domain: domain,
            configuration: JSONValue.object(["rowIdHighWaterMark": .int(highWaterMark)]).jsonText)
    }

    /// Whether a commit has to give its files row ids, which is so as soon as the feature is supported.
    package static func assignsRowIDs(
        _ tableProtocol: TableProtocol, _ configuration: [String: String]
    ) -> Bool {
        TableFeatures.supports("rowTracking", tableProtocol)
            && configuration[suspendedProperty]?.lowercased() != "true"
    }

    /// The names of the hidden columns that keep ids of rows which move to other files.
    ///
    /// With the version in it the name has never been used, even if the feature was on before.
    static func columnNames(_ metadata: TableMetadata, _ version: Int64) -> [String: String] {
        [
            rowIDColumnProperty: "_row-id-col-\(metadata.id)-\(version)",
            commitVersionColumnProperty: "_row-commit-version-col-\(metadata.id)-\(version)",
        ]
    }
}
