"""The answers of a restated month had longer to come in than those of the months that it is held against."""

from datetime import timedelta
from pathlib import Path

import pytest

from churn_tasks.core.errors import CheckFailed
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import load_settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.checks.test_check_raw import bill, deliver, results
from tests.lakes import small_profile

JANUARY, JUNE = Month(2024, 1), Month(2024, 6)
TABLES = ("bill", "complaint", "fault")


def _complaints(month: Month, answered: int) -> str:
    """A complaint of each of 600 customers; of every ten so many are answered."""
    return f"""(SELECT 'T' || c || '-{month}' AS complaint_id, 'S' || c AS customer_id, 'network' AS category,
        DATE '{month.start}' + c::INT % 28 AS event_date, DATE '{month.start}' + c::INT % 28 AS known_date,
        CASE WHEN c % 10 < {answered} THEN 'satisfied' END AS outcome,
        CASE WHEN c % 10 < {answered} THEN DATE '{month.start}' + 30 END AS outcome_known_date
        FROM range(600) AS customers(c))"""


def _faults(month: Month, repaired: int) -> str:
    """The same of faults, a few more each month; those that are repaired late took long."""
    return f"""(SELECT 'F' || c || '-{month}' AS fault_id, 'S' || c AS customer_id, 'broadband' AS category,
        DATE '{month.start}' + c::INT % 28 AS event_date, DATE '{month.start}' + c::INT % 28 AS known_date,
        CASE WHEN c % 10 < {repaired}
            THEN CASE WHEN c % 10 < 6 THEN 10 + c % 5 ELSE 600 + c % 9 END END AS repair_hours,
        CASE WHEN c % 10 < {repaired} THEN DATE '{month.start}' + 30 END AS repair_known_date
        FROM range(600 + {month.start.month}) AS customers(c))"""


def _checked(run: MonthRun, answered: int) -> set[str]:
    """Deliver a month of which so many in ten are answered; what warned or stopped."""
    deliver(run, "bill", bill(run.month))
    deliver(run, "complaint", _complaints(run.month, answered))
    deliver(run, "fault", _faults(run.month, answered))
    run_on("check_raw", run)
    return results(run, "warn")


@pytest.fixture
def accepted(tmp_path: Path) -> Path:
    """A lake of months of each of which six answers in ten were known when it was read."""
    profile = small_profile(tmp_path, TABLES)
    settings = load_settings(str(profile), state_dir=tmp_path / "state")
    for month in months_between(JANUARY, JUNE):
        run = MonthRun(settings, month)
        assert _checked(run, 6) == set()
        run.close()
    return tmp_path


@pytest.mark.parametrize("answered", [9, 10])
def test_they_are_not_held_against_months_that_had_not_waited(
    accepted: Path, answered: int
) -> None:
    settings = load_settings(str(accepted / "profile"), state_dir=accepted / "state")
    first = MonthRun(settings, JUNE)
    assert _checked(first, 6) == set()
    day = first.window.known_until + timedelta(days=30)
    restated = MonthRun(settings, JUNE, restated_until=day)
    assert _checked(restated, answered) == set()
    first.close()
    restated.close()


def test_control_in_a_first_version_so_many_answers_stop(accepted: Path) -> None:
    """A desk that answers at once, or repairs that take three weeks, are worth a look."""
    settings = load_settings(str(accepted / "profile"), state_dir=accepted / "state")
    run = MonthRun(settings, JUNE)
    with pytest.raises(CheckFailed, match=r"raw_fault\.repair_hours\.mean is 206"):
        _checked(run, 9)
    assert "complaint.outcome.null_share" in results(run, "warn")
    run.close()


def test_the_columns_of_an_answer_are_those_that_share_its_name(tmp_path: Path) -> None:
    profile = small_profile(tmp_path, TABLES)
    settings = load_settings(str(profile), state_dir=tmp_path / "state")
    raw = MonthRun(settings, JUNE).registry.raw
    assert raw["bill"].answer_columns == []
    assert raw["complaint"].answer_columns == ["outcome", "outcome_known_date"]
    assert raw["fault"].answer_columns == ["repair_hours", "repair_known_date"]
    assert raw["fault"].known_columns == ["known_date", "repair_known_date"]
