"""Queries become partitions: typed, ordered, with a unique key, the same bytes each time."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from churn_tasks.core.errors import BadInput
from tests.lakes import put, rows, small_run

ACTIVITY = "month_activity"


def test_a_table_without_a_partition_is_empty_not_missing(tmp_path: Path) -> None:
    run = small_run(tmp_path, "2024-03", raw=("bill",))
    assert rows(run, ACTIVITY) == []


def test_values_take_their_declared_types_and_rows_the_order_of_the_key(
    tmp_path: Path,
) -> None:
    run = small_run(tmp_path, "2024-03", raw=("bill",))
    run.engine.write(
        ACTIVITY,
        run.month,
        "SELECT * FROM (VALUES ('b', 1, '2.5'), ('a', 0, '1')) t(customer_id, is_active, revenue_cny)",
    )
    found = rows(run, ACTIVITY)
    assert [
        (row["customer_id"], row["is_active"], float(row["revenue_cny"]))
        for row in found
    ] == [
        ("a", False, 1.0),
        ("b", True, 2.5),
    ]


def test_a_key_that_comes_twice_is_refused_with_examples(tmp_path: Path) -> None:
    run = small_run(tmp_path, "2024-03", raw=("bill",))
    twin = {"customer_id": "twin", "is_active": True, "revenue_cny": 1}
    with pytest.raises(
        BadInput,
        match=r"month_activity 2024-03, column customer_id: key is not unique \(e.g. twin\)",
    ):
        put(run, ACTIVITY, "2024-03", [twin, {**twin, "revenue_cny": 2}])
    assert not run.lake.has(ACTIVITY, run.month)


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SELECT 'a' AS customer_id, true AS is_active", "revenue_cny"),
        ("SELECT 'a' AS customer_id, true AS is_active, 'much' AS revenue_cny", "much"),
    ],
)
def test_a_missing_column_or_a_wrong_value_is_named(
    tmp_path: Path, sql: str, named: str
) -> None:
    run = small_run(tmp_path, "2024-03", raw=("bill",))
    with pytest.raises(
        BadInput, match=f"month_activity 2024-03: does not fit its declaration.*{named}"
    ):
        run.engine.write(ACTIVITY, run.month, sql)


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        ("bills // calls", "cannot be computed: .*Division by zero.*nullif"),
        ("bills % calls", "cannot be computed: .*Division by zero.*nullif"),
        ("bills + 9223372036854775807", "cannot be computed: .*Overflow.*DECIMAL"),
        ("bills * 9223372036854775807", "cannot be computed: .*Overflow.*DECIMAL"),
        ("strptime('2024-13', '%Y-%m')", "cannot be computed: .*try_strptime"),
    ],
)
def test_arithmetic_that_cannot_be_done_names_table_month_and_remedy(
    tmp_path: Path, figure: str, said: str
) -> None:
    """Each of these gave NULL, or another number, in some version of DuckDB before 2."""
    run = small_run(tmp_path, "2024-03", raw=("bill",))
    counts = "(VALUES (2::BIGINT, 0::BIGINT)) AS counts(bills, calls)"
    select = f"SELECT 'a' AS customer_id, {figure} IS NULL AS is_active, 1 AS revenue_cny FROM {counts}"
    with pytest.raises(BadInput, match=f"month_activity 2024-03: {said}"):
        run.engine.write(ACTIVITY, run.month, select)
    assert not run.lake.has(ACTIVITY, run.month)


def test_a_number_in_an_error_is_masked(tmp_path: Path) -> None:
    run = small_run(tmp_path, "2024-03", raw=("bill",))
    select = "SELECT 'a' AS customer_id, true AS is_active, 'x13800138000' AS revenue_cny FROM range(1)"
    with pytest.raises(BadInput) as caught:
        run.engine.write(ACTIVITY, run.month, select)
    assert "138****8000" in str(caught.value)
    assert "13800138000" not in str(caught.value)


def test_the_same_rows_in_another_order_give_the_same_bytes(tmp_path: Path) -> None:
    run = small_run(tmp_path, "2024-03", raw=("bill",))
    digests = set()
    for order in ("i", "i DESC", "hash(i)"):
        run.engine.write(
            ACTIVITY,
            run.month,
            "SELECT 'c' || i AS customer_id, i % 2 = 0 AS is_active, i AS revenue_cny"
            f" FROM range(5000) t(i) ORDER BY {order}",
        )
        digests.add(run.lake.sha256(ACTIVITY, run.month))
    assert len(digests) == 1


def test_what_dead_processes_spilled_is_removed_and_that_of_living_ones_stays(
    tmp_path: Path,
) -> None:
    run = small_run(tmp_path, "2024-03", raw=("bill",))
    root = run.lake.root / ".spill"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    folders = {
        "dead": root / f"{socket.gethostname()}~{ended.pid}~a",
        "alive": root / f"{socket.gethostname()}~{os.getpid()}~b",
        "elsewhere": root / f"another-machine~{ended.pid}~c",
    }
    for folder in folders.values():
        folder.mkdir(parents=True)
        (folder / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"spilled")
    run.engine.connection.execute("SELECT 1")
    assert {name for name, folder in folders.items() if folder.exists()} == {
        "alive",
        "elsewhere",
    }
    own = {path.name for path in root.iterdir()} - {
        folder.name for folder in folders.values()
    }
    assert len(own) == 1
    run.close()
    assert {path.name for path in root.iterdir()} == {
        folders[name].name for name in ("alive", "elsewhere")
    }
