import Base
import DeltaLake
import Foundation
import TableModel
import Testing

/// Every golden log is replayed from its commits and held against what it should give.
@Suite struct GoldenLogTests {
    @Test func theGoldenTablesAreThere() {
        #expect(GoldenLogs.cases.count >= 150, "set TARN_GOLDEN to the folder of the golden tables")
    }

    /// What this release refuses, by the name it must give.
    private static let refused = [
        "columnMapping", "deletionVectors", "v2Checkpoint", "typeWidening", "typeWidening-preview",
        "variantType", "variantType-preview", "variantShredding-preview", "catalogManaged", "catalogOwned",
        "catalogOwned-preview",
    ]

    /// Damage that lies outside the log, or in a checkpoint that the commits make up for.
    private static let brokenElsewhere: Set<String> = [
        "broken-missing-data-file", "broken-truncated-checkpoint", "multipart-missing-part-log-cut",
        "broken-dv-flipped-byte", "broken-missing-dv-file", "broken-missing-sidecar",
        // Whole, but only its catalog may open it.
        "catalog_managed_0", "catalog-owned-preview",
    ]

    @Test(arguments: GoldenLogs.cases)
    func aLogGivesItsTableOrARefusalByName(_ name: String) throws {
        let expected = try GoldenLogs.expected(name)
        let mustFail = expected["outcome"]?.string == "error"
        let snapshot: DeltaSnapshot?
        do { snapshot = try GoldenLogs.snapshot(name) } catch let error as TarnError {
            if error.code == .unsupported {
                #expect(
                    Self.refused.contains { error.message.contains($0) }
                        || error.message.contains("version 4") || error.message.contains("version 5"),
                    "\(error)")
            } else {
                #expect(error.code == .corruptMetadata)
                #expect(mustFail, "\(error)")
            }
            return
        }
        guard let snapshot else { return }
        #expect(!mustFail || Self.brokenElsewhere.contains(name))
        if let version = expected["version"]?.int64 { #expect(snapshot.version == version) }
        if let files = expected["files"]?.int64 { #expect(Int64(snapshot.fileCount) == files) }
        #expect(snapshot.files.checkInvariants())
        if let fields = expected["schema"]?.array {
            try #require(fields.count == snapshot.schema.fields.count)
            for (json, field) in zip(fields, snapshot.schema.fields) {
                #expect(json["name"]?.string == field.name)
                #expect(json["nullable"]?.bool == field.isNullable)
                let type = try #require(json["type"])
                // The expectation leaves out the members' metadata.
                #expect(plain(try SchemaCodec.parseType(type)) == plain(field.type))
            }
        }
        try expectSchemaSurvives(snapshot)
        for travel in expected["time_travel"]?.array ?? [] {
            guard let version = travel["version"]?.int64 else { continue }
            do {
                let older = try GoldenLogs.snapshot(name, version: version)
                #expect(older == nil || older?.version == version)
            } catch let error as TarnError { #expect(error.code == .unsupported) }
        }
    }

    /// The type without what its members' metadata say.
    private func plain(_ type: DataType) -> DataType {
        switch type {
        case .structure(let fields):
            .structure(
                fields.map { SchemaField($0.name, plain($0.type), isNullable: $0.isNullable) })
        case .array(let element, let containsNull):
            .array(element: plain(element), containsNull: containsNull)
        case .map(let key, let value, let valueContainsNull):
            .map(key: plain(key), value: plain(value), valueContainsNull: valueContainsNull)
        default: type
        }
    }

    private func expectSchemaSurvives(_ snapshot: DeltaSnapshot) throws {
        let again = try SchemaCodec.parse(SchemaCodec.text(snapshot.schema))
        #expect(again == snapshot.schema)
    }

    /// Most cases need no Parquet checkpoint, so the test above really compares something.
    @Test func mostCasesAreCompared() {
        let read = GoldenLogs.cases.count { (try? GoldenLogs.snapshot($0)) != nil }
        #expect(read >= 60)
    }
}
