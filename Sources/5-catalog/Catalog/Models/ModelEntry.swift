import Base

/// A model that has versions.
package struct ModelEntry: Hashable, Sendable {
    package let securable: Securable
    package let name: QualifiedName
    /// The folder of its versions: an absolute path or a URL.
    package let location: String

    init(_ securable: Securable, in schema: SchemaEntry, root: String) {
        self.securable = securable
        name = QualifiedName(catalog: schema.catalog, schema: schema.name, name: securable.name)
        location = securable.location ?? root + "/" + securable.id
    }

    package var id: String { securable.id }
    package var comment: String? { securable.comment }
    package var properties: [String: String] { securable.properties }

    /// The highest number that a version ever had; 0 before the first one.
    static func highestVersion(_ securable: Securable) -> Int64 {
        (try? JSONValue.parse(securable.detail))?["highest_version"]?.int64 ?? 0
    }
}

/// One version of a model: files that are written once.
package struct ModelVersionEntry: Hashable, Sendable {
    package enum Status: String, Sendable, CaseIterable {
        /// Its files are being written.
        case pending = "PENDING_REGISTRATION"
        case ready = "READY"
        case failed = "FAILED_REGISTRATION"
    }

    package let id: String
    package let modelID: String
    package let model: QualifiedName
    /// From 1; a number is never given again.
    package let version: Int64
    package let status: Status
    /// Where the files came from, and the run that made them, as the client said.
    package let source: String?
    package let runID: String?
    package let comment: String?
    /// An absolute path or a URL.
    package let location: String
    /// Names that stand for this version, in the order of the alphabet.
    package let aliases: [String]
    package let createdMicroseconds: Int64
    package let createdBy: String?
    package let updatedMicroseconds: Int64
    package let updatedBy: String?
}

/// What a client says of a version that it registers.
package struct ModelVersionDefinition: Hashable, Sendable {
    package var source: String?
    package var runID: String?
    package var comment: String?

    package init(source: String? = nil, runID: String? = nil, comment: String? = nil) {
        self.source = source
        self.runID = runID
        self.comment = comment
    }
}
