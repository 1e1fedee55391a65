import Base
import Engine
import TableModel
import Testing

/// DuckDB's parser and planner as tools: syntax trees, plans, statistics of written files.
@Suite struct SQLToolsTests {
    @Test func turnsASelectIntoATreeAndBack() async throws {
        try await withConnection { connection in
            let tree = try connection.serializeSelect(
                "SELECT a, 'it''s' FROM c.s.t AT (VERSION => 3) WHERE a > 1")
            #expect(tree["statements"]?[0]?["node"]?["from_table"]?["table_name"]?.string == "t")
            #expect(tree["statements"]?[0]?["node"]?["from_table"]?["at_clause"]?.isNull == false)
            let sql = try connection.deserialize(try connection.serializeSelect("SELECT 1 + 2 AS x"))
            #expect(try connection.execute(sql).firstScalar() == .integer(3))
        }
    }

    @Test func saysWhereASelectDoesNotParse() async throws {
        try await withConnection { connection in
            let error = #expect(throws: TarnError.self) {
                try connection.serializeSelect("SELECT 1,\n FROM WHERE")
            }
            #expect(error?.code == .invalidInput)
            #expect(error?.context.first { $0.name == "position" }?.value == "16")
            #expect(error?.context.first { $0.name == "line" }?.value == "2")
            let insert = #expect(throws: TarnError.self) {
                try connection.serializeSelect("INSERT INTO t VALUES (1)")
            }
            #expect(insert?.code == .unsupported)
        }
    }

    @Test func explainsWhatIsPushedIntoAScan() async throws {
        try await withTemporaryFolder { folder in
            try await withConnection { connection in
                try connection.execute(
                    "COPY (SELECT i AS a, i AS b FROM range(10) r(i)) TO '\(folder)/f.parquet' (FORMAT parquet)"
                )
                let plan = try connection.explain(
                    "SELECT b FROM read_parquet('\(folder)/f.parquet') WHERE a > $1", [5])
                #expect(plan.jsonText.contains("a>5"))
                let error = #expect(throws: TarnError.self) { try connection.explain("SELECT\n nope") }
                #expect(error?.context.first { $0.name == "position" }?.value == "8")
                #expect(error?.context.first { $0.name == "line" }?.value == "2")
            }
        }
    }

    @Test func tellsStatementsApart() async throws {
        let kinds = try await withConnection { connection in
            try connection.execute("CREATE TABLE t (a INT)")
            return try connection.statementKinds(
                "SELECT 1; INSERT INTO t VALUES (1); DELETE FROM t; UPDATE t SET a = 2; BEGIN; DROP TABLE t; SET threads = 1"
            )
        }
        #expect(kinds == [.select, .insert, .delete, .update, .transaction, .drop, .set])
    }

    /// The figures that a table's log needs come back with the COPY itself.
    @Test func readsTheStatisticsOfACopy() async throws {
        try await withTemporaryFolder { folder in
            try await withConnection { connection in
                let result = try connection.execute(
                    """
                    COPY (SELECT i AS n, CASE WHEN i > 2 THEN 'text ' || i END AS s FROM range(10) r(i))
                    TO '\(folder)/f.parquet' (FORMAT parquet, RETURN_STATS)
                    """)
                let chunk = try #require(try result.nextChunk())
                let count = try #require(result.columnIndex("count"))
                #expect(chunk.column(count).scalar(0) == .integer(10))
                let statistics = chunk.column(try #require(result.columnIndex("column_statistics")))
                let json = statistics.json(0)
                #expect(
                    json["\"n\""]?["max"]?.string == "9" || json["n"]?["max"]?.string == "9",
                    "\(json.jsonText)")
                let entries = try #require(statistics.elements)
                #expect(statistics.elementRange(0).count == 2)
                #expect(entries.member("key")?.string(0).contains("n") == true)
            }
        }
    }
}
