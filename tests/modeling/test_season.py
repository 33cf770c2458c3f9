"""Scores moved to a season's share: by hand, on planted seasons, and what is chosen on earlier months alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_tasks.core.months import Month
from churn_tasks.modeling.season import (
    LATEST,
    METHODS,
    MONTH_OF_YEAR,
    PRIOR_SHIFT,
    WINDOW,
    KnownMonth,
    SeasonMonth,
    by_method,
    chosen,
    move_to,
    moved,
)

MAY = Month(2024, 5)


def test_log_odds_are_moved_by_hand() -> None:
    """1/2 is odds 1; with ln 3 added odds 3, which is 3/4."""
    assert moved(np.array([0.5]), float(np.log(3)))[0] == pytest.approx(0.75)
    assert moved(np.array([0.0, 1.0]), 2.0) == pytest.approx([0.0, 1.0], abs=1e-6)


@given(
    st.lists(st.floats(0.001, 0.999), min_size=2, max_size=30), st.floats(0.01, 0.99)
)
def test_the_mean_is_the_share_and_the_order_stays(
    given_scores: list[float], share: float
) -> None:
    scores = np.sort(np.array(given_scores))
    shifted = moved(scores, move_to(scores, share))
    assert shifted.mean() == pytest.approx(share, abs=1e-6)
    assert (np.diff(shifted) >= 0).all()


def _planted(share: float, customers: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Scores of a model that learnt at 20 % where another share leaves, and who left."""
    chance = np.random.default_rng(3)
    churned = chance.random(customers) < share
    sign = np.where(churned, 1.0, -1.0) + chance.normal(size=customers)
    # of two normal signs one apart from 0, log-odds are twice the sign and the prior's
    odds = 2 * sign + np.log(0.2 / 0.8)
    return 1 / (1 + np.exp(-odds)), churned


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_a_season_that_moves_the_share_alone_is_found_by_each_method(
    share: float,
) -> None:
    """Control: as the window calibrated it, the mean score is off by far more."""
    scores, churned = _planted(share)
    known = KnownMonth(MAY - 2, scores, float(churned.mean()))
    shares = {MAY - 12: share}
    found = by_method(SeasonMonth(MAY, scores, 0.2), known, shares)
    assert tuple(found) == METHODS
    rate = churned.mean()
    assert abs(found[WINDOW].mean() - rate) > 0.05
    for name in (LATEST, PRIOR_SHIFT, MONTH_OF_YEAR):
        assert abs(found[name].mean() - rate) < 0.015, name


def test_what_is_not_known_is_not_offered() -> None:
    """No earlier month, none a year before, and one in which nobody left."""
    scores, _ = _planted(0.3, 100)
    now = SeasonMonth(MAY, scores, 0.2)
    assert tuple(by_method(now, None, {})) == (WINDOW, PRIOR_SHIFT)
    nobody = KnownMonth(MAY - 2, scores, 0.0)
    assert LATEST not in by_method(now, nobody, {MAY - 12: 0.0})
    assert MONTH_OF_YEAR not in by_method(now, nobody, {MAY - 12: 0.0})
    assert PRIOR_SHIFT not in by_method(SeasonMonth(MAY, scores, 0.0), None, {})


@pytest.mark.parametrize(
    ("gaps", "there", "taken"),
    [
        ({}, METHODS, WINDOW),  # nothing is known
        ({WINDOW: [0.02], LATEST: [0.02]}, METHODS, WINDOW),  # equal: the first
        ({WINDOW: [0.02], LATEST: [0.01]}, METHODS, LATEST),
        ({WINDOW: [0.02, 0.01], LATEST: [0.001, 0.2]}, METHODS, WINDOW),  # on average
        ({WINDOW: [0.2], LATEST: [0.1]}, METHODS, MONTH_OF_YEAR),  # they have failed
        ({WINDOW: [0.2], LATEST: [0.1]}, (WINDOW, LATEST), LATEST),  # no year before
        ({WINDOW: [0.05], MONTH_OF_YEAR: [0.2]}, METHODS, WINDOW),  # it has failed too
        ({LATEST: [0.001]}, (WINDOW,), WINDOW),  # not to be had this month
    ],
)
def test_auto_takes_what_came_closest_before(
    gaps: dict[str, list[float]], there: tuple[str, ...], taken: str
) -> None:
    assert chosen(gaps, there) == taken
