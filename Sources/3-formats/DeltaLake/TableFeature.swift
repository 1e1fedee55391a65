/// One capability that a table may ask of its readers and writers.
///
/// ```swift
/// TableFeature.named("deletionVectors")?.isReaderFeature   // true: readers must know it too
/// ```
///
/// Delta protocol, "Table Features" and "Valid Feature Names in Table Features".
package struct TableFeature: Hashable, Sendable {
    /// The table property that makes the feature active.
    package struct Property: Hashable, Sendable {
        package let name: String
        /// The values that mean yes, in lower case.
        package let activeValues: Set<String>

        package static func isTrue(_ name: String) -> Property {
            Property(name: name, activeValues: ["true"])
        }

        package static func isOneOf(_ name: String, _ values: Set<String>) -> Property {
            Property(name: name, activeValues: values)
        }

        package func isActive(_ configuration: [String: String]) -> Bool {
            configuration[name].map { activeValues.contains($0.lowercased()) } ?? false
        }
    }

    /// As `readerFeatures` and `writerFeatures` spell it.
    package let name: String
    /// Whether readers must know it too; writers always must.
    package let isReaderFeature: Bool
    /// Reader versions from this one up to 2 imply it; `nil` where only a listing does.
    package let legacyReaderVersion: Int?
    /// Writer versions from this one up to 6 imply it; `nil` where only a listing does.
    package let legacyWriterVersion: Int?
    /// Features that a table with this one must support too.
    package let dependsOn: [String]
    /// `nil` where it is active as soon as it is supported, or where the schema or a domain says.
    package let enablingProperty: Property?
    /// The final feature's name, if this is the name that it had before it was accepted.
    package let finalName: String?
    /// Whether Tarn reads such tables right.
    package let isReadable: Bool
    /// Whether Tarn writes such tables right.
    package let isWritable: Bool

    static func writer(
        _ name: String, since version: Int? = nil, needs: [String] = [], by property: Property? = nil,
        previewOf finalName: String? = nil, writes: Bool
    ) -> TableFeature {
        TableFeature(
            name: name, isReaderFeature: false, legacyReaderVersion: nil, legacyWriterVersion: version,
            dependsOn: needs, enablingProperty: property, finalName: finalName, isReadable: true,
            isWritable: writes)
    }

    static func reader(
        _ name: String, since versions: (reader: Int, writer: Int)? = nil, needs: [String] = [],
        by property: Property? = nil, previewOf finalName: String? = nil, reads: Bool, writes: Bool
    ) -> TableFeature {
        TableFeature(
            name: name, isReaderFeature: true, legacyReaderVersion: versions?.reader,
            legacyWriterVersion: versions?.writer, dependsOn: needs, enablingProperty: property,
            finalName: finalName, isReadable: reads, isWritable: writes)
    }

    /// The feature of that name; `nil` if Tarn has never heard of it.
    package static func named(_ name: String) -> TableFeature? { byName[name] }

    private static let byName = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    /// Names of older writers for this feature.
    static func previews(of name: String) -> [String] { previewNames[name] ?? [] }

    private static let previewNames = Dictionary(
        grouping: all.filter { $0.finalName != nil }, by: { $0.finalName ?? "" }
    ).mapValues { $0.map(\.name) }
}
