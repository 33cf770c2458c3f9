"""The look-ahead tests on the other engine: what lateness, overwriting and noise after as_of must not change.

DuckDB makes every summary and feature of a random month; Spark makes them of the same lake after all changes at once.
Only the planted leaks may differ: Spark reads no further than DuckDB does, and neither reads past as_of. One cut-off
and an observe window of one month, because Spark takes a third of a second for each of a hundred queries.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from churn_tasks.adapters.spark.session import Started
from churn_tasks.runner.month_run import MonthRun
from tests.lakes import raw_tables, small_profile, small_run
from tests.random_lake import fill
from tests.spark.lakes import on_spark
from tests.spark.parity import differences, partition
from tests.sql.leaks import (
    changed_lake,
    feature_bytes,
    surroundings,
    with_master_changed_after,
    with_noise_from,
    without_rows_known_from,
)
from tests.sql.test_no_look_ahead import CUT_OFFS, EXPOSES, FIRST, LEAKS, PLANTED

pytestmark = pytest.mark.slow

CHANGES = {
    "known": without_rows_known_from,
    "master": with_master_changed_after,
    "noise": with_noise_from,
}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MonthRun]:
    """A random month and the next, with the planted leaks among the queries; DuckDB makes what is made of them."""
    folder = tmp_path_factory.mktemp("spark_leaks")
    profile = small_profile(
        folder, raw_tables(), first_month=str(FIRST), windows={"observe": 1}
    )
    for leak in LEAKS:
        shutil.copytree(PLANTED / leak, profile / "sql", dirs_exist_ok=True)
    run = small_run(folder, CUT_OFFS[0], profile=profile)
    fill(run, surroundings(run))
    feature_bytes(run)
    yield run
    run.close()


def changed_on_spark(lake: MonthRun, folder: Path, started: Started) -> MonthRun:
    """The lake after all changes; its settings ask for Spark, in the session that all tests share."""
    run = lake
    for name, change in CHANGES.items():
        run = changed_lake(run, folder / name, change(lake.window))
    resources = run.settings.resources.model_copy(update={"engine": "spark"})
    run.settings = run.settings.model_copy(update={"resources": resources})
    return on_spark(run, started)


def test_spark_notices_the_planted_leaks_and_nothing_else(
    lake: MonthRun, started: Started, tmp_path: Path
) -> None:
    changed = changed_on_spark(lake, tmp_path, started)
    made = feature_bytes(changed)
    queries = [*lake.registry.queries["cohort"], *lake.registry.queries["features"]]
    assert len(made) == len(queries) > 30
    differing = set()
    for query in queries:
        table = query.output.table
        ours, theirs = (partition(one, table, one.month) for one in (lake, changed))
        differing |= (
            {table} if [*differences(ours, theirs, query.output.key)] else set()
        )
    assert differing == {LEAKS[leak] for name in CHANGES for leak in EXPOSES[name]}
    changed.engine.close()
