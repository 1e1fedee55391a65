import Base
import Catalog
import Engine
import LakehouseTesting
import Metastore
import Query
import Tables
import Testing

/// A lakehouse with one table that hides rows and values from Ann, and that the local owner sees whole.
///
/// Of the eight rows of `staff` Ann sees the four of the north; of `ssn` she sees stars and of `pay` nothing. The hidden
/// values are easy to find in any text: all hold `SECRET`, or are numbers that start with 777.
final class GovernedLake: Sendable {
    let lake: TestLake
    let ann: Principal

    static let secret = "SECRET"
    static let hiddenNumbers = "777"

    init() async throws {
        lake = try await TestLake()
        ann = Principal(
            id: "ann", kind: .user, name: "ann@example.org", groupIDs: ["account users", "g-north"],
            groupKeys: ["account users", "north"])
        let metastore = try await Metastore.open(
            path: lake.folder.path + "/metastore.sqlite", migrations: CatalogMigrations.all)
        try await metastore.write { db in
            try db.execute(
                "INSERT INTO catalog_principals VALUES ('ann', 'user', ?, ?, NULL, NULL, 1, 0, 0)",
                ["ann@example.org", "ann@example.org"])
            for (place, privilege) in [
                ("main", "USE CATALOG"), ("main", "USE SCHEMA"), ("main", "SELECT"), ("main", "MODIFY"),
                ("main", "CREATE TABLE"), ("main", "EXECUTE"), ("main", "CREATE FUNCTION"),
                ("main", "MANAGE"),
            ] {
                try db.execute(
                    """
                    INSERT INTO catalog_grants SELECT id, 'ann', ?, NULL, 0 FROM catalog_securables
                    WHERE name_key = ? AND kind = 'catalog'
                    """, [privilege, place])
            }
        }
        try metastore.close()
        for sql in Self.setUp { try await owner(sql) }
    }

    private static let setUp = [
        """
        CREATE TABLE staff (id BIGINT, name VARCHAR, region VARCHAR, ssn VARCHAR, pay BIGINT,
            extra STRUCT(code VARCHAR, level INTEGER))
        TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true', 'delta.columnMapping.mode' = 'name')
        """,
        """
        INSERT INTO staff VALUES
            (1, 'amy', 'north', '111-SECRET', 7770001, {'code': 'SECRET1', 'level': 1}),
            (2, 'bob', 'north', '222-SECRET', 7770002, {'code': 'SECRET2', 'level': 2}),
            (3, 'cid', 'north', '333-SECRET', 7770003, {'code': 'SECRET3', 'level': 3}),
            (4, 'dan', 'north', '444-SECRET', 7770004, {'code': 'SECRET4', 'level': 4})
        """,
        """
        INSERT INTO staff VALUES
            (5, 'SECRET-eve', 'south', '555-SECRET', 7770005, {'code': 'SECRET5', 'level': 5}),
            (6, 'SECRET-fay', 'south', '666-SECRET', 7770006, {'code': 'SECRET6', 'level': 6}),
            (7, 'SECRET-guy', 'south', '777-SECRET', 7770007, {'code': 'SECRET7', 'level': 7}),
            (8, 'SECRET-hal', 'SECRETLAND', '888-SECRET', 7770008, {'code': 'SECRET8', 'level': 8})
        """,
        "CREATE TABLE notes (k BIGINT, note VARCHAR)",
        "INSERT INTO notes VALUES (1, 'one'), (5, 'five'), (7770002, 'pay')",
        "CREATE FUNCTION in_region(r VARCHAR) RETURNS BOOLEAN RETURN is_account_group_member(r)",
        "CREATE FUNCTION stars(s VARCHAR) RETURNS VARCHAR RETURN CASE WHEN is_account_group_member('hr') THEN s ELSE '***' END",
        "CREATE FUNCTION no_pay(p BIGINT) RETURNS BIGINT RETURN CASE WHEN is_account_group_member('hr') THEN p ELSE NULL END",
        "CREATE FUNCTION no_code(x STRUCT(code VARCHAR, level INTEGER)) RETURNS STRUCT(code VARCHAR, level INTEGER) RETURN {'code': '***', 'level': x.level}",
        "ALTER TABLE staff SET ROW FILTER in_region ON (region)",
        "ALTER TABLE staff ALTER COLUMN ssn SET MASK stars",
        "ALTER TABLE staff ALTER COLUMN pay SET MASK no_pay",
        "ALTER TABLE staff ALTER COLUMN extra SET MASK no_code",
    ]

    var context: QueryContext { QueryContext(principal: ann) }

    @discardableResult
    func owner(_ sql: String) async throws -> [String] { try await lake.rows(sql) }

    /// Rows as Ann gets them.
    func ann(_ sql: String, _ parameters: SQLParameters = .none) async throws -> [String] {
        try await lake.rows(sql, parameters, context: context)
    }

    /// All that Ann can learn from a statement: its rows, or its error with the whole context, and the facts.
    func told(_ sql: String, _ parameters: SQLParameters = .none) async -> String {
        do {
            let result = try await lake.query.run(sql, parameters: parameters, context: context)
            let rows = try await result.jsonRows().map { JSONValue.array($0).jsonText }
            return "\(rows.joined(separator: "\n"))\n\(result.message ?? "")\n\(result.facts)"
        } catch let error as TarnError {
            return
                "\(error.message) \(error.context.map { "\($0.name)=\($0.value)" }) \(error.cause.map { "\($0)" } ?? "")"
        } catch { return "\(error)" }
    }

    /// Whether an answer holds a hidden value, or one of the words that only policies know.
    static func leaks(_ answer: String, asked: String) -> Bool {
        let words = [secret, hiddenNumbers, "SECRETLAND", "is_account_group_member", "__tarn", ".parquet"]
        return words.contains { answer.contains($0) && !asked.contains($0) }
    }

    /// The statement tells nothing that is hidden, whether it works or not.
    func keeps(
        _ sql: String, _ parameters: SQLParameters = .none, at place: SourceLocation = #_sourceLocation
    ) async {
        let answer = await told(sql, parameters)
        #expect(!Self.leaks(answer, asked: sql), "\(sql) told: \(answer)", sourceLocation: place)
    }

    /// Two statements that differ only in a guess at something hidden are answered alike.
    func alike(
        _ first: String, _ second: String, at place: SourceLocation = #_sourceLocation
    ) async {
        let (one, two) = (await told(first), await told(second))
        #expect(!Self.leaks(one, asked: first), sourceLocation: place)
        #expect(one == two, "\(first) and \(second) are told apart", sourceLocation: place)
    }

    /// The statement is refused.
    func refuses(_ sql: String, at place: SourceLocation = #_sourceLocation) async {
        do {
            let result = try await lake.query.run(sql, context: context)
            let rows = try await result.jsonRows()
            Issue.record("\(sql) was not refused: \(rows)", sourceLocation: place)
        } catch let error as TarnError {
            #expect(!Self.leaks(error.message, asked: sql), "\(error.message)", sourceLocation: place)
        } catch { Issue.record(error, sourceLocation: place) }
    }

    /// The statement is answered, with these rows.
    func gives(
        _ sql: String, _ rows: [String], at place: SourceLocation = #_sourceLocation
    ) async {
        do {
            let found = try await ann(sql)
            #expect(found == rows, sourceLocation: place)
        } catch { Issue.record("\(sql): \(error)", sourceLocation: place) }
    }
}
