"""The estimates on worlds whose true effect is known: they find it as often as they say, and else nothing.

A world is a few lists of persons with a risk that the score knows in part. Contacts reach those who would stay anyway
more easily, which is why comparing the contacted with the others misleads.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import binom

from churn_tasks.effect.difference import by_list, difference, of_reached
from churn_tasks.effect.drawn import Drawn
from churn_tasks.effect.power import detectable
from churn_tasks.effect.sequential import always_valid

LISTS, PERSONS, HELD_OUT = 6, 500, 0.1


@dataclass(frozen=True)
class World:
    """Drawn persons, whether each was contacted, and the mean effect of a list on those who stand on it."""

    persons: Drawn
    true_effect: float
    true_of_reached: float


def world(seed: int, kept: float, lists: int = LISTS, size: int = PERSONS) -> World:
    """Lists in which a contact keeps a share ``kept`` of the leavers whom it reaches."""
    chance = np.random.default_rng(seed)
    n = lists * size
    month = np.repeat(np.arange(lists), size)
    risk = chance.beta(2, 4, n)
    score = np.clip(risk + chance.normal(0, 0.1, n), 0.01, 0.99)
    called = np.ones(n, dtype=bool)
    for one in range(lists):
        mine = np.flatnonzero(month == one)
        called[chance.choice(mine, int(HELD_OUT * size), replace=False)] = False
    would_leave = chance.random(n) < risk
    reachable = chance.random(n) < 0.9 - 0.8 * risk
    is_kept = would_leave & reachable & (chance.random(n) < kept)
    left = would_leave & ~(is_kept & called)
    drawn = Drawn(
        month=month,
        called=called,
        outcome=left.astype(float),
        expected=score,
        reached=reachable & called,
    )
    effect = -is_kept.mean()
    return World(drawn, effect, effect / reachable.mean())


def test_where_contacts_do_nothing_one_world_in_twenty_shows_something() -> None:
    found = 0
    for seed in range(200):
        estimate = difference(world(seed, kept=0.0).persons)
        assert estimate is not None
        found += not estimate.low <= 0 <= estimate.high
    least, most = binom.ppf([0.0005, 0.9995], 200, 0.05)
    assert least <= found <= most


@pytest.mark.parametrize("kept", [0.3, 0.8])
def test_the_interval_holds_the_true_effect(kept: float) -> None:
    """In at least 93 of 100 worlds; so does the one of those reached."""
    held, held_of_reached = 0, 0
    for seed in range(100):
        made = world(1000 + seed, kept)
        estimate, met = difference(made.persons), of_reached(made.persons)
        assert estimate and met and met.low is not None and met.high is not None
        held += estimate.low <= made.true_effect <= estimate.high
        held_of_reached += met.low <= made.true_of_reached <= met.high
    assert held >= 93
    assert held_of_reached >= 93


def test_comparing_the_contacted_with_the_others_misleads() -> None:
    """Negative control: contacts do nothing, and the naive interval says in every world that they do."""
    misled = 0
    for seed in range(100):
        persons = world(seed, kept=0.0).persons
        met, missed = (
            persons.outcome[persons.reached],
            persons.outcome[~persons.reached],
        )
        change = met.mean() - missed.mean()
        error = np.sqrt(met.var() / len(met) + missed.var() / len(missed))
        misled += change + 1.96 * error < 0
    assert misled >= 95


def test_a_small_arm_in_which_nobody_left_is_not_taken_for_sure() -> None:
    """Ten held out of whom none left: without a floor their variance would be nought."""
    called = np.array([True] * 90 + [False] * 10)
    left = np.zeros(100)
    left[:18] = 1
    persons = Drawn(np.zeros(100), called, left, np.full(100, 0.2), called)
    estimate = difference(persons)
    assert estimate is not None
    assert estimate.low < 0 < estimate.high
    naive = 0.2 - 1.96 * np.sqrt(left[:90].var(ddof=1) / 90 + 0)
    assert naive > 0, "control"


def test_the_score_makes_the_interval_narrower_and_leaves_the_difference() -> None:
    """Mean over 100 worlds; a score that says nothing changes nothing."""
    with_score, without = [], []
    gap = []
    for seed in range(100):
        persons = world(seed, kept=0.5).persons
        flat = Drawn(
            persons.month,
            persons.called,
            persons.outcome,
            np.full(len(persons), 0.3),
            persons.reached,
        )
        one, other = difference(persons), difference(flat)
        assert one and other
        with_score.append(one.error)
        without.append(other.error)
        gap.append(one.value - other.value)
    assert np.mean(with_score) < 0.97 * np.mean(without)
    assert abs(np.mean(gap)) < 0.002


def test_lists_of_different_risk_are_compared_within_themselves() -> None:
    """Simpson: a list of high risk that holds half out, one of low risk that holds few out; nothing was done."""
    month = np.repeat([0, 1], 1000)
    called = np.concatenate([np.arange(1000) % 2 == 0, np.arange(1000) % 20 != 0])
    chance = np.random.default_rng(5)
    left = (chance.random(2000) < np.where(month == 0, 0.6, 0.1)).astype(float)
    persons = Drawn(month, called, left, np.full(2000, 0.3), called)
    estimate = difference(persons)
    assert estimate is not None and estimate.low < 0 < estimate.high
    naive = left[called].mean() - left[~called].mean()
    assert naive < -0.1, "control: all lists thrown together"


def test_a_list_without_two_arms_is_in_no_comparison() -> None:
    persons = Drawn(
        np.zeros(9), np.ones(9, dtype=bool), np.ones(9), np.ones(9), np.ones(9)
    )
    assert difference(persons) is None and by_list(persons) == []


def test_of_those_reached_nothing_is_told_where_nobody_was_reached() -> None:
    persons = world(1, kept=0.5).persons
    nobody = Drawn(
        persons.month,
        persons.called,
        persons.outcome,
        persons.expected,
        np.zeros(len(persons), dtype=bool),
    )
    met = of_reached(nobody)
    assert met is not None and (met.value, met.low, met.high) == (None, None, None)


def test_who_looks_every_month_is_not_misled() -> None:
    """200 worlds without effect, read after each of twelve lists: one in twenty strays at any time, or fewer.

    Control: the interval of a fixed moment, read as often, strays in many more.
    """
    strayed, strayed_fixed = 0, 0
    for seed in range(200):
        persons = world(seed, kept=0.0, lists=12, size=300).persons
        looks = always_valid(by_list(persons))
        assert len(looks) == 12
        strayed += any(not look.low <= 0 <= look.high for look in looks)
        for last in range(12):
            fixed = difference(persons.where(persons.month <= last))
            if fixed and not fixed.low <= 0 <= fixed.high:
                strayed_fixed += 1
                break
    assert strayed <= binom.ppf(0.9995, 200, 0.05)
    assert strayed_fixed > 25


def test_what_can_be_seen_is_seen_in_four_cases_of_five() -> None:
    """400 draws at the drop that is told; at half of it far fewer."""
    called, held_out, rate = 4500, 500, 0.3
    drop = detectable(called, held_out, rate)
    assert drop is not None
    chance = np.random.default_rng(3)

    def seen(true_drop: float) -> float:
        left = chance.binomial(called, rate - true_drop, 400) / called
        stayed_out = chance.binomial(held_out, rate, 400) / held_out
        error = np.sqrt(
            left * (1 - left) / called + stayed_out * (1 - stayed_out) / held_out
        )
        return float(((stayed_out - left) > 1.96 * error).mean())

    assert 0.74 < seen(drop) < 0.86
    assert seen(drop / 2) < 0.45
    assert detectable(0, 5, 0.3) is None and detectable(5, 5, 0.0) is None
    more = detectable(12 * called, 12 * held_out, rate)
    assert more is not None and more < drop / 3
