import Base
import DeltaLake
import TableModel
import Testing

@Suite struct SnapshotTests {
    @Test func oneSpellingOfAPathEndsAnother() throws {
        for (added, removed) in [
            ("/a/b%20c", "file:/a/b c"), ("file:///a/x", "/a/x"), ("x%2Fy", "x/y"), ("ü%C3%BC", "üü"),
        ] {
            let state = try snapshot([firstCommit(add: [added]), commit(1, remove: [removed])])
            #expect(state.fileCount == 0, "\(added) \(removed)")
            #expect(state.files.tombstones().count == 1)
        }
    }

    @Test func aDeletionVectorMakesAFileAnother() throws {
        let vector = DeletionVectorDescriptor(
            storageType: "i", pathOrInlineDv: "x", offset: nil, sizeInBytes: 1, cardinality: 1)
        var plain = AddFile(rawPath: "a", byteCount: 10, modifiedMilliseconds: 1)
        let first = try commit(1) { $0.add(plain) }
        plain.deletionVector = vector
        let second = try commit(2) {
            $0.remove(RemoveFile(rawPath: "a", deletedMilliseconds: 1))
            $0.add(plain)
        }
        let state = try snapshot([firstCommit(), first, second])
        #expect(state.fileCount == 1 && state.byteCount == 10)
        #expect(state.files.all().first?.deletionVector == vector)
        #expect(state.files.checkInvariants())
    }

    @Test func whatIsMissingIsNamed() throws {
        let noProtocol = try commit(0) { $0.metadata = TableMetadata(id: "i", schemaString: "") }
        #expect(failure { _ = try snapshot([noProtocol]) }?.message.contains("protocol") == true)
        let noMetadata = try commit(0) { $0.tableProtocol = TableProtocol() }
        #expect(failure { _ = try snapshot([noMetadata]) }?.message.contains("metaData") == true)
        #expect(failure { _ = try snapshot([firstCommit(), commit(2)]) }?.code == .internal)
        #expect(
            failure { _ = try snapshot([firstCommit(partitionColumns: ["nix"])]) }?.code == .corruptMetadata)
    }

    /// The files of a plain model against the snapshot, by commits, by refreshes of any grouping, and from a
    /// checkpoint in the middle.
    @Test(arguments: [11, 12, 13, 14, 15, 16, 17, 18] as [UInt64])
    func randomHistoriesMatchAModel(_ seed: UInt64) throws {
        let random = SeededRandomSource(seed: seed)
        var model: Set<String> = []
        var transactions: [String: Int64] = [:]
        var states: [Set<String>] = []
        var commits = [try firstCommit()]
        states.append(model)
        // A few names that come and go, and many that are new: every 3rd seed passes the sizes at which tables merge.
        let width = seed % 3 == 0 ? 700 : 12
        for version in 1...30 {
            var (adds, removes): ([String], [String]) = ([], [])
            for _ in 0..<random.int(0..<width) {
                let name =
                    random.int(0..<2) == 0 ? "old \(random.int(0..<20))" : "n\(random.next() % 100_000)"
                if model.insert(name).inserted, !removes.contains(name) { adds.append(name) }
            }
            for name in model.sorted() where !adds.contains(name) && random.int(0..<3) == 0 {
                model.remove(name)
                removes.append(name)
            }
            model.formUnion(adds)
            let app = "app \(random.int(0..<3))"
            transactions[app] = Int64(version)
            commits.append(
                try commit(Int64(version), add: adds, remove: removes) {
                    $0.record(SetTransaction(appID: app, version: Int64(version)))
                })
            states.append(model)
        }
        var refreshed = try snapshot([commits[0]])
        var version = 1
        while version <= 30 {
            let next = min(30, version + random.int(0..<4))
            let before = refreshed
            refreshed = try refreshed.applying(Array(commits[version...next]), timestampMilliseconds: 9)
            #expect(
                before.fileCount == states[Int(before.version)].count, "a refresh changed the old snapshot")
            #expect(paths(refreshed) == states[next], "seed \(seed), version \(next)")
            #expect(refreshed.files.checkInvariants())
            version = next + 1
        }
        let whole = try snapshot(commits)
        #expect(paths(whole) == model && whole.files.checkInvariants())
        #expect(whole.transactions.mapValues(\.version) == transactions)
        #expect(refreshed.transactions == whole.transactions)
        #expect(refreshed.files.tombstoneCount == whole.files.tombstoneCount)

        let middle = random.int(1..<30)
        var builder = SnapshotBuilder()
        try builder.apply(
            checkpoint: CheckpointTests.pieces(of: snapshot(Array(commits[...middle])), now: 1000))
        for commit in commits[(middle + 1)...] { try builder.apply(commit) }
        let fromCheckpoint = try builder.finish(timestampMilliseconds: 1)
        #expect(paths(fromCheckpoint) == model, "seed \(seed), checkpoint at \(middle)")
        #expect(fromCheckpoint.transactions == whole.transactions)
        #expect(fromCheckpoint.version == 30 && fromCheckpoint.files.checkInvariants())
    }

    @Test func deadEntriesAreDropped() throws {
        var commits = [try firstCommit()]
        for version in 1...12 {
            let names = (0..<1000).map { "file \(version) \($0)" }
            let before = version == 1 ? [] : (0..<1000).map { "file \(version - 1) \($0)" }
            commits.append(try commit(Int64(version), add: names, remove: before))
        }
        var state = try snapshot([commits[0]])
        for commit in commits.dropFirst() { state = try state.applying([commit], timestampMilliseconds: 1) }
        #expect(state.fileCount == 1000 && state.files.tombstoneCount == 11_000)
        #expect(state.files.checkInvariants())
        #expect(paths(state) == Set((0..<1000).map { "file 12 \($0)" }))
        // The same names again and again leave only dead entries behind.
        for version in 13...60 {
            let names = (0..<1000).map { "again \($0)" }
            state = try state.applying(
                [
                    commit(
                        Int64(version), add: version % 2 == 1 ? names : [],
                        remove: version % 2 == 0 ? names : [])
                ],
                timestampMilliseconds: 1)
        }
        #expect(state.fileCount == 1000 && state.files.tombstoneCount == 12_000)
        #expect(state.files.checkInvariants())
    }

    @Test func aRefreshFollowsSchemaAndProtocol() throws {
        let state = try snapshot([firstCommit()])
        let wider = try commit(1) {
            $0.metadata = TableMetadata(
                id: "m", schemaString: SchemaCodec.text(TableSchema([SchemaField("x", .integer)])))
        }
        #expect(try state.applying([wider], timestampMilliseconds: 3).schema.names == ["x"])
        let upgrade = try commit(1) {
            $0.tableProtocol = TableProtocol(
                minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["timeTunnel"],
                writerFeatures: ["timeTunnel"])
        }
        let error = failure { _ = try state.applying([upgrade], timestampMilliseconds: 3) }
        #expect(error?.code == .unsupported && error?.message.contains("timeTunnel") == true)
        let domain = DomainMetadata(domain: "d", configuration: "c")
        let with = try state.applying([commit(1) { $0.record(domain) }], timestampMilliseconds: 3)
        #expect(with.domains == ["d": domain])
        let without = try with.applying(
            [commit(2) { $0.record(DomainMetadata(domain: "d", configuration: "", isRemoved: true)) }],
            timestampMilliseconds: 4)
        #expect(without.domains.isEmpty && without.timestampMilliseconds == 4 && without.version == 2)
    }
}
