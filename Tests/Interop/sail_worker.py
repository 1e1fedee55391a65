"""Runs SQL in Sail for the interop tests, in the Python environment that has it (.deps/venv-sail).

Reads one JSON object a line, `{"sql": TEXT, "to": PATH or null, "append": PATH or null}`, and answers each with one:
`{"ok": true}` after writing the rows as an Arrow file to the first path, or adding them to the Delta table in the
second, or `{"error": TEXT}`. The end of the input ends it.
"""

import json
import sys

import pyarrow.ipc
from pysail.spark import SparkConnectServer
from pyspark.sql import SparkSession


def main():
    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    _, port = server.listening_address
    spark = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    print(json.dumps({"ok": True}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            rows = spark.sql(request["sql"])
            if request.get("append"):
                rows.write.format("delta").mode("append").save(request["append"])
            else:
                table = rows.toArrow()
            if request.get("to"):
                with pyarrow.ipc.new_file(request["to"], table.schema) as file:
                    file.write_table(table)
            answer = {"ok": True}
        except Exception as error:  # whatever it is, the test decides what it means
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
    spark.stop()
    server.stop()


if __name__ == "__main__":
    main()
