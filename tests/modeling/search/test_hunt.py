"""The search finds a planted ratio of differences, finds nothing where there is nothing, and repeats itself."""

from dataclasses import replace

import numpy as np
import pytest

from churn_tasks.modeling.search.combinations import Combinations
from churn_tasks.modeling.search.described import unit
from churn_tasks.modeling.search.formula import feature, joined, values
from churn_tasks.modeling.search.genetic import Effort, evolve
from churn_tasks.modeling.search.hunt import Outcome, hunt
from churn_tasks.modeling.search.prepared import kept_apart, prepare
from churn_tasks.modeling.search.residual import Residual
from tests.modeling.search.planted import FEATURES, PLANTED, UNITS, planted

SMALL = Effort(population=150, generations=10)


def _hunted(
    seed: int = 1, *, shuffled: bool = False, threads: int = 1, seconds: float = 600
) -> Outcome:
    prepared = prepare(planted(seed=seed, shuffled=shuffled), FEATURES, 1, threads)
    return hunt(prepared, UNITS, seed=3, seconds=seconds, effort=SMALL)


def _mirrored(written: str) -> list[str]:
    """The same for a ratio and its inverse, whichever way round its differences stand."""
    return sorted(written.replace("(", "").replace(")", "").split())


@pytest.mark.slow
def test_the_planted_ratio_of_differences_is_found() -> None:
    first, *others = _hunted().proposals
    assert _mirrored(str(first.formula)) == _mirrored(PLANTED)
    assert first.confirmation.accepted
    assert first.confirmation.gain_share > 0.05
    assert [other.confirmation.accepted for other in others] in ([], [False])


@pytest.mark.slow
def test_with_shuffled_labels_nothing_is_found() -> None:
    """The best formula gains for the customers it was chosen by; for others it must not."""
    searches = [_hunted(seed, shuffled=True) for seed in range(5)]
    tried = [proposal for search in searches for proposal in search.proposals]
    assert len(tried) >= 2
    assert not any(proposal.confirmation.accepted for proposal in tried)
    assert any(proposal.inner_gain_share > 0 for proposal in tried), (
        "control: the folds alone would have believed"
    )


@pytest.mark.slow
def test_the_same_seed_gives_the_same_search_with_any_number_of_threads() -> None:
    one, two = (_hunted(threads=threads) for threads in (1, 2))
    assert one == two
    assert one.judged > 500


def test_the_clock_ends_a_search_between_generations() -> None:
    outcome = _hunted(seconds=1e-6)
    assert outcome.stopped
    assert outcome.generations == 0


def test_customers_kept_apart_are_the_same_in_every_month_and_about_three_in_ten() -> (
    None
):
    rows = planted(customers=1_000)
    apart = kept_apart(rows.customers)
    by_month = [
        set(rows.customers[apart & (rows.months == month)])
        for month in np.unique(rows.months)
    ]
    assert by_month[0] == by_month[1] == by_month[2]
    assert 250 < len(by_month[0]) < 350


@pytest.fixture(scope="module")
def combinations() -> Combinations:
    """No model at all: the base rate for everybody."""
    rows = planted(customers=2_000)
    columns = {name: rows.features[name].to_numpy() for name in UNITS}
    rate = rows.churned.mean()
    margin = np.full(len(rows), np.log(rate / (1 - rate)))
    groups = np.arange(len(rows)) % 5
    return Combinations(columns, UNITS, Residual(margin, rows.churned, groups))


def test_the_gain_is_the_log_likelihood_won_on_customers_held_out(combinations) -> None:
    """Against the long way: steps fitted on the other groups, each row's likelihood in the one held out."""
    known = combinations.residual
    column = (
        combinations.columns["extra_last_cny"] - combinations.columns["extra_first_cny"]
    )
    expected = []
    for group in range(5):
        judged = known.group == group
        margin = known.margin[judged]
        moved = margin + _step_fitted_on(known, column, ~judged)[judged]
        left = known.churned[judged]
        expected.append(_likelihood(moved, left) - _likelihood(margin, left))
    assert known.gains(column) == pytest.approx(expected, abs=1e-6)


def _likelihood(margin: np.ndarray, left: np.ndarray) -> float:
    leaving = 1 / (1 + np.exp(-margin))
    return float(np.log(np.where(left, leaving, 1 - leaving)).sum())


def _step_fitted_on(
    known: Residual, column: np.ndarray, rows: np.ndarray
) -> np.ndarray:
    from churn_tasks.modeling.binning import bin_numbers
    from churn_tasks.modeling.search.residual import EXPECTED_BEFORE, edges_for

    number = bin_numbers(column, edges_for(column))
    rate = known.expected.mean()
    step = np.zeros(len(column))
    for bin_number in np.unique(number):
        inside = rows & (number == bin_number)
        size = inside.sum() + EXPECTED_BEFORE / rate
        found = (known.churned[inside].sum() + EXPECTED_BEFORE) / size
        expected = (known.expected[inside].sum() + EXPECTED_BEFORE) / size
        odds = found / (1 - found) / (expected / (1 - expected))
        step[number == bin_number] = np.log(odds)
    return step


def test_what_the_model_knows_already_gains_nothing_twice(combinations) -> None:
    known, columns = combinations.residual, combinations.columns
    ratio = (columns["extra_last_cny"] - columns["extra_first_cny"]) / (
        columns["discount_last_cny"] - columns["discount_first_cny"]
    )
    first = known.gains(ratio).sum()
    assert first > 100
    moved = known.moved(known.steps(ratio).of(ratio))
    assert moved.gains(ratio).sum() < 0.05 * first


def test_noise_loses_and_a_constant_cannot_be_judged(combinations) -> None:
    known, rng = combinations.residual, np.random.default_rng(5)
    rows = len(known.margin)
    assert np.mean([known.gains(rng.normal(size=rows)).sum() for _ in range(20)]) < 0
    assert known.gains(np.ones(rows)) is None
    assert known.gains(np.full(rows, np.nan)) is None


def test_every_formula_is_readable_and_respects_units(combinations) -> None:
    rng = np.random.default_rng(4)
    formulas = [combinations.drawn(rng) for _ in range(500)]
    formulas += [combinations.child(rng, *formulas[at : at + 2]) for at in range(400)]
    assert {formula.size for formula in formulas} == {2, 3, 4}
    assert {formula.sign for formula in formulas} == {"/", "*", "-", "+"}
    assert len(set(formulas)) > 400
    for formula in formulas:
        for part in (formula, *formula.parts):
            if part.sign in ("+", "-"):
                left, right = (unit(one, combinations.units) for one in part.parts)
                assert left == right, formula


def test_of_formulas_that_win_the_same_the_shortest_stays(combinations) -> None:
    fall = joined("-", feature("extra_last_cny"), feature("extra_first_cny"))
    rise = joined("-", feature("extra_first_cny"), feature("extra_last_cny"))
    doubled = joined("-", fall, rise)
    best = combinations.fittest([doubled, fall], 10)
    assert combinations.gains(doubled) == combinations.gains(fall)
    assert best == [fall]


@pytest.mark.slow
def test_breeding_beats_as_many_formulas_drawn_blindly(combinations) -> None:
    """Control: what is bred is better than the best of the same number of new formulas, and of all pairs."""
    best = evolve(combinations, SMALL, np.random.default_rng(6), lambda *_: True)[0]
    rng = np.random.default_rng(6)
    blind = [combinations.drawn(rng) for _ in range(combinations.judged)]
    for others in (blind, combinations.pairs()):
        rival = combinations.fittest(others, 1)[0]
        assert combinations.gain(best) > 2 * combinations.gain(rival)


def test_rows_of_the_tested_month_change_nothing() -> None:
    """What comes after the window cannot be seen: the search is given the window's rows and no others."""
    rows = planted(customers=600)
    later = replace(rows, churned=~rows.churned)
    known = prepare(rows, FEATURES, 1, 1)
    assert (prepare(rows, FEATURES, 1, 1).margin == known.margin).all()
    assert (prepare(later, FEATURES, 1, 1).margin != known.margin).any(), (
        "control: other labels, other model"
    )


def test_a_formula_is_worked_out_once(combinations) -> None:
    formula = joined("-", feature("bill_last_cny"), feature("extra_first_cny"))
    before = combinations.judged
    assert combinations.gain(formula) == combinations.gain(formula)
    assert combinations.judged == before + 1
    columns = combinations.columns
    assert np.array_equal(
        values(formula, columns), columns["bill_last_cny"] - columns["extra_first_cny"]
    )
