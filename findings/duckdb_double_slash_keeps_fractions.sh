#!/usr/bin/env bash
# DuckDB 2.0.0 and SQLGlot 30.30.0.
#
# a // b cuts the fraction off only where both sides are whole numbers. Of DECIMAL and of DOUBLE it is the same as a / b and
# gives a DOUBLE with its fraction. SQLGlot reads // as a division of whole numbers whatever it divides: for Spark it writes
# DIV, which cuts off. A query with // over amounts gives other figures there, without an error on either side.
#
# Seen: 7 // 2 is 3, 7.5 // 2 is 3.75 and a DOUBLE; SQLGlot for Spark: a DIV of both.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.0 sqlglot==30.30.0
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import duckdb
import sqlglot

whole, exact, floating, kind = duckdb.sql(
    "SELECT 7 // 2, CAST(7.5 AS DECIMAL(18, 4)) // 2, CAST(7.5 AS DOUBLE) // 2,"
    " typeof(CAST(7.5 AS DECIMAL(18, 4)) // 2)"
).fetchall()[0]
print("whole numbers", whole, "DECIMAL", exact, "DOUBLE", floating, "type of the second", kind)
(told,) = sqlglot.transpile("SELECT bill_cny // 2 AS half FROM bill", read="duckdb", write="spark")
print(told)
assert (whole, exact, floating, kind) == (3, 3.75, 3.75, "DOUBLE"), "another behaviour than in DuckDB 2.0.0"
assert " DIV " in told, "another behaviour than in SQLGlot 30.30.0"
PYTHON
