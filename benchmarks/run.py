"""Runs the benchmarks' workloads one after the other: `make bench`, or this with names of some.

usage: benchmarks/run.py [WORKLOAD...]        results also go to .build/bench/WORKLOAD.json
"""

import json
import pathlib
import subprocess
import sys

import kit

WORKLOADS = ["open_table", "appends", "point_in_time", "online", "tpch", "bulk"]


def main(names):
    unknown = set(names) - set(WORKLOADS)
    if unknown:
        sys.exit(f"unknown workload {', '.join(sorted(unknown))}; there are {', '.join(WORKLOADS)}")
    broken, missed = [], []
    for name in names or WORKLOADS:
        print(f"--- {name}", flush=True)
        if subprocess.run([kit.PYTHON, pathlib.Path(__file__).with_name(f"{name}.py")]).returncode:
            broken.append(name)
            continue
        result = json.loads((kit.RESULTS / f"{name}.json").read_text())
        missed += [f"{name}: {goal['name']}" for goal in result["goals"] if not goal["met"]]
    print("\n" + (f"goals not met: {'; '.join(missed)}" if missed else "all goals met"))
    if broken:
        sys.exit(f"did not finish: {', '.join(broken)}")


if __name__ == "__main__":
    main(sys.argv[1:])
