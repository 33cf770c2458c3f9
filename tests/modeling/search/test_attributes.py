"""The ranking: what carries the truth comes first, twins share it, what works only in company still counts."""

import numpy as np
import pytest

from churn_tasks.modeling.search.attributes import (
    RankedAttribute,
    Subsets,
    rank,
    standardised,
)
from churn_tasks.modeling.search.genetic import Effort

NAMES = ["truth", "twin", "half", "other_half", "noise_a", "noise_b", "noise_c"]


@pytest.fixture(scope="module")
def subsets() -> Subsets:
    """Leaving grows with ``truth`` (of which ``twin`` is a copy) and with the difference of two large halves."""
    rng = np.random.default_rng(0)
    rows = 6_000
    truth, hidden, large = (
        rng.normal(size=rows),
        rng.normal(size=rows),
        5 * rng.normal(size=rows),
    )
    columns = [
        truth,
        truth.copy(),
        large + hidden,
        large,
        *(rng.normal(size=rows) for _ in range(3)),
    ]
    churned = rng.random(rows) < 1 / (1 + np.exp(3.0 - 1.5 * truth - hidden))
    return Subsets(standardised(np.column_stack(columns)), churned, np.arange(rows) % 4)


def _ranked(subsets: Subsets, seed: int = 1) -> dict[str, RankedAttribute]:
    effort = Effort(population=20, generations=6)
    rng = np.random.default_rng(seed)
    ranked = rank(NAMES, subsets, rng, lambda generation, best: True, effort)
    return {one.name: one for one in ranked}


def test_gains_tell_truth_from_noise(subsets: Subsets) -> None:
    gains = {name: one.gain for name, one in _ranked(subsets).items()}
    assert min(gains["half"], gains["other_half"]) > 0.01, (
        "each works only beside the other"
    )
    assert max(abs(gains[f"noise_{letter}"]) for letter in "abc") < 0.005
    assert max(gains["truth"], gains["twin"]) > 0.005


def test_alone_one_half_tells_next_to_nothing(subsets: Subsets) -> None:
    """Control: a ranking of single columns would have thrown the halves away."""
    base = subsets.average_precision(())
    assert subsets.average_precision((2,)) - base < 0.03
    assert subsets.average_precision((2, 3)) - base > 0.05


def test_the_same_seed_ranks_alike_and_pinned_ones_are_in_every_subset(
    subsets: Subsets,
) -> None:
    assert _ranked(subsets) == _ranked(subsets)
    noise = NAMES.index("noise_b")
    pinned = Subsets(subsets.columns, subsets.churned, np.arange(6_000) % 4, [noise])
    assert _ranked(pinned)["noise_b"].chosen == 1.0


def test_unknown_values_stand_at_the_mean() -> None:
    made = standardised(np.array([[1.0, 2.0], [np.nan, 2.0], [3.0, 2.0]]))
    assert made[:, 0].sum() == pytest.approx(0)
    assert made[1, 0] == 0
    assert not made[:, 1].any()
