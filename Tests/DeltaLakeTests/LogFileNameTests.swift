import Base
import Testing

import DeltaLake

@Suite struct LogFileNameTests {
    @Test(arguments: [
        ("00000000000000000007.json", LogFileName.commit(7)),
        ("00000000000000000000.json", .commit(0)),
        ("09223372036854775807.json", .commit(.max)),
        ("00000000000000000010.checkpoint.parquet", .checkpoint(10)),
        (
            "00000000000000000010.checkpoint.0000000002.0000000003.parquet",
            .checkpointPart(10, part: 2, of: 3)
        ),
        (
            "00000000000000000004.checkpoint.a2670232-dd52-4e21-8ba7-1f70fe762bce.json",
            .checkpointV2(4, id: "a2670232-dd52-4e21-8ba7-1f70fe762bce", isJSON: true)
        ),
        (
            "00000000000000000004.checkpoint.a2670232-dd52-4e21-8ba7-1f70fe762bce.parquet",
            .checkpointV2(4, id: "a2670232-dd52-4e21-8ba7-1f70fe762bce", isJSON: false)
        ),
        ("00000000000000000004.00000000000000000009.compacted.json", .compacted(from: 4, to: 9)),
        ("00000000000000000004.crc", .checksum(4)),
        ("_last_checkpoint", .lastCheckpoint),
    ])
    func namesAreKnownAndWrittenBack(_ text: String, _ name: LogFileName) {
        #expect(LogFileName(text) == name)
        #expect(name.text == text)
    }

    @Test(arguments: [
        "", "3.json", "00000000000000000003.json.tmp", "00000000000000000003.json.crc", "README",
        "_commit_00000000000000000003.json.uuid", ".00000000000000000003.json", "_staged_commits",
        "0000000000000000000a.json", "99999999999999999999.json", "00000000000000000003",
        "00000000000000000010.checkpoint.0000000004.0000000003.parquet",
        "00000000000000000010.checkpoint.0000000000.0000000003.parquet",
        "00000000000000000010.checkpoint.x.parquet",
        "00000000000000000009.00000000000000000004.compacted.json",
        "00000000000000000003.json.é",
    ])
    func strayFilesAreOther(_ text: String) {
        #expect(LogFileName(text) == .other)
    }
}

@Suite struct LogSegmentTests {
    private func listing(_ names: [LogFileName]) -> LogListing {
        LogListing(
            names.map {
                LogEntry(fileName: $0.text, byteCount: 1, modifiedMilliseconds: 1000 + ($0.version ?? 0))
            })
    }

    private func commits(_ versions: some Sequence<Int>) -> [LogFileName] {
        versions.map { .commit(Int64($0)) }
    }

    @Test func theNewestWholeCheckpointIsTheStart() throws {
        let log = listing(
            commits(0...12) + [
                .checkpoint(5), .checkpointPart(10, part: 1, of: 2), .checkpointPart(10, part: 2, of: 2),
                .checkpointPart(12, part: 1, of: 2),
            ])
        let segment = try LogSegment.plan(log)
        #expect(segment.version == 12)
        #expect(segment.checkpoint?.version == 10)
        #expect(segment.checkpoint?.files.count == 2)
        #expect(segment.commits.map(\.name) == commits(11...12))
        #expect(segment.modifiedMilliseconds == 1012)

        let older = try LogSegment.plan(log, version: 9)
        #expect(older.checkpoint?.version == 5)
        #expect(older.commits.map(\.name) == commits(6...9))

        let atCheckpoint = try LogSegment.plan(log, version: 10)
        #expect(atCheckpoint.commits.isEmpty)

        let bad = try #require(segment.checkpoint)
        let without = try LogSegment.plan(log, excluding: [bad])
        #expect(without.checkpoint?.version == 5)
        #expect(without.commits.map(\.name) == commits(6...12))
    }

    @Test func anEmptyCheckpointFileIsNoCheckpoint() throws {
        let log = LogListing([
            LogEntry(fileName: LogFileName.commit(0).text, byteCount: 9, modifiedMilliseconds: 1),
            LogEntry(fileName: LogFileName.checkpoint(0).text, byteCount: 0, modifiedMilliseconds: 1),
        ])
        #expect(try LogSegment.plan(log).checkpoint == nil)
    }

    @Test func aGapNamesTheMissingFile() {
        func failure(_ names: [LogFileName], version: Int64? = nil) -> TarnError? {
            #expect(throws: TarnError.self) { try LogSegment.plan(listing(names), version: version) }
        }
        let middle = failure(commits([0, 1, 3]))
        #expect(middle?.code == .corruptMetadata)
        #expect(middle?.message.contains("_delta_log/00000000000000000002.json is missing") == true)
        #expect(failure(commits([1, 2]))?.message.contains("00000000000000000000.json") == true)
        #expect(failure([.checkpoint(10)] + commits([12]))?.message.contains("0011.json") == true)
        #expect(failure([])?.code == .notFound)
        #expect(failure(commits(0...3), version: 4)?.code == .notFound)
        #expect(failure(commits(0...3), version: -1)?.code == .notFound)
        #expect(failure([.checkpoint(10)] + commits([11]), version: 3)?.code == .corruptMetadata)
    }

    @Test func checkpointsAloneMakeATable() throws {
        let segment = try LogSegment.plan(listing([.checkpoint(108)]))
        #expect(segment.version == 108)
        #expect(segment.commits.isEmpty)
    }
}
