import Base
import DeltaLake
import Engine
import ObjectStore
import TableModel
import Tables
import Testing

@Suite struct ComputedColumnTests {
    private static func table(
        _ fixture: TableFixture, _ fields: [SchemaField], partitionedBy columns: [String] = []
    ) async throws -> DeltaTable {
        try await DeltaTable.create(
            fixture.store("t"), fixture.context,
            TableDefinition(schema: TableSchema(fields), partitionColumns: columns)
        ).table
    }

    @Test func generatedColumnsAreComputedOrChecked() async throws {
        let fixture = try TableFixture()
        let table = try await Self.table(
            fixture,
            [
                SchemaField("at", .timestamp),
                SchemaField(
                    "day", .date, metadata: ["delta.generationExpression": .string("CAST(`at` AS DATE)")]),
                SchemaField(
                    "double", .long, isNullable: false,
                    metadata: ["delta.generationExpression": .string("n * 2")]),
                SchemaField("n", .long),
            ], partitionedBy: ["day"])
        #expect(TableFeatures.supports("generatedColumns", try await table.snapshot().tableProtocol))
        try await table.write(
            WriteSource(sql: "SELECT 7 AS n, TIMESTAMPTZ '2024-05-06 23:59:59+00' AS at"))
        try await table.write(
            WriteSource(sql: "SELECT 1 AS n, NULL::TIMESTAMPTZ AS at, NULL::DATE AS day, 2 AS double"))
        #expect(
            try await fixture.rows(table) == [
                "2024-05-06 23:59:59+00|2024-05-06|14|7", "NULL|NULL|2|1",
            ])
        let wrong = await #expect(throws: TarnError.self) {
            try await table.write(WriteSource(sql: "SELECT 1 AS n, 3 AS double"))
        }
        #expect(wrong?.code == .constraintViolation)
        #expect(wrong?.message.contains("double must equal n * 2") == true, "\(wrong?.message ?? "")")
        // A null that it makes is no value either.
        let null = await #expect(throws: TarnError.self) {
            try await table.write(WriteSource(sql: "SELECT NULL::BIGINT AS n"))
        }
        #expect(null?.code == .constraintViolation)
        #expect(try await table.snapshot().version == 2)
    }

    @Test func defaultsFillColumnsThatTheRowsLack() async throws {
        let fixture = try TableFixture()
        let table = try await Self.table(
            fixture,
            [
                SchemaField("id", .long),
                SchemaField("state", .string, metadata: ["CURRENT_DEFAULT": .string("'new'")]),
                SchemaField("n", .integer, isNullable: false),
            ])
        #expect(
            try await table.snapshot().tableProtocol.writerFeatures?.contains("allowColumnDefaults") == true)
        try await table.setDefault("n", to: "40 + 2")
        try await table.write(WriteSource(sql: "SELECT 1 AS id"))
        try await table.write(WriteSource(sql: "SELECT 2 AS id, NULL AS state, 7 AS n"))
        try await table.setDefault("state", to: nil)
        try await table.write(WriteSource(sql: "SELECT 3 AS id"))
        #expect(try await fixture.rows(table) == ["1|new|42", "2|NULL|7", "3|NULL|42"])
        await #expect(throws: TarnError.self) { try await table.setDefault("n", to: "id + 1") }
        await #expect(throws: TarnError.self) {
            try await table.addColumns([
                (SchemaField("x", .long, metadata: ["CURRENT_DEFAULT": .string("1")]), .last)
            ])
        }
    }

    @Test func identityColumnsCountOnByThemselves() async throws {
        let fixture = try TableFixture()
        let table = try await Self.table(
            fixture, [Self.identity("id", start: 10, step: -5), SchemaField("v", .string)])
        #expect(TableFeatures.supports("identityColumns", try await table.snapshot().tableProtocol))
        try await table.write(WriteSource(sql: "SELECT 'a' AS v UNION ALL SELECT 'b'"))
        try await table.write(WriteSource(sql: "SELECT 'c' AS v"))
        #expect(
            try await fixture.rows(table, .latest, "SELECT id FROM {t} ORDER BY id DESC") == ["10", "5", "0"])
        #expect(try await table.snapshot().schema["id"]?.identity?.highWaterMark == 0)
        let given = await #expect(throws: TarnError.self) {
            try await table.write(WriteSource(sql: "SELECT 1 AS id, 'd' AS v"))
        }
        #expect(given?.code == .invalidInput && given?.message.contains("identity column id") == true)
        // No row, no number.
        try await table.write(WriteSource(sql: "SELECT 'x' AS v WHERE false"))
        #expect(try await table.snapshot().schema["id"]?.identity?.highWaterMark == 0)
    }

    @Test func identityValuesMayBeGivenWhereTheColumnAllowsIt() async throws {
        let fixture = try TableFixture()
        let table = try await Self.table(
            fixture,
            [Self.identity("id", start: 1, step: 3, allowsExplicit: true), SchemaField("v", .string)])
        try await table.write(WriteSource(sql: "SELECT 8 AS id, 'given' AS v"))
        try await table.write(WriteSource(sql: "SELECT 'first' AS v"))
        try await table.syncIdentity("id")
        try await table.write(WriteSource(sql: "SELECT 'next' AS v"))
        #expect(try await fixture.rows(table) == ["1|first", "8|given", "10|next"])
    }

    /// Writers that count at the same time give out different numbers, and none is lost.
    @Test func concurrentWritersCountApart() async throws {
        let fixture = try TableFixture()
        _ = try await Self.table(
            fixture, [Self.identity("id", start: 0, step: 1), SchemaField("v", .integer)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<3 {
                group.addTask {
                    let table = try await DeltaTable.open(fixture.store("t"), fixture.context)
                    for _ in 0..<3 {
                        try await table.write(WriteSource(sql: "SELECT \(writer)::INT AS v FROM range(10)"))
                    }
                }
            }
            try await group.waitForAll()
        }
        let table = try await DeltaTable.open(fixture.store("t"), fixture.context)
        #expect(
            try await fixture.rows(
                table, .latest, "SELECT count(*), count(DISTINCT id), min(id), max(id) FROM {t}") == [
                    "90|90|0|89"
                ])
        let names = try await table.store.listRecursively(.root).filter { $0.path.name.hasSuffix(".parquet") }
        #expect(names.count == 9, "files of lost races are removed")
    }

    @Test func aCounterAtItsEndIsAClearError() async throws {
        let fixture = try TableFixture()
        var field = Self.identity("id", start: 1, step: 2)
        field.metadata["delta.identity.highWaterMark"] = .int(Int64.max)
        let table = try await Self.table(fixture, [field, SchemaField("v", .string)])
        let error = await #expect(throws: TarnError.self) {
            try await table.write(WriteSource(sql: "SELECT 'a' AS v"))
        }
        #expect(error?.code == .resourceExhausted)
    }

    private static func identity(
        _ name: String, start: Int64, step: Int64, allowsExplicit: Bool = false
    ) -> SchemaField {
        SchemaField(
            name, .long,
            metadata: [
                "delta.identity.start": .int(start), "delta.identity.step": .int(step),
                "delta.identity.allowExplicitInsert": .bool(allowsExplicit),
            ])
    }
}
