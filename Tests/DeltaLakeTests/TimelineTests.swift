import Base
import DeltaLake
import TableModel
import Testing

@Suite struct TimelineTests {
    private func entry(_ name: LogFileName, _ time: Int64) -> LogEntry {
        LogEntry(fileName: name.text, byteCount: 1, modifiedMilliseconds: time)
    }

    private func log(_ times: [Int64], from first: Int64 = 0, _ others: [LogEntry] = []) -> LogListing {
        LogListing(times.enumerated().map { entry(.commit(first + Int64($0.offset)), $0.element) } + others)
    }

    @Test func timesAreMadeIncreasing() throws {
        let timeline = CommitTimeline(log([100, 200, 150, 150, 300]))
        #expect((0..<5).map { timeline.milliseconds(of: $0) } == [100, 200, 201, 202, 300])
        #expect(timeline.milliseconds(of: 5) == nil)
        for (time, version) in [(100, 0), (199, 0), (200, 1), (201, 2), (299, 3), (300, 4), (9999, 4)] {
            #expect(try timeline.version(atMilliseconds: Int64(time)) == version)
        }
        let error = failure { _ = try timeline.version(atMilliseconds: 99) }
        #expect(error?.code == .notFound && error?.message.contains("version 0") == true)
        #expect(CommitTimeline(log([.max, .max, 5])).milliseconds(of: 2) == .max)
    }

    @Test func versionsBeforeTheOldestCheckpointAreGone() throws {
        let cut = log([10, 20, 30, 40], from: 5, [entry(.checkpoint(7), 35)])
        #expect(try CommitTimeline(cut).version(atMilliseconds: 30) == 7)
        #expect(failure { _ = try CommitTimeline(cut).version(atMilliseconds: 20) }?.code == .notFound)
        #expect(
            failure { _ = try CommitTimeline(log([1], from: 3)).version(atMilliseconds: 9) }?.code
                == .notFound)
    }

    @Test func historyTellsWhoDidWhat() throws {
        let parsed = try commit(1, add: ["a", "b"], remove: ["c"]) {
            $0.info?.operationMetrics["numFiles"] = .string("2")
        }
        let entry = HistoryEntry(parsed, timeline: CommitTimeline(log([100, 200])))
        #expect(entry.version == 1 && entry.timestampMilliseconds == 200)
        #expect(entry.addedFileCount == 2 && entry.removedFileCount == 1)
        #expect(entry.info?.operation == "WRITE" && entry.info?.operationMetrics["numFiles"] == .string("2"))
    }

    // MARK: Clean-up

    private let day: Int64 = 86_400_000

    private func expired(_ listing: LogListing, _ now: Int64, _ configuration: [String: String] = [:])
        -> [String]
    {
        LogRetention.expiredFiles(
            listing, TableProperties(["delta.logRetentionDuration": "10 days"].merging(configuration) { $1 }),
            nowMilliseconds: now
        ).map(\.fileName)
    }

    @Test func whatIsNeededSinceTheCutoffStays() {
        // One version a day, checkpoints at 4 and 8.
        let listing = log(
            (0..<12).map { $0 * day },
            [
                entry(.checkpoint(4), 4 * day + 1), entry(.checkpoint(8), 8 * day + 1),
                entry(.checksum(3), 3 * day),
                entry(.checksum(4), 4 * day), entry(.compacted(from: 0, to: 3), 3 * day),
            ])
        #expect(expired(listing, 13 * day).isEmpty)
        // At the cutoff, day 5, version 5 was current: it needs the checkpoint of 4.
        let names = (0..<4).map { LogFileName.commit($0).text }
        let more = [LogFileName.checksum(3).text, LogFileName.compacted(from: 0, to: 3).text]
        #expect(Set(expired(listing, 15 * day)) == Set(names + more))
        #expect(expired(listing, 15 * day).first == names.first)
        #expect(expired(listing, 40 * day).count == 8 + 2 + 1 + 1)
        #expect(expired(listing, 40 * day, ["delta.enableExpiredLogCleanup": "false"]).isEmpty)
        // The table stays whole at every version that is left.
        let left = LogListing(
            ((0..<12).map { entry(.commit($0), 0) } + [entry(.checkpoint(4), 0), entry(.checkpoint(8), 0)])
                .filter { !expired(listing, 15 * day).contains($0.fileName) })
        for version in Int64(4)..<12 {
            #expect((try? LogSegment.plan(left, version: version)) != nil)
        }
    }

    @Test func withoutAnOldCheckpointNothingGoes() {
        #expect(expired(log((0..<12).map { $0 * day }), 90 * day).isEmpty)
        let young = log((0..<12).map { $0 * day }, [entry(.checkpoint(11), 89 * day)])
        #expect(expired(young, 90 * day).count == 11)
        let touched = log([0, 1, 89 * day, 3, 4], [entry(.checkpoint(4), 5)])
        #expect(expired(touched, 90 * day).isEmpty)
    }

    @Test func checkpointsAreDueAtTheirInterval() {
        let properties = TableProperties(["delta.checkpointInterval": "5"])
        #expect((0...10).filter { LogRetention.isCheckpointDue($0, properties) } == [5, 10])
    }
}
