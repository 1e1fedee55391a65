import Base
import DeltaLake
import TableModel
import Testing

@Suite struct CheckpointTests {
    /// The checkpoint's lines, given back row by row as a Parquet reader would.
    static func pieces(of snapshot: DeltaSnapshot, now: Int64) throws -> [ParsedCommit] {
        let plan = CheckpointPlan(snapshot, nowMilliseconds: now)
        var pieces = CheckpointPieces(version: plan.version, fileName: "x.checkpoint.parquet")
        var count = 0
        var lines: [[UInt8]] = []
        plan.forEachChunk { chunk in lines += chunk.split(separator: 0x0A).map(Array.init) }
        for line in lines {
            count += 1
            let json = try JSONValue.parse(line)
            if let add = json["add"] {
                try put(add) { path, values, stats, rare throws(TarnError) in
                    #expect(add["dataChange"] == .bool(false))
                    try pieces.add(
                        path: path, partitionValues: values, byteCount: add["size"]?.int64 ?? -1,
                        modifiedMilliseconds: add["modificationTime"]?.int64, stats: stats, rare: rare)
                }
            } else if let remove = json["remove"] {
                try put(remove) { path, values, _, rare throws(TarnError) in
                    try pieces.remove(
                        path: path, partitionValues: values, byteCount: remove["size"]?.int64,
                        deletedMilliseconds: remove["deletionTimestamp"]?.int64, rare: rare)
                }
            } else {
                try pieces.action(line)
            }
        }
        #expect(count == plan.actionCount)
        return pieces.finish()
    }

    private typealias Text = UnsafeBufferPointer<UInt8>

    private static func put(
        _ action: JSONValue, _ body: (Text, Text?, Text?, Text?) throws(TarnError) -> Void
    ) throws {
        let path = Array((action["path"]?.string ?? "").utf8)
        let values = action["partitionValues"]?.jsonBytes ?? []
        let stats = Array((action["stats"]?.string ?? "").utf8)
        let isRare = ["tags", "deletionVector", "baseRowId"].contains { action[$0] != nil }
        let rare = isRare ? action.jsonBytes : []
        try path.withUnsafeBufferPointer { path in
            try values.withUnsafeBufferPointer { values in
                try stats.withUnsafeBufferPointer { stats in
                    try rare.withUnsafeBufferPointer { rare in
                        try body(
                            path, values.isEmpty ? nil : values, stats.isEmpty ? nil : stats,
                            rare.isEmpty ? nil : rare)
                    }
                }
            }
        }
    }

    @Test func theWholeStateSurvives() throws {
        let vector = DeletionVectorDescriptor(
            storageType: "u", pathOrInlineDv: "abc", offset: 1, sizeInBytes: 2, cardinality: 3)
        let first = try firstCommit(partitionColumns: ["day"], configuration: ["a": "b"], add: ["gone"])
        let second = try commit(1, remove: ["gone"]) {
            for index in 0..<20_000 {
                $0.add(
                    AddFile(
                        rawPath: "day=2024-01-01/part \(index).parquet",
                        partitionValues: [("day", "2024-01-01")], byteCount: Int64(index),
                        modifiedMilliseconds: Int64(index), stats: Array("{\"numRecords\":2}".utf8)))
            }
            $0.add(
                AddFile(
                    rawPath: "rare", partitionValues: [("day", nil)], byteCount: 5, modifiedMilliseconds: 6,
                    tags: ["t": "u"], deletionVector: vector, baseRowID: 7))
            $0.record(SetTransaction(appID: "app", version: 1))
            $0.record(DomainMetadata(domain: "d", configuration: "{\"x\":1}"))
        }
        let state = try snapshot([first, second])
        var builder = SnapshotBuilder()
        try builder.apply(checkpoint: Self.pieces(of: state, now: 1000))
        let again = try builder.finish(timestampMilliseconds: 1)
        #expect(again.version == 1 && again.metadata == state.metadata)
        #expect(again.tableProtocol == state.tableProtocol && again.transactions == state.transactions)
        #expect(again.domains == state.domains && again.byteCount == state.byteCount)
        #expect(paths(again) == paths(state) && again.rowCount == nil)
        let rare = try #require(again.files.all().first { $0.path == "rare" })
        #expect(rare.deletionVector == vector && rare.tags == ["t": "u"] && rare.baseRowID == 7)
        #expect(rare.partitionValues.map(\.value) == [nil])
        #expect(again.files.all().count { $0.rowCount == 2 } == 20_000)
        #expect(again.files.tombstones().map(\.path) == ["gone"])
        let (kept, removed) = (try #require(second.addedFiles.first), try #require(first.addedFiles.first))
        #expect(again.files.contains(kept) && !again.files.contains(removed))
    }

    @Test func oldRemovalsAndTransactionsAreForgotten() throws {
        let first = try firstCommit(
            configuration: [
                "delta.deletedFileRetentionDuration": "interval 1 hour",
                "delta.setTransactionRetentionDuration": "1 hour",
            ], add: ["a", "b"])
        let second = try commit(1) {
            $0.remove(RemoveFile(rawPath: "a", deletedMilliseconds: 10_000_000))
            $0.remove(RemoveFile(rawPath: "b", deletedMilliseconds: nil))
            $0.record(SetTransaction(appID: "old", version: 1, lastUpdatedMilliseconds: 10_000_000))
            $0.record(SetTransaction(appID: "undated", version: 1))
        }
        let state = try snapshot([first, second])
        let soon = CheckpointPlan(state, nowMilliseconds: 10_000_000 + 3_600_000)
        #expect(soon.actionCount == 2 + 2 + 2)
        let later = CheckpointPlan(state, nowMilliseconds: 10_000_001 + 3_600_000)
        #expect(later.actionCount == 2 + 1 + 1)
        #expect(later.lastCheckpoint(byteCount: 9).actionCount == 4)
    }

    @Test func damagedRowsAreRefused() {
        func refusal(_ path: String, _ values: String, _ rare: String? = nil) -> TarnError.Code? {
            failure {
                var pieces = CheckpointPieces(version: 1, fileName: "f")
                var (path, values, rareText) = (path, values, rare ?? "")
                try path.withUTF8 { path in
                    try values.withUTF8 { values in
                        try rareText.withUTF8 { rareText in
                            try pieces.add(
                                path: path, partitionValues: values, byteCount: 1, modifiedMilliseconds: nil,
                                stats: nil, rare: rare == nil ? nil : rareText)
                        }
                    }
                }
                _ = pieces.finish()
            }?.code
        }
        #expect(refusal("a", "{}") == nil)
        #expect(refusal("a", "{\"x\":null}", "{\"tags\":{}}") == nil)
        #expect(refusal("", "{}") == .corruptMetadata)
        #expect(refusal("a", "{") == .corruptMetadata)
        #expect(refusal("a", "[]") == .corruptMetadata)
        #expect(refusal("a", "{} x") == .corruptMetadata)
        #expect(refusal("a", "{}", "{\"deletionVector\":{}}") == .corruptMetadata)
    }

    @Test func theHintIsReadOrIgnored() {
        let hint = LastCheckpoint(version: 10, actionCount: 5, partCount: 2, byteCount: 7, addFileCount: 3)
        #expect(LastCheckpoint(hint.bytes) == hint)
        let plain = LastCheckpoint(version: 1, actionCount: 2)
        #expect(String(decoding: plain.bytes, as: UTF8.self) == "{\"version\":1,\"size\":2}")
        #expect(LastCheckpoint(plain.bytes) == plain)
        for bad in ["", " garbage", "{}", "[]", "{\"version\":-1}", "{\"version\":\"x\"}", "{\"version\":1"] {
            #expect(LastCheckpoint(Array(bad.utf8)) == nil)
        }
    }

    @Test func sidecarsAreNamedWithinTheirFolder() throws {
        func name(_ path: String) throws -> String? {
            let text = "{\"sidecar\":{\"path\":\"\(path)\",\"sizeInBytes\":1,\"modificationTime\":2}}"
            return try CommitFile.parse(Array(text.utf8), version: 0).sidecars.first?.fileName
        }
        #expect(try name("x.parquet") == "x.parquet")
        #expect(try name("file:/t/_delta_log/_sidecars/a%20b.parquet") == "a b.parquet")
    }
}
