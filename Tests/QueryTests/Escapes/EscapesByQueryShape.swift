import Base
import Catalog
import Query
import Testing

/// Whatever shape a query has, rows go through the filter before anything else is asked of them.
@Suite struct EscapesByQueryShape {
    @Test func commonTableExpressionsAreGoverned() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "WITH x AS (SELECT * FROM staff) SELECT * FROM x")
        await lake.keeps(
            "WITH x AS MATERIALIZED (SELECT * FROM staff), y AS (SELECT * FROM x) SELECT * FROM y, x")
        await lake.keeps(
            "WITH staff AS (SELECT * FROM staff) SELECT * FROM staff")
    }

    @Test func recursiveQueriesAreGoverned() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "WITH RECURSIVE r AS (SELECT id, ssn, pay FROM staff WHERE id = 1 UNION ALL SELECT s.id, s.ssn, s.pay FROM staff s JOIN r ON s.id = r.id + 1) SELECT * FROM r"
        )
    }

    @Test func joinsOnAMaskedColumnFindNothing() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT count(*) FROM staff JOIN notes ON pay = k",
            ["[0]"])
    }

    @Test func joinsFindNoHiddenRow() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT note FROM notes LEFT JOIN staff ON id = k WHERE id IS NOT NULL",
            ["[\"one\"]"])
    }

    @Test func semiJoinsAndAntiJoinsFindNoHiddenRow() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT note FROM notes WHERE k IN (SELECT id FROM staff) OR k IN (SELECT pay FROM staff) ORDER BY 1",
            ["[\"one\"]"])
    }

    @Test func antiJoinsCountHiddenRowsAsMissing() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT note FROM notes WHERE NOT EXISTS (SELECT 1 FROM staff WHERE id = k) ORDER BY 1",
            ["[\"five\"]", "[\"pay\"]"])
    }

    @Test func correlatedSubqueriesAreNotPushedBelowTheFilter() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT k, (SELECT max(CASE WHEN region <> 'north' THEN error('hit') ELSE name END) FROM staff WHERE id = k) FROM notes WHERE k < 10 ORDER BY k",
            ["[1,\"amy\"]", "[5,null]"])
    }

    @Test func lateralJoinsAreNotPushedBelowTheFilter() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT k, name FROM notes, LATERAL (SELECT name FROM staff WHERE id = k AND CASE WHEN region <> 'north' THEN error('hit') ELSE true END)",
            ["[1,\"amy\"]"])
    }

    @Test func setOperationsAreGoverned() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT id FROM staff UNION SELECT id FROM staff EXCEPT SELECT id FROM staff INTERSECT SELECT 1 ORDER BY 1",
            ["[2]", "[3]", "[4]"])
    }

    @Test func existsTellsNothingOfHiddenRows() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT EXISTS (SELECT 1 FROM staff WHERE region = 'south'), (SELECT count(*) FROM staff WHERE name LIKE 'SECRET%')",
            ["[false,0]"])
    }

    @Test func limitAndOffsetReachNoHiddenRow() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT id FROM staff ORDER BY id LIMIT 10 OFFSET 4",
            [])
    }

    @Test func samplesReachNoHiddenRow() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT * FROM staff USING SAMPLE 100 ROWS")
        await lake.keeps(
            "SELECT * FROM staff TABLESAMPLE 100 PERCENT (bernoulli)")
        await lake.keeps(
            "SELECT * FROM staff TABLESAMPLE reservoir(50)")
    }

    @Test func pivotsAreGoverned() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "PIVOT staff ON region IN ('north', 'south') USING max(ssn)")
        await lake.keeps(
            "UNPIVOT (SELECT id, ssn, name FROM staff) ON ssn, name")
    }

    @Test func positionalAndAsofJoinsAreGoverned() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT * FROM staff POSITIONAL JOIN (SELECT note FROM notes)")
        await lake.keeps(
            "SELECT staff.* FROM notes ASOF JOIN staff ON k >= id")
    }

    @Test func fromFirstAndTableSyntaxAreGoverned() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "FROM staff")
        await lake.keeps(
            "TABLE staff")
        await lake.keeps(
            "FROM staff SELECT *")
        await lake.keeps(
            "SELECT * FROM (TABLE staff)")
        await lake.keeps(
            "(FROM staff)")
    }

    @Test func qualifiedAndOddlySpelledNamesAreGoverned() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT * FROM main.default.staff")
        await lake.keeps(
            "SELECT * FROM STAFF")
        await lake.keeps(
            "SELECT * FROM \"StAfF\"")
        await lake.keeps(
            "SELECT * FROM `staff`")
        await lake.keeps(
            "SELECT * FROM \"main\".\"default\".\"staff\"")
        await lake.keeps(
            "SELECT main.default.staff.ssn FROM main.default.staff")
    }

    @Test func commentsAndQuotesDoNotSmuggleNames() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT /* */ * FROM/**/staff")
        await lake.keeps(
            "SELECT * FROM staff -- WHERE true\n")
        await lake.keeps(
            "SELECT $$a$$, ssn FROM staff")
        await lake.keeps(
            "SELECT 'x' AS \"); SELECT * FROM staff; --\", ssn FROM staff")
        await lake.keeps(
            "SELECT * FROM staff) AS t; SELECT * FROM (staff")
    }

    @Test func unicodeSpellingsOfNamesReachNothingElse() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT * FROM ｓｔａｆｆ")
        await lake.keeps(
            "SELECT ѕѕn FROM staff")
        await lake.keeps(
            "SELECT \"ＳＳＮ\" FROM staff")
        await lake.keeps(
            "SELECT s​sn FROM staff")
    }

    @Test func aliasesAndRenamesOfColumnsStayMasked() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT a, b, c, d, e, f FROM staff AS t(a, b, c, d, e, f)")
        await lake.keeps(
            "SELECT x FROM (SELECT ssn AS x FROM staff)")
        await lake.keeps(
            "SELECT ssn AS id, id AS ssn FROM staff")
    }

    @Test func innerNamesOfTheWeaveAreNotThere() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "SELECT __tarn_row.ssn FROM staff")
        await lake.refuses(
            "SELECT __tarn_row FROM staff")
        await lake.refuses(
            "SELECT unnamed_subquery.__tarn_row FROM staff")
    }

    @Test func rowIdsAndFileNamesAreNotThere() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "SELECT rowid FROM staff")
        await lake.refuses(
            "SELECT filename FROM staff")
        await lake.refuses(
            "SELECT file_row_number FROM staff")
        await lake.refuses(
            "SELECT file_index FROM staff")
        await lake.refuses(
            "SELECT _metadata FROM staff")
        await lake.refuses(
            "SELECT __row_id FROM staff")
    }
}
