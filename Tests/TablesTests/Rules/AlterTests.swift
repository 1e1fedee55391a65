import Base
import DeltaLake
import Engine
import TableModel
import Tables
import Testing

@Suite struct AlterTests {
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
                ]), clusteringColumns: ["a"])
        ).table
        var snapshot = try await table.snapshot()
        #expect(ClusteringColumns.logical(snapshot) == ["a"])
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
