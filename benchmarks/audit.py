"""Audit on beside audit off: statements and table look-ups over HTTP, 8 connections (wrk); and 20,000 events a second.

Two servers on two homes with the same tables, one at a time under load, in turns, so that the machine's moods hit
both. Then `tarn audit bench` records events at a rate, every hundredth waited for, and verifies the log.
"""

import statistics
import time

import kit

NAME = "audit"
RATE, SECONDS, ROUNDS = 20_000, 10, 7
CASES = {
    "GET a table": """
wrk.method = "GET"
request = function() return wrk.format(nil, "/api/2.1/unity-catalog/tables/main.default.t" .. math.random(0, 49)) end
""",
    "POST a statement": """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
request = function()
  return wrk.format(nil, "/api/2.0/sql/statements", nil,
    '{"statement": "SELECT x FROM t' .. math.random(0, 49) .. ' WHERE x = ' .. math.random(0, 9) .. '", "wait_timeout": "30s"}')
end
""",
}


def new_server(mode):
    home = kit.new_home(f"audit-{mode}")
    kit.sql(home, "; ".join(f"CREATE TABLE t{number} AS SELECT i AS x FROM range(10) r(i)" for number in range(50)))
    return kit.Server([kit.TARN, "serve", "--home", home, "--port", "0", "--set", f"audit.mode={mode}",
                       "--set", "audit.flush_interval=5s"], r"listening on (\S+)")


def measure():
    rows, goals = [], []
    with new_server("on") as on, new_server("off") as off:
        servers = {"audit on": on, "audit off": off}
        for case, script in CASES.items():
            rates, waits = {who: [] for who in servers}, {who: [] for who in servers}
            for server in servers.values():
                kit.wrk(server.url, script, seconds=2)
            for number in range(ROUNDS):
                order = list(servers.items())
                for who, server in order if number % 2 else reversed(order):
                    one = kit.wrk(server.url, script, seconds=4)
                    assert one["bad_responses"] == 0, f"{who}: {one}"
                    rates[who].append(one["requests_per_second"])
                    waits[who].append(one["p99_ms"])
            rows += [{"case": case, "who": who, "requests_per_second": round(statistics.median(rates[who])),
                      "p99_ms": statistics.median(waits[who]),
                      "peak_mib": round(server.peak_bytes() / 2**20, 1)} for who, server in servers.items()]
            share = statistics.median(rates["audit on"]) / statistics.median(rates["audit off"])
            goals.append(kit.Goal(f"{case}: requests a second, audit on / off", share, 0.95, at_most=False))
    home = kit.new_home("audit-rate")
    started = time.perf_counter()
    found = kit.tarn("audit", "bench", "--home", home, "--rate", RATE, "--seconds", SECONDS,
                     "--set", "audit.mode=on").facts
    rows.append({"case": f"{RATE:,} events a second", "who": "tarn audit bench", **found,
                 "wall_seconds": round(time.perf_counter() - started, 1)})
    lost = RATE * SECONDS - found["lines"] + (0 if found["verified"] else 1)
    goals.append(kit.Goal("events lost or altered", lost, 0))
    goals.append(kit.Goal("events a second taken", found["events"] / found["seconds"], RATE * 0.99, at_most=False))
    return rows, goals


if __name__ == "__main__":
    kit.serve_peers(globals())
