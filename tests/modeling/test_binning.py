"""Bins that stay, and what is read off them; each safeguard beside the naive way that would be wrong."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from churn_tasks.modeling.auc import auc_of
from churn_tasks.modeling.binning import (
    counts_in,
    edges_of,
    information_value,
    psi,
)

REFERENCE = (np.arange(1000) + 0.5) / 1000  # a hundred rows in each tenth of [0, 1)
RISING = (
    64,
    71,
    78,
    85,
    92,
    99,
    106,
    113,
    120,
    127,
)  # rows now in each of these tenths
BEYOND, UNKNOWN = 5, 40  # rows now above anything seen before, and rows without a value


def rows_now() -> np.ndarray:
    inside = np.concatenate(
        [np.full(count, (place + 0.5) / 10) for place, count in enumerate(RISING)]
    )
    return np.sort(np.append(inside, np.full(BEYOND, 2.0)))


def psi_over_the_old_range(now: np.ndarray) -> float:
    """The naive way: equal bins between the old lowest and highest value; what lies beyond or is unknown is dropped."""
    ends = np.linspace(0, 1, 11)
    old, new = (np.histogram(values, ends)[0] for values in (REFERENCE, now))
    old, new = old / old.sum(), new / new.sum()
    return float(np.sum((new - old) * np.log(new / old)))


def test_values_beyond_the_old_range_and_unknown_ones_count() -> None:
    edges = edges_of(REFERENCE)
    before, now = counts_in(REFERENCE, edges, 0), counts_in(rows_now(), edges, UNKNOWN)
    assert before.tolist() == [100] * 10 + [0]
    assert now.tolist() == [*RISING[:9], RISING[9] + BEYOND, UNKNOWN]
    assert round(psi(before, now), 3) == 0.223
    assert round(psi_over_the_old_range(rows_now()), 3) == 0.046


def test_nothing_is_lost_between_the_bins() -> None:
    rng = np.random.default_rng(1)
    for values in (
        rng.normal(size=500),
        rng.integers(0, 4, 500),
        np.round(rng.exponential(size=500) - 0.7, 1),
    ):
        before = np.sort(values.astype(float))
        edges = edges_of(before)
        assert (np.diff(edges) > 0).all()
        for now in (before, np.sort(before * 3 + 5), np.array([])):
            assert counts_in(now, edges, 7).sum() == len(now) + 7


def test_few_values_have_a_bin_each_and_many_zeros_one_of_their_own() -> None:
    assert edges_of(np.sort([0.0, 0, 0, 1, 2, 2, 5])).tolist() == [0, 1, 2]
    assert edges_of(np.array([3.0] * 4)).tolist() == []
    assert edges_of(np.array([])).tolist() == []
    often_zero = np.sort(np.append(np.zeros(900), np.arange(1, 101)))
    assert counts_in(often_zero, edges_of(often_zero), 0).tolist() == [900] + [
        10
    ] * 10 + [0]
    with_debts = np.sort(np.append(often_zero, np.arange(-100, 0)))
    assert (
        counts_in(with_debts, edges_of(with_debts), 0).max() == 900
    )  # alone, not together with what lies below


def test_no_change_is_no_change_and_an_emptied_bin_is_much_but_not_infinite() -> None:
    assert psi([1000, 2000, 0], [10_000, 20_000, 0]) < 0.001
    assert 1 < psi([500, 500], [1000, 0]) < 10


def test_chance_gives_no_information_value() -> None:
    """Control: without the correction, noise passes for a weak column, which it is not."""
    rng = np.random.default_rng(2)
    corrected, plain = [], []
    for _ in range(40):
        values, left = np.sort(rng.normal(size=2000)), rng.random(2000) < 0.03
        edges = edges_of(values)
        rows, leavers = counts_in(values, edges, 0), counts_in(values[left], edges, 0)
        corrected.append(information_value(rows, leavers)[0])
        plain.append(psi((rows - leavers)[:-1], leavers[:-1]))
    assert np.mean(plain) > 0.1
    assert np.mean(corrected) < 0.04
    assert information_value(np.array([10, 10]), np.array([0, 0])) == (0, 0)
    value, error = information_value(np.array([500, 500, 0]), np.array([250, 10, 0]))
    assert value > 1 > 50 * error


def test_the_auc_is_that_of_the_field_and_has_a_direction() -> None:
    rng = np.random.default_rng(3)
    values, left = np.round(rng.normal(size=800), 1), rng.random(800) < 0.2
    values[left] -= 0.8
    found = auc_of(np.sort(values), np.sort(values[left]))
    assert found == pytest.approx(roc_auc_score(left, values))
    assert found < 0.4  # low values go with leaving
    assert auc_of(np.sort(-values), np.sort(-values[left])) == pytest.approx(1 - found)
    assert auc_of(np.ones(5), np.array([])) is None
    assert auc_of(np.ones(5), np.ones(2)) == 0.5
