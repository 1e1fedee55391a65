package import Base
import Lakehouse
import Testing

@Suite struct StatementTests {
    private let path = "/api/2.0/sql/statements"

    private func run(_ probe: HTTPProbe, _ members: JSONObject) async throws -> JSONValue {
        var body = members
        if body["wait_timeout"] == nil { body["wait_timeout"] = "30s" }
        let answer = try await probe.post(path, JSONValue.object(body).jsonText)
        #expect(answer.status == 200, "\(answer.text)")
        return try answer.json()
    }

    @Test func givesRowsAsStringsWithTheirTypes() async throws {
        try await withServer { probe, _ in
            let answer = try await run(
                probe,
                [
                    "statement": """
                    SELECT 9223372036854775807 AS big, 12.50::DECIMAL(10,2) AS price, NULL AS nothing, true AS yes,
                        DATE '2024-02-29' AS day, TIMESTAMPTZ '2024-02-29 12:00:00.5+00' AS at, 'é"' AS text,
                        [1, 2] AS list, {'a': 1} AS struct, '\\x01\\x02'::BLOB AS bytes, 0.1::DOUBLE AS real
                    """
                ])
            #expect(answer["status"]?["state"]?.string == "SUCCEEDED", "\(answer.jsonText)")
            let row = answer["result"]?["data_array"]?[0]?.array
            #expect(
                row == [
                    "9223372036854775807", "12.50", .null, "true", "2024-02-29",
                    "2024-02-29T12:00:00.500000Z", "é\"",
                    "[1,2]", "{\"a\":1}", "AQI=", "0.1",
                ])
            let columns = answer["manifest"]?["schema"]?["columns"]?.array ?? []
            let types = columns.map { $0["type_text"]?.string }
            #expect(
                types == [
                    "BIGINT", "DECIMAL(10,2)", "INT", "BOOLEAN", "DATE", "TIMESTAMP", "STRING", "ARRAY<INT>",
                    "STRUCT<a: INT>", "BINARY", "DOUBLE",
                ])
            #expect(columns[1]["type_precision"]?.int64 == 10 && columns[1]["type_scale"]?.int64 == 2)
            #expect(columns[4]["position"]?.int64 == 4)
            #expect(answer["manifest"]?["total_row_count"]?.int64 == 1)
        }
    }

    @Test func writesTablesAndCountsRows() async throws {
        try await withServer { probe, _ in
            _ = try await run(probe, ["statement": "CREATE TABLE t (id BIGINT, name VARCHAR)"])
            let inserted = try await run(
                probe, ["statement": "INSERT INTO t SELECT i, 'n' || i FROM range(5) r(i)"])
            #expect(inserted["status"]?["state"]?.string == "SUCCEEDED", "\(inserted.jsonText)")
            #expect(inserted["result"]?["data_array"]?[0]?[0]?.string == "5")
            #expect(inserted["manifest"]?["schema"]?["columns"]?[0]?["name"]?.string == "num_affected_rows")
            let found = try await run(
                probe,
                [
                    "statement": "SELECT name FROM t WHERE id > :least AND name <> :other ORDER BY id",
                    "parameters": [
                        ["name": "least", "value": "2", "type": "BIGINT"], ["name": "other", "value": "n3"],
                    ],
                ])
            #expect(found["result"]?["data_array"] == [["n4"]], "\(found.jsonText)")
            let other = try await run(probe, ["statement": "SELECT count(*) FROM t", "schema": "nowhere"])
            #expect(other["status"]?["state"]?.string == "FAILED")
        }
    }

    @Test func aFailureIsAnAnswerThatSaysWhy() async throws {
        try await withServer { probe, _ in
            let answer = try await run(probe, ["statement": "SELECT * FROM no_such_table"])
            #expect(answer["status"]?["state"]?.string == "FAILED")
            #expect(answer["status"]?["error"]?["error_code"]?.string == "NOT_FOUND")
            #expect(answer["status"]?["error"]?["message"]?.string?.contains("no_such_table") == true)
            #expect(answer["manifest"] == nil)
            let files = try await run(probe, ["statement": "SELECT * FROM '/etc/hostname.csv'"])
            #expect(
                files["status"]?["error"]?["error_code"]?.string == "PERMISSION_DENIED", "\(files.jsonText)")
        }
    }

    @Test func largeResultsComeInChunks() async throws {
        try await withServer { probe, _ in
            let first = try await run(
                probe, ["statement": "SELECT i, repeat('x', 100) AS t FROM range(60000) r(i) ORDER BY i"])
            let id = try #require(first["statement_id"]?.string)
            let count = try #require(first["manifest"]?["total_chunk_count"]?.int64)
            #expect(count > 2)
            var next: String? = "\(path)/\(id)/result/chunks/0"
            var rows = 0
            while let link = next {
                let chunk = try await probe.get(link).json()
                #expect(chunk["row_offset"]?.int64 == Int64(rows))
                #expect(chunk["data_array"]?[0]?[0]?.string == "\(rows)")
                rows += chunk["data_array"]?.array?.count ?? 0
                next = chunk["next_chunk_internal_link"]?.string
            }
            #expect(rows == 60000)
            #expect(try await probe.get("\(path)/\(id)/result/chunks/\(count)").status == 404)
            #expect(try await probe.get("\(path)/\(id)/result/chunks/x").status == 400)
        }
    }

    @Test func limitsCutTheResultAndSaySo() async throws {
        try await withServer { probe, _ in
            let rows = try await run(probe, ["statement": "SELECT * FROM range(100000)", "row_limit": 7])
            #expect(rows["manifest"]?["total_row_count"]?.int64 == 7)
            #expect(rows["manifest"]?["truncated"]?.bool == true)
            let exact = try await run(probe, ["statement": "SELECT * FROM range(7)", "row_limit": 7])
            #expect(exact["manifest"]?["truncated"]?.bool == false)
            let bytes = try await run(
                probe, ["statement": "SELECT * FROM range(100000)", "byte_limit": "1000"])
            #expect(bytes["manifest"]?["truncated"]?.bool == true)
            #expect((bytes["manifest"]?["total_byte_count"]?.int64 ?? .max) <= 1001)
            let large = try await run(
                probe, ["statement": "SELECT repeat('x', 1000) FROM range(40000)"])
            #expect(large["status"]?["error"]?["message"]?.string?.contains("25 MiB") == true)
        }
    }

    @Test func runsInTheBackgroundAndCanBeCancelled() async throws {
        try await withServer { probe, _ in
            let slow =
                "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range * b.range % 7 = 3"
            let started = try await run(probe, ["statement": .string(slow), "wait_timeout": "0s"])
            let id = try #require(started["statement_id"]?.string)
            #expect(["PENDING", "RUNNING"].contains(started["status"]?["state"]?.string))
            #expect(try await probe.get("\(path)/\(id)/result/chunks/0").status == 400)
            #expect(try await probe.post("\(path)/\(id)/cancel", "").status == 200)
            let ended = try await probe.get("\(path)/\(id)").json()
            #expect(ended["status"]?["state"]?.string == "CANCELED")
            // The session is free again: the next statement runs.
            let next = try await run(probe, ["statement": "SELECT 42"])
            #expect(next["result"]?["data_array"] == [["42"]])
        }
    }

    @Test func aStatementWithoutEndIsEndedByTheTimeLimit() async throws {
        try await withServer({ $0.server.statementTimeoutSeconds = 1 }) { probe, _ in
            let slow =
                "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range * b.range % 7 = 3"
            let answer = try await run(probe, ["statement": .string(slow)])
            #expect(answer["status"]?["state"]?.string == "FAILED")
            #expect(answer["status"]?["error"]?["message"]?.string?.contains("statement_timeout") == true)
        }
    }

    @Test(arguments: [
        "", "{", "[]", "null", #"{"statement": 7}"#, #"{"statement": ""}"#,
        #"{"statement":"SELECT 1","wait_timeout":"4s"}"#,
        #"{"statement":"SELECT 1","wait_timeout":"soon"}"#,
        #"{"statement":"SELECT 1","on_wait_timeout":"x"}"#,
        #"{"statement":"SELECT 1","disposition":"EXTERNAL_LINKS"}"#,
        #"{"statement":"SELECT 1","format":"ARROW_STREAM"}"#,
        #"{"statement":"SELECT 1","row_limit":0}"#, #"{"statement":"SELECT 1","row_limit":"many"}"#,
        #"{"statement":"SELECT 1","parameters":"x"}"#, #"{"statement":"SELECT 1","parameters":[{}]}"#,
        #"{"statement":"SELECT :a","parameters":[{"name":"a","value":"x","type":"INT"}]}"#,
        #"{"statement":"SELECT :a","parameters":[{"name":"a","value":"300","type":"TINYINT"}]}"#,
        #"{"statement":"SELECT :a","parameters":[{"name":"a","value":"x","type":"ARRAY<INT>"}]}"#,
        #"{"statement":"SELECT :a","parameters":[{"name":"a","value":"2024-02-30","type":"DATE"}]}"#,
    ])
    func wrongCallsAreTheCallersFault(_ body: String) async throws {
        try await withServer { probe, _ in
            let answer = try await probe.post(path, body)
            #expect(answer.status == 400, "\(answer.text)")
            #expect(try answer.json()["message"]?.string?.isEmpty == false)
        }
    }

    @Test func parametersHaveTheTypesThatTheyName() async throws {
        let cases: [(String, String, String)] = [
            ("DATE", "2024-02-29", "DATE"), ("TIMESTAMP", "2024-02-29T01:02:03Z", "TIMESTAMP"),
            ("DECIMAL(10,2)", "-12.50", "DECIMAL(4,2)"), ("DOUBLE", "1e3", "DOUBLE"),
            ("BOOLEAN", "true", "BOOLEAN"),
            ("BIGINT", "-9223372036854775808", "BIGINT"), ("STRING", "a'b", "STRING"),
        ]
        try await withServer { probe, _ in
            for (type, value, expected) in cases {
                let answer = try await run(
                    probe,
                    [
                        "statement": "SELECT :p AS p",
                        "parameters": [["name": "p", "value": .string(value), "type": .string(type)]],
                    ])
                #expect(
                    answer["manifest"]?["schema"]?["columns"]?[0]?["type_text"]?.string == expected,
                    "\(answer.jsonText)")
            }
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .int(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}
