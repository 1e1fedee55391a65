import Base
import Iceberg
import TableModel
import Testing

/// Writes just enough Avro for a manifest.
private struct AvroText {
    var bytes: [UInt8] = []

    mutating func long(_ value: Int64) {
        var rest = UInt64(bitPattern: value << 1 ^ value >> 63)
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func text(_ value: String) { data(Array(value.utf8)) }

    mutating func data(_ value: [UInt8]) {
        long(Int64(value.count))
        bytes += value
    }

    /// A container of one block.
    static func file(schema: String, notes: [(String, String)] = [], count: Int64, _ body: [UInt8]) -> [UInt8]
    {
        var file = AvroText(bytes: Array("Obj".utf8) + [1])
        file.long(Int64(notes.count + 1))
        for (name, value) in notes + [("avro.schema", schema)] {
            file.text(name)
            file.text(value)
        }
        file.long(0)
        let marker = [UInt8](repeating: 7, count: 16)
        file.bytes += marker
        file.long(count)
        file.data(body)
        return file.bytes + marker
    }
}

@Suite struct ManifestTests {
    private static let schema = """
        {"type": "record", "name": "manifest_entry", "fields": [
        {"name": "status", "type": "int"}, {"name": "sequence_number", "type": ["null", "long"]},
        {"name": "data_file", "type": {"type": "record", "name": "r2", "fields": [
        {"name": "content", "type": "int"}, {"name": "file_path", "type": "string"},
        {"name": "file_format", "type": "string"},
        {"name": "partition", "type": {"type": "record", "name": "r102", "fields": [
        {"name": "day", "type": ["null", {"type": "int", "logicalType": "date"}], "field-id": 1000},
        {"name": "price", "type": ["null", {"type": "fixed", "name": "f", "size": 2}], "field-id": 1001}]}},
        {"name": "record_count", "type": "long"}, {"name": "file_size_in_bytes", "type": "long"},
        {"name": "lower_bounds", "type": ["null", {"type": "array", "items": {"type": "record", "name": "kv",
        "fields": [{"name": "key", "type": "int"}, {"name": "value", "type": "bytes"}]}}]}]}}]}
        """

    private func entry(_ text: inout AvroText, status: Int64, sequence: Int64?, path: String) {
        text.long(status)
        text.long(sequence == nil ? 0 : 1)
        if let sequence { text.long(sequence) }
        text.long(0)
        text.text(path)
        text.text("parquet")
        text.long(1)
        text.long(19_000)
        text.long(1)
        text.bytes += [0xFF, 0x85]
        text.long(3)
        text.long(1234)
        text.long(1)
        text.long(1)
        text.long(5)
        text.data([0xFE, 0xFF, 0xFF, 0xFF])
        text.long(0)
    }

    private func manifest() -> [UInt8] {
        var text = AvroText()
        entry(&text, status: 1, sequence: nil, path: "a")
        entry(&text, status: 0, sequence: 4, path: "b")
        entry(&text, status: 2, sequence: 4, path: "gone")
        return AvroText.file(schema: Self.schema, notes: [("partition-spec-id", "3")], count: 3, text.bytes)
    }

    @Test func liveFilesComeWithTheirPartitionBoundsAndInheritedNumber() throws {
        let files = try ManifestFile.files(
            manifest(), ManifestReference(path: "m", sequenceNumber: 9), name: "m")
        #expect(files.map(\.path) == ["a", "b"])
        #expect(files.map(\.sequenceNumber) == [9, 4])
        let first = try #require(files.first)
        #expect((first.format, first.recordCount, first.byteCount, first.specID) == ("PARQUET", 3, 1234, 3))
        #expect(first.partition[1000]?.scalar(.date) == .date(19_000))
        #expect(
            first.partition[1001]?.scalar(.decimal(precision: 4, scale: 2))
                == .decimal(unscaled: -123, scale: 2))
        #expect(first.lowerBounds[5].flatMap { IcebergValue.scalar($0, .long) } == .integer(-2))
    }

    @Test func damagedManifestsGiveErrorsAndNothingElse() {
        let whole = manifest()
        let random = SeededRandomSource(seed: 11)
        for _ in 0..<3000 {
            var bytes = whole
            bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            if random.next() % 4 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
            do { _ = try ManifestFile.files(bytes, ManifestReference(path: "m"), name: "m") } catch {
                #expect(error.code == .corruptMetadata || error.code == .unsupported)
            }
        }
    }

    @Test func anUnknownCodecIsRefusedByName() {
        let bytes = AvroText.file(
            schema: #""long""#, notes: [("avro.codec", "zstandard")], count: 1, [2])
        let error = #expect(throws: TarnError.self) { try ManifestReference.list(bytes, name: "list.avro") }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("zstandard") == true && error?.message.contains("list.avro") == true)
    }

    /// `literal "abc"`, then a copy of 6 bytes from 3 back that overlaps itself, in Snappy's words.
    @Test func snappyBlocksAreUnpacked() throws {
        let schema =
            #"{"type": "record", "name": "e", "fields": [{"name": "manifest_path", "type": "string"}]}"#
        let packed: [UInt8] = [10, 3 << 2, 18, 0x61, 0x62, 0x63, (6 - 4) << 2 | 1, 3, 0, 0, 0, 0]
        let bytes = AvroText.file(schema: schema, notes: [("avro.codec", "snappy")], count: 1, packed)
        #expect(try ManifestReference.list(bytes, name: "l").map(\.path) == ["abcabcabc"])
    }
}
