"""A restatement that was accepted stays when a run is tried again and cannot look, or when another month is wanting."""

from pathlib import Path

import pytest

from churn_tasks.core.errors import NotReady
from churn_tasks.core.settings import Settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks import month as walk
from churn_tasks.walks.graph import run_on
from churn_tasks.walks.month import run_step
from tests.restatement.conftest import digests
from tests.restatement.late_bills import read_bills, write_bills
from tests.restatement.test_late_step import FEBRUARY, JANUARY, settings

__all__ = ["settings"]  # a fixture
STEPS = ("late", "integrate", "match", "texts", "summarise")


@pytest.fixture
def data(settings: Settings) -> Path:
    """The files of the operator; January and February have run, and February has restated January."""
    for month in (JANUARY, FEBRUARY):
        _run(settings, "extract", *STEPS, month=month)
    return Path(str(settings.environment.data_path))


def _run(settings: Settings, *steps: str, month: object = FEBRUARY) -> None:
    for step in steps:
        run_step(step, settings, month)


def _restated_bills(settings: Settings) -> list[str]:
    files = (settings.lake_dir / "raw_bill").glob("*/late=*.parquet")
    return [path.parent.name for path in files]


def test_what_was_taken_in_stays_when_its_files_are_put_away(
    settings: Settings, data: Path
) -> None:
    before = digests(settings)
    assert _restated_bills(settings) == [f"month={JANUARY.start}"]
    (data / f"bills_{JANUARY}.csv").unlink()
    _run(settings, *STEPS)
    assert digests(settings) == before
    for path in data.glob("bills_*.csv"):
        path.unlink()
    _run(settings, *STEPS)
    assert digests(settings) == before


def test_what_the_source_took_back_is_forgotten(settings: Settings, data: Path) -> None:
    """Control: the files are there, and nothing in them is late any more."""
    bills = read_bills(data, JANUARY)
    write_bills(data, JANUARY, bills[3:])
    _run(settings, *STEPS)
    assert _restated_bills(settings) == []
    assert not [name for name in digests(settings) if "data.parquet" not in name]


def test_a_restated_month_that_lacks_something_holds_nobody_up(
    settings: Settings, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(step: str, run: MonthRun) -> object:
        if run.restated_until and step == "integrate":
            raise NotReady("2024-01 needs a table that somebody removed")
        return run_on(step, run)

    monkeypatch.setattr(walk, "run_on", lacking)
    report = run_step("integrate", settings, FEBRUARY)
    assert report.outcome == "done"
    assert report.facts["restated"].endswith("refused")
    refusals = MonthRun(settings, FEBRUARY).rows_of_month("refusal")
    assert list(refusals.task) == ["integrate"]
