import Base
import DeltaLake
import TableModel
import Testing

@Suite struct ProtocolTests {
    private func legacy(_ reader: Int, _ writer: Int) -> TableProtocol {
        TableProtocol(minReaderVersion: reader, minWriterVersion: writer)
    }

    @Test func everyFeatureIsListedOnceAndItsNeedsAreToo() {
        let names = TableFeature.all.map(\.name)
        #expect(Set(names).count == names.count)
        for feature in TableFeature.all {
            for need in feature.dependsOn { #expect(names.contains(need), "\(feature.name) needs \(need)") }
            if let final = feature.finalName { #expect(names.contains(final)) }
            // A writer has to read the table first.
            #expect(feature.isReadable || !feature.isWritable, "\(feature.name)")
            #expect(feature.legacyReaderVersion == nil || feature.legacyWriterVersion != nil)
        }
    }

    @Test(arguments: [
        (1, 1, []), (1, 2, ["appendOnly", "invariants"]),
        (1, 3, ["appendOnly", "checkConstraints", "invariants"]),
        (
            2, 5,
            [
                "appendOnly", "changeDataFeed", "checkConstraints", "columnMapping", "generatedColumns",
                "invariants",
            ]
        ),
        // Column mapping needs a reader that knows it.
        (1, 5, ["appendOnly", "changeDataFeed", "checkConstraints", "generatedColumns", "invariants"]),
    ])
    func versionsImplyFeatures(_ reader: Int, _ writer: Int, _ names: [String]) {
        #expect(TableFeatures.supportedFeatures(legacy(reader, writer)) == names)
    }

    @Test func versionsAreUsedOnlyWhereTheyImplyNothingElse() {
        let constraints = TableFeatures.upgraded(TableProtocol(), toSupport: ["checkConstraints"])
        #expect(constraints == legacy(1, 3))
        #expect(
            TableFeatures.upgraded(constraints, toSupport: ["changeDataFeed", "generatedColumns"])
                == legacy(1, 4))
        let feed = TableFeatures.upgraded(TableProtocol(), toSupport: ["changeDataFeed"])
        #expect(feed.minReaderVersion == 1 && feed.minWriterVersion == 7 && feed.readerFeatures == nil)
        #expect(feed.writerFeatures == ["appendOnly", "changeDataFeed", "invariants"])
        let mapped = TableFeatures.upgraded(TableProtocol(), toSupport: ["columnMapping"])
        #expect(mapped.minReaderVersion == 2 && mapped.minWriterVersion == 7 && mapped.readerFeatures == nil)
        #expect(mapped.writerFeatures == ["appendOnly", "columnMapping", "invariants"])
    }

    @Test func listingKeepsWhatVersionsImplied() {
        let upgraded = TableFeatures.upgraded(legacy(2, 5), toSupport: ["deletionVectors"])
        #expect(upgraded.minReaderVersion == 3 && upgraded.minWriterVersion == 7)
        #expect(upgraded.readerFeatures == ["columnMapping", "deletionVectors"])
        #expect(
            upgraded.writerFeatures == [
                "appendOnly", "changeDataFeed", "checkConstraints", "columnMapping", "deletionVectors",
                "generatedColumns", "invariants",
            ])
        for name in TableFeatures.supportedFeatures(legacy(2, 5)) {
            #expect(TableFeatures.supports(name, upgraded))
        }
        #expect(TableFeatures.upgraded(upgraded, toSupport: ["deletionVectors"]) == upgraded)
    }

    @Test func whatAFeatureNeedsComesWithIt() {
        let tracked = TableFeatures.upgraded(TableProtocol(), toSupport: ["rowTracking"])
        #expect(tracked.writerFeatures == ["appendOnly", "domainMetadata", "invariants", "rowTracking"])
        let iceberg = TableFeatures.upgraded(TableProtocol(), toSupport: ["icebergWriterCompatV1"])
        #expect(iceberg.minReaderVersion == 2)
        #expect(iceberg.writerFeatures?.contains("columnMapping") == true)
    }

    @Test func aPreviewSupportsItsFeature() {
        let preview = TableProtocol(
            minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["typeWidening-preview"],
            writerFeatures: ["typeWidening-preview"])
        #expect(TableFeatures.supports("typeWidening", preview))
        #expect(TableFeatures.upgraded(preview, toSupport: ["typeWidening"]) == preview)
        #expect(TableFeatures.supportedFeatures(preview) == ["typeWidening-preview"])
    }

    // MARK: Requests by property

    @Test func aFeatureThatTarnCannotWriteIsRefusedByName() {
        let error = failure {
            _ = try TableFeatures.protocolForNewTable(simpleSchema, ["delta.feature.teleport": "supported"])
        }
        #expect(error?.code == .unsupported && error?.message.contains("teleport") == true)
    }

    @Test func propertiesThatOnlyAskAreNotStored() throws {
        let asked = ["delta.feature.domainMetadata": "supported", "delta.minWriterVersion": "7", "mine": "x"]
        let wanted = try TableFeatures.protocolForNewTable(simpleSchema, asked)
        #expect(wanted.minWriterVersion == 7 && wanted.minReaderVersion == 1)
        #expect(wanted.writerFeatures == ["appendOnly", "domainMetadata", "invariants"])
        #expect(TableFeatures.storedProperties(asked) == ["mine": "x"])
    }

    @Test(arguments: [
        ("delta.feature.domainMetadata", "maybe"), ("delta.minReaderVersion", "4"),
        ("delta.minWriterVersion", "x"),
    ])
    func wrongRequestsAreRefused(_ name: String, _ value: String) {
        let error = failure { _ = try TableFeatures.protocolForNewTable(simpleSchema, [name: value]) }
        #expect(error?.code == .invalidInput && error?.message.contains(name) == true)
    }

    @Test func whatTheTableUsedAlreadyAsksForNothing() throws {
        let before = try snapshot([firstCommit(configuration: ["delta.enableTypeWidening": "true"])])
        #expect(
            try TableFeatures.protocolUpgrade(
                before.tableProtocol, for: before.schema, before.configuration, from: before) == nil)
    }
}
