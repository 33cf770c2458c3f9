"""Same clean tables, same bytes: however often, and on however many threads (design rule 1)."""

import hashlib
from pathlib import Path

import duckdb
import pytest

from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import load_settings
from churn_tasks.runner.month_run import MonthRun
from tests.lakes import another_month, raw_tables, small_profile, small_run
from tests.random_lake import fill
from tests.sql.leaks import feature_bytes

MONTHS = list(months_between(Month.parse("2024-01"), Month.parse("2024-04")))
RUNS = 10


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> MonthRun:
    folder = tmp_path_factory.mktemp("filled")
    run = small_run(folder, "2024-03", profile=small_profile(folder, raw_tables()))
    fill(run, MONTHS)
    run.close()
    return run


def _with_threads(run: MonthRun, threads: int) -> MonthRun:
    settings = load_settings(
        str(run.settings.profile_dir),
        state_dir=run.settings.environment.state_dir,
        resources={"memory": "500MB", "threads": threads},
    )
    return MonthRun(settings, run.month)


@pytest.mark.slow
def test_ten_runs_on_one_and_two_threads_give_the_same_bytes(filled: MonthRun) -> None:
    """From clean tables to features and label, ten times: one digest a table."""
    seen = set()
    for number in range(RUNS):
        run = _with_threads(filled, 1 + number % 2)
        feature_bytes(run, MONTHS)
        made = [
            query
            for family in ("month", "cohort", "features")
            for query in run.registry.queries[family]
        ]
        tables = [query.output.table for query in made]
        digests = tuple(run.lake.sha256(table, run.month) for table in tables)
        assert len(digests) >= 20
        seen.add(digests)
        run.close()
    assert len(seen) == 1


def test_a_month_made_again_is_the_same_beside_later_months(filled: MonthRun) -> None:
    """Making 2024-03 again after 2024-04 has been filled and summed up changes no byte."""
    run = MonthRun(filled.settings, filled.month)
    before = feature_bytes(run, MONTHS)
    fill(run, [Month.parse("2024-04")])
    feature_bytes(another_month(run, "2024-04"), [Month.parse("2024-04")])
    assert feature_bytes(run, MONTHS) == before
    run.close()


def test_sums_of_doubles_on_two_threads_do_differ(tmp_path: Path) -> None:
    """Control: the same kind of query over DOUBLE, and without an order, does not give one digest."""
    connection = duckdb.connect(config={"threads": 2})
    connection.execute(
        "CREATE TABLE part AS SELECT i % 5000 AS customer, hash(i) % 1000003 / 7.0 AS y FROM range(2000000) r(i)"
    )
    digests = set()
    for number in range(RUNS):
        path = tmp_path / f"{number}.parquet"
        connection.execute(
            f"COPY (SELECT customer, sum(y) FROM part GROUP BY customer) TO '{path}'"
        )
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(digests) > 1
