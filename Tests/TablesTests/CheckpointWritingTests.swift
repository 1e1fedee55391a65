import Base
import DeltaLake
import Engine
import LakehouseTesting
import ObjectStore
import TableModel
import Tables
import Testing

/// Checkpoints of every kind give back the table that they were written of.
@Suite struct CheckpointWritingTests {
    private func names(_ table: DeltaTable, _ folder: StorePath = "_delta_log") async throws -> [String] {
        try await table.store.list(folder).map(\.path.name)
    }

    /// Takes away all commits, so that only the checkpoint is left.
    private func keepOnlyTheCheckpoint(_ table: DeltaTable, upTo version: Int64) async throws {
        for number in 0...version {
            try await table.store.delete(try StorePath("_delta_log/\(LogFileName.commit(number).text)"))
        }
    }

    private func table(
        _ fixture: TableFixture, _ properties: [String: String], versions: Int = 4
    ) async throws -> DeltaTable {
        let table = try await fixture.create(
            "t", as: "SELECT 0 AS n, DATE '2024-01-01' AS p, {'a': 'x', 'b': 1.5} AS s", partitionedBy: ["p"],
            properties: properties)
        for n in 1..<versions {
            try await table.write(
                WriteSource(sql: "SELECT \(n) AS n, NULL::DATE AS p, {'a': 'é\"', 'b': NULL} AS s"))
        }
        return table
    }

    @Test(arguments: [[:], ["delta.checkpointPolicy": "v2"]])
    func theTableSurvives(_ properties: [String: String]) async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, properties)
        let before = try await table.snapshot()
        let rows = try await fixture.rows(table)
        #expect(try await table.checkpoint() == 3)
        let files = try await names(table)
        let isV2 = !properties.isEmpty
        #expect(files.contains("00000000000000000003.checkpoint.parquet") == !isV2)
        #expect(
            files.contains { $0.hasPrefix("00000000000000000003.checkpoint.") && $0.hasSuffix(".json") }
                == isV2)
        try await keepOnlyTheCheckpoint(table, upTo: 3)
        let again = try await DeltaTable.open(fixture.store("t"), fixture.context)
        let after = try await again.snapshot()
        #expect(after.version == 3 && after.metadata == before.metadata && after.fileCount == 4)
        #expect(after.tableProtocol == before.tableProtocol && after.byteCount == before.byteCount)
        #expect(try await fixture.rows(again) == rows)
        // And it goes on from there.
        try await again.write(WriteSource(sql: "SELECT 9 AS n"))
        #expect(try await fixture.rows(again, .latest, "SELECT sum(n) FROM {t}") == ["15"])
    }

    /// Statistics in columns of their own, without the JSON text, as `delta.checkpoint.writeStatsAsStruct` asks.
    @Test func statisticsInColumnsPruneAsWell() async throws {
        let fixture = try TableFixture()
        let table = try await table(
            fixture,
            ["delta.checkpoint.writeStatsAsStruct": "true", "delta.checkpoint.writeStatsAsJson": "false"])
        try await table.checkpoint()
        try await keepOnlyTheCheckpoint(table, upTo: 3)
        let again = try await DeltaTable.open(fixture.store("t"), fixture.context)
        let state = try await again.snapshot()
        #expect(state.rowCount == 4)
        let filter = ScanFilter.compare(ColumnPath(["n"]), .equal, .integer(2))
        #expect(state.files(matching: filter).count == 1)
        let day = ScanFilter.compare(ColumnPath(["p"]), .equal, .date(19_723))
        #expect(state.files(matching: day).count == 1)
        let path = fixture.store("t").engineLocation("_delta_log/00000000000000000003.checkpoint.parquet")
        let parsed = try await fixture.engine.onSessionThread { connection in
            try connection.execute(
                """
                SELECT count(add.stats_parsed.maxValues.n), count(add."partitionValues_parsed".p) \
                FROM '\(path)'
                """, []
            ).nextChunk().map { [$0.column(0).text(0), $0.column(1).text(0)] }
        }
        #expect(parsed == ["4", "1"])
    }

    /// Removals, transactions, domains and every rare field, by way of Parquet.
    @Test func everythingRareSurvives() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 0 AS n")
        let vector = DeletionVectorDescriptor(
            storageType: "u", pathOrInlineDv: "ab^-aqEH.-t@S}K{vb[*k^", offset: 4, sizeInBytes: 40,
            cardinality: 6)
        var builder = CommitBuilder(info: CommitInfo(timestampMilliseconds: 1, operation: "WRITE"))
        builder.remove(
            RemoveFile(
                rawPath: "old.parquet", deletedMilliseconds: 1 << 43, partitionValues: [], byteCount: 9,
                deletionVector: vector, baseRowID: 1, defaultRowCommitVersion: 2))
        builder.remove(RemoveFile(rawPath: "plain.parquet", deletedMilliseconds: nil))
        builder.add(
            AddFile(
                rawPath: "new%20file.parquet", byteCount: 7, modifiedMilliseconds: 5,
                stats: Array("{\"numRecords\":3,\"minValues\":{\"n\":1}}".utf8), tags: ["t": "ü", "z": ""],
                deletionVector: vector, baseRowID: 12, defaultRowCommitVersion: 1,
                clusteringProvider: "liquid"))
        builder.record(SetTransaction(appID: "app", version: 5, lastUpdatedMilliseconds: 1 << 42))
        builder.record(DomainMetadata(domain: "mine", configuration: "{\"a\":\"b\"}"))
        try await table.store.put("_delta_log/00000000000000000001.json", builder.bytes(), mode: .ifAbsent)
        let before = try await table.snapshot()
        try await table.checkpoint()
        try await keepOnlyTheCheckpoint(table, upTo: 1)
        let after = try await DeltaTable.open(fixture.store("t"), fixture.context).snapshot()
        #expect(after.transactions == before.transactions && after.domains == before.domains)
        let file = try #require(after.files.all().first { $0.rawPath == "new%20file.parquet" })
        #expect(file.deletionVector == vector && file.tags == ["t": "ü", "z": ""])
        #expect(file.baseRowID == 12 && file.defaultRowCommitVersion == 1)
        #expect(file.clusteringProvider == "liquid" && file.rowCount == 3 && file.milliseconds == 5)
        let removed = after.files.tombstones().sorted { $0.path < $1.path }
        #expect(removed.map(\.rawPath) == ["old.parquet", "plain.parquet"])
        #expect(removed[0].deletionVector == vector && removed[0].baseRowID == 1 && removed[0].byteCount == 9)
        #expect(removed[1].removedMilliseconds == nil && !removed[1].hasPartitionValues)
    }

    // MARK: Sidecars

    /// Enough files that they go into sidecars.
    private func wideTable(_ fixture: TableFixture) async throws -> DeltaTable {
        let table = try await fixture.create(
            "t", as: "SELECT 0 AS n", properties: ["delta.checkpointPolicy": "v2"])
        var builder = CommitBuilder(info: CommitInfo(timestampMilliseconds: 1, operation: "WRITE"))
        for n in 0..<5000 {
            builder.add(AddFile(rawPath: "f\(n).parquet", byteCount: Int64(n), modifiedMilliseconds: 1))
        }
        try await table.store.put("_delta_log/00000000000000000001.json", builder.bytes(), mode: .ifAbsent)
        return table
    }

    @Test func manyFilesGoIntoSidecars() async throws {
        let fixture = try TableFixture()
        let table = try await wideTable(fixture)
        try await table.checkpoint()
        let sidecars = try await names(table, "_delta_log/_sidecars")
        #expect(sidecars.count == 1)
        try await keepOnlyTheCheckpoint(table, upTo: 1)
        let again = try await DeltaTable.open(fixture.store("t"), fixture.context)
        #expect(try await again.snapshot().fileCount == 5001)

        // Without its sidecar the checkpoint is nothing, and the error says which one.
        try await table.store.delete(try StorePath("_delta_log/_sidecars/\(sidecars[0])"))
        let missing = await #expect(throws: TarnError.self) {
            try await DeltaTable.open(fixture.store("t"), fixture.context)
        }
        #expect(missing?.code == .corruptMetadata && missing?.message.contains(sidecars[0]) == true)
        try await table.store.put(
            try StorePath("_delta_log/_sidecars/\(sidecars[0])"), [1, 2, 3], mode: .ifAbsent)
        let short = await #expect(throws: TarnError.self) {
            try await DeltaTable.open(fixture.store("t"), fixture.context)
        }
        #expect(short?.code == .corruptMetadata && short?.message.contains("3 bytes") == true)
    }

    /// A sidecar goes when no checkpoint names it any more, but not while it may belong to one in the making.
    @Test func unusedSidecarsGoAfterADay() async throws {
        let fixture = try TableFixture()
        let table = try await wideTable(fixture)
        try await table.checkpoint()
        try await table.store.put("_delta_log/_sidecars/left-by-a-crash.parquet", [1], mode: .ifAbsent)
        #expect(try await table.cleanLog() == 0)
        #expect(try await names(table, "_delta_log/_sidecars").count == 2)
    }

    @Test func aFailedWriteLeavesNoCheckpoint() async throws {
        let fixture = try TableFixture(warn: { _ in })
        let whole = try await table(fixture, [:])
        for call in 1... {
            let faulty = FaultyStore(
                fixture.store("t"), failingCall: call, .before, error: .full("_delta_log"),
                kinds: [.put, .makeDurable, .ensureFolder])
            let table = try await DeltaTable.open(faulty, fixture.context)
            _ = try? await table.checkpoint()
            let again = try await DeltaTable.open(fixture.store("t"), fixture.context)
            #expect(try await again.snapshot().fileCount == 4)
            let left = try await names(whole).filter { $0.hasPrefix(".") }
            #expect(left.isEmpty, "\(left)")
            guard faulty.fired else { break }
        }
    }
}
