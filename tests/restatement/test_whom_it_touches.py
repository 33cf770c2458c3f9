"""A restatement says whose rows it changed."""

from pathlib import Path

import duckdb
import pytest

from churn_tasks.core.settings import Settings
from churn_tasks.declared.composer import composed
from churn_tasks.declared.sql_parts import Names, Relation
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.month import run_step
from churn_tasks.walks.restate import restate
from tests.restatement.late_bills import BILL, read_bills, write_bills
from tests.restatement.test_late_step import (
    FEBRUARY,
    FILTER,
    INTEGRATED,
    JANUARY,
    settings,
)

__all__ = ["settings"]  # a fixture


def _run(settings: Settings, *steps: str) -> None:
    for month in (JANUARY, FEBRUARY):
        for step in ("extract", *steps):
            run_step(step, settings, month)


def _touched(settings: Settings, day: object = None) -> list[tuple[str, str]]:
    until = day or settings.calendar.window(FEBRUARY).known_until
    run = MonthRun(settings, JANUARY, until)
    rows = run.rows_of_month("touched_customer")
    run.close()
    assert {str(row)[:10] for row in rows.restated_until} <= {str(until)}
    return list(zip(rows.table_name, rows.customer_id, strict=True))


def test_the_customers_of_late_rows_are_touched(settings: Settings) -> None:
    _run(settings, *INTEGRATED)
    assert _touched(settings) == [("bill", f"C{number}") for number in range(3)]
    assert not MonthRun(settings, JANUARY).lake.has("touched_customer", JANUARY)


def test_rows_that_were_there_and_are_looked_at_only_now_touch_theirs(
    settings: Settings,
) -> None:
    bill = settings.profile_dir / "extract" / "bill.sql"
    bill.write_text(BILL.replace(FILTER, ""), encoding="utf-8")
    _run(settings, *INTEGRATED)
    assert _touched(settings) == [("bill", f"C{number}") for number in range(3)]


@pytest.mark.parametrize("changed", ["C10", "C299"])
def test_who_was_corrected_or_removed_in_the_source_is_touched_by_hand(
    settings: Settings, changed: str
) -> None:
    _run(settings, *INTEGRATED)
    data = Path(str(settings.environment.data_path))
    bills = read_bills(data, FEBRUARY)
    kept = [bill for bill in bills if bill[0] != changed]
    if changed == "C10":
        kept.append((changed, 1.0, bills[0][2]))
    write_bills(data, FEBRUARY, kept)
    own = ("extract", "check_raw", "integrate")
    for report in restate(settings, FEBRUARY):
        if report.step == own[-1]:
            break
    day = settings.calendar.window(FEBRUARY).known_until
    run = MonthRun(settings, FEBRUARY, day.replace(day=day.day + 1))
    rows = run.rows_of_month("touched_customer")
    assert list(rows.customer_id) == [changed]
    run.close()


def test_two_versions_differ_in_rows_that_only_one_has_or_has_more_often() -> None:
    """Rows of no customer touch nobody: an empty customer among those made again would hide all others."""
    columns = "customer_id, amount"
    before = f"(VALUES ('same', 1), ('twice', 2), ('twice', 2), ('other', 3), ('gone', 4), (NULL, 5)) AS t({columns})"
    now = f"(VALUES ('same', 1), ('twice', 2), ('other', 4), ('new', 4), (NULL, 6)) AS t({columns})"
    sql = composed(
        "restatement",
        "differing_customers",
        columns=Names(("customer_id", "amount")),
        now=Relation(f"(FROM {now})"),
        before=Relation(f"(FROM {before})"),
    )
    found = duckdb.connect().execute(sql).fetchall()
    assert sorted(found) == [("gone",), ("new",), ("other",), ("twice",)]
