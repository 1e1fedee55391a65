import Base
import DeltaLake
import Foundation
import TableModel
import Testing

@Suite struct CommitFileTests {
    private func parse(_ text: String) throws -> ParsedCommit {
        try CommitFile.parse(Array(text.utf8), version: 3, keepsCommitInfo: true)
    }

    /// Windows line ends, blank lines, objects over several lines, several actions in one object, a line without an end.
    @Test(arguments: [
        "{\"add\":{\"path\":\"a\",\"partitionValues\":{},\"size\":1}}\r\n\r\n{\"txn\":{\"appId\":\"x\",\"version\":2}}\r\n",
        "\n\n {\"add\" : {\n \"path\" :\"a\" ,\t\"partitionValues\":{ }, \"size\": 1 }\n}\n{\"txn\":{\"appId\":\"x\",\"version\":2}}",
        "{\"add\":{\"path\":\"a\",\"partitionValues\":{},\"size\":1},\"remove\":null,\"txn\":{\"appId\":\"x\",\"version\":2}}",
        "{}{\"add\":{\"size\":1.0,\"partitionValues\":{},\"stats\":null,\"path\":\"a\",\"new\":[{\"x\":[]}]}}{\"later\":{\"a\":[1,null,{}]}}{\"txn\":{\"version\":2,\"appId\":\"x\"}}",
    ])
    func layoutDoesNotMatter(_ text: String) throws {
        let commit = try parse(text)
        #expect(commit.addedFiles.map(\.path) == ["a"])
        #expect(commit.addedFiles.map(\.byteCount) == [1])
        #expect(commit.transactions == [SetTransaction(appID: "x", version: 2)])
    }

    @Test(arguments: [
        ("{\"add\":{\"path\":\"a\"", 1), ("{\"txn\":{\"appId\":\"x\",\"version\":2}}\n{\"add\":", 2),
        ("{\"add\":{\"path\":1,\"partitionValues\":{},\"size\":1}}", 1),
        ("\n\n{\"add\":{\"path\":\"a\",\"partitionValues\":{},\"size\":\"1\"}}", 3),
        ("{\"add\":{\"path\":\"a\",\"partitionValues\":{},\"size\":1.5}}", 1),
        ("{\"add\":{\"path\":\"a\",\"partitionValues\":{},\"size\":99999999999999999999}}", 1),
        ("{\"add\":{\"path\":\"a\",\"partitionValues\":[],\"size\":1}}", 1),
        ("{\"add\":{\"path\":\"a\",\"partitionValues\":{\"p\":{}},\"size\":1}}", 1),
        ("{\"add\":{\"partitionValues\":{},\"size\":1}}", 1), ("{\"add\":{\"path\":\"a\",\"size\":1}}", 1),
        ("{\"add\":{\"path\":\"\",\"partitionValues\":{},\"size\":1}}", 1),
        ("{\"add\":{\"path\":\"a\",\"partitionValues\":{}}}", 1), ("{\"add\":\"a\"}", 1),
        ("{\"remove\":{}}", 1),
        ("{\"add\":{\"path\":\"a\\x\",\"partitionValues\":{},\"size\":1}}", 1),
        ("{\"add\":{\"path\":\"a\u{1}\",\"partitionValues\":{},\"size\":1}}", 1),
        (
            "{\"add\":{\"path\":\"a\",\"partitionValues\":{},\"size\":1,\"deletionVector\":{\"storageType\":\"u\"}}}",
            1
        ),
        ("{\"protocol\":{\"minReaderVersion\":1}}", 1), ("{\"metaData\":{\"name\":\"x\"}}", 1),
        ("{\"txn\":{\"appId\":\"x\"}}", 1), ("{\"domainMetadata\":{\"domain\":\"d\"}}", 1),
        ("{\"cdc\":{\"path\":\"x\"}}", 1), ("{\"sidecar\":{\"path\":\"x\"}}", 1), ("nonsense", 1), ("[]", 1),
        ("{\"unknown\":tru}", 1), ("{\"a\":{}} x", 1), ("{\"a\":01}", 1), ("{\"a\":\"\\u12\"}", 1),
    ])
    func damageIsReportedWithFileAndLine(_ text: String, _ line: Int) {
        let error = failure { _ = try parse(text) }
        #expect(error?.code == .corruptMetadata)
        #expect(error?.message.contains("_delta_log/00000000000000000003.json") == true)
        #expect(error?.message.contains("line \(line),") == true, "\(error?.message ?? "parsed")")
    }

    @Test func textThatIsNoUTF8IsRefused() {
        for bad: [UInt8] in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0xAF]] {
            let bytes =
                Array("{\"commitInfo\":{\"operation\":\"long enough text ".utf8) + bad + Array("\"}}".utf8)
            let error = failure { _ = try CommitFile.parse(bytes, version: 0) }
            #expect(error?.message.contains("not UTF-8") == true)
        }
    }

    @Test func deepNestingIsRefused() {
        let text = "{\"x\":" + String(repeating: "[", count: 100_000)
        #expect(failure { _ = try parse(text) }?.code == .corruptMetadata)
    }

    @Test func everyFieldOfAFileSurvives() throws {
        let add = AddFile(
            rawPath: "p=a%2520b/ü \"x\".parquet",
            partitionValues: [("p", "a b"), ("q", nil), ("r", "\\\n😀")],
            byteCount: 123, modifiedMilliseconds: 456, dataChange: false,
            stats: Array("{\"numRecords\":7,\"minValues\":{\"s\":\"a\\\"b\"}}".utf8),
            tags: ["k": "v", "é": ""],
            deletionVector: DeletionVectorDescriptor(
                storageType: "u", pathOrInlineDv: "ab^-aqEH.-t@S}K{vb[*k^", offset: 4, sizeInBytes: 40,
                cardinality: 6),
            baseRowID: 9, defaultRowCommitVersion: 8, clusteringProvider: "liquid")
        let parsed = try commit(0) { $0.add(add) }
        let view = try #require(parsed.addedFiles.first)
        #expect(view.path == "p=a%20b/ü \"x\".parquet")
        let again = view.addFile
        #expect(again.rawPath == add.rawPath)
        #expect(again.partitionValues.map(\.name) == ["p", "q", "r"])
        #expect(again.partitionValues.map(\.value) == ["a b", nil, "\\\n😀"])
        #expect(again.byteCount == 123 && again.modifiedMilliseconds == 456 && !again.dataChange)
        #expect(again.stats == add.stats && again.tags == add.tags)
        #expect(again.deletionVector == add.deletionVector)
        #expect(again.baseRowID == 9 && again.defaultRowCommitVersion == 8)
        #expect(again.clusteringProvider == "liquid")
        #expect(view.rowCount == 7)

        let remove = view.removeFile(atMilliseconds: 77)
        let removed = try #require(commit(1) { $0.remove(remove) }.removedFiles.first)
        #expect(removed == view && removed.milliseconds == 77 && removed.byteCount == 123)
        #expect(removed.partitionValues.map(\.value) == ["a b", nil, "\\\n😀"])
    }

    @Test func theOtherActionsSurvive() throws {
        let schema = TableSchema((0..<2000).map { SchemaField("column \($0)", .string) })
        let metadata = TableMetadata(
            id: "i", name: "n", description: "d\n", schemaString: SchemaCodec.text(schema),
            partitionColumns: ["column 7"], configuration: ["delta.appendOnly": "true", "x": "\""],
            createdMilliseconds: 5, formatOptions: ["o": "p"])
        let tableProtocol = TableProtocol(
            minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["timestampNtz"],
            writerFeatures: ["timestampNtz", "appendOnly"])
        let domain = DomainMetadata(domain: "a.b", configuration: "{}")
        let parsed = try commit(0) {
            $0.tableProtocol = tableProtocol
            $0.metadata = metadata
            $0.record(SetTransaction(appID: "app", version: 4, lastUpdatedMilliseconds: 6))
            $0.record(domain)
        }
        #expect(parsed.metadata == metadata)
        #expect(parsed.protocolAction == tableProtocol)
        #expect(
            parsed.transactions == [SetTransaction(appID: "app", version: 4, lastUpdatedMilliseconds: 6)])
        #expect(parsed.domains == [domain])
        #expect(parsed.commitInfo?.operation == "WRITE")
        #expect(parsed.commitInfo?.isBlindAppend == true)
        #expect(try snapshot([parsed]).schema == schema)
        #expect(try CommitFile.parse(CommitBuilder().bytes(), version: 0).fileActionCount == 0)
    }

    @Test func commitInfoComesFirst() throws {
        var builder = CommitBuilder(info: CommitInfo(timestampMilliseconds: 1, operation: "X"))
        builder.add(AddFile(rawPath: "a", byteCount: 1, modifiedMilliseconds: 1))
        builder.tableProtocol = TableProtocol()
        let lines = String(decoding: builder.bytes(), as: UTF8.self).split(separator: "\n")
        #expect(lines.map { $0.prefix(9) } == ["{\"commitI", "{\"protoco", "{\"add\":{\""])
    }
}

/// Bytes of real commits, damaged at random: the parser answers or refuses, and never traps.
@Suite struct CommitFuzzTests {
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func damagedCommitsAreParsedOrRefused(_ seed: UInt64) throws {
        let random = SeededRandomSource(seed: seed)
        var refused = 0
        for name in GoldenLogs.cases where random.int(0..<4) == 0 {
            guard let file = try GoldenLogs.listing(name).commits.last?.fileName else { continue }
            let original = try Array(GoldenLogs.bytes(name, file).prefix(6000))
            for _ in 0..<40 {
                var bytes = original
                for _ in 0...random.int(0..<3) { Self.damage(&bytes, random) }
                do {
                    let parsed = try CommitFile.parse(bytes, version: 1, keepsCommitInfo: true)
                    for file in parsed.addedFiles + parsed.removedFiles {
                        _ = (file.addFile, file.key, file.statistics(simpleSchema), parsed.commitInfo)
                    }
                    if let text = parsed.metadata?.schemaString { _ = try? SchemaCodec.parse(text) }
                } catch {
                    #expect(error.code == .corruptMetadata)
                    refused += 1
                }
            }
        }
        #expect(refused > 100, "seed \(seed)")
    }

    private static func damage(_ bytes: inout [UInt8], _ random: SeededRandomSource) {
        if bytes.isEmpty { return }
        let place = random.int(0..<bytes.count)
        switch random.int(0..<5) {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + random.int(1..<20)))
        case 2: bytes.insert(random.pick(Array("{}[]\",:\\u0n-e".utf8)), at: place)
        case 3: bytes.removeLast(bytes.count - place)
        default:
            let end = min(bytes.count, place + random.int(1..<50))
            bytes.insert(contentsOf: Array(bytes[place..<end]), at: random.int(0..<bytes.count))
        }
    }
}
