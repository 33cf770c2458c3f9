"""Figures of a ranking: by hand on ten customers, and the order perfect >= any >= nobody for any ranking."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_tasks.modeling.metrics import calibration_table, judge, on_list
from tests.property_sizes import examples

# Ten customers in order of their score. Churners: 1st, 2nd, 5th. Left in the delay: 3rd.
SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05])
CHURNED = np.array([1, 1, 0, 0, 1, 0, 0, 0, 0, 0], dtype=bool)
LATE = np.array([0, 0, 1, 0, 0, 0, 0, 0, 0, 0], dtype=bool)


def test_golden_list_of_four() -> None:
    outcome = judge(SCORES, CHURNED, LATE, 4)
    assert (
        outcome.customers,
        outcome.churners,
        outcome.warned,
        outcome.warned_churners,
    ) == (10, 3, 4, 2)
    assert (outcome.left_in_delay, outcome.warned_left_in_delay) == (1, 1)
    assert (outcome.rotated, outcome.warned_rotated) == (0, 0)
    changed_lines = np.isin(np.arange(10), [3, 9])  # one of them among the four
    told = judge(SCORES, CHURNED, LATE, 4, changed_lines)
    assert (told.rotated, told.warned_rotated, told.warned_churners) == (2, 1, 2)
    assert outcome.churn_rate == pytest.approx(0.3)
    assert outcome.precision == pytest.approx(2 / 4)
    assert outcome.coverage == pytest.approx(2 / 3)
    assert outcome.precision_in_time == pytest.approx(
        2 / 3
    )  # of 4 warned one had left already
    assert outcome.break_even_precision == pytest.approx(
        2 / 3
    )  # a list of 3 holds 2 churners
    assert outcome.lift == pytest.approx(0.5 / 0.3)
    assert outcome.false_alarm_rate == pytest.approx(2 / 7)
    assert outcome.f1 == pytest.approx(2 * 2 / (4 + 3))
    assert outcome.accuracy == pytest.approx(
        7 / 10
    )  # wrong: two alarms for nothing, one churner missed
    assert outcome.accuracy_of_no_list == pytest.approx(7 / 10)
    assert outcome.auc == pytest.approx(
        (7 + 7 + 5) / 21
    )  # pairs won: the 5th stands above 5 of 7
    assert outcome.average_precision == pytest.approx((1 + 1 + 3 / 5) / 3)
    assert outcome.brier == pytest.approx(np.mean((SCORES - CHURNED) ** 2))


def test_an_empty_list_has_no_precision_and_covers_nobody() -> None:
    outcome = judge(SCORES, CHURNED, LATE, 0)
    assert (outcome.warned, outcome.coverage, outcome.f1) == (0, 0.0, 0.0)
    assert outcome.precision is None
    assert outcome.lift is None


def test_a_month_without_churners_has_no_ranking_figures() -> None:
    outcome = judge(SCORES, np.zeros(10, dtype=bool), LATE, 4)
    assert (outcome.auc, outcome.average_precision, outcome.coverage) == (
        None,
        None,
        None,
    )
    assert outcome.precision == 0.0


def test_equal_scores_go_on_the_list_in_the_order_of_rows() -> None:
    assert on_list(np.array([0.5, 0.9, 0.5, 0.5]), 2).tolist() == [
        True,
        True,
        False,
        False,
    ]


@settings(max_examples=examples(60), deadline=None)
@given(st.data())
def test_perfect_beats_any_and_any_beats_nobody(data: st.DataObject) -> None:
    customers = data.draw(st.integers(5, 60))
    churned = np.array(
        data.draw(st.lists(st.booleans(), min_size=customers, max_size=customers))
    )
    if churned.all() or not churned.any():
        churned[0] = not churned[0]
    scores = np.array(
        data.draw(st.lists(st.floats(0.0, 1.0), min_size=customers, max_size=customers))
    )
    size = data.draw(st.integers(1, customers))
    late = np.zeros(customers, dtype=bool)
    perfect = judge(churned.astype(float), churned, late, size)
    model = judge(scores, churned, late, size)
    nobody = judge(scores, churned, late, 0)
    for figure in (
        "warned_churners",
        "precision",
        "coverage",
        "lift",
        "f1",
        "break_even_precision",
        "auc",
        "average_precision",
    ):
        assert getattr(perfect, figure) >= getattr(model, figure), figure
    assert perfect.brier <= model.brier
    assert perfect.false_alarm_rate <= model.false_alarm_rate
    for figure in ("warned_churners", "coverage", "f1"):
        assert getattr(model, figure) >= getattr(nobody, figure), figure


def test_the_calibration_table_counts_everybody_once() -> None:
    table = calibration_table(SCORES, CHURNED, groups=3)
    assert [group["customers"] for group in table] == [4, 3, 3]
    assert table[-1]["churn_rate"] == pytest.approx(2 / 3)
    assert table[-1]["mean_score"] == pytest.approx(0.8)
