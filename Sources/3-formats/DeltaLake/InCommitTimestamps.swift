/// Since when commits have times of their own.
///
/// Delta protocol, "In-Commit Timestamps".
package struct InCommitTimestamps: Hashable, Sendable {
    package static let enablementVersion = "delta.inCommitTimestampEnablementVersion"
    package static let enablementTimestamp = "delta.inCommitTimestampEnablementTimestamp"
    static let provenanceProperties = [enablementVersion, enablementTimestamp]

    /// Versions from this one on have them; 0 if they all do.
    package let firstVersion: Int64
    /// The time of `firstVersion`; `nil` if all versions have one.
    package let firstMilliseconds: Int64?

    /// `nil` where the table has no in-commit timestamps now.
    package init?(_ snapshot: DeltaSnapshot) {
        guard TableFeatures.isActive("inCommitTimestamp", snapshot) else { return nil }
        let version = snapshot.configuration[Self.enablementVersion].flatMap { Int64($0.trimmed) }
        let time = snapshot.configuration[Self.enablementTimestamp].flatMap { Int64($0.trimmed) }
        if let version, let time {
            (firstVersion, firstMilliseconds) = (version, time)
        } else {
            (firstVersion, firstMilliseconds) = (0, nil)
        }
    }
}
