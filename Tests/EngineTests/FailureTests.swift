import Base
import Engine
import TableModel
import Testing

/// What DuckDB says is kept: the kind of failure, the message, the place.
@Suite struct FailureTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let sql: String
        let code: TarnError.Code
        let position: String?
        let text: String
        var testDescription: String { sql }
    }

    static let cases: [Case] = [
        Case(sql: "SELEC 1", code: .invalidInput, position: "0", text: "syntax error"),
        Case(
            sql: "SELECT 1;\nSELECT * FROM\n  nowhere", code: .invalidInput, position: "26", text: "nowhere"),
        Case(sql: "SELECT 'é', nope", code: .invalidInput, position: "13", text: "nope"),
        Case(sql: "SELECT CAST('x' AS INTEGER)", code: .invalidInput, position: "7", text: "INT32"),
        Case(
            sql: "SELECT 9223372036854775807 + 1::BIGINT", code: .invalidInput, position: nil,
            text: "Overflow"),
        Case(
            sql: "SELECT * FROM read_parquet('/nowhere/at/all.parquet')", code: .storage, position: "14",
            text: "all.parquet"),
        Case(sql: "SELECT error('by hand')", code: .invalidInput, position: nil, text: "by hand"),
        Case(sql: "", code: .invalidInput, position: nil, text: "no SQL statement"),
        Case(sql: " -- only a comment", code: .invalidInput, position: nil, text: "no SQL statement"),
        Case(sql: "SELECT \u{0}1", code: .invalidInput, position: "7", text: "NUL"),
        Case(sql: "COMMIT", code: .failedPrecondition, position: nil, text: "no transaction"),
    ]

    @Test(arguments: cases)
    func keepsMessageAndPlace(_ given: Case) async throws {
        try await withConnection { connection in
            let error = #expect(throws: TarnError.self) { try connection.execute(given.sql) }
            #expect(error?.code == given.code)
            #expect(error?.context.first { $0.name == "position" }?.value == given.position)
            #expect(error?.message.contains(given.text) == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("exception_type") == false)
            let after = try connection.execute("SELECT 1").firstScalar()
            #expect(after == .integer(1))
        }
    }

    /// A user may turn the structured errors off; the caret then tells the place.
    @Test func readsTheCaretWhenErrorsAreText() async throws {
        try await withConnection { connection in
            try connection.execute("SET errors_as_json = false")
            let error = #expect(throws: TarnError.self) {
                try connection.execute("SELECT\n  1 +\n  nowhere FROM range(3) t(x)")
            }
            let context = Dictionary(uniqueKeysWithValues: error?.context.map { ($0.name, $0.value) } ?? [])
            #expect(context["line"] == "3")
            #expect(context["column"] == "3")
            #expect(context["position"] == "15")
            #expect(error?.message.contains("LINE") == false)
        }
    }

    /// Hostile depth and length give an answer or an error, never an exhausted stack.
    @Test(arguments: [
        "SELECT " + String(repeating: "(", count: 20_000) + "1" + String(repeating: ")", count: 20_000),
        "SELECT " + String(repeating: "1 + ", count: 50_000) + "1",
        "SELECT " + String(repeating: "NOT ", count: 20_000) + "true",
        "SELECT " + String(repeating: "[", count: 5_000) + String(repeating: "]", count: 5_000),
        String(repeating: "SELECT * FROM (", count: 5_000) + "SELECT 1"
            + String(repeating: ")", count: 5_000),
    ])
    func survivesDepth(_ sql: String) async throws {
        try await withConnection { connection in
            do {
                try connection.execute(sql)
            } catch let error as TarnError {
                #expect(error.code != .internal, "\(error.message.prefix(200))")
            }
            let after = try connection.execute("SELECT 1").firstScalar()
            #expect(after == .integer(1))
        }
    }

    /// An error in the middle of a stream comes from `nextChunk`, after the rows before it.
    @Test func failsInTheMiddleOfAStream() async throws {
        try await withConnection { connection in
            let result = try connection.stream(
                "SELECT (CASE WHEN i = 500000 THEN 'x' ELSE '1' END)::INTEGER FROM range(1000000) r(i)")
            var rowCount = 0
            let error = #expect(throws: TarnError.self) {
                while let chunk = try result.nextChunk() { rowCount += chunk.rowCount }
            }
            #expect(error?.code == .invalidInput)
            #expect(rowCount > 0)
        }
    }

    @Test func reportsTheMemoryLimit() async throws {
        let settings = EngineSettings(memoryLimit: "30MB", threads: 1, connections: 1)
        try await withConnection(settings) { connection in
            let error = #expect(throws: TarnError.self) {
                try connection.execute(
                    "CREATE TEMP TABLE t AS SELECT i, hash(i) AS h FROM range(20000000) r(i) ORDER BY h")
            }
            #expect(error?.code == .resourceExhausted)
        }
    }

    @Test func spillsToTheFolderGiven() async throws {
        try await withTemporaryFolder { folder in
            let settings = EngineSettings(
                memoryLimit: "60MB", threads: 1, spillFolder: folder, connections: 1)
            try await withConnection(settings) { connection in
                try connection.execute("SET preserve_insertion_order = false")
                let result = try connection.stream(
                    "SELECT i, hash(i) AS h FROM range(6000000) r(i) ORDER BY h")
                #expect(try result.nextChunk()?.rowCount ?? 0 > 0)
                #expect(
                    try connection.execute("SELECT current_setting('temp_directory')").firstScalar()
                        == .string(folder))
            }
        }
    }

    @Test func refusesAWrongSetting() {
        let error = #expect(throws: TarnError.self) {
            _ = try Engine(settings: EngineSettings(memoryLimit: "plenty"))
        }
        #expect(error?.code == .invalidInput)
    }
}
