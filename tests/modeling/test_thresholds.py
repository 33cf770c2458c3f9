"""Thresholds by hand, and what holds for any ranking and any costs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_tasks.modeling.thresholds import (
    NOBODY,
    Costs,
    by_capacity,
    by_costs,
    by_false_alarms,
    by_precision,
    steps,
    worth,
)

#         score  0.9  0.8  0.8  0.5  0.5  0.1
#         leaves yes  yes  no   no   yes  no
# at or above: 0.9: 1 of 1   0.8: 2 of 3   0.5: 3 of 5   0.1: 3 of 6
SCORES = np.array([0.5, 0.9, 0.8, 0.1, 0.8, 0.5])
LEAVES = np.array([False, True, True, False, False, True])
AT = steps(SCORES, LEAVES)


@pytest.mark.parametrize(
    ("size", "threshold"),
    [(0, NOBODY), (1, 0.9), (2, 0.9), (3, 0.8), (4, 0.8), (6, 0.1)],
)
def test_equal_scores_are_warned_together_or_not_at_all(size, threshold):
    assert by_capacity(AT, size) == threshold


@pytest.mark.parametrize(
    ("target", "threshold"),
    [(1.0, 0.9), (2 / 3, 0.8), (0.6, 0.5), (0.5, 0.1), (0.61, 0.8)],
)
def test_the_longest_list_that_is_precise_enough(target, threshold):
    assert by_precision(AT, target) == threshold


def test_no_list_is_precise_enough_where_the_likeliest_stay():
    assert (
        by_precision(steps(np.array([0.9, 0.1]), np.array([False, True])), 0.9)
        == NOBODY
    )


@pytest.mark.parametrize(
    ("share", "threshold"),
    [(0.0, 0.9), (1 / 3, 0.8), (0.5, 0.8), (2 / 3, 0.5), (1.0, 0.1)],
)
def test_the_longest_list_with_so_few_false_alarms(share, threshold):
    assert by_false_alarms(AT, share) == threshold


def test_the_list_that_is_worth_most():
    """A call costs 10, keeps half of the leavers, of 60 each: 0.9: 20, 0.8: 30, 0.5: 40, 0.1: 30."""
    costs = Costs(contact=10, worth=60, kept=0.5)
    assert [worth(AT, score, costs) for score in AT.scores] == [20, 30, 40, 30]
    assert by_costs(AT, costs) == 0.5


def test_of_two_lists_worth_the_same_the_shorter():
    """A call costs 10, a leaver kept for sure brings 20: 0.9: 10, 0.8: 10, 0.5: 10, 0.1: 0."""
    assert by_costs(AT, Costs(contact=10, worth=20, kept=1)) == 0.9


def test_nobody_is_called_where_calls_cost_more_than_they_bring():
    costs = Costs(contact=31, worth=60, kept=0.5)
    assert by_costs(AT, costs) == NOBODY
    assert worth(AT, NOBODY, costs) == 0


money = st.floats(0, 1_000)
customers = st.lists(
    st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=40
)


@given(customers, money, money, st.floats(0, 1))
def test_knowing_all_is_worth_no_less_than_any_ranking_and_that_no_less_than_calling_nobody(
    rows, contact, brings, kept
):
    scores = np.array([score for score, _ in rows], dtype=float)
    leaves = np.array([left for _, left in rows])
    costs = Costs(contact, brings, kept)
    ranked, perfect = steps(scores, leaves), steps(leaves.astype(float), leaves)
    any_ranking = worth(ranked, by_costs(ranked, costs), costs)
    knowing_all = worth(perfect, by_costs(perfect, costs), costs)
    assert knowing_all >= any_ranking >= 0


@given(customers, st.floats(0, 1))
def test_what_was_asked_for_holds_on_the_rows_it_was_chosen_on(rows, wanted):
    scores = np.array([score for score, _ in rows], dtype=float)
    leaves = np.array([left for _, left in rows])
    at = steps(scores, leaves)
    precise = scores >= by_precision(at, wanted)
    assert leaves[precise].sum() >= wanted * precise.sum()
    few_alarms = scores >= by_false_alarms(at, wanted)
    assert (few_alarms & ~leaves).sum() <= wanted * (~leaves).sum()
