import Base
import DeltaLake
import TableModel
import Testing

/// The conflict matrix: what I do, what landed first, whether mine may still be made.
@Suite struct ConflictTests {
    private let schema = TableSchema([SchemaField("day", .date), SchemaField("x", .long)])

    private func file(_ path: String, day: String, x: Int = 1, dataChange: Bool = true) -> AddFile {
        AddFile(
            rawPath: path, partitionValues: [("day", day)], byteCount: 1, modifiedMilliseconds: 1,
            dataChange: dataChange,
            stats: Array(
                "{\"numRecords\":1,\"minValues\":{\"x\":\(x)},\"maxValues\":{\"x\":\(x)},\"nullCount\":{\"x\":0}}"
                    .utf8))
    }

    private func outcome(
        _ mine: (inout CommitBuilder) -> Void, reads: ReadScope, landed: (inout CommitBuilder) -> Void,
        isBlind: Bool = false, isolation: IsolationLevel = .writeSerializable
    ) throws -> String {
        let base = try snapshot([
            firstCommit(schema, partitionColumns: ["day"]),
            commit(1) { $0.add(file("old1", day: "2024-01-01")) },
        ])
        var builder = CommitBuilder(info: CommitInfo(timestampMilliseconds: 1, operation: "MINE"))
        mine(&builder)
        let other = try commit(2) {
            landed(&$0)
            $0.info?.isBlindAppend = isBlind
        }
        do {
            let result = try CommitConflict.check(
                CommitConflict.Transaction(builder, reads: reads), landed: [other], base: base,
                isolation: isolation)
            guard case .retry(let open) = result else { return "done" }
            #expect(open.isEmpty)
            return "retry"
        } catch {
            #expect(error.code == .conflict && error.isRetryable)
            return error.context.first { $0.name == "conflict" }?.value ?? "?"
        }
    }

    private var old1: RemoveFile {
        RemoveFile(
            rawPath: "old1", deletedMilliseconds: 1, partitionValues: [("day", "2024-01-01")], byteCount: 1)
    }
    private let firstDay = ReadScope(filters: [.compare("day", .equal, .date(19723))])

    @Test func blindAppendsNeverConflictWithData() throws {
        let mine: (inout CommitBuilder) -> Void = { $0.add(file("new", day: "2024-01-01")) }
        for isolation in IsolationLevel.allCases {
            #expect(
                try outcome(
                    mine, reads: .nothing, landed: { $0.add(file("theirs", day: "2024-01-01")) },
                    isolation: isolation) == "retry")
            #expect(
                try outcome(mine, reads: .nothing, landed: { $0.remove(old1) }, isolation: isolation)
                    == "retry")
        }
    }

    @Test func changesOfTheTableAlwaysConflict() throws {
        let mine: (inout CommitBuilder) -> Void = { $0.add(file("new", day: "2024-01-01")) }
        #expect(
            try outcome(mine, reads: .nothing, landed: { $0.tableProtocol = TableProtocol() })
                == "protocolChanged")
        #expect(
            try outcome(
                mine, reads: .nothing,
                landed: { $0.metadata = TableMetadata(id: "m", schemaString: SchemaCodec.text(schema)) })
                == "metadataChanged")
        let domain = DomainMetadata(domain: "d", configuration: "")
        #expect(
            try outcome({ $0.record(domain) }, reads: .nothing, landed: { $0.record(domain) })
                == "metadataChanged")
        #expect(try outcome(mine, reads: .nothing, landed: { $0.record(domain) }) == "retry")
    }

    @Test func appendsToWhatWasReadConflict() throws {
        let mine: (inout CommitBuilder) -> Void = { $0.remove(old1) }
        let same: (inout CommitBuilder) -> Void = { $0.add(file("theirs", day: "2024-01-01")) }
        let other: (inout CommitBuilder) -> Void = { $0.add(file("theirs", day: "2024-01-02")) }
        #expect(try outcome(mine, reads: firstDay, landed: same) == "concurrentAppend")
        #expect(try outcome(mine, reads: firstDay, landed: other) == "retry")
        #expect(try outcome(mine, reads: .wholeTable, landed: other) == "concurrentAppend")
        // A blind append could as well have come later; serializable does not allow it to.
        #expect(try outcome(mine, reads: firstDay, landed: same, isBlind: true) == "retry")
        #expect(
            try outcome(mine, reads: firstDay, landed: same, isBlind: true, isolation: .serializable)
                == "concurrentAppend")
        // Compaction changes no data.
        #expect(
            try outcome(
                mine, reads: firstDay, landed: { $0.add(file("c", day: "2024-01-01", dataChange: false)) })
                == "retry")
        // Statistics prove that the new row was not to be read.
        let reads = ReadScope(filters: [.compare("x", .greater, .integer(10))])
        #expect(
            try outcome(mine, reads: reads, landed: { $0.add(file("t", day: "2024-01-01", x: 5)) }) == "retry"
        )
        #expect(
            try outcome(mine, reads: reads, landed: { $0.add(file("t", day: "2024-01-01", x: 50)) })
                == "concurrentAppend")
    }

    @Test func anOverwriteOfTheSchemaMeetsBlindAppends() throws {
        let mine: (inout CommitBuilder) -> Void = {
            $0.metadata = TableMetadata(id: "m", schemaString: SchemaCodec.text(schema))
        }
        let landed: (inout CommitBuilder) -> Void = { $0.add(file("t", day: "2024-01-01")) }
        #expect(try outcome(mine, reads: .wholeTable, landed: landed, isBlind: true) == "concurrentAppend")
    }

    @Test func removalsOfTheSameFileConflict() throws {
        let mine: (inout CommitBuilder) -> Void = { $0.remove(old1) }
        #expect(try outcome(mine, reads: .nothing, landed: { $0.remove(old1) }) == "concurrentDeleteDelete")
        let reader: (inout CommitBuilder) -> Void = { $0.add(file("new", day: "2024-01-01")) }
        #expect(try outcome(reader, reads: firstDay, landed: { $0.remove(old1) }) == "concurrentDeleteRead")
        let secondDay = ReadScope(filters: [.compare("day", .equal, .date(19724))])
        #expect(try outcome(reader, reads: secondDay, landed: { $0.remove(old1) }) == "retry")
        // A removal need not say what partition it was in: the base snapshot knows. Of an unknown file nobody does.
        let bare = RemoveFile(rawPath: "old1", deletedMilliseconds: 1)
        #expect(try outcome(reader, reads: secondDay, landed: { $0.remove(bare) }) == "retry")
        #expect(try outcome(reader, reads: firstDay, landed: { $0.remove(bare) }) == "concurrentDeleteRead")
        let unknown = RemoveFile(rawPath: "unknown", deletedMilliseconds: 1)
        #expect(
            try outcome(reader, reads: secondDay, landed: { $0.remove(unknown) }) == "concurrentDeleteRead")
        let seen = try #require(commit(1) { $0.add(file("old1", day: "2024-01-01")) }.addedFiles.first)
        #expect(
            try outcome(reader, reads: ReadScope(files: [seen]), landed: { $0.remove(old1) })
                == "concurrentDeleteRead")
    }

    @Test func oneApplicationWritesOnce() throws {
        func mine(_ version: Int64) -> (inout CommitBuilder) -> Void {
            {
                $0.add(file("new", day: "2024-01-01"))
                $0.record(SetTransaction(appID: "app", version: version))
            }
        }
        let landed: (inout CommitBuilder) -> Void = { $0.record(SetTransaction(appID: "app", version: 5)) }
        #expect(try outcome(mine(5), reads: .nothing, landed: landed) == "done")
        #expect(try outcome(mine(4), reads: .nothing, landed: landed) == "done")
        #expect(try outcome(mine(6), reads: .nothing, landed: landed) == "concurrentTransaction")
        let other: (inout CommitBuilder) -> Void = { $0.record(SetTransaction(appID: "else", version: 5)) }
        #expect(try outcome(mine(5), reads: .nothing, landed: other) == "retry")
        #expect(
            try outcome({ _ in }, reads: ReadScope(applications: ["app"]), landed: landed)
                == "concurrentTransaction")
    }
}
