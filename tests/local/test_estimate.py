"""What is told about how long the demo will take: measured before it starts, corrected as months finish."""

import pytest

from churn_tasks.core.months import Month
from churn_tasks.local.backfill import MonthState
from churn_tasks.local.estimate import Estimate
from churn_tasks.walks.tasks import TASKS

ALL_DONE = {task.name: "success" for task in TASKS}


def states(done: int, months: int = 4, running: dict | None = None) -> list[MonthState]:
    """The first months done, the next one at work, the others not begun."""
    made = []
    for k in range(months):
        month = Month(2024, 1) + k
        if k < done:
            made.append(MonthState(month, f"r{k}", "success", ALL_DONE))
        elif k == done and running is not None:
            made.append(MonthState(month, f"r{k}", "running", running))
        else:
            made.append(MonthState(month))
    return made


def minutes(said: str) -> float:
    return float(said.split()[1])


def test_before_the_start_it_says_what_it_is_based_on():
    said = Estimate(20_000, 12).at_start()
    assert said.endswith("on two quiet cores")
    assert minutes(said) > minutes(Estimate(20_000, 6).at_start())


def test_nothing_is_left_when_all_is_done():
    estimate = Estimate(20_000, 4)
    estimate.to_go(states(3), now=0.0)
    assert estimate.to_go(states(4), now=60.0) == "nothing"


def test_more_customers_take_longer():
    assert minutes(Estimate(60_000, 12).at_start()) > minutes(
        Estimate(20_000, 12).at_start()
    )


def test_until_a_month_is_done_it_stays_with_what_was_measured():
    estimate = Estimate(20_000, 12)
    first = estimate.to_go(states(0, 12), now=0.0)
    assert first.endswith("as on two quiet cores")
    assert estimate.to_go(states(0, 12), now=500.0) == first


def test_done_months_correct_it():
    """Four equal months; the first took six minutes, so three times six are left."""
    estimate = Estimate(20_000, 4)
    estimate.to_go(states(0), now=100.0)
    said = estimate.to_go(states(1), now=460.0)
    assert minutes(said) == 18
    assert "at the pace of the months so far" in said


def test_a_month_at_work_counts_by_its_tasks():
    """The same, and two of the five tasks of the second month: 1.4 months in 504 s leave 2.6 months."""
    estimate = Estimate(20_000, 4)
    estimate.to_go(states(0), now=0.0)
    at_work = {"extract": "success", "integrate": "success", "model": "running"}
    assert len(TASKS) == 5
    said = estimate.to_go(states(1, running=at_work), now=504.0)
    assert minutes(said) == pytest.approx(2.6 * 360 / 60, abs=0.5)


def test_months_that_an_earlier_demo_did_say_nothing_of_the_pace():
    estimate = Estimate(20_000, 4)
    first = estimate.to_go(states(2), now=0.0)
    assert first.endswith("as on two quiet cores")
    assert minutes(estimate.to_go(states(3), now=360.0)) == 6


def test_data_that_nobody_measured_wait_for_the_first_month():
    estimate = Estimate(None, 4)
    assert "min" not in estimate.at_start().split()
    assert estimate.to_go(states(0), now=0.0) == "told once months are done"
    said = estimate.to_go(states(1), now=360.0)
    assert minutes(said) == 18
    assert "quiet cores" not in said
