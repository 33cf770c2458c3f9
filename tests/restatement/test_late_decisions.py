"""Rows of an earlier month that were set aside, some late: what people decide about them, and when that counts."""

import uuid
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from churn_tasks.by_hand.quarantine import Chosen, record_releases, rows_to_release
from churn_tasks.cli.quarantine_screens import quarantine_counts, released_rows
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.month import run_step
from churn_tasks.walks.replay import replay
from tests.restatement.conftest import digests
from tests.restatement.late_bills import profile, write_bills

JANUARY, FEBRUARY = Month(2024, 1), Month(2024, 2)
STEPS = ("extract", "late", "check_raw", "integrate", "match", "texts", "summarise")
IN_TIME, LATE = "C5", "C6"  # customers whose bill of January is absurd
BY, WHY = "Li", "a campus, confirmed"


@pytest.fixture
def settings(tmp_path: Path, postgres: Cluster) -> Settings:
    """January and February after their runs; two bills of January are set aside, one of them known on 2024-02-20."""
    data = tmp_path / "drops"
    data.mkdir()
    for month in (JANUARY, FEBRUARY):
        bills = []
        for number in range(300):
            bills.append((f"C{number}", 20.0 + number, f"{month + 1}-03"))
        if month == JANUARY:
            bills[5] = (IN_TIME, 60_000.0, "2024-02-03")
            bills[6] = (LATE, 60_000.0, "2024-02-20")
        write_bills(data, month, bills)
        (data / f"complaints_{month}.csv").write_text("ticket,account,day\n")
    warehouse = postgres.create_database(f"decisions_{uuid.uuid4().hex[:8]}")
    made = profile(tmp_path, data, warehouse)
    for month in (JANUARY, FEBRUARY):
        _run(made, month)
    return made


def _run(settings: Settings, month: Month) -> None:
    for step in STEPS:
        run_step(step, settings, month)


def _release(settings: Settings) -> int:
    chosen = Chosen(JANUARY, "bill", "amount_absurd", ())
    picked = rows_to_release(settings, chosen)
    return record_releases(settings, chosen, picked, BY, WHY)


def _billed(settings: Settings) -> set[str]:
    """Customers with a bill of January, as it was made last."""
    run = MonthRun(settings, JANUARY).as_known(settings.calendar.window(FEBRUARY + 1).known_until)  # fmt: skip
    rows = run.rows_of_month("clean_bill", ["customer_id"])
    run.close()
    return set(rows["customer_id"])


def _shown(table: Table) -> str:
    console = Console(width=240)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def test_a_late_row_that_was_set_aside_is_shown_and_can_be_released(
    settings: Settings,
) -> None:
    assert not {IN_TIME, LATE} & _billed(settings)
    assert _release(settings) == 2
    list(replay(settings, JANUARY))
    assert {IN_TIME, LATE} <= _billed(settings)


def test_what_was_decided_since_does_not_change_a_run_that_is_repeated(
    settings: Settings,
) -> None:
    """The run of February restates January; what was released after it counts from the replay on."""
    before = digests(settings)
    _release(settings)
    _run(settings, FEBRUARY)
    assert digests(settings) == before
    list(replay(settings, JANUARY))
    replayed = digests(settings)
    assert replayed != before, "control: the release has been applied"
    _run(settings, FEBRUARY)
    assert digests(settings) == replayed


def test_a_release_is_shown_as_applied_once_it_is(settings: Settings) -> None:
    assert _shown(quarantine_counts(settings, JANUARY)).count("amount_absurd") == 1
    _release(settings)
    assert _shown(released_rows(settings, JANUARY)).count("replay applies it") == 2
    list(replay(settings, JANUARY))
    assert "replay applies it" not in _shown(released_rows(settings, JANUARY))
    assert "amount_absurd" not in _shown(quarantine_counts(settings, None))
