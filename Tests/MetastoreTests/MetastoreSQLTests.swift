import Base
import LakehouseTesting
import Metastore
import Testing

/// The shared SQL means the same in both databases.
@Suite struct MetastoreSQLTests {
    private static let tables = MetastoreMigration(
        "sql-1",
        sql: """
            CREATE TABLE kinds (
                id INTEGER PRIMARY KEY, i INTEGER, r REAL, t TEXT, b BLOB
            ) STRICT;
            -- What is "quoted", 'so; or so?', is no end.
            CREATE TABLE parents (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE /* a /* comment */) STRICT;
            CREATE TABLE children (
                parent_id TEXT NOT NULL REFERENCES parents (id) ON DELETE CASCADE,
                keeper_id TEXT REFERENCES parents (id),
                number INTEGER NOT NULL DEFAULT 7 CHECK (number < 100),
                PRIMARY KEY (parent_id, number)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX children_keeper ON children (keeper_id) WHERE keeper_id IS NOT NULL;
            INSERT INTO parents VALUES ('p''1?', 'x;y');
            ALTER TABLE children ADD COLUMN note TEXT;
            """)

    private func store(_ kind: MetastoreKind) async throws -> Metastore {
        try await MetastoreFixture(kind).open([Self.tables])
    }

    /// Values come back as they went in, by argument and by a column of each type.
    @Test(arguments: MetastoreKind.allCases)
    func valuesComeBackAsTheyWere(_ kind: MetastoreKind) async throws {
        let texts = [
            "", " ", "Zürich ✓ 東京 🦈 e\u{301}", "a'b\"c\\d%_?$1;--", "\n\t\u{1}\u{7f}", "NULL",
            String(repeating: "x", count: 300_000),
        ]
        let integers: [Int64] = [0, -1, .min, .max, 2_147_483_648]
        let reals: [Double] = [
            0, -0.1, 1e-300, .greatestFiniteMagnitude, .leastNonzeroMagnitude, 0.1 + 0.2, .infinity,
        ]
        let blobs: [[UInt8]] = [[], [0], Array(0...255), Array("\\x00'".utf8)]
        let store = try await store(kind)
        for place in 0..<8 {
            let row: [any MetastoreArgument] = [
                integers.indices.contains(place) ? integers[place] : nil as Int64?,
                reals.indices.contains(place) ? reals[place] : nil as Double?,
                texts.indices.contains(place) ? texts[place] : nil as String?,
                blobs.indices.contains(place) ? blobs[place] : nil as [UInt8]?,
            ]
            try await store.write { [row = row.map(\.metastoreValue)] db in
                try db.execute("INSERT INTO kinds (i, r, t, b) VALUES (?, ?, ?, ?)", row)
            }
        }
        let rows = try await store.read { try $0.rows("SELECT id, i, r, t, b FROM kinds ORDER BY id") }
        // The keys number themselves.
        #expect(try rows.map { try $0("id") as Int } == Array(1...8))
        #expect(try rows.compactMap { try $0("i") as Int64? } == integers)
        #expect(try rows.compactMap { try $0("r") as Double? } == reals)
        #expect(try rows.compactMap { try $0("t") as String? } == texts)
        #expect(try rows.compactMap { try $0("b") as [UInt8]? } == blobs)
        #expect(rows[7].values == [.integer(8), .null, .null, .null, .null])
        for text in texts {
            let found: Int? = try await store.read {
                try $0.value("SELECT count(*) FROM kinds WHERE t = ?", [text])
            }
            #expect(found == 1)
        }
    }

    @Test(arguments: MetastoreKind.allCases)
    func aNullCharacterIsRefused(_ kind: MetastoreKind) async throws {
        let store = try await store(kind)
        let found = await code {
            _ = try await store.write { try $0.execute("INSERT INTO parents VALUES (?, ?)", ["a", "b\0c"]) }
        }
        #expect(found == .invalidInput)
    }

    /// Expressions whose types PostgreSQL has to guess, and answers whose types differ from SQLite's.
    @Test(arguments: MetastoreKind.allCases)
    func expressionsMeanTheSame(_ kind: MetastoreKind) async throws {
        let cases: [(String, [MetastoreValue], MetastoreValue)] = [
            ("SELECT 1", [], .integer(1)),
            ("SELECT 'a?b' || ?", [.text("c")], .text("a?bc")),
            ("SELECT count(*) FROM parents WHERE ? IS NULL", [.null], .integer(1)),
            (
                "SELECT count(*) FROM parents WHERE ? IS NULL OR id = ?", [.text("a"), .text("a")],
                .integer(0)
            ),
            ("SELECT sum(number) FROM children", [], .null),
            ("SELECT sum(x) FROM (SELECT 4000000000 AS x UNION ALL SELECT 1) t", [], .integer(4_000_000_001)),
            ("SELECT CASE WHEN EXISTS (SELECT 1 FROM parents) THEN 1 ELSE 0 END", [], .integer(1)),
            ("SELECT EXISTS (SELECT 1 FROM parents)", [], .integer(1)),
            ("SELECT name = ? FROM parents", [.text("x;y")], .integer(1)),
            ("SELECT length(?)", [.text("東京")], .integer(2)),
            ("SELECT substr(name, ?) FROM parents", [.integer(3)], .text("y")),
            ("SELECT coalesce(max(number), 0) + ? FROM children", [.integer(5)], .integer(5)),
            ("SELECT CAST(? AS INTEGER)", [.integer(.max)], .integer(.max)),
            ("SELECT CAST('12' AS INTEGER) / 5", [], .integer(2)),
            ("SELECT x'00ff'", [], .blob([0, 255])),
            ("SELECT name FROM parents WHERE name LIKE ? ESCAPE '\\'", [.text("x\\;%")], .text("x;y")),
            ("SELECT count(*) FROM children WHERE keeper_id IS NOT DISTINCT FROM ?", [.null], .integer(0)),
            ("SELECT ?2 || ?1", [.text("a"), .text("b")], .text("ba")),
            (
                "SELECT name FROM parents ORDER BY name LIMIT ? OFFSET ?", [.integer(1), .integer(0)],
                .text("x;y")
            ),
        ]
        let store = try await store(kind)
        for (sql, arguments, expected) in cases {
            // Twice: prepared anew, and as it was kept.
            for _ in 0..<2 {
                let found = try await store.read { try $0.row(sql, arguments)?.values }
                #expect(found == [expected], "\(sql)")
            }
        }
    }

    /// The order of paging: by bytes, whatever the database's own language is.
    @Test(arguments: MetastoreKind.allCases)
    func textsSortByTheirBytes(_ kind: MetastoreKind) async throws {
        let names = [
            "", "A", "B", "Z", "_", "a", "a b", "a-b", "a_b", "aa", "b", "z", "ÄZ", "ä", "é", "東", "🦈",
        ]
        let store = try await store(kind)
        try await store.write { db in
            try db.execute("DELETE FROM parents")
            for name in names.shuffled() {
                try db.execute("INSERT INTO parents VALUES (?, ?)", [name, name])
            }
        }
        let found = try await store.read { db in
            try [
                db.column("SELECT name FROM parents ORDER BY name") as [String],
                db.column("SELECT lower(id) AS key FROM parents WHERE id > ? ORDER BY id", ["Z"]) as [String],
            ]
        }
        // Lower case is ASCII's, too.
        #expect(found == [names, names[4...].map { $0 == "ÄZ" ? "Äz" : $0 }])
    }

    @Test(arguments: MetastoreKind.allCases)
    func keysHold(_ kind: MetastoreKind) async throws {
        let store = try await store(kind)
        try await store.write { db in
            try db.execute("INSERT INTO parents VALUES ('a', 'A'), ('b', 'B')")
            try db.execute("INSERT INTO children (parent_id, keeper_id) VALUES ('a', 'b'), ('b', 'b')")
        }
        let wrong = [
            "INSERT INTO parents VALUES ('c', 'A')", "INSERT INTO children (parent_id) VALUES ('none')",
            "DELETE FROM parents WHERE id = 'b'", "INSERT INTO children VALUES ('a', NULL, 100, NULL)",
            "UPDATE parents SET name = NULL",
        ]
        for sql in wrong {
            #expect(await code { _ = try await store.write { try $0.execute(sql) } } == .internal, "\(sql)")
        }
        let changed = try await store.write { db in
            [
                try db.execute("DELETE FROM parents WHERE id = 'a'"),
                try db.execute("UPDATE children SET note = 'x' WHERE number = ?", [7]),
                try db.execute("INSERT INTO parents VALUES ('b', 'C') ON CONFLICT (id) DO NOTHING"),
                try db.execute(
                    "INSERT INTO parents VALUES ('b', 'C') ON CONFLICT (id) DO UPDATE SET name = excluded.name"
                ),
            ]
        }
        #expect(changed == [1, 1, 0, 1])
        let left = try await store.read { try $0.column("SELECT parent_id FROM children") as [String] }
        #expect(left == ["b"])
    }

    /// A savepoint undoes what failed inside it, and the transaction goes on.
    @Test(arguments: MetastoreKind.allCases)
    func savepointsUndoTheirPart(_ kind: MetastoreKind) async throws {
        let store = try await store(kind)
        try await store.write { db in
            func insert(_ id: String) throws {
                try db.execute("INSERT INTO parents VALUES (?, ?)", [id, id])
            }
            try insert("kept")
            try db.savepoint {
                try insert("undone")
                return false
            }
            try? db.savepoint {
                try insert("undone by error")
                try insert("kept")
                return true
            }
            try db.savepoint {
                try insert("outer")
                try db.savepoint {
                    try insert("inner")
                    return false
                }
                return true
            }
        }
        let found = try await store.read { try $0.column("SELECT id FROM parents ORDER BY id") as [String] }
        #expect(found == ["kept", "outer", "p'1?"])
    }

    /// A long answer is handed over row by row, and statements may run between the rows.
    @Test(arguments: MetastoreKind.allCases)
    func longAnswersAreWalked(_ kind: MetastoreKind) async throws {
        let store = try await store(kind)
        try await store.write { db in
            for i in 0..<2500 { try db.execute("INSERT INTO kinds (i) VALUES (?)", [i]) }
        }
        let counts = try await store.read { db in
            var (all, some, looked) = (0, 0, 0)
            try db.forEach("SELECT i FROM kinds WHERE i >= ? ORDER BY i", [0]) { row in
                if try row(0) == all { all += 1 }
                if all % 500 == 0 {
                    looked += try db.value("SELECT count(*) FROM kinds WHERE i < ?", [10]) ?? 0
                }
                return true
            }
            try db.forEach("SELECT i FROM kinds") { _ in
                some += 1
                return some < 3
            }
            return [all, some, looked]
        }
        #expect(counts == [2500, 3, 50])
    }

    /// More different statements than are kept prepared.
    @Test(arguments: MetastoreKind.allCases)
    func manyStatementsAreNoTrouble(_ kind: MetastoreKind) async throws {
        let store = try await store(kind)
        for round in 0..<2 {
            let sum = try await store.read { db in
                try (0..<600).reduce(0) { sum, i in
                    try sum
                        + (db.value(
                            "SELECT \(i) + number FROM (SELECT CAST(? AS INTEGER) AS number) t", [round]) ?? 0)
                }
            }
            #expect(sum == 600 * 599 / 2 + 600 * round)
        }
    }
}
