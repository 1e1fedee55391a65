import Base
import Catalog
import Query
import Testing

/// Expressions of a query see neither hidden rows nor what is behind a mask.
@Suite struct EscapesByExpression {
    @Test func castsThatFailShowNoValue() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT CAST(ssn AS INTEGER) FROM staff")
        await lake.keeps(
            "SELECT CAST(name AS INTEGER) FROM staff")
        await lake.keeps(
            "SELECT ssn::DATE FROM staff")
    }

    @Test func aCastIsNeverTriedOnAHiddenRow() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT count(*) FROM staff WHERE CASE WHEN name LIKE 'SECRET%' THEN CAST(name AS INTEGER) END IS NULL",
            ["[4]"])
    }

    @Test func divisionByZeroIsNoOracle() async throws {
        let lake = try await GovernedLake()
        await lake.alike(
            "SELECT count(*) FROM staff WHERE 1 // (pay - 7770001) > 0",
            "SELECT count(*) FROM staff WHERE 1 // (pay - 42) > 0")
    }

    @Test func errorInACaseIsNoOracleOnRows() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT count(*) FROM staff WHERE CASE WHEN region = 'south' THEN error('hit') ELSE true END",
            ["[4]"])
    }

    @Test func errorInACaseIsNoOracleOnMasks() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT count(*) FROM staff WHERE CASE WHEN ssn LIKE '%SECRET%' THEN error('hit') ELSE true END",
            ["[4]"])
    }

    @Test func errorWithTheValueShowsTheMask() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT error(ssn) FROM staff")
        await lake.keeps(
            "SELECT error(name || ssn) FROM staff WHERE id = 5")
    }

    @Test func likeSeesTheMask() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT count(*) FROM staff WHERE ssn LIKE '1%'",
            ["[0]"])
    }

    @Test func prefixAndRangeSeeTheMask() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT count(*) FROM staff WHERE ssn >= '1' AND ssn < '2' OR starts_with(ssn, '2')",
            ["[0]"])
    }

    @Test func regularExpressionsSeeTheMask() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT count(*) FROM staff WHERE regexp_matches(ssn, 'SECRET') OR regexp_extract(ssn, '[0-9]+') <> ''",
            ["[0]"])
    }

    @Test func equalityOnAMaskedColumnSeesTheMask() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT count(*) FROM staff WHERE ssn = '111-SECRET' OR pay = 7770001",
            ["[0]"])
    }

    @Test func betweenAndInSeeTheMask() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT count(*) FROM staff WHERE pay BETWEEN 7770000 AND 7780000 OR pay IN (7770001, 7770002)",
            ["[0]"])
    }

    @Test func isNullSeesTheMask() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT count(*) FROM staff WHERE pay IS NULL",
            ["[4]"])
    }

    @Test func lengthAndHashSeeTheMask() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT DISTINCT length(ssn), md5(ssn) = md5('***') FROM staff",
            ["[3,true]"])
    }

    @Test func aggregatesSeeMasksAndVisibleRowsOnly() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT count(*), sum(pay), max(ssn), min(name), max(id) FROM staff",
            ["[4,null,\"***\",\"amy\",4]"])
    }

    @Test func approximateAggregatesSeeMasks() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT approx_count_distinct(ssn), histogram(ssn), mode(ssn), list(pay), string_agg(ssn), arg_max(ssn, id), first(ssn) FROM staff"
        )
        await lake.keeps(
            "SELECT approx_quantile(pay, 0.5), quantile_cont(pay, 0.5), max_by(pay, id), bitstring_agg(id) FROM staff"
        )
    }

    @Test func groupByAMaskedColumnHasOneGroup() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT ssn, count(*) FROM staff GROUP BY ssn",
            ["[\"***\",4]"])
    }

    @Test func groupByAnExpressionOnAMaskedColumnHasOneGroup() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT count(*) FROM (SELECT left(ssn, 1) AS a, pay // 10 AS b FROM staff GROUP BY ALL)",
            ["[1]"])
    }

    @Test func havingSeesTheMask() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT region FROM staff GROUP BY region HAVING max(pay) > 0 OR max(ssn) > 'A'",
            [])
    }

    @Test func orderByAMaskedColumnTellsNoOrder() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT ssn, pay FROM staff ORDER BY pay DESC, ssn")
        await lake.keeps(
            "SELECT row_number() OVER (ORDER BY pay), ssn FROM staff")
    }

    @Test func windowsSeeMasksAndVisibleRowsOnly() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT DISTINCT count(*) OVER (), max(pay) OVER (), rank() OVER (ORDER BY pay), lag(ssn, 1, '-') OVER (ORDER BY id) IN ('***', '-') FROM staff",
            ["[4,null,1,true]"])
    }

    @Test func qualifySeesVisibleRowsOnly() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT id, name FROM staff QUALIFY row_number() OVER (ORDER BY id DESC) = 1")
    }

    @Test func distinctOnSeesTheMask() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT count(*) FROM (SELECT DISTINCT ON (ssn, pay) * FROM staff)",
            ["[1]"])
    }

    @Test func membersOfAMaskedStructureAreMasked() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT DISTINCT extra.code, extra['code'], struct_extract(extra, 'code') FROM staff",
            ["[\"***\",\"***\",\"***\"]"])
    }

    @Test func unnestOfAMaskedStructureIsMasked() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT unnest(extra) FROM staff")
        await lake.keeps(
            "SELECT unnest([ssn, pay::VARCHAR]) FROM staff")
        await lake.keeps(
            "SELECT extra::VARCHAR, to_json(extra), json_object('s', ssn) FROM staff")
    }

    @Test func wholeRowsAreMasked() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT staff FROM staff")
        await lake.keeps(
            "SELECT s FROM staff AS s")
        await lake.keeps(
            "SELECT to_json(staff) FROM staff")
        await lake.keeps(
            "SELECT row(s.*) FROM staff s")
    }

    @Test func columnsByPatternAreMasked() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT COLUMNS('s.*') FROM staff")
        await lake.keeps(
            "SELECT COLUMNS(*)::VARCHAR FROM staff")
        await lake.keeps(
            "SELECT * REPLACE (ssn || ssn AS ssn) FROM staff")
        await lake.keeps(
            "SELECT * EXCLUDE (name) FROM staff")
        await lake.keeps(
            "SELECT max(COLUMNS(*)) FROM staff")
    }

    @Test func lambdasSeeTheMask() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT list_transform([ssn], lambda x: x || '!') FROM staff")
        await lake.keeps(
            "SELECT list_filter([pay], lambda x: x > 7770000) FROM staff")
    }

    @Test func typeofAndStatisticsTellNothing() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT typeof(ssn), typeof(pay) FROM staff")
        await lake.keeps(
            "SELECT stats(pay) FROM staff")
        await lake.keeps(
            "SELECT stats(ssn) FROM staff LIMIT 1")
    }
}
