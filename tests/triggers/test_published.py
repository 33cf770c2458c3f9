"""From triggers to what people read: the list shows them, and one publication brings both."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from churn_tasks.core.settings import load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import put, rows
from tests.scored_lake import scored_run
from tests.warehouse.warehouses import new_url

MONTH = "2024-07"


@pytest.fixture
def run(
    postgres: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MonthRun]:
    """A scored month in which two listed customers and one beside the list have reported faults."""
    folder = tmp_path_factory.mktemp("published")
    made = scored_run(folder, MONTH)
    made.settings = load_settings(
        str(made.settings.profile_dir),
        state_dir=folder / "state",
        warehouse_url=new_url(postgres),
    )
    run_on("warn", made)
    yield made
    made.warehouse.close()
    made.close()


def fault(run: MonthRun, **faults: int) -> None:
    """Faults of the month; everybody is still a customer."""
    reported = []
    for customer, count in faults.items():
        reported.append({"customer_id": customer, "fault_count": count})
    put(run, "month_care", MONTH, reported)


def fired(run: MonthRun) -> dict[str, dict[str, Any]]:
    """Who has the trigger in the warehouse."""
    found = {}
    for row in run.warehouse.triggers(run.month):
        if row["trigger"] == "faults_reported":
            found[row["customer_id"]] = row
    return found


def published(run: MonthRun) -> bool:
    """The steps from the triggers to the warehouse; whether the list became another one."""
    for step in ("triggers", "warn", "publish"):
        report = run_on(step, run)
    return bool(report.facts["is_new"])


def test_list_and_triggers_come_out_together(run: MonthRun) -> None:
    listed = [row["customer_id"] for row in rows(run, "out_warning_list")]
    everybody = {row["customer_id"] for row in rows(run, "score_churn")}
    beside, other = sorted(everybody - set(listed))[:2]
    fault(run, **{listed[0]: 2, listed[1]: 3, beside: 2, other: 1})
    assert published(run)
    found = fired(run)
    assert found.keys() == {listed[0], listed[1], beside}
    assert (found[listed[0]]["is_listed"], found[beside]["is_listed"]) == (True, False)
    shown = {row["customer_id"]: row for row in run.warehouse.published(run.month)}
    assert "faults reported in the month: 3" in shown[listed[1]]["triggers_en"]
    assert "当月申告故障3次" in shown[listed[1]]["triggers_zh"]
    assert "faults_reported" in shown[listed[0]]["triggers"]
    assert not published(run), "the same again changes nothing"

    fault(run, **{listed[0]: 2, listed[1]: 3, other: 2})
    assert published(run), "a trigger of somebody beside the list is another list"
    assert fired(run).keys() == {listed[0], listed[1], other}


def test_a_restated_month_brings_what_came_late(run: MonthRun) -> None:
    """A fault of the month that became known in September; who had triggers before keeps the day they were known by."""
    listed = [row["customer_id"] for row in rows(run, "out_warning_list")]
    fault(run, **{listed[0]: 2})
    assert published(run)
    again = replace(run, restated_until=date(2024, 9, 6), shared={})
    again.__dict__["warehouse"] = run.warehouse
    fault(again, **{listed[0]: 2, listed[1]: 2})
    assert published(again)
    found = fired(run)
    assert {c: str(row["known_date"]) for c, row in found.items()} == {
        listed[0]: "2024-08-05",
        listed[1]: "2024-09-05",
    }
    assert all(row["is_restated"] for row in found.values())
