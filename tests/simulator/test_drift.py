"""The simulator's month with two new columns: extracted like the others, with a note that names both."""

from pathlib import Path

import pytest

from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from churn_tasks.work.drift import note_drift
from tests.lakes import put, rows
from tests.simulator.conftest import SMALL

LAST = SMALL.first_month + SMALL.months - 1


@pytest.mark.slow
def test_new_columns_of_a_month_table_are_noted_by_name(
    reader: str, postgres: Cluster, tmp_path: Path
) -> None:
    warehouse = postgres.create_database("drift_warehouse")
    settings = load_settings(
        "telecom", source_url=reader, warehouse_url=warehouse, state_dir=tmp_path
    )
    noted: dict[Month, list[tuple[str, str, str]]] = {}
    for month in (LAST - 2, LAST - 1, LAST):
        run = MonthRun(settings, month)
        run_on("extract", run)
        note_drift(run)
        noted[month] = sorted(
            (row["table_name"], row["column_name"], row["kind"])
            for row in rows(run, "drift")
        )
        for name in run.registry.raw:
            put(run, f"clean_{name}", str(month), [])
        run.close()
    assert noted[LAST] == [("cdr", "cell_ref", "new"), ("cdr", "volte_flag", "new")]
    assert noted[LAST - 1] == noted[LAST - 2] == []
