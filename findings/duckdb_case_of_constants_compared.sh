#!/usr/bin/env bash
# DuckDB 2.0.0.
#
# A CASE with one branch, whose value is a constant and whose condition asks for NULL, compared with another constant by = or <>:
# where the column holds no NULL the query is refused with an internal sentence; with one NULL in it, it is answered. The same
# comparison by IN, IS NOT DISTINCT FROM or behind coalesce is always answered. A view that says which column of a row could not
# be read has such a CASE as long as one column alone can be unreadable, and it fails in the month in which everything could.
#
# Seen: (CASE WHEN d IS NULL THEN 'a' END) = 'z' raises "BindBuiltinScalarFunction did not return a BoundFunctionExpression"
# over a table without NULL and counts 0 rows over one with; IN ('z') counts 0 in both.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.0
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import duckdb

connection = duckdb.connect()
connection.execute("CREATE TABLE complete AS SELECT DATE '2024-01-01' AS d")
connection.execute("CREATE TABLE with_gap AS FROM (VALUES (DATE '2024-01-01'), (NULL)) AS given(d)")


def rows(table, condition):
    told = f"(SELECT CASE WHEN d IS NULL THEN 'a' END AS unreadable FROM {table})"
    try:
        return connection.execute(f"SELECT count(*) FROM {told} WHERE {condition}").fetchall()[0][0]
    except duckdb.InvalidInputException as error:
        return str(error)


seen = {
    (table, condition): rows(table, condition)
    for table in ("complete", "with_gap")
    for condition in ("unreadable = 'z'", "unreadable IN ('z')")
}
for (table, condition), answer in seen.items():
    print(table, condition, "->", answer)
assert "BindBuiltinScalarFunction" in str(seen["complete", "unreadable = 'z'"]), "another behaviour than in DuckDB 2.0.0"
assert [answer for place, answer in seen.items() if place != ("complete", "unreadable = 'z'")] == [0, 0, 0]
PYTHON
