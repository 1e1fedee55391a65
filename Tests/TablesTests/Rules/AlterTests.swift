import Base
import DeltaLake
import Engine
import TableModel
import Tables
import Testing

@Suite struct AlterTests {
    @Test func typesWidenWhereTheTableAllowsIt() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create(
            "t", as: "SELECT 1::INT AS n, {'f': 1.5::FLOAT} AS s, [1::SMALLINT] AS a, 1.25::DECIMAL(5,2) AS d"
        )
        let off = await #expect(throws: TarnError.self) { try await table.changeType("n", to: .long) }
        #expect(off?.code == .failedPrecondition && off?.message.contains("delta.enableTypeWidening") == true)
        try await table.setProperties(["delta.enableTypeWidening": "true"])
        #expect(TableFeatures.isActive("typeWidening", try await table.snapshot()))
        try await table.changeType("n", to: .long)
        try await table.changeType(ColumnPath(["s", "f"]), to: .double)
        try await table.changeType(ColumnPath(["a", "element"]), to: .integer)
        try await table.changeType("d", to: .decimal(precision: 10, scale: 4))
        for (column, type) in [
            ("n", DataType.integer), ("n", .string), ("d", .decimal(precision: 10, scale: 6)), ("n", .double),
        ] {
            let error = await #expect(throws: TarnError.self) {
                try await table.changeType(ColumnPath(column), to: type)
            }
            #expect(error?.code == .invalidInput, "\(column) to \(type)")
        }
        let schema = try await table.snapshot().schema
        #expect(
            schema["n"]?.metadata["delta.typeChanges"]?.jsonText
                == #"[{"fromType":"integer","toType":"long"}]"#)
        #expect(
            schema["a"]?.metadata["delta.typeChanges"]?.jsonText
                == #"[{"fromType":"short","toType":"integer","fieldPath":"element"}]"#)
        try await table.write(
            WriteSource(sql: "SELECT 5000000000 AS n, {'f': 2.5} AS s, [70000] AS a, 123456.7891 AS d"))
        #expect(
            try await fixture.rows(table) == [
                "1|{'f': 1.5}|[1]|1.2500", "5000000000|{'f': 2.5}|[70000]|123456.7891",
            ])
        var merge = WriteOptions()
        merge.schemaMode = .merge
        // Appends that merge schemas widen too, within one kind of number.
        try await table.setProperties(["delta.columnMapping.mode": "name"])
        try await table.addColumns([(SchemaField("small", .short), .last)])
        try await table.write(WriteSource(sql: "SELECT 100000::INT AS small, {'f': 1.5::FLOAT} AS s"), merge)
        #expect(try await table.snapshot().schema["small"]?.type == .integer)
        #expect(
            try await fixture.rows(table, .latest, "SELECT small, s.f FROM {t} WHERE small IS NOT NULL")
                == ["100000|1.5"])
    }

    @Test func nullabilityChangesWhereTheRowsAllowIt() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 1 AS a, NULL::INT AS b, {'x': 1} AS s")
        let error = await #expect(throws: TarnError.self) { try await table.setNullable("b", false) }
        #expect(error?.code == .constraintViolation && error?.message.contains("column b") == true)
        try await table.setNullable("a", false)
        try await table.setNullable(ColumnPath(["s", "x"]), false)
        await #expect(throws: TarnError.self) { try await table.write(WriteSource(sql: "SELECT 1 AS b")) }
        await #expect(throws: TarnError.self) {
            try await table.write(WriteSource(sql: "SELECT 1 AS a, {'x': NULL} AS s"))
        }
        try await table.setNullable("a", true)
        try await table.write(WriteSource(sql: "SELECT 1 AS b"))
        #expect(try await table.snapshot().version == 4)
    }

    @Test func commentsAndPropertiesAreKept() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 1 AS a, {'x': 1} AS s")
        try await table.setComment(of: ColumnPath(["s", "x"]), "the inner one")
        try await table.setComment("a table")
        try await table.setProperties(["owner": "me", "delta.appendOnly": "true"])
        try await table.setProperties([:], removing: ["owner", "nothing"])
        let snapshot = try await table.snapshot()
        #expect(snapshot.metadata.description == "a table" && snapshot.version == 4)
        #expect(snapshot.configuration == ["delta.appendOnly": "true"])
        guard case .structure(let members) = snapshot.schema["s"]?.type else {
            Issue.record("no structure")
            return
        }
        #expect(members[0].metadata["comment"] == .string("the inner one"))
        await #expect(throws: TarnError.self) {
            try await table.setProperties(["delta.constraints.c": "a > 0"])
        }
        await #expect(throws: TarnError.self) { try await table.setProperties(["delta.appendOnly": "maybe"]) }
        let again = try await table.setProperties(["delta.appendOnly": "true"])
        #expect(again.wasAlreadyCommitted)
    }

    @Test func clusteringColumnsAreKeptInTheirDomain() async throws {
        let fixture = try TableFixture()
        let table = try await DeltaTable.create(
            fixture.store("t"), fixture.context,
            TableDefinition(
                schema: TableSchema([
                    SchemaField("a", .long), SchemaField("s", .structure([SchemaField("x", .integer)])),
                    SchemaField("list", .array(element: .long, containsNull: true)),
                ]), clusteringColumns: ["a"], properties: ["delta.columnMapping.mode": "name"])
        ).table
        var snapshot = try await table.snapshot()
        #expect(ClusteringColumns.logical(snapshot) == ["a"])
        #expect(ClusteringColumns.physical(snapshot)?.first?.parts.first?.hasPrefix("col-") == true)
        #expect(snapshot.tableProtocol.writerFeatures?.contains("clustering") == true)
        try await table.setClustering([ColumnPath(["S", "x"]), "a"])
        #expect(
            ClusteringColumns.logical(try await table.snapshot()) == [ColumnPath(["s", "x"]), "a"])
        for wrong in [["list"], ["nope"], ["a", "A"]] as [[ColumnPath]] {
            await #expect(throws: TarnError.self) { try await table.setClustering(wrong) }
        }
        await #expect(throws: TarnError.self) { try await table.dropColumns([ColumnPath(["s"])]) }
        try await table.setClustering([])
        snapshot = try await table.snapshot()
        #expect(ClusteringColumns.logical(snapshot) == [] && snapshot.version == 2)
        let partitioned = try await fixture.create("p", as: "SELECT 1 AS a, 2 AS b", partitionedBy: ["b"])
        await #expect(throws: TarnError.self) { try await partitioned.setClustering(["a"]) }
    }

    /// A change of the metadata that reads no row goes through beside appends; one that does not, does not.
    @Test func appendsDoNotStandInTheWayOfAChange() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 1 AS a")
        let other = try await DeltaTable.open(fixture.store("t"), fixture.context)
        _ = try await table.snapshot()
        try await other.write(WriteSource(sql: "SELECT 2 AS a"))
        let result = try await table.setProperties(["k": "v"])
        #expect(result.version == 2)
        #expect(try await fixture.rows(table) == ["1", "2"])
    }
}
