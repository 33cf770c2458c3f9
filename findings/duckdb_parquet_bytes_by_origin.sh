#!/usr/bin/env bash
# DuckDB 2.0.0, COPY ... TO a Parquet file, one thread.
#
# The same rows of the same types in the same order make different files, by where they come from: read from a registered
# Arrow table they give one file, read from a DuckDB table that was filled from that Arrow table another. Compressed sizes
# and encodings of all columns are equal; with the optimizer's statistics_propagation switched off both files are equal as
# well. Whoever tells by a digest whether a partition has changed must send all rows down the same way.
#
# Seen: two different SHA-256 digests, not one differing row; one digest without statistics_propagation.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.0 pyarrow==25.0.1
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import hashlib
from pathlib import Path

import duckdb
import pyarrow as pa

CALLS = 100_000
arrived = pa.table(
    {
        "call_id": pa.array(range(CALLS), pa.int64()),
        "seconds": pa.array([number % 600 for number in range(CALLS)], pa.int32()),
        "cell": pa.array([f"cell{number % 97}" for number in range(CALLS)]),
    }
)


def digests(setting=""):
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    connection.execute(setting)
    connection.register("arrived", arrived)
    connection.execute("CREATE TEMP TABLE kept AS SELECT * FROM arrived")
    told = []
    for origin in ("arrived", "kept"):
        path = Path(f"{origin}.parquet")
        connection.execute(f"COPY (SELECT * FROM {origin} ORDER BY call_id) TO '{path}' (FORMAT parquet)")
        told.append(hashlib.sha256(path.read_bytes()).hexdigest()[:16])
    apart = "SELECT count(*) FROM (SELECT * FROM 'arrived.parquet' EXCEPT ALL SELECT * FROM 'kept.parquet')"
    return told, connection.execute(apart).fetchone()[0]


(from_arrow, from_table), rows_apart = digests()
print("from Arrow", from_arrow, "from a table", from_table, "rows that differ", rows_apart)
(plain_arrow, plain_table), _ = digests("SET disabled_optimizers = 'statistics_propagation'")
print("without statistics_propagation", plain_arrow, plain_table)
assert from_arrow != from_table and rows_apart == 0, "another behaviour than in DuckDB 2.0.0"
assert plain_arrow == plain_table, "another behaviour than in DuckDB 2.0.0"
PYTHON
