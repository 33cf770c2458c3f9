"""What a late month rebuilds is what a lake makes that knew the late rows from the start."""

import pytest

from churn_tasks.core.months import months_between
from churn_tasks.core.settings import load_settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.month import run_step
from tests.restatement.conftest import Road
from tests.restatement.late_bills import AUGUST, FIRST, JULY

STEPS = ("extract", "check_raw", "integrate", "match", "texts", "summarise", "features")
PATIENT = {
    "observe": 3,
    "delay": 1,
    "predict": 1,
    "settle_days": 27,
}  # July is read up to August 27; it came on the 20th


@pytest.mark.slow
def test_a_fresh_lake_that_waited_has_the_bytes_of_the_restated_month(
    road: Road,
) -> None:
    """From the delivered files to the features: raw and clean tables row by row, all others by their digest."""
    fresh = load_settings(
        str(road.settings.profile_dir),
        state_dir=road.folder / "patient",
        data_path=road.data,
        windows=PATIENT,
    )
    for month in months_between(FIRST, JULY + 1):
        for step in STEPS:
            run_step(step, fresh, month)
    late = MonthRun(
        road.settings, JULY, road.settings.calendar.window(AUGUST).known_until
    )
    first, waited = MonthRun(road.settings, JULY).lake, MonthRun(fresh, JULY).lake
    for table in ("raw_bill", "clean_bill"):  # the late rows lie beside the first
        assert _rows(late, table) == _rows(MonthRun(fresh, JULY), table)
        assert _rows(late, table) != _rows(MonthRun(road.settings, JULY), table)
    made = ["customer_line", "cohort", "month_complaint_text"]
    made += [
        query.output.table
        for family in ("month", "features")
        for query in late.registry.queries[family]
    ]
    assert [
        name
        for name in made
        if late.lake.sha256(name, JULY) != waited.sha256(name, JULY)
    ] == []
    changed = {
        name
        for name in made
        if late.lake.sha256(name, JULY) != first.sha256(name, JULY)
    }
    assert {
        "month_activity",
        "month_billing",
        "cohort",
        "feat_spend",
    } <= changed
    assert not changed & {"month_complaint_text", "month_care"}, (
        "control: what did not come late is what it was"
    )


def _rows(run: MonthRun, table: str) -> list[tuple[object, ...]]:
    rows = run.rows_of_month(table)
    run.close()
    return sorted(map(tuple, rows.to_numpy().tolist()), key=str)
