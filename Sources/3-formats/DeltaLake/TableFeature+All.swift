extension TableFeature {
    /// Every feature that the protocol or a published proposal names, one a line.
    ///
    /// `reads` and `writes` say whether Tarn handles such tables right; whoever teaches it the feature sets them.
    /// A feature that is not here is refused by its name.
    package static let all: [TableFeature] = [
        // Features that old protocol versions imply.
        .writer("appendOnly", since: 2, by: .isTrue("delta.appendOnly"), writes: true),
        .writer("invariants", since: 2, writes: true),
        .writer("checkConstraints", since: 3, writes: true),
        .writer("changeDataFeed", since: 4, by: .isTrue("delta.enableChangeDataFeed"), writes: true),
        .writer("generatedColumns", since: 4, writes: true),
        .reader("columnMapping", since: (2, 5), by: mapping, reads: true, writes: true),
        .writer("identityColumns", since: 6, writes: true),

        // Features that readers must know.
        .reader("deletionVectors", by: .isTrue("delta.enableDeletionVectors"), reads: true, writes: true),
        .reader("timestampNtz", reads: true, writes: true),
        .reader("v2Checkpoint", by: .isOneOf("delta.checkpointPolicy", ["v2"]), reads: true, writes: true),
        .reader("vacuumProtocolCheck", reads: true, writes: true),
        .reader("typeWidening", by: .isTrue("delta.enableTypeWidening"), reads: true, writes: true),
        .reader("variantType", reads: true, writes: true),
        .reader("variantShredding", needs: ["variantType"], by: shredding, reads: true, writes: true),
        .reader("catalogManaged", needs: ["inCommitTimestamp"], reads: true, writes: false),

        // Features that only writers must know.
        .writer("allowColumnDefaults", writes: true),
        .writer("domainMetadata", writes: true),
        .writer(
            "rowTracking", needs: ["domainMetadata"], by: .isTrue("delta.enableRowTracking"), writes: true),
        .writer("clustering", needs: ["domainMetadata"], writes: true),
        .writer("inCommitTimestamp", by: .isTrue("delta.enableInCommitTimestamps"), writes: true),
        .writer("checkpointProtection", writes: true),
        .writer(
            "icebergCompatV1", needs: ["columnMapping"], by: .isTrue("delta.enableIcebergCompatV1"),
            writes: false),
        .writer(
            "icebergCompatV2", needs: ["columnMapping"], by: .isTrue("delta.enableIcebergCompatV2"),
            writes: false),
        .writer(
            "icebergCompatV3", needs: ["columnMapping"], by: .isTrue("delta.enableIcebergCompatV3"),
            writes: false),
        .writer("icebergWriterCompatV1", needs: ["icebergCompatV2"], by: icebergWriter, writes: false),
        .writer("collations", needs: ["domainMetadata"], writes: false),
        .writer("materializePartitionColumns", writes: false),
        .writer("columnMappingUsageTracking", needs: ["columnMapping"], writes: false),

        // Names that features had before they were accepted.
        .reader("typeWidening-preview", previewOf: "typeWidening", reads: true, writes: true),
        .reader("variantType-preview", previewOf: "variantType", reads: true, writes: true),
        .reader("variantShredding-preview", previewOf: "variantShredding", reads: true, writes: true),
        .reader("catalogOwned", previewOf: "catalogManaged", reads: false, writes: false),
        .reader("catalogOwned-preview", previewOf: "catalogManaged", reads: false, writes: false),
        .writer("collations-preview", previewOf: "collations", writes: false),

        // Proposals that nobody has to know yet.
        .reader("redirectReaderWriter-preview", reads: false, writes: false),
        .writer("redirectWriterOnly-preview", writes: false),
        .writer("coordinatedCommits-preview", needs: ["inCommitTimestamp"], writes: false),
        .reader("adaptiveMetadata-preview", reads: false, writes: false),
        .reader("geospatial", reads: false, writes: false),
        .reader("timestampNanos", reads: false, writes: false),
    ]

    private static let mapping = Property.isOneOf("delta.columnMapping.mode", ["name", "id"])
    private static let shredding = Property.isTrue("delta.enableVariantShredding")
    private static let icebergWriter = Property.isTrue("delta.enableIcebergWriterCompatV1")
}
