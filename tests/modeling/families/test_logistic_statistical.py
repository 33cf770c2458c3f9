"""Backward elimination: against the maximum found by another way, and what it keeps of what was planted."""

import numpy as np
import pytest
from scipy.optimize import minimize

from churn_tasks.modeling.families.logistic_statistical import (
    coefficient_table,
    eliminated,
    independent_columns,
    maximum_likelihood,
)
from tests.modeling.families.test_every_family import fitted
from tests.modeling.samples import drawn


def _planted(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Six columns on scales of their own; the first three tell."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(rows, 6)) * [1, 100, 0.01, 1, 1, 5] + [0, 50, 0, 0, 9, 0]
    odds = -1 + 0.8 * numbers[:, 0] - 0.006 * (numbers[:, 1] - 50) + 50 * numbers[:, 2]
    return numbers, rng.random(rows) < 1 / (1 + np.exp(-odds))


def test_it_is_the_maximum_and_the_errors_are_those_of_its_curvature() -> None:
    """A general optimiser on columns in their own units comes to the same place."""
    numbers, churned = _planted(3_000, seed=1)
    numbers = numbers[:, :2] / [1, 100]
    estimate = maximum_likelihood(numbers, churned, np.arange(2))
    with_one = np.column_stack([np.ones(len(numbers)), numbers])

    def loss(weights: np.ndarray) -> float:
        odds = with_one @ weights
        return float(np.sum(np.logaddexp(0, odds) - churned * odds))

    found = minimize(loss, np.zeros(3), method="BFGS", options={"gtol": 1e-6})
    assert np.allclose(found.x[1:], estimate.coefficients, atol=1e-4)
    assert found.x[0] == pytest.approx(estimate.intercept, abs=1e-4)
    chance = 1 / (1 + np.exp(-(with_one @ found.x)))
    information = with_one.T @ (with_one * (chance * (1 - chance))[:, None])
    errors = np.sqrt(np.diag(np.linalg.inv(information)))[1:]
    assert np.allclose(errors, estimate.errors, rtol=1e-3)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_tells_stays_and_noise_falls_out(seed: int) -> None:
    numbers, churned = _planted(4_000, seed)
    estimate = eliminated(numbers, churned, 0.001)
    assert list(estimate.columns) == [0, 1, 2]
    assert (estimate.p < 0.001).all()
    far = np.abs(estimate.coefficients - [0.8, -0.006, 50])
    assert (far < 4 * estimate.errors).all()


def test_noise_stays_about_as_often_as_the_bound_says() -> None:
    """Of pure noise one column in twenty has p < 0.05; control: without elimination all stay."""
    stayed = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        numbers, churned = rng.normal(size=(500, 5)), rng.random(500) < 0.3
        stayed += len(eliminated(numbers, churned, 0.05).columns)
        assert len(eliminated(numbers, churned, 0.9999999).columns) == 5
    assert 2 <= stayed <= 22  # of 200; 10 expected


def test_columns_that_others_give_fall_out_first() -> None:
    numbers, churned = _planted(1_000, seed=4)
    doubled = np.column_stack([numbers, numbers[:, 0] * 3 + 2, np.full(1_000, 7.0)])
    assert list(independent_columns(doubled)) == list(range(6))
    assert 6 not in eliminated(doubled, churned, 0.05).columns


def test_a_column_that_tells_all_still_gives_an_answer() -> None:
    """Where it separates leavers from stayers there is no maximum; the least penalty makes one."""
    numbers, _ = _planted(1_000, seed=5)
    churned = numbers[:, 0] > 0.5
    estimate = eliminated(numbers, churned, 0.05)
    assert 0 in estimate.columns
    assert (
        np.isfinite(estimate.coefficients).all() and np.isfinite(estimate.errors).all()
    )
    assert ((estimate.margin(numbers) > 0) == churned).mean() > 0.99


def test_the_table_says_odds_and_their_intervals() -> None:
    numbers, churned = _planted(4_000, seed=6)
    estimate = eliminated(numbers, churned, 0.001)
    table = coefficient_table(estimate, list("abcdef"), 0.95)
    assert list(table["column"]) and set(table["column"]) == {"a", "b", "c"}
    row = table.set_index("column").loc["a"]
    assert row["odds_ratio"] == pytest.approx(np.exp(row["coefficient"]))
    assert row["odds_ratio_from"] == pytest.approx(
        np.exp(row["coefficient"] - 1.959964 * row["standard_error"])
    )
    assert row["z"] == pytest.approx(row["coefficient"] / row["standard_error"])
    assert list(table["z"].abs()) == sorted(table["z"].abs(), reverse=True)


def test_the_candidate_hands_its_table_on() -> None:
    candidate = fitted("logistic_statistical", drawn(2_000, seed=1))
    table = candidate.tables["coefficients"]
    assert {"bill_cny", "calls_drop", "plan_gold"} <= set(table["column"])
    assert (table["p"] < 0.05).all()
    assert candidate.parameters["columns"] == len(table) < 30
