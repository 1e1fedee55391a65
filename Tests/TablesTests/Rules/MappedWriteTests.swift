import Base
import DeltaLake
import Engine
import ObjectStore
import TableModel
import Tables
import Testing

@Suite struct MappedWriteTests {
    private static let source = """
        SELECT i AS id, 'p' || (i % 2) AS part, {'x': i, 'items': [{'y': i}]} AS s, MAP {'k': {'m': i}} AS m \
        FROM range(4) r(i)
        """

    /// Files have physical names and ids at every depth, and so have the log's partition values and statistics.
    @Test(arguments: ["name", "id"])
    func filesAreWrittenByPhysicalNames(_ mode: String) async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create(
            "t", as: Self.source, partitionedBy: ["part"], properties: ["delta.columnMapping.mode": mode])
        let snapshot = try await table.snapshot()
        #expect(TableFeatures.isActive("columnMapping", snapshot))
        #expect(snapshot.configuration["delta.columnMapping.maxColumnId"] == "8")
        #expect(snapshot.partitionColumns == ["part"])
        let mapping = snapshot.columnMapping
        let id = try #require(snapshot.schema["id"])
        #expect(id.physicalName(mapping).hasPrefix("col-"))
        let file = try #require(snapshot.files.all().first)
        #expect(file.partitionValues.map(\.name) == snapshot.physicalPartitionColumns)
        let stats = String(decoding: file.stats ?? [], as: UTF8.self)
        #expect(stats.contains(id.physicalName(mapping)) && !stats.contains("\"id\""))

        let written = try await Self.parquetSchema(fixture, table)
        let expected = Self.leaves(snapshot.schema.fields.filter { $0.name != "part" }, mapping)
        #expect(expected.count == 7)
        for (name, fieldID) in expected {
            #expect(written.contains("\(name)|\(fieldID)"), "\(name) in \(written)")
        }
    }

    /// What goes in comes out: nested members, partitions, pruning, further appends, time travel over a rename.
    @Test(arguments: ["name", "id"])
    func mappedTablesAreReadBack(_ mode: String) async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create(
            "t", as: Self.source, partitionedBy: ["part"], properties: ["delta.columnMapping.mode": mode])
        try await table.renameColumn(ColumnPath(["s", "items", "element", "y"]), to: "renamed")
        try await table.write(
            WriteSource(
                sql:
                    "SELECT 9 AS id, 'p1' AS part, {'x': 9, 'items': [{'renamed': 9}]} AS s, MAP {'k': {'m': 9}} AS m"
            ))
        #expect(
            try await fixture.rows(
                table, .latest, "SELECT id, part, s.items[1].renamed, m['k'].m FROM {t} ORDER BY 1")
                == ["0|p0|0|0", "1|p1|1|1", "2|p0|2|2", "3|p1|3|3", "9|p1|9|9"])
        #expect(
            try await fixture.rows(table, .version(0), "SELECT s.items[1].y FROM {t} ORDER BY 1")
                == ["0", "1", "2", "3"])
        let snapshot = try await table.snapshot()
        let scan = try await table.scan(
            snapshot,
            matching: .and([
                .compare("id", .greater, .integer(5)), .compare("part", .equal, .string("p1")),
            ]))
        #expect(scan.fileCount == 1 && scan.totalFileCount == 3)
    }

    @Test func columnsThatAMergeAddsAreMappedToo() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create(
            "t", as: "SELECT 1 AS id, 'a' AS v", properties: ["delta.columnMapping.mode": "name"])
        var plan = MergePlan(
            source: WriteSource(sql: "SELECT i AS id, 'b' AS v, i * 10 AS more FROM range(1, 3) r(i)"),
            condition: "t.id = s.id", matched: [MergeClause(nil, .updateAll)],
            notMatched: [MergeClause(nil, .insertAll)])
        plan.evolvesSchema = true
        try await table.merge(plan)
        let field = try #require(try await table.snapshot().schema["more"])
        #expect(field.fieldID == 3 && field.physicalName(.name).hasPrefix("col-"))
        #expect(try await fixture.rows(table) == ["1|b|10", "2|b|20"])
    }

    @Test func variantsAreWrittenUnshredded() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create(
            "t",
            as: """
                SELECT 1 AS id, '{"a": [1, {"b": null}]}'::JSON::VARIANT AS v, {'w': 'text'::VARIANT} AS s \
                UNION ALL SELECT 2, NULL, NULL
                """)
        #expect(TableFeatures.supports("variantType", try await table.snapshot().tableProtocol))
        try await table.write(WriteSource(sql: "SELECT 3 AS id, {'plain': 5} AS v"))
        #expect(
            try await fixture.rows(table, .latest, "SELECT id, v::VARCHAR, s.w::VARCHAR FROM {t} ORDER BY id")
                == ["1|{'a': [1, {'b': NULL}]}|text", "2|NULL|NULL", "3|{'plain': 5}|NULL"])
        let path = table.store.engineLocation(.root) + "/*.parquet"
        let names = try await fixture.engine.onSessionThread { connection in
            try connection.execute(
                "SELECT count(*) FILTER (name = 'typed_value'), count(*) FILTER (name = 'metadata') FROM parquet_schema(\(quoteLiteral(path)))"
            ).allRows()
        }
        #expect(names == [[.integer(0), .integer(4)]])
    }

    /// A column that holds nothing is in no file, and may become any type later.
    @Test func voidColumnsAreLeftOut() async throws {
        let fixture = try TableFixture()
        let table = try await DeltaTable.create(
            fixture.store("t"), fixture.context,
            TableDefinition(
                schema: TableSchema([
                    SchemaField("nothing", .void),
                    SchemaField("s", .structure([SchemaField("x", .long), SchemaField("none", .void)])),
                ]))
        ).table
        try await table.write(WriteSource(sql: "SELECT {'x': 1} AS s"))
        #expect(
            try await fixture.rows(table, .latest, "SELECT nothing, s.x, s.none FROM {t}") == ["NULL|1|NULL"])
        try await table.changeType("nothing", to: .string)
        try await table.write(WriteSource(sql: "SELECT {'x': 2} AS s, 'now' AS nothing"))
        #expect(
            try await fixture.rows(table, .latest, "SELECT nothing, s.x FROM {t} ORDER BY 2") == [
                "NULL|1", "now|2",
            ])
        let hollow = try await DeltaTable.create(
            fixture.store("u"), fixture.context,
            TableDefinition(
                schema: TableSchema([
                    SchemaField("id", .long), SchemaField("list", .array(element: .void, containsNull: true)),
                ]))
        ).table
        let error = await #expect(throws: TarnError.self) {
            try await hollow.write(WriteSource(sql: "SELECT 1 AS id"))
        }
        #expect(error?.code == .unsupported)
    }

    @Test func aTableIsMappedLaterByTheNamesThatItsFilesHave() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 1 AS id, {'a': 2} AS s")
        for wrong in ["id", "both"] {
            await #expect(throws: TarnError.self) {
                try await table.setProperties(["delta.columnMapping.mode": wrong])
            }
        }
        try await table.setProperties(["delta.columnMapping.mode": "name"])
        var snapshot = try await table.snapshot()
        #expect(snapshot.schema["id"]?.physicalName(.name) == "id" && snapshot.schema["s"]?.fieldID == 2)
        try await table.addColumns([(SchemaField("new", .long), .last)])
        try await table.addColumns([(SchemaField("b", .long), .first)], within: ["s"])
        snapshot = try await table.snapshot()
        #expect(snapshot.configuration["delta.columnMapping.maxColumnId"] == "5")
        #expect(snapshot.schema["new"]?.physicalName(.name).hasPrefix("col-") == true)
        await #expect(throws: TarnError.self) {
            try await table.setProperties(["delta.columnMapping.mode": "none"])
        }
        await #expect(throws: TarnError.self) {
            try await table.setProperties(["delta.columnMapping.maxColumnId": "1"])
        }
    }

    @Test func renamingAndDroppingNeedAMapping() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 1 AS a, 2 AS b")
        for change in [
            { try await table.renameColumn("a", to: "c") }, { try await table.dropColumns(["a"]) },
        ] as [@Sendable () async throws -> CommitResult] {
            let error = await #expect(throws: TarnError.self) { try await change() }
            #expect(error?.code == .failedPrecondition)
            #expect(error?.message.contains("delta.columnMapping.mode") == true)
        }
    }

    @Test func columnsAreRenamedDroppedAndMadeAnew() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create(
            "t", as: "SELECT 1 AS a, 'x' AS p, 2 AS b, {'u': 3, 'v': 4} AS s", partitionedBy: ["p"],
            properties: ["delta.columnMapping.mode": "name", "delta.dataSkippingStatsColumns": "a,s.u"])
        try await table.renameColumn("a", to: "first")
        try await table.renameColumn(ColumnPath(["s", "u"]), to: "w")
        try await table.renameColumn("p", to: "Part")
        try await table.dropColumns(["b", ColumnPath(["s", "v"])])
        try await table.addColumns([(SchemaField("b", .string), .last)])
        var snapshot = try await table.snapshot()
        #expect(
            snapshot.schema.names == ["first", "Part", "s", "b"] && snapshot.partitionColumns == ["Part"])
        #expect(snapshot.configuration["delta.dataSkippingStatsColumns"] == "first,s.w")
        try await table.write(
            WriteSource(sql: "SELECT 10 AS first, 'y' AS part, {'w': 30} AS s, 'new' AS b"))
        #expect(try await fixture.rows(table) == ["1|x|{'w': 3}|NULL", "10|y|{'w': 30}|new"])
        await #expect(throws: TarnError.self) { try await table.dropColumns(["Part"]) }
        await #expect(throws: TarnError.self) { try await table.dropColumns([ColumnPath(["s", "w"])]) }
        await #expect(throws: TarnError.self) { try await table.renameColumn("b", to: "FIRST") }
        try await table.dropColumns(["nothing"], ifExists: true)
        try await table.addConstraint("c", "first > 0")
        let bound = await #expect(throws: TarnError.self) { try await table.renameColumn("first", to: "x") }
        #expect(bound?.message.contains("constraint c") == true)
        snapshot = try await table.snapshot()
        #expect(snapshot.version == 7)
    }

    private static func leaves(
        _ fields: [SchemaField], _ mode: ColumnMapping.Mode
    ) -> [(name: String, id: Int)] {
        fields.flatMap { field -> [(name: String, id: Int)] in
            [(field.physicalName(mode), field.fieldID ?? -1)] + inner(field.type, mode)
        }
    }

    private static func inner(_ type: DataType, _ mode: ColumnMapping.Mode) -> [(name: String, id: Int)] {
        switch type {
        case .structure(let members): leaves(members, mode)
        case .array(let element, _): inner(element, mode)
        case .map(let key, let value, _): inner(key, mode) + inner(value, mode)
        default: []
        }
    }

    private static func parquetSchema(_ fixture: TableFixture, _ table: DeltaTable) async throws -> [String] {
        let path = table.store.engineLocation(.root) + "/**/*.parquet"
        let rows = try await fixture.engine.onSessionThread { connection in
            try connection.execute(
                "SELECT DISTINCT name || '|' || field_id FROM parquet_schema(\(quoteLiteral(path))) WHERE field_id IS NOT NULL"
            ).allRows()
        }
        return rows.map { if case .string(let text) = $0[0] { text } else { "?" } }
    }
}
