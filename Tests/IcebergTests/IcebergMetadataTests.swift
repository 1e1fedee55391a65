import Base
import Foundation
import Iceberg
import TableModel
import Testing

@Suite struct IcebergMetadataTests {
    private static let document = """
        {"format-version": 2, "location": "s3://bucket/t", "last-column-id": 3, "current-schema-id": 1,
        "schemas": [{"type": "struct", "schema-id": 0, "fields":
        [{"id": 1, "name": "id", "required": true, "type": "int"}]},
        {"type": "struct", "schema-id": 1, "fields": [{"id": 1, "name": "id", "required": true, "type": "long"},
        {"id": 2, "name": "tags", "required": false, "type": {"type": "list", "element-id": 3,
        "element": "string", "element-required": false}}]}],
        "partition-specs": [{"spec-id": 0, "fields":
        [{"source-id": 1, "field-id": 1000, "name": "id", "transform": "identity"}]}],
        "current-snapshot-id": -1, "snapshots": [], "properties": {"a": "b"}}
        """
    /// The same, packed by another program's gzip.
    private static let packed =
        "H4sIAAAAAAACA6VSwW7DIAz9lYhzUdL21l+ZenCo06IRyLCZVFX59xmCsiibtMNu+OH3nv3gpYYQR2D9iZFs8OrSnA6NYugd6pTsTQCVlEAuGOClQ9H50rZ9Mu/ILZdLINYmuDR6XThnAU2KET1rMg8cYcGPgi81SfX2UvycsEhyTKZobds7qQeL7la7Vw0PY6EJIFXEj2Qj5kuRwbxAlbWe1XydD81fTsf/Orng76oYFeppQ2W40448gKMN+3s6Z6nMhg7HHN6aZgXqBlbMNl175Vl2vsr9BJFtfjVNE5q6Wj7+Hi+FFA3uAqll13U/0uAInvIHWiCZxPJTVe/1+T1M9Ah1FV1+QIWKbZkzhgllVKQSBmS9Xs3zF8FLjZyfAgAA"

    @Test func readsPlainAndPackedFilesAlike() throws {
        let packed = [UInt8](try #require(Data(base64Encoded: Self.packed)))
        for bytes in [Array(Self.document.utf8), packed] {
            let table = try IcebergMetadata(bytes, name: "v1.metadata.json")
            #expect(table.location == "s3://bucket/t")
            #expect(table.schemas.count == 2)
            #expect(table.schema.fields.map(\.name) == ["id", "tags"])
            #expect(table.schema.fields.first?.type == .primitive(.long))
            #expect(table.schemas.first?.fields.first?.type == .primitive(.integer))
            #expect(
                table.partitionSpecs == [
                    0: [PartitionField(id: 1000, sourceID: 1, name: "id", transform: "identity")]
                ])
            #expect(table.currentSnapshot == nil)
            #expect(table.properties == ["a": "b"])
        }
    }

    @Test func damagedBytesGiveErrorsAndNothingElse() throws {
        let packed = [UInt8](try #require(Data(base64Encoded: Self.packed)))
        let random = SeededRandomSource(seed: 7)
        for _ in 0..<2000 {
            var bytes = packed
            for _ in 0..<(1 + random.next() % 3) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.next() % 4 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
            do { _ = try IcebergMetadata(bytes, name: "m") } catch {
                #expect(error.code == .corruptMetadata || error.code == .unsupported)
            }
        }
    }

    @Test(arguments: ["0", "4", "99"])
    func otherFormatVersionsAreRefusedByNumber(_ version: String) {
        let text = Self.document.replacing("\"format-version\": 2", with: "\"format-version\": \(version)")
        let error = #expect(throws: TarnError.self) { try IcebergMetadata(Array(text.utf8), name: "m") }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains(version) == true)
    }

    /// A snapshot that cannot be found is no empty table.
    @Test(arguments: ["7", "9876543210123456789"])
    func aMissingSnapshotIsAnErrorAndAnOddIdIsFound(_ id: String) throws {
        let missing = Self.document.replacing(
            "\"current-snapshot-id\": -1", with: "\"current-snapshot-id\": \(id)")
        let error = #expect(throws: TarnError.self) { try IcebergMetadata(Array(missing.utf8), name: "m") }
        #expect(error?.message.contains(id) == true)
        let whole = missing.replacing(
            "\"snapshots\": []",
            with: "\"snapshots\": [{\"snapshot-id\": \(id), \"manifest-list\": \"s3://bucket/t/l\"}]")
        #expect(
            try IcebergMetadata(Array(whole.utf8), name: "m").currentSnapshot?.manifestList
                == "s3://bucket/t/l")
    }

    @Test func theHighestNumberIsTheNewest() {
        #expect(
            IcebergMetadata.newestFile(["v9.metadata.json", "v10.metadata.json", "x.avro"])
                == "v10.metadata.json")
        #expect(
            IcebergMetadata.newestFile(["00001-a.metadata.json", "00002-b.gz.metadata.json"])
                == "00002-b.gz.metadata.json")
        #expect(IcebergMetadata.newestFile(["version-hint.text", "snap-1.avro"]) == nil)
    }

    @Test func namesOfOldFilesComeFromTheMapping() throws {
        let mapping = try #require(
            NameMapping(
                #"[{"field-id":1,"names":["id","key"]},{"field-id":2,"names":["s"],"fields":[{"field-id":3,"names":["x"]}]}]"#
            ))
        #expect(mapping.names == [1: ["id", "key"], 2: ["s"], 3: ["x"]])
        #expect(NameMapping("no json") == nil)
    }
}
