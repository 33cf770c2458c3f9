"""Figures of a ranking: by hand on ten customers, and the order perfect >= any >= nobody for any ranking."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_tasks.core.months import Month
from churn_tasks.core.windows import Calendar
from churn_tasks.modeling.metrics import (
    ListTerms,
    Outcome,
    Truth,
    calibration_table,
    judge,
    on_list,
)
from tests.property_sizes import examples

# March 2024: as_of 1 April, the list is out on the 6th, the predict window is May, in time from the 9th on.
CALENDAR = Calendar(Month(2024, 1))
WINDOW = CALENDAR.window(Month(2024, 3))
STAYED = np.datetime64("NaT")
SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05])


def terms(size: int, **more: object) -> ListTerms:
    return ListTerms(WINDOW, size, **more)


def truth(
    days: dict[int, str], rotated: tuple[int, ...] = (), customers: int = 10
) -> Truth:
    """What became of customers, by the place of each who left and the day."""
    left_date = np.full(customers, STAYED, dtype="datetime64[D]")
    for place, day in days.items():
        left_date[place] = np.datetime64(day)
    changed_lines = np.isin(np.arange(customers), rotated)
    left_early = left_date < np.datetime64(WINDOW.predict_start)
    in_window = ~left_early & (left_date < np.datetime64(WINDOW.predict_end))
    return Truth(in_window & ~changed_lines, left_early, changed_lines, left_date)


# In order of their score: the 1st, 2nd and 5th churn in May, the 3rd left in the delay.
TRUTH = truth({0: "2024-05-02", 1: "2024-05-20", 2: "2024-04-15", 4: "2024-05-31"})


def told(outcome: Outcome, *names: str) -> list[object]:
    return [getattr(outcome, name) for name in names]


def test_golden_list_of_four() -> None:
    outcome = judge(SCORES, TRUTH, terms(4))
    counts = told(outcome, "customers", "at_risk", "churners", "warned")
    assert counts == [10, 9, 3, 4]
    assert told(outcome, "warned_churners", "warned_left_in_delay") == [2, 1]
    assert outcome.churn_rate == pytest.approx(3 / 9)
    assert outcome.precision == pytest.approx(2 / 3)  # of 4 warned one had left
    assert outcome.coverage == pytest.approx(2 / 3)
    assert outcome.break_even_precision == pytest.approx(2 / 3)
    # the three at risk with the highest scores are the 1st, 2nd and 4th
    assert outcome.lift == pytest.approx((2 / 3) / (3 / 9))
    assert outcome.false_alarm_rate == pytest.approx(1 / 6)
    assert outcome.f1 == pytest.approx(2 * 2 / (3 + 3))
    assert outcome.accuracy == pytest.approx(7 / 9)  # one false alarm, one missed
    assert outcome.accuracy_of_no_list == pytest.approx(6 / 9)
    assert outcome.auc == pytest.approx((6 + 6 + 5) / 18)  # the 5th: above 5 of 6
    assert outcome.average_precision == pytest.approx((1 + 1 + 3 / 4) / 3)
    at_risk = np.arange(10) != 2
    missed = SCORES[at_risk] - TRUTH.churned[at_risk]
    assert outcome.brier == pytest.approx(np.mean(missed**2))
    assert outcome.mean_score == pytest.approx((SCORES.sum() - 0.7) / 9)


def test_who_left_early_or_changed_lines_is_neither_hit_nor_false_alarm() -> None:
    """Every rate is that of the ten without the two; counting them as stayers, as before, gives others."""
    early_and_changed = truth(
        {
            0: "2024-05-02",
            1: "2024-05-20",
            2: "2024-04-15",
            3: "2024-05-04",
            4: "2024-05-31",
        },
        rotated=(3,),
    )
    outcome = judge(SCORES, early_and_changed, terms(4))
    kept = np.array([0, 1, 4, 5, 6, 7, 8, 9])
    without = judge(
        SCORES[kept],
        truth({0: "2024-05-02", 1: "2024-05-20", 2: "2024-05-31"}, customers=8),
        terms(2),
    )
    rates = (
        "at_risk", "churn_rate", "precision", "coverage", "break_even_precision", "lift", "false_alarm_rate", "f1",
        "accuracy", "accuracy_of_no_list", "auc", "average_precision", "brier", "log_loss", "calibration_error",
        "mean_score",
    )  # fmt: skip
    assert told(outcome, *rates) == pytest.approx(told(without, *rates))
    assert told(outcome, "warned", "warned_rotated", "warned_left_in_delay") == [
        4,
        1,
        1,
    ]
    assert outcome.precision == 1.0
    assert outcome.warned_churners / outcome.warned == 0.5, (
        "the old way: two false alarms"
    )


@pytest.mark.parametrize(
    ("day", "counted", "is_in_time", "days"),
    [
        (
            "2024-03-31",
            "left_before_list",
            False,
            None,
        ),  # the observe window's last day
        ("2024-04-05", "left_before_list", False, None),
        ("2024-04-06", "left_in_delay", False, 0),  # the day the list is out
        ("2024-04-08", "left_in_delay", False, 2),
        ("2024-04-09", "left_in_delay", True, 3),  # exactly three days after
        ("2024-04-30", "left_in_delay", True, 24),
        ("2024-05-01", "churners", True, 25),
        ("2024-05-31", "churners", True, 55),  # the last day of the window
        ("2024-06-01", "left_later", False, None),  # the first day after
    ],
)
def test_every_day_has_its_part(
    day: str, counted: str, is_in_time: bool, days: int | None
) -> None:
    """One of two warned left on the day, the other in the window 30 days after the list."""
    outcome = judge(SCORES, truth({0: day, 1: "2024-05-06"}), terms(2))
    parts = ("left_before_list", "left_in_delay", "churners", "left_later")
    expected = dict.fromkeys(parts, 0)
    expected["churners"] += 1
    expected[counted] += 1
    assert told(outcome, *parts) == list(expected.values())
    assert told(outcome, *(f"warned_{part}" for part in parts)) == list(
        expected.values()
    )
    assert outcome.warned_in_time == 1 + is_in_time
    assert outcome.precision_in_time == (1 + is_in_time) / 2
    leavers = 1 + ("2024-04-01" <= day < "2024-06-01")
    assert outcome.leavers == leavers
    assert outcome.coverage_in_time == (1 + is_in_time) / leavers
    counted_days = [30] if days is None else [days, 30]
    assert outcome.days_to_leaving_median == np.mean(counted_days)


def test_quartiles_of_the_days_by_hand() -> None:
    """Days 4, 10, 20, 40 after the list: quartiles lie a quarter of the way, half way and three quarters."""
    left = {
        0: "2024-04-10",
        1: "2024-04-16",
        2: "2024-04-26",
        3: "2024-05-16",
        8: "2024-05-30",
    }
    outcome = judge(SCORES, truth(left), terms(4))
    days = told(
        outcome,
        "days_to_leaving_lower",
        "days_to_leaving_median",
        "days_to_leaving_upper",
    )
    assert days == [4 + 0.75 * 6, 15, 20 + 0.25 * 20], (
        "who was not warned does not count"
    )


def test_more_lead_leaves_fewer_in_time() -> None:
    left = truth({0: "2024-04-09", 1: "2024-04-12", 2: "2024-05-06"})
    counts = [
        judge(SCORES, left, terms(5, lead_days=days)).warned_in_time
        for days in (0, 3, 4, 7, 30, 31)
    ]
    assert counts == [3, 3, 2, 1, 1, 0]


def test_without_delay_the_list_comes_out_inside_the_predict_window() -> None:
    """Who left in its first days is a churner whom nobody could call: a hit, and not in time."""
    window = Calendar(Month(2024, 1), delay=0).window(Month(2024, 3))
    left_date = np.array(["2024-04-03", "2024-04-20", "NaT"], dtype="datetime64[D]")
    nobody = np.zeros(3, dtype=bool)
    early = truth({}, customers=3).left_early
    given = Truth(np.array([True, True, False]), early, nobody, left_date)
    outcome = judge(SCORES[:3], given, ListTerms(window, 2))
    assert told(outcome, "left_before_list", "left_in_delay", "churners") == [0, 0, 2]
    assert told(outcome, "precision", "precision_in_time", "coverage_in_time") == [
        1.0,
        0.5,
        0.5,
    ]


def test_a_definition_that_knows_months_alone_tells_no_days() -> None:
    """By months who left in April did so in the delay; no day is told."""
    left = truth({0: "2024-04-01", 1: "2024-05-01", 2: "2024-03-31"})
    outcome = judge(SCORES, left, terms(3, is_dated=False))
    assert told(outcome, "left_before_list", "left_in_delay", "churners") == [1, 1, 1]
    assert (
        told(outcome, "warned_in_time", "precision_in_time", "coverage_in_time")
        == [None] * 3
    )
    assert told(outcome, "days_to_leaving_median", "precision") == [None, 1.0]


def test_an_empty_list_has_no_precision_and_covers_nobody() -> None:
    outcome = judge(SCORES, TRUTH, terms(0))
    assert (outcome.warned, outcome.coverage, outcome.f1) == (0, 0.0, 0.0)
    assert told(outcome, "precision", "lift", "precision_in_time") == [None] * 3
    assert told(outcome, "coverage_in_time", "days_to_leaving_median") == [0.0, None]


def test_a_month_without_churners_has_no_ranking_figures() -> None:
    outcome = judge(SCORES, truth({}), terms(4))
    assert told(outcome, "auc", "average_precision", "coverage") == [None] * 3
    assert told(outcome, "coverage_in_time", "precision") == [None, 0.0]


def test_a_cohort_of_whom_nobody_is_at_risk_is_refused() -> None:
    everybody = dict.fromkeys(range(10), "2024-04-02")
    with pytest.raises(ValueError, match="nobody of the cohort was at risk"):
        judge(SCORES, truth(everybody), terms(4))


def test_equal_scores_go_on_the_list_in_the_order_of_rows() -> None:
    listed = on_list(np.array([0.5, 0.9, 0.5, 0.5]), 2)
    assert listed.tolist() == [True, True, False, False]


@st.composite
def cohorts(draw: st.DrawFn) -> tuple[np.ndarray, Truth, int]:
    """Scores, days of leaving from March to July or none, changed lines, and a list."""
    customers = draw(st.integers(5, 60))

    def each(strategy: st.SearchStrategy) -> list:
        return draw(st.lists(strategy, min_size=customers, max_size=customers))

    days = each(st.none() | st.integers(-10, 100))
    left = {}
    for place, day in enumerate(days):
        if day is not None:
            left[place] = str(WINDOW.as_of + timedelta(days=day))
    left[0], left[1] = "2024-05-05", "NaT"  # at least one churner and one who stays
    inside = (str(WINDOW.predict_start), str(WINDOW.predict_end))
    changed = []
    for place, changes in enumerate(each(st.booleans())):
        if changes and place and inside[0] <= left.get(place, "") < inside[1]:
            changed.append(place)
    given = truth(left, tuple(changed), customers)
    return np.array(each(st.floats(0.0, 1.0))), given, draw(st.integers(1, customers))


@settings(max_examples=examples(60), deadline=None)
@given(cohorts())
def test_the_parts_add_up_to_the_warned_and_to_the_cohort(drawn: tuple) -> None:
    scores, given, size = drawn
    outcome = judge(scores, given, terms(size))
    warned = on_list(scores, size)
    stayed = np.isnat(given.left_date)
    parts = ("left_before_list", "left_in_delay", "churners", "left_later", "rotated")
    assert sum(told(outcome, *parts)) + stayed.sum() == outcome.customers
    listed = told(outcome, *(f"warned_{part}" for part in parts))
    assert sum(listed) + (warned & stayed).sum() == outcome.warned
    assert outcome.warned_in_time <= outcome.leavers
    assert (
        outcome.warned_in_time <= outcome.warned_churners + outcome.warned_left_in_delay
    )


@settings(max_examples=examples(60), deadline=None)
@given(cohorts())
def test_a_perfect_list_has_precision_and_coverage_1(drawn: tuple) -> None:
    _, given, _ = drawn
    perfect = judge(given.churned.astype(float), given, terms(int(given.churned.sum())))
    assert (
        told(perfect, "precision", "coverage", "auc", "average_precision") == [1.0] * 4
    )
    in_time = given.between(WINDOW.in_time_from(3), WINDOW.predict_end)
    called = judge(in_time.astype(float), given, terms(int(in_time.sum())))
    assert called.precision_in_time == 1.0
    assert called.coverage_in_time == in_time.sum() / called.leavers
    best_first = given.churned.astype(float) + 2 * given.left_early
    longer = judge(
        best_first, given, terms(int((given.churned | given.left_early).sum()))
    )
    assert longer.precision == 1.0
    if given.left_early.any():
        assert longer.warned_churners / longer.warned < 1, (
            "the old precision blames the list"
        )


@settings(max_examples=examples(60), deadline=None)
@given(cohorts())
def test_perfect_beats_any_and_any_beats_nobody(drawn: tuple) -> None:
    """Also where places go to who left early; precision is compared where nobody did, else lists differ in length."""
    scores, given, size = drawn
    perfect = judge(given.churned - given.left_early.astype(float), given, terms(size))
    model = judge(scores, given, terms(size))
    nobody = judge(scores, given, terms(0))
    ranked = ("auc", "average_precision", "break_even_precision")
    for figure in ("warned_churners", "coverage", *ranked):
        assert getattr(perfect, figure) >= getattr(model, figure), figure
    for figure in ("warned_churners", "coverage", "f1"):
        assert getattr(model, figure) >= getattr(nobody, figure), figure
    none = np.zeros(len(scores), dtype=bool)
    at_risk = Truth(given.churned, none, none, given.left_date)
    perfect = judge(given.churned.astype(float), at_risk, terms(size))
    model = judge(scores, at_risk, terms(size))
    for figure in ("precision", "lift", "f1", "coverage", *ranked):
        assert getattr(perfect, figure) >= getattr(model, figure), figure
    assert perfect.brier <= model.brier
    assert perfect.false_alarm_rate <= model.false_alarm_rate


def test_the_calibration_table_counts_everybody_once() -> None:
    table = calibration_table(SCORES, TRUTH.churned, groups=3)
    assert [group["customers"] for group in table] == [4, 3, 3]
    assert table[-1]["churn_rate"] == pytest.approx(2 / 3)
    assert table[-1]["mean_score"] == pytest.approx(0.8)


def test_a_lead_is_counted_from_the_day_the_list_is_out() -> None:
    assert WINDOW.in_time_from(0) == WINDOW.known_until == date(2024, 4, 6)
    assert WINDOW.in_time_from(3) == date(2024, 4, 9)
