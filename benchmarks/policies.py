"""A query over 20M rows with a row filter and two masks, beside the same predicate and expressions written by hand.

Both run by `tarn sql` on the same table: with the policies as the user ann, by hand as the local owner, for whom none
holds. The answers have to be the same. Where the optimizer would carry work below the filter the barrier costs more:
those queries are listed too, without a goal.
"""

import tempfile

import kit

NAME = "policies"

SET_UP = """
CREATE TABLE t AS SELECT range AS id, range % 1000 AS k, (range * 7919) % 100 AS region, 'user' || range AS email,
    CAST((range * 31) % 100000 AS DOUBLE) AS salary FROM range({rows});
CREATE FUNCTION near(r BIGINT) RETURNS BOOLEAN RETURN r < 50;
CREATE FUNCTION short(s VARCHAR) RETURNS VARCHAR RETURN left(s, 4) || '***';
CREATE FUNCTION about(x DOUBLE) RETURNS DOUBLE RETURN round(x, -2);
ALTER TABLE t SET ROW FILTER near ON (region);
ALTER TABLE t ALTER COLUMN email SET MASK short;
ALTER TABLE t ALTER COLUMN salary SET MASK about;
GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG main TO `account users`;
"""

BY_HAND = """(SELECT id, k, region, left(email, 4) || '***' AS email, round(salary, -2) AS salary
    FROM t WHERE region < 50)"""

QUERIES = {
    "group by": "SELECT k, count(*) AS n, avg(salary) AS s, min(email) AS e FROM {t} GROUP BY k ORDER BY k LIMIT 5",
    "range": "SELECT count(*) AS n, sum(salary) AS s FROM {t} WHERE k BETWEEN 10 AND 500",
    "distinct": "SELECT count(DISTINCT email) AS n FROM {t}",
    "top 10": "SELECT id, salary FROM {t} ORDER BY salary DESC, id LIMIT 10",
}
WITH_GOAL = ["group by", "range"]


def run(home, text, *more):
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(text)
        file.flush()
        return kit.tarn("sql", "--home", home, "--format", "json", *more, "-f", file.name)


def measure():
    home = kit.new_home("policies")
    kit.tarn("users", "create", "ann", "--home", home)
    run(home, SET_UP.format(rows=kit.scaled(20_000_000)))
    rows, goals = [], []
    for name, query in QUERIES.items():
        woven = kit.median_of(lambda: run(home, query.format(t="t"), "--user", "ann"))
        by_hand = kit.median_of(lambda: run(home, query.format(t=BY_HAND)))
        rows += [kit.row(name, "policies", woven), kit.row(name, "by hand", by_hand)]
        if name in WITH_GOAL:
            goals.append(kit.Goal(f"{name}: time / by hand", woven.seconds / by_hand.seconds, 1.1))
    return rows, goals


if __name__ == "__main__":
    kit.serve_peers(globals())
