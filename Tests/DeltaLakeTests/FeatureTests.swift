import Base
import DeltaLake
import TableModel
import Testing

@Suite struct FeatureTests {
    private func error(
        _ reader: Int, _ writer: Int, _ readerFeatures: [String]? = nil, _ writerFeatures: [String]? = nil,
        configuration: [String: String] = [:], schema: TableSchema = simpleSchema
    ) -> (reading: TarnError?, writing: TarnError?) {
        let tableProtocol = TableProtocol(
            minReaderVersion: reader, minWriterVersion: writer, readerFeatures: readerFeatures,
            writerFeatures: writerFeatures)
        var opened: DeltaSnapshot?
        let reading = failure {
            opened = try snapshot([
                firstCommit(schema, configuration: configuration, tableProtocol: tableProtocol)
            ])
        }
        return (reading, failure { if let opened { try TableFeatures.checkWritable(opened) } })
    }

    @Test func theVersionsWithoutFeaturesAreOpen() {
        for (reader, writer) in [(1, 1), (1, 2), (2, 2)] {
            let result = error(reader, writer, configuration: ["delta.columnMapping.mode": "none"])
            #expect(result.reading == nil && result.writing == nil)
        }
        let ntz = error(3, 7, ["timestampNtz"], ["timestampNtz", "appendOnly", "invariants"])
        #expect(ntz.reading == nil && ntz.writing == nil)
    }

    @Test(arguments: ["name", "id"])
    func columnMappingIsRead(_ mode: String) {
        #expect(error(2, 5, configuration: ["delta.columnMapping.mode": mode]).reading == nil)
    }

    @Test func readerFeaturesAreRefusedByName() {
        let result = error(3, 7, ["teleport", "timestampNtz", "timeTunnel"], [])
        #expect(result.reading?.message.contains("teleport, timeTunnel") == true)
        #expect(error(3, 7, nil, []).reading?.code == .corruptMetadata)
        #expect(error(4, 7, [], []).reading?.message.contains("version 4") == true)
        #expect(error(1, 8, [], []).writing?.message.contains("version 8") == true)
    }

    /// An old version demands all that it implies, whether the table uses it or not.
    @Test(arguments: 3...6)
    func writerVersionsAreRefusedByWhatTheyImply(_ version: Int) {
        let implied = TableFeature.all.filter { $0.legacyWriterVersion.map { $0 <= version } ?? false }
        let missing = implied.filter { !$0.isWritable }.map(\.name)
        let result = error(1, version)
        #expect(result.reading == nil)
        #expect((result.writing == nil) == missing.isEmpty)
        for name in missing { #expect(result.writing?.message.contains(name) == true) }
    }

    @Test func writerFeaturesAreRefusedByName() {
        let result = error(1, 7, nil, ["appendOnly", "teleport"])
        #expect(result.reading == nil)
        #expect(result.writing?.message.contains("teleport") == true)
        #expect(result.writing?.message.contains("appendOnly") == false)
        #expect(error(1, 7).writing?.code == .corruptMetadata)
    }

    @Test func invariantsAreFoundAtAnyDepth() {
        let invariant = JSONValue.string(#"{"expression":{"expression":"a.b > 3"}}"#)
        let guarded = TableSchema([
            SchemaField("a", .structure([SchemaField("b", .long, metadata: ["delta.invariants": invariant])]))
        ])
        #expect(error(1, 2, schema: guarded).writing == nil)
        #expect(error(1, 7, nil, ["invariants"], schema: guarded).writing == nil)
        #expect(ColumnRules.invariants(guarded).map(\.name) == ["a.b"])
        #expect(ColumnRules.invariants(guarded).map(\.expression) == ["a.b > 3"])
    }

    @Test func appendOnlyIsSeen() throws {
        let on = ["delta.appendOnly": "true"]
        func isAppendOnly(_ tableProtocol: TableProtocol, _ values: [String: String]) throws -> Bool {
            TableFeatures.isAppendOnly(
                try snapshot([firstCommit(configuration: values, tableProtocol: tableProtocol)]))
        }
        #expect(try isAppendOnly(TableProtocol(), on))
        #expect(try !isAppendOnly(TableProtocol(), [:]))
        let without = TableProtocol(minWriterVersion: 7, writerFeatures: [])
        #expect(try !isAppendOnly(without, on))
    }

    @Test func newTablesGetTheLowestProtocol() throws {
        #expect(try TableFeatures.protocolForNewTable(simpleSchema) == TableProtocol())
        let nested = TableSchema([
            SchemaField(
                "m",
                .map(
                    key: .string, value: .array(element: .timestampNtz, containsNull: true),
                    valueContainsNull: true))
        ])
        let wanted = try TableFeatures.protocolForNewTable(nested)
        #expect(wanted.minReaderVersion == 3 && wanted.readerFeatures == ["timestampNtz"])
        #expect(wanted.writerFeatures == ["appendOnly", "invariants", "timestampNtz"])
        #expect(try TableFeatures.protocolUpgrade(TableProtocol(), for: nested, [:]) == wanted)
        #expect(try TableFeatures.protocolUpgrade(wanted, for: nested, [:]) == nil)
        #expect(try TableFeatures.protocolUpgrade(TableProtocol(), for: simpleSchema, [:]) == nil)
    }

    // MARK: Properties

    @Test func propertiesHaveTheirDefaults() {
        let properties = TableProperties([:])
        #expect(!properties.isAppendOnly && properties.checkpointInterval == 100)
        #expect(properties.logRetentionMilliseconds == 30 * 86_400_000)
        #expect(properties.deletedFileRetentionMilliseconds == 7 * 86_400_000)
        #expect(properties.enablesExpiredLogCleanup && properties.indexedColumnCount == 32)
        #expect(properties.setTransactionRetentionMilliseconds == nil && properties.statisticsColumns == nil)
        // What another writer put there wrongly does not count.
        let odd = TableProperties([
            "delta.checkpointInterval": "x", "delta.logRetentionDuration": "1 month",
        ])
        #expect(odd.checkpointInterval == 100 && odd.logRetentionMilliseconds == 30 * 86_400_000)
        let names = TableProperties(["delta.dataSkippingStatsColumns": "a, b.c, `x,y`"])
        #expect(names.statisticsColumns == ["a", "b.c", "`x,y`"])
    }

    @Test(arguments: [
        ("interval 7 days", 604_800_000), ("1 week", 604_800_000), ("INTERVAL 1 day 2 hours", 93_600_000),
        ("30 minutes", 1_800_000), ("interval 0 seconds", 0),
    ])
    func intervalsAreRead(_ text: String, _ milliseconds: Int64) throws {
        #expect(try TableProperties.parseInterval(text, property: "p") == milliseconds)
    }

    @Test(arguments: [
        ("delta.logRetentionDuration", "1 month"), ("delta.logRetentionDuration", "-1 days"),
        ("delta.logRetentionDuration", "interval"), ("delta.logRetentionDuration", "9999999999999999 weeks"),
        ("delta.appendOnly", "yes"), ("delta.checkpointInterval", "0"),
        ("delta.dataSkippingNumIndexedCols", "-2"),
    ])
    func impossibleValuesAreRefused(_ name: String, _ value: String) {
        let error = failure { try TableProperties.check([name: value]) }
        #expect(error?.code == .invalidInput && error?.message.contains(name) == true)
    }
}
