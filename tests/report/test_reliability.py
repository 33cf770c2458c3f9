"""Ten groups of equal size, their mean score beside who left: by hand, and on the page of a month."""

from contextlib import closing
from pathlib import Path

import pytest

from churn_tasks.core.months import Month
from churn_tasks.report.gather import MonthTables
from churn_tasks.report.reliability_chart import reliability_chart
from churn_tasks.runner.month_run import MonthRun
from tests.lakes import put, small_run

SCORED, MONTH = "2024-03", Month(2024, 5)  # a truth of March is in with the run of May


def _lake(folder: Path, customers: int) -> MonthRun:
    """Customers scored 0.01, 0.02, ...; the upper half left. One had left before the window, one changed lines."""
    run = small_run(folder, str(MONTH), raw=("bill",), definition="not_billed")
    model = {"model_name": "m", "model_version": 1, "feature_set": "f"}
    scores, truths = [], []
    for number in range(customers + 2):
        who = {"customer_id": f"c{number:03d}"}
        scores.append({**who, **model, "churn_score": (number + 1) / 100})
        is_early, is_rotated = number == customers, number == customers + 1
        left = customers / 2 <= number < customers
        flags = {"churned": left, "left_early": is_early, "rotated": is_rotated}
        truths.append({**who, **flags})
    put(run, "score_churn", SCORED, scores)
    put(run, "label", SCORED, truths)
    return run


@pytest.mark.parametrize(("customers", "groups"), [(20, 10), (40, 10), (4, 4)])
def test_tenths_are_of_equal_size_and_of_who_was_at_risk(
    tmp_path: Path, customers: int, groups: int
) -> None:
    with closing(_lake(tmp_path, customers)) as run:
        tenths = MonthTables(run.engine, run.settings, MONTH).answer("reliability")
    assert [tenth["tenth"] for tenth in tenths] == list(range(1, groups + 1))
    size = customers // groups
    assert {tenth["customers"] for tenth in tenths} == {size}
    lowest = sum(range(1, size + 1)) / size / 100
    assert tenths[0]["mean_score"] == pytest.approx(lowest)
    rates = [tenth["churn_rate"] for tenth in tenths]
    assert rates == [0.0] * (groups // 2) + [1.0] * (groups // 2)


def test_a_month_that_was_not_scored_has_no_tenths(tmp_path: Path) -> None:
    with closing(_lake(tmp_path, 20)) as run:
        later = MonthTables(run.engine, run.settings, MONTH + 1)
        assert later.answer("reliability") == []


def test_equal_score_and_rate_lie_on_the_diagonal() -> None:
    """The diagonal ends where the dot of the highest group is; one that leaves less lies below it (further down)."""
    even = reliability_chart([{"mean_score": 0.4, "churn_rate": 0.4}])
    assert 'points="44.0,256.0 288.0,12.0"' in even
    assert 'cx="288.0" cy="12.0"' in even
    less = reliability_chart([{"mean_score": 0.4, "churn_rate": 0.2}])
    assert 'cx="288.0" cy="134.0"' in less
