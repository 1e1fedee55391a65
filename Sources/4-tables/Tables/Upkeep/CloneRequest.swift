/// How a table is cloned.
package struct CloneOptions: Sendable {
    package enum Kind: String, Hashable, Sendable {
        /// Only a log of its own: the data files stay the source's, which keeps them through every vacuum.
        case shallow
        /// Data files of its own too; nothing ties it to the source.
        case deep
    }

    package var kind: Kind
    /// Which version of the source.
    package var at: TimeTravel = .latest
    /// Properties that the clone has besides, or instead of, the source's.
    package var properties: [String: String] = [:]
    package var name: String?
    package var userMetadata: String?

    package init(
        _ kind: Kind, at: TimeTravel = .latest, properties: [String: String] = [:], name: String? = nil
    ) {
        self.kind = kind
        self.at = at
        self.properties = properties
        self.name = name
    }
}
