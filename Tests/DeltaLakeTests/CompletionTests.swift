import Base
import DeltaLake
import TableModel
import Testing

/// What a commit gets only once it is known which version it becomes.
@Suite struct CompletionTests {
    private static func listing(_ features: String...) -> TableProtocol {
        TableProtocol(minReaderVersion: 1, minWriterVersion: 7, writerFeatures: features)
    }
    private let timed = ["delta.enableInCommitTimestamps": "true"]
    private let tracked = ["delta.enableRowTracking": "true"]

    private func base(
        _ configuration: [String: String], _ features: [String], add: [AddFile] = [], now: Int64 = 100
    ) throws -> DeltaSnapshot {
        var builder = CommitBuilder(info: CommitInfo(timestampMilliseconds: now, operation: "CREATE TABLE"))
        builder.tableProtocol = TableProtocol(
            minReaderVersion: 1, minWriterVersion: 7, writerFeatures: features)
        builder.metadata = TableMetadata(
            id: "m", schemaString: SchemaCodec.text(simpleSchema), configuration: configuration)
        for file in add { builder.add(file) }
        return try snapshot([parse(builder.completed(as: 0, after: nil, nowMilliseconds: now), 0)])
    }

    private func parse(_ builder: CommitBuilder, _ version: Int64) throws -> ParsedCommit {
        try CommitFile.parse(builder.bytes(), version: version, keepsCommitInfo: true)
    }

    private func file(_ path: String, rows: Int64) -> AddFile {
        AddFile(
            rawPath: path, byteCount: 1, modifiedMilliseconds: 1,
            stats: Array("{\"numRecords\":\(rows)}".utf8))
    }

    private func write(_ files: AddFile...) -> CommitBuilder {
        var builder = CommitBuilder(info: CommitInfo(timestampMilliseconds: 1, operation: "WRITE"))
        for file in files { builder.add(file) }
        return builder
    }

    // MARK: In-commit timestamps

    @Test func aPlainTableGetsNothing() throws {
        let before = try base([:], ["appendOnly"])
        let commit = try parse(
            write(file("a", rows: 1)).completed(as: 1, after: before, nowMilliseconds: 7), 1)
        #expect(commit.inCommitMilliseconds == nil && commit.domains.isEmpty && commit.metadata == nil)
        #expect(commit.addedFiles.first?.baseRowID == nil)
    }

    /// A clock that goes back must not make time go back.
    @Test func inCommitTimestampsRiseWhateverTheClockSays() throws {
        var state = try base(timed, ["inCommitTimestamp"], now: 1000)
        #expect(state.timestampMilliseconds == 1000)
        var times: [Int64] = []
        for (version, now) in [(Int64(1), Int64(1500)), (2, 900), (3, 1501), (4, 5000)] {
            let commit = try parse(
                write(file("f\(version)", rows: 1)).completed(
                    as: version, after: state, nowMilliseconds: now),
                version)
            state = try state.applying([commit], timestampMilliseconds: 1)
            times.append(state.timestampMilliseconds)
            #expect(commit.inCommitMilliseconds == state.timestampMilliseconds)
        }
        #expect(times == [1500, 1501, 1502, 5000])
    }

    @Test func theTimestampIsTheFirstThingInTheCommit() throws {
        let state = try base(timed, ["inCommitTimestamp"])
        let text = String(
            decoding: try write().completed(as: 1, after: state, nowMilliseconds: 200).bytes(), as: UTF8.self)
        #expect(text.hasPrefix("{\"commitInfo\":{\"inCommitTimestamp\":200,"))
    }

    @Test func turningTimestampsOnTellsSinceWhen() throws {
        // Commit 0's file is of millisecond 5.
        let before = try base([:], ["appendOnly"])
        var builder = write()
        builder.tableProtocol = Self.listing("appendOnly", "inCommitTimestamp")
        builder.metadata = before.metadata
        builder.metadata?.configuration = timed
        let commit = try parse(builder.completed(as: 1, after: before, nowMilliseconds: 3), 1)
        #expect(commit.inCommitMilliseconds == 6)
        let configuration = commit.metadata?.configuration
        #expect(configuration?[InCommitTimestamps.enablementVersion] == "1")
        #expect(configuration?[InCommitTimestamps.enablementTimestamp] == "6")

        let state = try before.applying([commit], timestampMilliseconds: 9)
        var off = write()
        off.metadata = state.metadata
        off.metadata?.configuration["delta.enableInCommitTimestamps"] = "false"
        let last = try parse(off.completed(as: 2, after: state, nowMilliseconds: 10), 2)
        #expect(last.metadata?.configuration == ["delta.enableInCommitTimestamps": "false"])
        #expect(last.inCommitMilliseconds == nil)
    }

    // MARK: Row tracking

    @Test func newFilesGetRowIDsBehindTheHighWaterMark() throws {
        let features = ["domainMetadata", "rowTracking"]
        let before = try base(tracked, features, add: [file("a", rows: 10), file("b", rows: 5)])
        #expect(RowTracking.highWaterMark(before.domains) == 14)
        #expect(before.configuration[RowTracking.rowIDColumnProperty] == "_row-id-col-m-0")
        #expect(
            before.configuration[RowTracking.commitVersionColumnProperty] == "_row-commit-version-col-m-0")
        let mine = write(file("c", rows: 3), file("d", rows: 1))
        let first = try parse(mine.completed(as: 1, after: before, nowMilliseconds: 7), 1)
        #expect(first.addedFiles.map(\.baseRowID) == [15, 18])
        #expect(first.addedFiles.map(\.defaultRowCommitVersion) == [1, 1])
        // Another commit came first: the same actions get other ids at the next attempt.
        let theirs = try before.applying(
            [parse(write(file("x", rows: 100)).completed(as: 1, after: before, nowMilliseconds: 7), 1)],
            timestampMilliseconds: 8)
        let second = try parse(mine.completed(as: 2, after: theirs, nowMilliseconds: 9), 2)
        #expect(second.addedFiles.map(\.baseRowID) == [115, 118])
        #expect(second.addedFiles.map(\.defaultRowCommitVersion) == [2, 2])
        let after = try theirs.applying([second], timestampMilliseconds: 10)
        #expect(RowTracking.highWaterMark(after.domains) == 118)
    }

    @Test func filesThatHaveRowIDsKeepThem() throws {
        let before = try base(tracked, ["domainMetadata", "rowTracking"], add: [file("a", rows: 10)])
        let old = try #require(before.files.all().first)
        var builder = write(old.addFile)
        builder.remove(old.removeFile(atMilliseconds: 3))
        let commit = try parse(builder.completed(as: 1, after: before, nowMilliseconds: 7), 1)
        #expect(commit.addedFiles.first?.baseRowID == 0)
        #expect(commit.addedFiles.first?.defaultRowCommitVersion == 0)
        #expect(commit.removedFiles.first?.baseRowID == 0)
        #expect(commit.domains.isEmpty)
    }

    @Test func turningRowTrackingOnNumbersWhatIsThere() throws {
        let before = try base([:], ["appendOnly"], add: [file("a", rows: 10), file("b", rows: 5)])
        var builder = write(file("c", rows: 2))
        builder.tableProtocol = Self.listing("appendOnly", "domainMetadata", "rowTracking")
        builder.metadata = before.metadata
        builder.metadata?.configuration = tracked
        let commit = try parse(builder.completed(as: 1, after: before, nowMilliseconds: 7), 1)
        let after = try before.applying([commit], timestampMilliseconds: 8)
        #expect(after.fileCount == 3 && RowTracking.highWaterMark(after.domains) == 16)
        var ids: Set<Int64> = []
        after.files.forEach { ids.insert($0.baseRowID ?? -1) }
        #expect(ids.count == 3 && !ids.contains(-1))
        #expect(after.configuration[RowTracking.rowIDColumnProperty] == "_row-id-col-m-1")
    }

    @Test func aFileWithoutRowCountIsRefused() throws {
        let before = try base(tracked, ["domainMetadata", "rowTracking"])
        let plain = write(AddFile(rawPath: "a", byteCount: 1, modifiedMilliseconds: 1))
        let error = failure { _ = try plain.completed(as: 1, after: before, nowMilliseconds: 7) }
        #expect(error?.code == .failedPrecondition && error?.message.contains("rowTracking") == true)
    }

    @Test func suspendedTrackingGivesNothing() throws {
        let before = try base(["delta.rowTrackingSuspended": "true"], ["domainMetadata", "rowTracking"])
        let commit = try parse(
            write(file("a", rows: 1)).completed(as: 1, after: before, nowMilliseconds: 7), 1)
        #expect(commit.addedFiles.first?.baseRowID == nil && commit.domains.isEmpty)
    }
}
