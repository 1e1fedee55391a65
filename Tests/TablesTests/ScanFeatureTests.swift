import Base
import DeltaLake
import Engine
import ObjectStore
import TableModel
import Tables
import Testing

/// Scans over what only newer tables have: deletion vectors, mapped columns, widened types, variants, row ids.
struct ScanFeatureTests {
    private let vectors = ["delta.enableDeletionVectors": "true"]

    // MARK: Deletion vectors

    /// Rows of several files with and without vectors, small and large; the locator names rows as the files have them.
    @Test func leavesOutDeletedRows() async throws {
        let fixture = try TableFixture()
        var made = try await HandMadeTable(
            fixture, "t", TableSchema([SchemaField("id", .long)]), properties: vectors,
            features: ["deletionVectors"])
        var files: [AddFile] = []
        for part in 0..<4 {
            files.append(
                try await made.file(
                    "\(part).parquet", "SELECT range + \(part * 10_000) AS id FROM range(10000)"))
        }
        let gone = [
            nil, RowBitmap((0..<10_000).filter { $0 % 3 == 0 }.map(UInt64.init)), RowBitmap([9999]),
            RowBitmap(100..<9000 as Range<UInt64>),
        ]
        let table = try await made.open()
        let stored = try await table.writeDeletionVectors(gone.compactMap { $0 })
        for index in 1...3 { files[index].deletionVector = stored[index - 1] }
        try await made.commit { commit in files.forEach { commit.add($0) } }

        let now = try await table.snapshot()
        let scan = try await table.scan(now, addsRowLocator: true)
        #expect(scan.files.count == 4)
        let found = try await fixture.values("SELECT id, __file_index, __file_row FROM \(scan.sql)")
        let order = scan.files.map { Int($0.path.prefix(1)) ?? -1 }
        var wanted: Set<[Int64]> = []
        for (place, part) in order.enumerated() {
            for row in 0..<10_000 where gone[part]?.contains(UInt64(row)) != true {
                wanted.insert([Int64(part * 10_000 + row), Int64(place), Int64(row)])
            }
        }
        #expect(found.count == wanted.count)
        #expect(Set(found) == wanted)
        #expect(
            try await fixture.rows(table, .latest, "SELECT count(*), sum(id) FROM {t} WHERE id > 35000")
                == ["1000|\((39_000..<40_000).reduce(0, +))"])

        // An explicit list of files is read in its own order.
        let some = Array(scan.files.reversed().prefix(2))
        let part = try await table.scan(files: some, of: now, addsRowLocator: true)
        #expect(part.files.map(\.path) == some.map(\.path))
        let perFile = try await fixture.values(
            "SELECT __file_index, count(*) FROM \(part.sql) GROUP BY 1 ORDER BY 1")
        #expect(
            perFile.map { $0[1] }
                == some.map { file in
                    Int64(10_000 - (gone[Int(file.path.prefix(1)) ?? 0]?.count ?? 0))
                })
    }

    @Test func refusesToReadWithoutAVector() async throws {
        let fixture = try TableFixture()
        var made = try await HandMadeTable(
            fixture, "t", TableSchema([SchemaField("id", .long)]), properties: vectors,
            features: ["deletionVectors"])
        var file = try await made.file("a.parquet", "SELECT range AS id FROM range(5000)")
        let table = try await made.open()
        let rows = RowBitmap(stride(from: 0, to: 5000, by: 3).map { UInt64($0) })
        file.deletionVector = try await table.writeDeletionVectors([rows])[0]
        file.deletionVector?.cardinality += 1
        let descriptor = try #require(file.deletionVector)
        try await made.commit { $0.add(file) }
        let fresh = try await made.open()
        let error = await #expect(throws: TarnError.self) { try await fresh.scan(fresh.snapshot()) }
        #expect(error?.code == .corruptMetadata)
        let name = try #require(DeletionVector.path(of: descriptor)).text
        #expect(error?.message.contains(name) == true)
    }

    // MARK: Column mapping

    private func person(_ name: String) -> TableSchema {
        TableSchema([
            mapped("id", .long, id: 1, physical: "col-1"),
            mapped(
                "who",
                .structure([
                    mapped(name, .string, id: 3, physical: "col-3"),
                    mapped("age", .integer, id: 4, physical: "col-4"),
                ]), id: 2, physical: "col-2"),
            mapped(
                "tags",
                .array(
                    element: .structure([mapped("tag", .string, id: 6, physical: "col-6")]),
                    containsNull: true), id: 5, physical: "col-5"),
            mapped(
                "by key",
                .map(
                    key: .string, value: .structure([mapped("n", .long, id: 8, physical: "col-8")]),
                    valueContainsNull: true), id: 7, physical: "col-7"),
            mapped("day", .date, id: 9, physical: "col-9"),
        ])
    }

    private let people = """
        SELECT i AS "col-1", CASE WHEN i > 0 THEN {'col-3': 'n' || i, 'col-4': i::INT} END AS "col-2", \
        [{'col-6': 'x' || i}, NULL] AS "col-5", MAP {'k': {'col-8': i}} AS "col-7" FROM range(3) t(i)
        """
    private let expected = [
        #"0|NULL|[{"tag":"x0"},null]|{"k":{"n":0}}|2026-01-02"#,
        #"1|{"first":"n1","age":1}|[{"tag":"x1"},null]|{"k":{"n":1}}|2026-01-02"#,
        #"2|{"first":"n2","age":2}|[{"tag":"x2"},null]|{"k":{"n":2}}|2026-01-02"#,
    ]

    private let all =
        #"SELECT id, to_json(who), to_json(tags), to_json("by key"), day FROM {t} ORDER BY id"#

    /// Names of the files at every level, with statistics and partition values by physical name.
    @Test func readsColumnsByPhysicalName() async throws {
        let fixture = try TableFixture()
        var made = try await HandMadeTable(
            fixture, "t", person("first"), partitionColumns: ["day"],
            properties: ["delta.columnMapping.mode": "name"], features: ["columnMapping"])
        let file = try await made.file(
            "a.parquet", people, partition: [("col-9", "2026-01-02")],
            stats:
                #"{"numRecords":3,"minValues":{"col-1":0,"col-2":{"col-4":1}},"maxValues":{"col-1":2,"col-2":{"col-4":2}},"nullCount":{"col-1":0}}"#
        )
        let other = try await made.file(
            "b.parquet", people.replacing("range(3)", with: "range(3, 3)"),
            partition: [("col-9", "2026-01-03")],
            stats: #"{"numRecords":0,"minValues":{"col-1":7},"maxValues":{"col-1":9}}"#)
        try await made.commit {
            $0.add(file)
            $0.add(other)
        }
        let table = try await made.open()
        #expect(try await fixture.rows(table, .latest, all) == expected)
        let now = try await table.snapshot()
        func count(_ filter: ScanFilter) async throws -> Int {
            try await table.scan(now, matching: filter).fileCount
        }
        #expect(try await count(.compare("ID", .equal, .integer(8))) == 1)
        #expect(try await count(.compare("id", .equal, .integer(5))) == 0)
        #expect(try await count(.compare(ColumnPath(["who", "AGE"]), .greater, .integer(5))) == 1)
        #expect(try await count(.compare("Day", .equal, .date(20_455))) == 1)
    }

    /// Ids decide, whatever the names in the file; a column that was dropped and made again is another one.
    @Test func readsColumnsByID() async throws {
        let fixture = try TableFixture()
        var made = try await HandMadeTable(
            fixture, "t", person("first"), partitionColumns: ["day"],
            properties: ["delta.columnMapping.mode": "id"], features: ["columnMapping"])
        let ids = """
            FIELD_IDS {'a': 1, 'b': {__duckdb_field_id: 2, 'c': 3, 'd': 4}, \
            'e': {__duckdb_field_id: 5, element: {'f': 6}}, 'g': {__duckdb_field_id: 7, value: {'h': 8}}}
            """
        var sql = people
        for (old, new) in [("col-1", "a"), ("col-2", "b"), ("col-3", "c"), ("col-4", "d")] + [
            ("col-5", "e"), ("col-6", "f"), ("col-7", "g"), ("col-8", "h"),
        ] { sql = sql.replacing(old, with: new) }
        let file = try await made.file("a.parquet", sql, options: ids, partition: [("col-9", "2026-01-02")])
        let later = try await made.file(
            "b.parquet", #"SELECT 'not id' AS "col-1", 7::BIGINT AS z"#,
            options: #"FIELD_IDS {"col-1": 99, z: 1}"#, partition: [("col-9", nil)])
        try await made.commit {
            $0.add(file)
            $0.add(later)
        }
        #expect(
            try await fixture.rows(try await made.open(), .latest, all)
                == expected + ["7|NULL|NULL|NULL|NULL"])
    }

    // MARK: Types

    /// Each of more layouts than are worth a query of their own, and members that older files lack.
    @Test(arguments: [3, 40])
    func readsFilesOfOlderTypes(_ fileCount: Int) async throws {
        let fixture = try TableFixture()
        let widened = { (name: String, type: DataType) in
            SchemaField(name, type, metadata: ["delta.typeChanges": .array([])])
        }
        let schema = TableSchema([
            SchemaField("file", .integer), widened("n", .long),
            widened("d", .decimal(precision: 20, scale: 4)),
            widened("t", .timestampNtz),
            SchemaField("s", .structure([widened("a", .double), SchemaField("b", .string)])),
            SchemaField("l", .array(element: .long, containsNull: true)),
        ])
        var made = try await HandMadeTable(
            fixture, "t", schema, properties: ["delta.enableTypeWidening": "true"],
            features: ["typeWidening", "timestampNtz"])
        let forms = [
            "1::TINYINT AS n, 1::DECIMAL(5,2) AS d, DATE '2026-01-02' AS t, {'a': 1::SMALLINT} AS s, [1::TINYINT] AS l",
            "1::SMALLINT AS n, 1::INT AS d, DATE '2026-01-02' AS t, {'b': NULL::VARCHAR, 'a': 1::FLOAT} AS s, [1::INT] AS l",
            "1::BIGINT AS n, 1::DECIMAL(20,4) AS d, TIMESTAMP '2026-01-02' AS t, {'a': 1::DOUBLE, 'b': NULL::VARCHAR} AS s, [1::BIGINT] AS l",
        ]
        var files: [AddFile] = []
        for index in 0..<fileCount {
            // A column of its own makes each file's layout another one.
            files.append(
                try await made.file(
                    "\(index).parquet", "SELECT \(index)::INT AS file, \(forms[index % 3]), 1 AS x\(index)"))
        }
        try await made.commit { commit in files.forEach { commit.add($0) } }
        let table = try await made.open()
        #expect(
            try await fixture.rows(
                table, .latest, "SELECT file, n, d, t, to_json(s), l::VARCHAR FROM {t} ORDER BY file")
                == (0..<fileCount).map {
                    #"\#($0)|1|1.0000|2026-01-02 00:00:00|{"a":1.0,"b":null}|[1]"#
                })
    }

    /// Variants that Parquet marks as such and those in the form of older writers, at every depth.
    @Test func readsVariants() async throws {
        let fixture = try TableFixture()
        let schema = TableSchema([
            SchemaField("id", .integer), SchemaField("v", .variant),
            SchemaField("l", .array(element: .variant, containsNull: true)),
            SchemaField("s", .structure([SchemaField("v", .variant)])),
        ])
        var made = try await HandMadeTable(fixture, "t", schema, features: ["variantType"])
        let parts = "STRUCT(value BLOB, metadata BLOB)"
        let new = try await made.file(
            "a.parquet",
            """
            SELECT 1::INT AS id, {'key': 5}::VARIANT AS v, NULL::\(parts)[] AS l, {'v': NULL::\(parts)} AS s
            """)
        let old = #"{'value': '\x02\x01\x00\x00\x02\x0C\x01'::BLOB, 'metadata': '\x01\x01\x00\x03key'::BLOB}"#
        let older = try await made.file(
            "b.parquet", "SELECT 2::INT AS id, \(old) AS v, [\(old), NULL] AS l, {'v': \(old)} AS s")
        try await made.commit {
            $0.add(new)
            $0.add(older)
        }
        let rows = try await fixture.rows(
            try await made.open(), .latest,
            "SELECT id, v::JSON, l[1]::JSON, l[2]::JSON, s.v::JSON FROM {t} ORDER BY id")
        #expect(
            rows
                == [
                    #"1|{"key":5}|null|null|null"#,
                    #"2|{"key":1}|{"key":1}|null|{"key":1}"#,
                ])
    }

    /// Columns of no type are null everywhere, also within structures.
    @Test func readsColumnsWithoutAType() async throws {
        let fixture = try TableFixture()
        let schema = TableSchema([
            SchemaField("id", .integer), SchemaField("nothing", .void),
            SchemaField("s", .structure([SchemaField("a", .integer), SchemaField("n", .void)])),
        ])
        var made = try await HandMadeTable(fixture, "t", schema)
        let file = try await made.file("a.parquet", "SELECT 1::INT AS id, {'a': 2::INT} AS s")
        try await made.commit { $0.add(file) }
        #expect(
            try await fixture.rows(
                try await made.open(), .latest, "SELECT id, nothing, to_json(s) FROM {t}")
                == [#"1|NULL|{"a":2,"n":null}"#])
    }

    // MARK: Row tracking

    /// A row's own id where it was written, else the file's first one and its place; deleted rows keep their numbers.
    @Test func tellsWhereRowsComeFrom() async throws {
        let fixture = try TableFixture()
        var made = try await HandMadeTable(
            fixture, "t", TableSchema([SchemaField("id", .long)]),
            properties: [
                "delta.enableRowTracking": "true",
                "delta.rowTracking.materializedRowIdColumnName": "_row-id-1",
                "delta.rowTracking.materializedRowCommitVersionColumnName": "_row-version-1",
            ], features: ["deletionVectors"], writerFeatures: ["rowTracking", "domainMetadata"])
        var first = try await made.file("a.parquet", "SELECT range AS id FROM range(3)")
        first.baseRowID = 100
        first.defaultRowCommitVersion = 1
        first.deletionVector = DeletionVector.inline(RowBitmap([1]))
        var second = try await made.file(
            "b.parquet",
            """
            SELECT 10 + i AS id, CASE WHEN i > 0 THEN 40 + i END AS "_row-id-1", \
            CASE WHEN i > 0 THEN 1 END::BIGINT AS "_row-version-1" FROM range(2) t(i)
            """)
        second.baseRowID = 200
        second.defaultRowCommitVersion = 5
        try await made.commit {
            $0.add(first)
            $0.add(second)
        }
        let table = try await made.open()
        let scan = try await table.scan(try await table.snapshot(), addsRowIDs: true)
        #expect(
            try await fixture.values("SELECT id, __row_id, __row_commit_version FROM \(scan.sql) ORDER BY 1")
                == [[0, 100, 1], [2, 102, 1], [10, 200, 5], [11, 41, 1]])
    }
}

extension TableFixture {
    /// Rows of whole numbers.
    func values(_ sql: String) async throws -> [[Int64]] {
        try await engine.onSessionThread { connection in
            let result = try connection.execute(sql)
            var rows: [[Int64]] = []
            while let chunk = try result.nextChunk() {
                for row in 0..<chunk.rowCount {
                    rows.append(
                        chunk.columns.map {
                            if case .integer(let value) = $0.scalar(row) { value } else { .min }
                        })
                }
            }
            return rows
        }
    }
}
