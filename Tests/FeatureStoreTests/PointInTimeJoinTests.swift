import Base
import Engine
import TableModel
import Testing

import FeatureStore

/// The join through the engine against a brute-force query, and against DuckDB's ASOF where the two must agree.
@Suite struct PointInTimeJoinTests {
    private static func withEngine(_ body: (Engine) async throws -> Void) async throws {
        let engine = try Engine(settings: EngineSettings())
        try await body(engine)
        engine.close()
    }

    /// Rows of random views and spines as SQL text, all from one seed.
    struct Case {
        let random: SeededRandomSource
        let hasCreated: Bool
        let timeToLive: Int64
        let keyKind: Int

        init(seed: UInt64) {
            random = SeededRandomSource(seed: seed)
            hasCreated = random.next() % 2 == 0
            timeToLive = random.next() % 3 == 0 ? 0 : Int64(random.next() % 12) * 1_000_000
            keyKind = Int(random.next() % 4)
        }

        func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }

        var keyColumns: [String] { keyKind == 3 ? ["k", "k2"] : ["k"] }

        private var key: String {
            if below(12) == 0 { return "NULL" }
            let number = below(4)
            return switch keyKind {
            case 0, 3: "\(number)::BIGINT"
            case 1: "'key \(number) é'"
            default: "DATE '2024-01-0\(number + 1)'"
            }
        }

        private var time: String {
            below(15) == 0
                ? "NULL::TIMESTAMPTZ" : "TIMESTAMPTZ '2024-01-01 00:00:\(10 + below(25))+00'"
        }

        private func value(_ text: String) -> String { below(5) == 0 ? "NULL" : text }

        func spine(_ count: Int) -> String {
            let rows = (0..<count).map {
                "(\($0), \(key), \(key == "NULL" ? "NULL" : "'s\(below(2))'"), \(time))"
            }
            return
                "SELECT r, k\(keyCast), k2::VARCHAR AS k2, ts AS event_timestamp FROM (VALUES \(rows.joined(separator: ", "))) t(r, k, k2, ts)"
        }

        private var keyCast: String {
            [0: "::BIGINT AS k", 1: "::VARCHAR AS k", 2: "::DATE AS k", 3: "::BIGINT AS k"][keyKind] ?? ""
        }

        func view(_ count: Int) -> String {
            let rows = (0..<count).map { row in
                "(\(row), \(key), \(value("'s\(below(2))'")), \(time), \(value("\(below(3))")), \(value("\(row).25")), "
                    + "\(value("'text \(row)'")), \(value("[\(row), NULL]")))"
            }
            return """
                SELECT k\(keyCast), k2::VARCHAR AS k2, ts, TIMESTAMPTZ '2024-02-01 00:00:00+00' + to_seconds(made::INTEGER) AS made,
                    d::DOUBLE AS d, r::BIGINT AS n, r::TINYINT AS tiny, (r % 2 = 0) AS flag, d::FLOAT AS f,
                    d::DECIMAL(9,2) AS dec, d::DECIMAL(30,2) AS big, ts::DATE AS day, s::VARCHAR AS s, l::INTEGER[] AS l,
                    0::BIGINT AS __file_index, r::BIGINT AS __file_row
                FROM (VALUES \(rows.joined(separator: ", "))) t(r, k, k2, ts, made, d, s, l)
                """
        }

        static let features: [(String, DataType)] = [
            ("s", .string), ("d", .double), ("n", .long), ("tiny", .byte), ("flag", .boolean), ("f", .float),
            ("dec", .decimal(precision: 9, scale: 2)), ("big", .decimal(precision: 30, scale: 2)),
            ("day", .date),
            ("l", .array(element: .integer, containsNull: true)),
        ]

        func joined(relation: String) -> JoinedView {
            JoinedView(
                name: "v", relation: relation,
                keys: keyColumns.map { .init(spineColumn: $0, viewColumn: $0) }, timeColumn: "ts",
                timeType: .timestamp,
                createdColumn: hasCreated ? "made" : nil, createdType: hasCreated ? .timestamp : nil,
                timeToLive: timeToLive,
                features: Self.features.map {
                    .init(column: $0.0, sourceType: $0.1, type: $0.1, outputName: "v_\($0.0)")
                })
        }

        /// The rule as SQL: for each event, the first row in order among all that may match.
        func bruteForce(spine: String, view: String) -> String {
            let keys = keyColumns.map { "v.\($0) = s.\($0)" }.joined(separator: " AND ")
            let ttl =
                timeToLive == 0
                ? "" : " AND v.ts >= s.event_timestamp - to_microseconds(\(timeToLive)::BIGINT)"
            let order = ["v.ts DESC", hasCreated ? "v.made DESC NULLS LAST" : "true", "v.__file_row DESC"]
            return """
                SELECT s.r, \(Self.features.map { "j.\($0.0)" }.joined(separator: ", ")) FROM (\(spine)) s LEFT JOIN LATERAL (
                    SELECT v.* FROM (\(view)) v WHERE \(keys) AND v.ts <= s.event_timestamp\(ttl)
                    ORDER BY \(order.joined(separator: ", ")) LIMIT 1
                ) j ON true ORDER BY s.r
                """
        }
    }

    private static func rows(_ engine: Engine, _ sql: String) async throws -> [String] {
        try await engine.onSessionThread { connection in
            let result = try connection.execute(sql)
            var rows: [String] = []
            while let chunk = try result.nextChunk() {
                for row in 0..<chunk.rowCount {
                    rows.append(chunk.columns.map { $0.json(row).jsonText }.joined(separator: " "))
                }
            }
            return rows
        }
    }

    @Test func equalsBruteForceForAnyKeysTypesAndTies() async throws {
        try await Self.withEngine { engine in
            for seed in UInt64(1)...120 {
                let sample = Case(seed: seed)
                let (spine, view) = (sample.spine(1 + sample.below(25)), sample.view(1 + sample.below(50)))
                let expected = try await Self.rows(engine, sample.bruteForce(spine: spine, view: view))
                let found = try await JoinWorkspace.with(engine, sample.random) { workspace in
                    let table = try await SpineTable(spine, timeColumn: "EVENT_TIMESTAMP", in: workspace)
                    var join = PointInTimeJoin(spine: table)
                    try await join.join(sample.joined(relation: "(\(view))"))
                    return try await Self.rows(engine, join.resultSQL(spineColumns: ["r"]))
                }
                #expect(found == expected, "seed \(seed)")
            }
            let left = try await Self.rows(engine, "SELECT count(*) FROM duckdb_tables()")
            #expect(left == ["0"], "workspaces leave nothing behind")
        }
    }

    /// Distinct times and no ttl: DuckDB's ASOF join has the same rule then.
    ///
    /// Large enough for several threads.
    @Test func equalsTheEnginesAsOfJoinAtScale() async throws {
        try await Self.withEngine { engine in
            let spine = """
                SELECT r, hash(r * 11) % 500 AS k, TIMESTAMP '2024-01-01' + to_microseconds((hash(r) % 3000000)::BIGINT) AS ts
                FROM range(20000) t(r)
                """
            func view(_ salt: Int) -> String {
                """
                SELECT hash(r * \(salt)) % 600 AS k, TIMESTAMP '2024-01-01' + to_microseconds(r * 15) AS ts, r / 7.0 AS d,
                    'row ' || r AS s, 0::BIGINT AS __file_index, r AS __file_row FROM range(200000) t(r)
                """
            }
            func joined(_ salt: Int) -> JoinedView {
                JoinedView(
                    name: "v", relation: "(\(view(salt)))", keys: [.init(spineColumn: "k", viewColumn: "k")],
                    timeColumn: "ts", timeType: .timestampNtz,
                    features: [
                        .init(column: "d", sourceType: .double, type: .double, outputName: "d\(salt)"),
                        .init(column: "s", sourceType: .string, type: .string, outputName: "s\(salt)"),
                    ])
            }
            let expected = try await Self.rows(
                engine,
                """
                SELECT s.r, a.d, a.s, b.d, b.s FROM (\(spine)) s
                ASOF LEFT JOIN (\(view(3))) a ON s.k = a.k AND s.ts >= a.ts
                ASOF LEFT JOIN (\(view(5))) b ON s.k = b.k AND s.ts >= b.ts ORDER BY s.r
                """)
            let found = try await JoinWorkspace.with(engine, SystemRandomSource()) { workspace in
                var join = PointInTimeJoin(
                    spine: try await SpineTable(spine, timeColumn: "ts", in: workspace))
                for salt in [3, 5] { try await join.join(joined(salt)) }
                return try await Self.rows(engine, join.resultSQL(spineColumns: ["r"]))
            }
            #expect(found == expected)
        }
    }

    @Test func viewsWithoutEntitiesMatchEveryEvent() async throws {
        try await Self.withEngine { engine in
            let found = try await JoinWorkspace.with(engine, SystemRandomSource()) { workspace in
                let spine =
                    "SELECT * FROM (VALUES (1, DATE '2024-01-03'), (2, DATE '2024-01-01'), (3, NULL)) t(r, ts)"
                var join = PointInTimeJoin(
                    spine: try await SpineTable(spine, timeColumn: "ts", in: workspace))
                let relation =
                    "(SELECT DATE '2024-01-02' AS day, 5 AS x, 0::BIGINT AS __file_index, 0::BIGINT AS __file_row)"
                try await join.join(
                    JoinedView(
                        name: "w", relation: relation, keys: [], timeColumn: "day", timeType: .date,
                        features: [.init(column: "x", sourceType: .integer, type: .long, outputName: "x")]),
                    withTimes: true)
                return try await Self.rows(engine, join.resultSQL(spineColumns: ["r"]))
            }
            #expect(found == ["1 5 1704153600000000 null", "2 null null null", "3 null null null"])
        }
    }

    @Test(arguments: ["tss", "r", "k"])
    func spinesWithoutTimesAreRefused(_ column: String) async throws {
        try await Self.withEngine { engine in
            let error = await #expect(throws: TarnError.self) {
                try await JoinWorkspace.with(engine, SystemRandomSource()) { workspace in
                    _ = try await SpineTable(
                        "SELECT 1 AS r, 'x' AS k, now() AS ts", timeColumn: column, in: workspace)
                }
            }
            #expect(error?.code == .invalidInput)
            #expect(error?.message.contains(column) == true)
        }
    }
}
