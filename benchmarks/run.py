"""Runs the benchmarks' workloads one after the other: `make bench`, or this with names of some.

usage: benchmarks/run.py [--scale FRACTION] [WORKLOAD...]

Results also go to .build/bench/WORKLOAD.json. With `--scale 0.01` the workloads on large Delta tables (merge, delete,
zorder, many_files, small_appends, change_feed) take a hundredth of their rows: to try them out, not to measure.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

import kit

WORKLOADS = ["open_table", "appends", "point_in_time", "online", "tpch", "bulk", "merge", "delete", "zorder",
             "small_appends", "many_files", "change_feed", "million_tables", "audit",
             "policies", "metastore", "authorise"]


def main(names, scale):
    environment = dict(os.environ, BENCH_SCALE=str(scale))
    unknown = set(names) - set(WORKLOADS)
    if unknown:
        sys.exit(f"unknown workload {', '.join(sorted(unknown))}; there are {', '.join(WORKLOADS)}")
    broken, missed = [], []
    for name in names or WORKLOADS:
        print(f"--- {name}", flush=True)
        workload = pathlib.Path(__file__).with_name(f"{name}.py")
        if subprocess.run([kit.PYTHON, workload], env=environment).returncode:
            broken.append(name)
            continue
        result = json.loads((kit.RESULTS / f"{name}.json").read_text())
        missed += [f"{name}: {goal['name']}" for goal in result["goals"] if not goal["met"]]
    print("\n" + (f"goals not met: {'; '.join(missed)}" if missed else "all goals met"))
    if broken:
        sys.exit(f"did not finish: {', '.join(broken)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=", ".join(WORKLOADS))
    options = parser.parse_args()
    main(options.workloads, options.scale)
