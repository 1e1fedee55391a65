import Base
import DeltaLake
import LakehouseTesting
import ObjectStore
import TableModel
import Tables
import Testing

/// What follows a commit, and what reading the log makes of it.
@Suite struct LogUpkeepTests {
    private func context(
        _ fixture: TableFixture, time: any TimeSource = SystemTimeSource(),
        _ change: (inout LogUpkeep) -> Void = { _ in }
    ) -> TableContext {
        var upkeep = LogUpkeep()
        change(&upkeep)
        return TableContext(
            engine: fixture.engine, time: time, engineInfo: "tarn-test",
            warn: { Issue.record("\($0)") }, upkeep: upkeep)
    }

    private func table(
        _ fixture: TableFixture, _ context: TableContext, versions: Int, properties: [String: String] = [:]
    ) async throws -> DeltaTable {
        let table = try await DeltaTable.create(
            fixture.store("t"), context,
            TableDefinition(
                schema: nil, properties: ["delta.checkpointInterval": "5"].merging(properties) { $1 }),
            source: WriteSource(sql: "SELECT 0 AS n"), name: "t"
        ).table
        for n in 1..<versions { try await table.write(WriteSource(sql: "SELECT \(n) AS n")) }
        return table
    }

    private func names(_ table: DeltaTable) async throws -> Set<String> {
        Set(try await table.store.list("_delta_log").map(\.path.name))
    }

    @Test func eachKindOfWorkCanBeTurnedOff() async throws {
        let fixture = try TableFixture()
        let off = context(fixture) {
            $0.writesCheckpoints = false
            $0.writesChecksums = false
        }
        let table = try await table(fixture, off, versions: 12)
        #expect(try await names(table).count == 12)
    }

    @Test func everyCommitHasItsChecksum() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, context(fixture), versions: 4)
        let names = try await names(table)
        for version in 0..<4 { #expect(names.contains(LogFileName.checksum(Int64(version)).text)) }
        let state = try await table.snapshot()
        let bytes = try await table.store.get(try StorePath("_delta_log/\(LogFileName.checksum(3).text)"))
        try #require(VersionChecksum(bytes)).check(state, fileName: "3.crc")
    }

    /// A commit that was changed behind the table's back is noticed; a checksum that a crash cut short is passed over.
    @Test func aLogThatWasTamperedWithIsNoticed() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, context(fixture), versions: 3)
        let path = try StorePath("_delta_log/\(LogFileName.commit(1).text)")
        let text = String(decoding: try await table.store.get(path), as: UTF8.self)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("{\"add\"") }
        try await table.store.put(path, Array(lines.joined(separator: "\n").utf8), mode: .overwrite)
        let error = await #expect(throws: TarnError.self) {
            try await DeltaTable.open(fixture.store("t"), fixture.context)
        }
        #expect(error?.code == .corruptMetadata)
        #expect(error?.message.contains(LogFileName.checksum(2).text) == true, "\(error?.message ?? "")")
        try await table.store.put(
            try StorePath("_delta_log/\(LogFileName.checksum(2).text)"), Array("{\"numFiles\":3,".utf8),
            mode: .overwrite)
        #expect(try await DeltaTable.open(fixture.store("t"), fixture.context).snapshot().fileCount == 2)
    }

    @Test func compactedFilesAreReadInPlaceOfCommits() async throws {
        let fixture = try TableFixture()
        let table = try await table(
            fixture, context(fixture) { $0.compactionInterval = 3 }, versions: 8,
            properties: ["delta.checkpointInterval": "100"])
        #expect(try await names(table).contains(LogFileName.compacted(from: 4, to: 6).text))
        let counting = FaultyStore(fixture.store("t"))
        let again = try await DeltaTable.open(counting, fixture.context)
        #expect(try await again.snapshot().fileCount == 8)
        // 0, 1-3, 4-6, 7, checksum, hint and the look for what comes next; without them it would be 11.
        #expect(counting.count(.get) == 7)
        #expect(try await fixture.rows(again, .version(5), "SELECT sum(n) FROM {t}") == ["15"])
        // A damaged one is done without.
        try await table.store.put(
            try StorePath("_delta_log/\(LogFileName.compacted(from: 4, to: 6).text)"),
            Array("{\"add\":".utf8),
            mode: .overwrite)
        #expect(try await DeltaTable.open(fixture.store("t"), fixture.context).snapshot().fileCount == 8)
    }

    @Test func workBehindTheCommitsIsDoneBeforeTheEnd() async throws {
        let fixture = try TableFixture()
        let background = BackgroundWork()
        let table = try await table(fixture, context(fixture) { $0.background = background }, versions: 12)
        await background.close()
        let names = try await names(table)
        #expect(names.contains(LogFileName.checkpoint(10).text))
        #expect(names.contains(LogFileName.checksum(11).text))
        #expect(!background.submit("t") { Issue.record("closed") })
    }

    /// Of the work that waits for a key, the last comes.
    @Test func newerWorkTakesThePlaceOfWaitingWork() async {
        let background = BackgroundWork()
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let (done, report) = AsyncStream.makeStream(of: Int.self)
        background.submit("k") { for await _ in gate { break } }
        for number in 1...5 { background.submit("k") { report.yield(number) } }
        open.yield()
        await background.drain()
        report.finish()
        var seen: [Int] = []
        for await number in done { seen.append(number) }
        #expect(seen == [5])
    }

    // MARK: In-commit timestamps

    @Test func timeTravelGoesByTheCommitsOwnTimes() async throws {
        let fixture = try TableFixture()
        let clock = ManualTimeSource(microseconds: 1_000_000_000_000)
        let ours = context(fixture, time: clock)
        let table = try await table(
            fixture, ours, versions: 1, properties: ["delta.enableInCommitTimestamps": "true"])
        for n in 1..<8 {
            // The clock of one writer is behind.
            clock.advance(by: n == 4 ? .seconds(-500) : .seconds(100))
            try await table.write(WriteSource(sql: "SELECT \(n) AS n"))
        }
        let times = try await table.history().reversed().map(\.timestampMilliseconds)
        #expect(times == times.sorted() && Set(times).count == 8)
        for (version, time) in times.enumerated() {
            let found = try await table.snapshot(.timestamp(microseconds: time * 1000))
            #expect(found.version == Int64(version) && found.timestampMilliseconds == time)
        }
        let error = await #expect(throws: TarnError.self) {
            try await table.snapshot(.timestamp(microseconds: times[0] * 1000 - 1))
        }
        #expect(error?.code == .notFound)
        // A checkpoint does not hold the time; the commit beside it does.
        try await table.checkpoint()
        let again = try await DeltaTable.open(fixture.store("t"), ours)
        #expect(try await again.snapshot().timestampMilliseconds == times[7])
    }

    @Test func timesBeforeTheFeatureAreThoseOfTheFiles() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, context(fixture), versions: 3)
        let old = try await table.history().reversed().map(\.timestampMilliseconds)
        try await table.setProperties(["delta.enableInCommitTimestamps": "true"])
        try await table.write(WriteSource(sql: "SELECT 4 AS n"))
        let all = try await table.history().reversed().map(\.timestampMilliseconds)
        #expect(all.count == 5 && all == all.sorted() && Array(all.prefix(3)) == old)
        #expect(try await table.snapshot(.timestamp(microseconds: old[1] * 1000)).version == 1)
        #expect(try await table.snapshot(.timestamp(microseconds: all[3] * 1000)).version == 3)
        #expect(try await table.snapshot(.timestamp(microseconds: .max)).version == 4)
    }

    // MARK: Dropping features

    @Test func aWriterFeatureGoesAtOnce() async throws {
        let fixture = try TableFixture()
        let table = try await table(
            fixture, context(fixture), versions: 2,
            properties: ["delta.enableInCommitTimestamps": "true", "delta.enableRowTracking": "true"])
        try await table.dropFeature("inCommitTimestamp")
        try await table.dropFeature("rowTracking")
        try await table.dropFeature("domainMetadata")
        let state = try await table.snapshot()
        #expect(state.tableProtocol == TableProtocol())
        #expect(state.configuration == ["delta.checkpointInterval": "5"] && state.domains.isEmpty)
        #expect(try await fixture.rows(table, .latest, "SELECT sum(n) FROM {t}") == ["1"])
    }

    @Test func whatIsNeededCannotBeDropped() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create(
            "t", as: "SELECT TIMESTAMP '2024-01-01' AS at", properties: ["delta.enableRowTracking": "true"])
        let used = await #expect(throws: TarnError.self) { try await table.dropFeature("timestampNtz") }
        #expect(used?.code == .failedPrecondition)
        let needed = await #expect(throws: TarnError.self) { try await table.dropFeature("domainMetadata") }
        #expect(needed?.message.contains("rowTracking") == true)
        let unknown = await #expect(throws: TarnError.self) { try await table.dropFeature("rowTrackin") }
        #expect(unknown?.code == .notFound && unknown?.message.contains("rowTracking") == true)
    }

    @Test func aReaderFeatureLeavesProtectedHistory() async throws {
        let fixture = try TableFixture()
        let table = try await table(
            fixture, context(fixture), versions: 3, properties: ["delta.checkpointPolicy": "v2"])
        try await table.checkpoint()
        try await table.dropFeature("v2Checkpoint")
        let state = try await table.snapshot()
        #expect(!TableFeatures.supports("v2Checkpoint", state.tableProtocol))
        #expect(TableFeatures.supports("checkpointProtection", state.tableProtocol))
        #expect(state.configuration["delta.requireCheckpointProtectionBeforeVersion"] == "3")
        #expect(try await names(table).contains(LogFileName.checkpoint(3).text))
        let again = try await DeltaTable.open(fixture.store("t"), fixture.context)
        #expect(try await again.snapshot().fileCount == 3)
        // The guard itself goes only with what it guards.
        let error = await #expect(throws: TarnError.self) {
            try await table.dropFeature("checkpointProtection")
        }
        #expect(error?.code == .failedPrecondition)
    }

    @Test func historyGoesOnceNobodyCanBeReadingIt() async throws {
        let fixture = try TableFixture()
        let table = try await table(
            fixture, context(fixture), versions: 3, properties: ["delta.checkpointPolicy": "v2"])
        let early = await #expect(throws: TarnError.self) {
            try await table.dropFeature("v2Checkpoint", truncateHistory: true)
        }
        #expect(early?.code == .failedPrecondition && early?.message.contains("24 hours") == true)
        let clock = ManualTimeSource(microseconds: SystemTimeSource().nowMilliseconds() * 1000)
        clock.advance(by: .seconds(25 * 3600))
        let later = try await DeltaTable.open(fixture.store("t"), context(fixture, time: clock))
        try await later.dropFeature("v2Checkpoint", truncateHistory: true)
        let state = try await later.snapshot()
        #expect(state.tableProtocol == TableProtocol() && state.version == 4)
        let left = try await names(later).compactMap { LogFileName($0).version }.min()
        #expect(left == 3)
        #expect(try await fixture.rows(later, .latest, "SELECT sum(n) FROM {t}") == ["3"])
    }
}
