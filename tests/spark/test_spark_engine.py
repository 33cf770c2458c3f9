"""The partitions that Spark makes: read as DuckDB reads, refused as DuckDB refuses, and nothing left behind."""

import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from churn_tasks.adapters.spark.session import Started
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.declared.contracts import QueryFile
from churn_tasks.declared.query import Query
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import put, query_named, rows, small_run
from tests.spark.lakes import filled, on_spark

pytestmark = pytest.mark.slow

MONTH = "2024-03"


@pytest.fixture
def run(tmp_path: Path, started: Started) -> Iterator[MonthRun]:
    """Bills, recharges and master records alone: little enough for one test."""
    run = small_run(
        tmp_path,
        MONTH,
        raw=("bill", "recharge", "customer"),
        resources={"memory": "500MB", "engine": "spark"},
    )
    yield on_spark(run, started)
    run.engine.close()


def _query(
    folder: Path, run: MonthRun, table: str, sql: str, **declared: object
) -> Query:
    """A query of the test's own that makes a table of the profile."""
    folder.mkdir(exist_ok=True)
    (folder / "query.sql").write_text(sql, encoding="utf-8")
    spec = run.registry.tables[table]
    output = QueryFile(
        **{
            "table": table,
            "key": spec.key,
            "meaning": spec.meaning,
            "columns": spec.columns,
            **declared,
        }
    )
    return Query("month", folder, output)


def test_the_step_features_leaves_the_same_bytes_each_time_and_on_both_engines(
    run: MonthRun,
) -> None:
    """Through the step itself, which asks the engine of the settings."""
    months = run.settings.calendar.observed_months(run.month)
    filled(run, [*months, run.month + 1])
    digests = []
    for engine in ("spark", "spark", "duckdb"):
        object.__setattr__(
            run,
            "settings",
            run.settings.model_copy(update={"resources": _asking(run, engine)}),
        )
        report = run_on("features", run)
        assert report.rows["cohort"] == 30 and len(report.rows) >= 4
        digests.append(
            {table: run.lake.sha256(table, run.month) for table in report.rows}
        )
    assert digests[0] == digests[1] == digests[2]


def _asking(run: MonthRun, engine: str) -> object:
    return run.settings.resources.model_copy(update={"engine": engine})


def test_a_month_is_read_in_the_version_that_the_run_may_know(
    run: MonthRun, tmp_path: Path
) -> None:
    """Of two versions of February the run of March reads the one dated up to its own known_until, not the later one."""
    paid = {"customer_id": "one", "is_active": True}
    put(run, "month_activity", "2024-02", [{**paid, "revenue_cny": 1}])
    first = run.lake.path("month_activity", Month.parse("2024-02"))
    for day, amount in ((date(2024, 3, 20), 20), (date(2024, 5, 6), 300)):
        put(run, "month_activity", "2024-01", [{**paid, "revenue_cny": amount}])
        made = run.lake.path("month_activity", Month.parse("2024-01"))
        made.rename(first.with_name(f"restated={day}.parquet"))
    sql = "SELECT customer_id, is_active, revenue_cny FROM month_activity WHERE month < $as_of AND month < $month"
    query = _query(
        tmp_path / "q",
        run,
        "month_activity",
        sql,
        reads=("month_activity",),
        params=("month", "as_of"),
    )
    run.spark.run(query, run.month, run.window.parameters())
    assert [float(row["revenue_cny"]) for row in rows(run, "month_activity")] == [20.0]


def test_a_version_of_parts_is_read_as_one(run: MonthRun, tmp_path: Path) -> None:
    """What came late of February is added, or takes the place of the row of the same key, for both engines alike."""
    activity, february = "month_activity", Month.parse("2024-02")
    paid = {"is_active": True}
    first = [paid | {"customer_id": who, "revenue_cny": 1} for who in ("one", "two")]
    put(run, activity, "2024-02", first)
    folder = run.lake.path(activity, february).parent
    for part, who, amount in (("late", "three", 3), ("replacing", "one", 20)):
        late = paid | {"customer_id": who, "revenue_cny": amount}
        put(run, activity, "2024-01", [late])
        made = run.lake.path(activity, Month.parse("2024-01"))
        made.rename(folder / f"{part}=2024-03-20.parquet")
    sql = "SELECT customer_id, is_active, revenue_cny FROM month_activity WHERE month < $month"
    asked = {"reads": (activity,), "params": ("month",)}
    query = _query(tmp_path / "q", run, activity, sql, **asked)
    read = []
    for engine in (run.spark, run.engine):
        engine.run(query, run.month, run.window.parameters())
        made_rows = rows(run, activity)
        read.append({row["customer_id"]: int(row["revenue_cny"]) for row in made_rows})
    assert read == [{"one": 20, "two": 1, "three": 3}] * 2


def test_columns_that_older_files_lack_are_empty_and_absent_tables_too(
    run: MonthRun, tmp_path: Path
) -> None:
    put(
        run,
        "month_activity",
        "2024-02",
        [{"customer_id": "new", "is_active": True, "revenue_cny": 2}],
    )
    with run.lake.replacing("month_activity", Month.parse("2024-01")) as path:
        pa.parquet.write_table(
            pa.table({"customer_id": ["old"], "is_active": [True]}), path
        )
    sql = (
        "SELECT m.customer_id, m.is_active, coalesce(u.data_mb, m.revenue_cny) AS revenue_cny FROM month_activity AS m"
        " LEFT JOIN month_usage AS u ON u.customer_id = m.customer_id WHERE m.month < $month"
    )
    reads = {
        "reads": ("month_activity",),
        "optional": ("month_usage",),
        "params": ("month",),
    }
    run.spark.run(
        _query(tmp_path / "q", run, "month_activity", sql, **reads),
        run.month,
        run.window.parameters(),
    )
    found = {
        row["customer_id"]: row["revenue_cny"] for row in rows(run, "month_activity")
    }
    assert found["old"] is None and float(found["new"]) == 2
    assert "month_usage" in run.registry.absent


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        (
            "SELECT 'twin' AS customer_id, true AS is_active, m FROM (VALUES (1), (2)) AS t(m)",
            "revenue_cny",
        ),
        (
            "SELECT 'twin' AS customer_id, true AS is_active, m AS revenue_cny FROM (VALUES (1), (2)) AS t(m)",
            "not unique",
        ),
        (
            "SELECT customer_id, is_active, CAST(customer_id AS INTEGER) AS revenue_cny FROM month_activity",
            "CAST_INVALID",
        ),
        (
            "SELECT customer_id, is_active, unheard_of(revenue_cny) AS revenue_cny FROM month_activity",
            "UNHEARD_OF",
        ),
    ],
)
def test_what_does_not_fit_is_refused_and_no_value_is_told(
    run: MonthRun,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    sql: str,
    problem: str,
) -> None:
    put(
        run,
        "month_activity",
        "2024-02",
        [{"customer_id": "13800138000x", "is_active": True, "revenue_cny": 2}],
    )
    query = _query(
        tmp_path / "q", run, "month_activity", sql, reads=("month_activity",)
    )
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises(BadInput, match=f"month_activity 2024-03.*{problem}") as refused,
    ):
        run.spark.run(query, run.month, {})
    said = capfd.readouterr()
    assert "13800138000" not in str(refused.value) + caplog.text + said.out + said.err
    assert not run.lake.has("month_activity", run.month)
    assert list((run.lake.root / ".staging").iterdir()) == []


def test_nothing_of_the_result_stays_aside(run: MonthRun, started: Started) -> None:
    filled(run, [run.month])
    run.spark.run(
        query_named(run, "month", "activity_from_bills"),
        run.month,
        run.window.parameters(),
    )
    assert not (started.folder / "result").exists()
