"""DELETE of 0.1 % random rows and UPDATE of 1 % of a table of 20M rows, and what a full scan costs before and after.

Tarn's time is that of the whole process; it marks rows by deletion vectors. deltalake's starts after its imports.
"""

import time

import kit
import tables

NAME = "delete"
SCAN = "SELECT count(*) AS n, sum(id) AS a, sum(v) AS b, sum(length(name)) AS c FROM t;"


def peer_deltalake(path, what):
    import deltalake
    table = deltalake.DeltaTable(path)
    started = time.perf_counter()
    if what == "delete":
        table.delete("r < 1000")
    else:
        table.update(predicate="r >= 500000 AND r < 510000", updates={"v": "v + 1"})
    return {"seconds": time.perf_counter() - started}


STATEMENTS = {"delete": "DELETE FROM t WHERE r < 1000;",
              "update": "UPDATE t SET v = v + 1 WHERE r >= 500000 AND r < 510000;"}


def measure_case(what, case, limit):
    base, results = tables.large(), {}

    def tarn():
        path = tables.copy(base, "tarn")
        results["home"], results["tarn"] = tables.attached(path, "delete"), path
        return kit.sql(results["home"], STATEMENTS[what])

    def deltalake():
        results["deltalake"] = tables.copy(base, "deltalake")
        return kit.peer(__file__, "deltalake", results["deltalake"], what)

    path = tables.copy(base, "tarn")
    home = tables.attached(path, "delete")
    before = kit.median_of(lambda: kit.sql(home, SCAN))
    ours, theirs = kit.median_of(tarn, runs=3), kit.median_of(deltalake, runs=3)
    after = kit.median_of(lambda: kit.sql(results["home"], SCAN))
    got, want = tables.facts(results["tarn"]), tables.facts(results["deltalake"])
    assert got == want, (got, want)
    rows = [kit.row(case, "tarn", ours), kit.row(case, "deltalake", theirs),
            kit.row(f"{case}: full scan before", "tarn", before), kit.row(f"{case}: full scan after", "tarn", after)]
    return rows, [kit.Goal(f"{case}: time / deltalake", ours.seconds / theirs.seconds, limit),
                  kit.Goal(f"{case}: scan after / before", after.seconds / before.seconds, 1.15)]


def measure():
    rows, goals = measure_case("delete", "DELETE of 0.1 %", 0.1)
    more, further = measure_case("update", "UPDATE of 1 %", 0.3)
    return rows + more, goals + further


if __name__ == "__main__":
    kit.serve_peers(globals())
