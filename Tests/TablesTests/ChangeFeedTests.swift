import Base
import DeltaLake
import ObjectStore
import TableModel
import Tables
import Testing

/// The rows that changed between versions, whatever way the log tells them.
struct ChangeFeedTests {
    private let feed = ["delta.enableChangeDataFeed": "true", "delta.enableDeletionVectors": "true"]
    private let schema = TableSchema([SchemaField("id", .long), SchemaField("part", .string)])

    private func rows(
        _ fixture: TableFixture, _ table: DeltaTable, _ first: Int64, _ last: Int64? = nil
    ) async throws -> [String] {
        let changes = try await table.changes(from: first, to: last)
        return try await fixture.text(
            """
            SELECT * EXCLUDE (_commit_timestamp), epoch(_commit_timestamp)::INT FROM \(changes.sql) \
            ORDER BY _commit_version, _change_type, id
            """)
    }

    private func made(_ fixture: TableFixture) async throws -> HandMadeTable {
        try await HandMadeTable(
            fixture, "t", schema, partitionColumns: ["part"], properties: feed,
            features: ["deletionVectors"], writerFeatures: ["changeDataFeed"])
    }

    private func remove(_ file: AddFile, hasPartition: Bool = true) -> RemoveFile {
        RemoveFile(
            rawPath: file.rawPath, deletedMilliseconds: 5,
            partitionValues: hasPartition ? file.partitionValues : nil,
            deletionVector: file.deletionVector)
    }

    /// Files that come and go, rows marked and unmarked in a file that stays, and files that only moved rows.
    @Test func tellsChangesByDataFiles() async throws {
        let fixture = try TableFixture()
        var made = try await made(fixture)
        let a = try await made.file(
            "a.parquet", "SELECT range AS id FROM range(4)", partition: [("part", "x")])
        let b = try await made.file(
            "b.parquet", "SELECT 10 + range AS id FROM range(2)", partition: [("part", "y")])
        try await made.commit { [a] in
            $0.add(a)
            $0.add(b)
        }
        var marked = a
        marked.deletionVector = DeletionVector.inline(RowBitmap([1, 2]))
        try await made.commit { [marked] in
            $0.remove(self.remove(a))
            $0.add(marked)
            $0.remove(self.remove(b, hasPartition: false))
        }
        var other = a
        other.deletionVector = DeletionVector.inline(RowBitmap([2, 3]))
        try await made.commit { [other] in
            $0.remove(self.remove(marked))
            $0.add(other)
        }
        var moved = try await made.file(
            "c.parquet", "SELECT range AS id FROM range(2)", partition: [("part", "x")])
        moved.dataChange = false
        try await made.commit { [moved] in
            var gone = self.remove(other)
            gone.dataChange = false
            $0.remove(gone)
            $0.add(moved)
        }
        try await made.commit { $0.remove(self.remove(moved)) }
        let table = try await made.open()
        #expect(
            try await rows(fixture, table, 0) == [
                "0|x|insert|1|2", "1|x|insert|1|2", "2|x|insert|1|2", "3|x|insert|1|2", "10|y|insert|1|2",
                "11|y|insert|1|2", "1|x|delete|2|3", "2|x|delete|2|3", "10|y|delete|2|3", "11|y|delete|2|3",
                "3|x|delete|3|4", "1|x|insert|3|4", "0|x|delete|5|6", "1|x|delete|5|6",
            ])
        #expect(try await rows(fixture, table, 3, 4) == ["3|x|delete|3|4", "1|x|insert|3|4"])
        let some = try await table.changes(from: 3, to: 3, columns: ["id"])
        #expect(some.columns.map(\.name) == ["id", "_change_type", "_commit_version", "_commit_timestamp"])
    }

    /// Where a commit has change files they say everything.
    @Test func tellsChangesByChangeFiles() async throws {
        let fixture = try TableFixture()
        var made = try await made(fixture)
        let a = try await made.file("a.parquet", "SELECT 1::BIGINT AS id", partition: [("part", "x")])
        let b = try await made.file("b.parquet", "SELECT 2::BIGINT AS id", partition: [("part", "x")])
        let changes = try await made.file(
            "_change_data/c.parquet",
            """
            SELECT 1::BIGINT AS id, 'update_preimage' AS _change_type UNION ALL \
            SELECT 2, 'update_postimage'
            """)
        try await made.commit { $0.add(a) }
        try await made.commit {
            $0.remove(self.remove(a))
            $0.add(b)
            $0.add(
                ChangeFile(
                    rawPath: changes.rawPath, partitionValues: [("part", "x")], byteCount: 1, tags: nil))
        }
        #expect(
            try await rows(fixture, try await made.open(), 0) == [
                "1|x|insert|1|2", "2|x|update_postimage|2|3", "1|x|update_preimage|2|3",
            ])
    }

    private func error(_ body: () async throws -> ScanRelation) async -> TarnError? {
        do {
            _ = try await body()
            return nil
        } catch { return error as? TarnError }
    }

    @Test func refusesVersionsWithoutTheFeed() async throws {
        let fixture = try TableFixture()
        var made = try await HandMadeTable(fixture, "t", schema)
        func metadata(_ properties: [String: String], _ schema: TableSchema) -> TableMetadata {
            TableMetadata(id: "t", schemaString: SchemaCodec.text(schema), configuration: properties)
        }
        try await made.commit { $0.metadata = metadata(feed, schema) }
        let a = try await made.file("a.parquet", "SELECT 1::BIGINT AS id, 'x' AS part")
        try await made.commit { $0.add(a) }
        let table = try await made.open()
        let off = await error { try await table.changes(from: 0) }
        #expect(off?.code == .failedPrecondition)
        #expect(off?.message.contains("version 0") == true)
        #expect(off?.message.contains("delta.enableChangeDataFeed") == true)
        #expect(try await rows(fixture, table, 1) == ["1|x|insert|2|3"])

        // A wider type and a new column hold the old rows, another type does not.
        let wider = TableSchema([
            SchemaField("id", .decimal(precision: 20, scale: 0)), SchemaField("part", .string),
            SchemaField("new", .date),
        ])
        try await made.commit { $0.metadata = metadata(feed, wider) }
        #expect(try await rows(fixture, table, 1) == ["1|x|NULL|insert|2|3"])
        let other = TableSchema([SchemaField("id", .string)])
        try await made.commit { $0.metadata = metadata(feed, other) }
        let unlike = await error { try await table.changes(from: 2) }
        #expect(unlike?.code == .failedPrecondition)
        #expect(unlike?.message.contains("version 2") == true && unlike?.message.contains("id") == true)
        try await made.commit { $0.metadata = metadata([:], other) }
        #expect((await error { try await table.changes(from: 4) })?.message.contains("version 5") == true)
    }

    @Test func refusesVersionsThatAreNotThere() async throws {
        let fixture = try TableFixture()
        var made = try await made(fixture)
        try await made.commit { _ in }
        try await made.commit { _ in }
        let table = try await made.open()
        #expect((await error { try await table.changes(from: 3) })?.code == .notFound)
        #expect((await error { try await table.changes(from: 0, to: 9) })?.code == .notFound)
        #expect((await error { try await table.changes(from: 2, to: 1) })?.code == .invalidInput)
        #expect((await error { try await table.changes(from: -1) })?.code == .invalidInput)
        #expect(try await table.changes(from: 1).fileCount == 0)
        #expect(try await rows(fixture, table, 1) == [])
    }
}
