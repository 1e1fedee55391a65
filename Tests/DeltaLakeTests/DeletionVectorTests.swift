import Base
import DeltaLake
import TableModel
import Testing

struct DeletionVectorTests {
    private let some = RowBitmap([3, 4, 7, 11, 18, 29])

    /// The protocol's own example of an inline vector, which is in the form of the first writers, and the same rows
    /// as they are written now.
    @Test func readsTheProtocolsExample() throws {
        let descriptor = DeletionVectorDescriptor(
            storageType: "i", pathOrInlineDv: "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L",
            offset: nil,
            sizeInBytes: 40, cardinality: 6)
        #expect(try DeletionVector.inlineRows(descriptor) == some)
        #expect(DeletionVector.inline(some).cardinality == 6)
        #expect(DeletionVector.inline(some).sizeInBytes == 44)
        #expect(
            DeletionVector.inline(some).pathOrInlineDv
                == "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L")
        #expect(try DeletionVector.inlineRows(DeletionVector.inline(some)) == some)
    }

    /// The protocol's own example of a relative path.
    @Test func findsTheFile() {
        func path(_ type: String, _ text: String) -> DeletionVector.Path? {
            DeletionVector.path(
                of: DeletionVectorDescriptor(
                    storageType: type, pathOrInlineDv: text, offset: 4, sizeInBytes: 40, cardinality: 6))
        }
        let name = "deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin"
        #expect(path("u", "ab^-aqEH.-t@S}K{vb[*k^") == .relative("ab/" + name))
        #expect(path("u", "^-aqEH.-t@S}K{vb[*k^") == .relative(name))
        #expect(path("p", "file:///a%20b/x.bin") == .absolute("file:///a b/x.bin"))
        #expect(path("u", "too short") == nil)
        #expect(path("x", "^-aqEH.-t@S}K{vb[*k^") == nil)
    }

    @Test func namesItsFiles() throws {
        let (_, places) = DeletionVector.file([some])
        let id = "d2c639aa-8816-431a-aaf6-d3fe2512ff61"
        let descriptor = try #require(DeletionVector.descriptor(uuid: id, places[0], prefix: "ab"))
        #expect(descriptor.pathOrInlineDv == "ab^-aqEH.-t@S}K{vb[*k^")
        #expect(descriptor.offset == 1)
        #expect(DeletionVector.descriptor(uuid: "no id", places[0]) == nil)
    }

    /// Whatever the rows, bytes and back gives the same ones; every container layout occurs.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func survivesBytes(_ seed: UInt64) throws {
        let random = SeededRandomSource(seed: seed)
        var vectors: [RowBitmap] = []
        for _ in 0..<1 + random.int(0..<4) {
            var rows = RowBitmap()
            for _ in 0..<random.int(0..<12) {
                let block = UInt64(random.int(0..<8)) << 16 | UInt64(random.int(0..<3)) << 32
                switch random.int(0..<3) {
                case 0: for _ in 0..<random.int(1..<100) { rows.insert(block + random.next() % 65_536) }
                case 1: for _ in 0..<5000 { rows.insert(block + random.next() % 65_536) }
                default:
                    let start = block + random.next() % 65_536
                    rows.insert(contentsOf: start..<start + random.next() % 80_000)
                }
            }
            vectors.append(rows)
        }
        let (bytes, places) = DeletionVector.file(vectors)
        for (rows, place) in zip(vectors, places) {
            let descriptor = try #require(
                DeletionVector.descriptor(uuid: random.uuid(), place), "seed \(seed)")
            #expect(descriptor.cardinality == Int64(rows.count))
            #expect(try DeletionVector.rows(inFile: bytes, descriptor) == rows)
            let start = Int(place.offset)
            let framed = bytes[start..<start + Int(place.byteCount) + 8]
            #expect(try DeletionVector.rows(framed: framed, descriptor) == rows)
            #expect(try DeletionVector.decode(DeletionVector.encode(rows)) == rows)
        }
    }

    private func expectDamage(
        _ bytes: [UInt8], _ descriptor: DeletionVectorDescriptor, saying text: String,
        at location: SourceLocation = #_sourceLocation
    ) {
        let error = failure { _ = try DeletionVector.rows(inFile: bytes, descriptor) }
        #expect(error?.code == .corruptMetadata, sourceLocation: location)
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "")", sourceLocation: location)
        #expect(
            error?.message.contains("deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin") == true,
            sourceLocation: location)
    }

    @Test func namesWhatIsDamaged() throws {
        let (bytes, places) = DeletionVector.file([some])
        let id = "d2c639aa-8816-431a-aaf6-d3fe2512ff61"
        let right = try #require(DeletionVector.descriptor(uuid: id, places[0]))
        var wrong = bytes
        wrong[20] ^= 1
        expectDamage(wrong, right, saying: "checksum")
        wrong = bytes
        wrong[0] = 2
        expectDamage(wrong, right, saying: "version 2")
        expectDamage([], right, saying: "empty")
        expectDamage(Array(bytes.dropLast()), right, saying: "ends before")
        expectDamage(Array(bytes.prefix(6)), right, saying: "ends before")
        var other = right
        other.sizeInBytes += 1
        expectDamage(bytes, other, saying: "the log says \(right.sizeInBytes + 1)")
        other = right
        other.cardinality = 5
        expectDamage(bytes, other, saying: "names 6 rows, and the log says 5")
        other = right
        other.offset = 1000
        expectDamage(bytes, other, saying: "should begin at 1000")
        other.offset = -1
        expectDamage(bytes, other, saying: "should begin at -1")
    }

    @Test func refusesDamagedInlineText() {
        var descriptor = DeletionVector.inline(some)
        descriptor.cardinality = 7
        #expect(failure { _ = try DeletionVector.inlineRows(descriptor) }?.code == .corruptMetadata)
        descriptor = DeletionVector.inline(some)
        descriptor.sizeInBytes = 4
        #expect(failure { _ = try DeletionVector.inlineRows(descriptor) }?.code == .corruptMetadata)
        for text in ["abcde~", "\"\"\"\"\"", "#####", "abcd"] {
            descriptor.pathOrInlineDv = text
            #expect(failure { _ = try DeletionVector.inlineRows(descriptor) }?.code == .corruptMetadata)
        }
    }

    /// No bytes, however damaged, crash the reader or are read as something too large.
    @Test(arguments: 0..<300 as Range<UInt64>)
    func survivesDamage(_ seed: UInt64) throws {
        let random = SeededRandomSource(seed: seed)
        var rows = RowBitmap([5, 70_000, 1 << 40])
        rows.insert(contentsOf: 131_072..<140_000)
        for _ in 0..<5000 { rows.insert(200_000 + random.next() % 60_000) }
        var bytes = DeletionVector.encode(rows)
        for _ in 0..<1 + random.int(0..<4) {
            bytes[random.int(0..<min(200, bytes.count))] = UInt8(random.int(0..<256))
        }
        if random.int(0..<3) == 0 { bytes.removeLast(random.int(0..<bytes.count)) }
        if let read = try? DeletionVector.decode(bytes) { #expect(read.count <= 8 * 65_536) }
    }
}
