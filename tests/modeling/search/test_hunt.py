"""The search finds a planted ratio of differences, finds nothing where there is nothing, and repeats itself."""

import random
from dataclasses import replace

import numpy as np
import pytest

from churn_tasks.modeling.search.evolution import (
    Effort,
    Judge,
    evolve,
    seeded,
    survivors,
)
from churn_tasks.modeling.search.formula import feature, joined, values
from churn_tasks.modeling.search.grammar import (
    MOST_FEATURES,
    base,
    formula_of,
    grammar,
    new_tree,
)
from churn_tasks.modeling.search.hunt import Hunted, hunt
from churn_tasks.modeling.search.prepared import kept_apart, parts, prepare
from churn_tasks.modeling.search.residual import Residual, probability
from tests.modeling.search.planted import FEATURES, PLANTED, UNITS, planted

SMALL = Effort(population=150, generations=10, patience=4)


def _hunted(
    seed: int = 1, *, shuffled: bool = False, threads: int = 1, seconds: float = 600
) -> Hunted:
    prepared = prepare(planted(seed=seed, shuffled=shuffled), FEATURES, 1, threads)
    return hunt(
        prepared,
        UNITS,
        seed=3,
        threads=threads,
        seconds=seconds,
        effort=SMALL,
        epochs=2,
    )


def _mirrored(written: str) -> str:
    """The same formula whichever way round its differences stand."""
    return " ".join(sorted(written.replace("(", "").replace(")", "").split()))


@pytest.mark.slow
def test_the_planted_ratio_of_differences_is_found() -> None:
    hunted = _hunted()
    first = hunted.candidates[0]
    assert _mirrored(str(first.formula)) == _mirrored(PLANTED)
    assert hunted.accepted(first)
    assert first.verdict.gain_share > 0.05
    assert [hunted.accepted(other) for other in hunted.candidates[1:]] in ([], [False])


@pytest.mark.slow
def test_with_shuffled_labels_nothing_is_found() -> None:
    """Every epoch has a best formula, which gains on the folds it was chosen by; on other customers it must not."""
    tried = [
        candidate
        for seed in range(5)
        for candidate in _accepted_and_not(_hunted(seed, shuffled=True))
    ]
    assert len(tried) >= 2
    assert not any(accepted for _, accepted in tried)
    assert any(candidate.inner_gain_share > 0 for candidate, _ in tried), (
        "control: the folds alone would have believed"
    )


def _accepted_and_not(hunted: Hunted) -> list:
    return [(candidate, hunted.accepted(candidate)) for candidate in hunted.candidates]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_search_with_any_number_of_threads() -> None:
    one, two = (_hunted(threads=threads) for threads in (1, 2))
    assert one == two
    assert one.judged > 500


def test_the_clock_ends_a_search_between_generations() -> None:
    hunted = _hunted(seconds=1e-6)
    assert hunted.stopped
    assert hunted.generations == 0


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


def test_months_are_judged_after_the_months_before_them() -> None:
    part, forward = parts(planted(customers=1_000))
    assert forward
    assert part.tolist() == [0] * 1_000 + [1] * 1_000 + [2] * 1_000


def test_a_single_month_is_judged_by_groups_of_customers() -> None:
    rows = planted(customers=1_000, months=1)
    part, forward = parts(rows)
    assert not forward
    assert len(np.unique(part)) == 5


def test_few_leavers_share_a_fold_with_the_months_after_them() -> None:
    rows = planted(
        customers=200, months=9
    )  # about 24 leavers a month: three months a fold
    part, forward = parts(rows)
    assert forward
    assert 1 < part.max() + 1 < 9
    assert (np.diff(part) >= 0).all()


@pytest.fixture(scope="module")
def residual() -> tuple[Residual, dict[str, np.ndarray]]:
    """No model at all: the base rate for everybody."""
    rows = planted(customers=2_000)
    columns = {name: rows.features[name].to_numpy() for name in UNITS}
    rate = rows.churned.mean()
    margin = np.full(len(rows), np.log(rate / (1 - rate)))
    return Residual(margin, rows.churned, parts(rows)[0], forward=True), columns


def test_the_gain_is_the_log_likelihood_won_on_parts_held_out(residual) -> None:
    """Against the long way: steps fitted on months before, each row's likelihood in the month after."""
    known, columns = residual
    column = columns["extra_last_cny"] - columns["extra_first_cny"]
    expected = []
    for part in (1, 2):
        before, judged = known.part < part, known.part == part
        bins, step = _steps_with_edges_of_all(known, column, before)
        moved = known.margin[judged] + step[bins.of(column[judged])]
        likelihood = np.where(
            known.churned[judged], probability(moved), 1 - probability(moved)
        )
        rate = probability(known.margin[judged])
        expected.append(
            np.log(likelihood / np.where(known.churned[judged], rate, 1 - rate)).sum()
        )
    assert known.gains(column) == pytest.approx(expected, abs=1e-6)


def _steps_with_edges_of_all(known: Residual, column: np.ndarray, rows: np.ndarray):
    from churn_tasks.modeling.search.residual import EXPECTED_BEFORE, cut

    bins = cut(column)
    found = bins.of(column)
    rate = probability(known.margin).mean()
    steps = []
    for number in range(bins.count):
        inside = rows & (found == number)
        size = inside.sum() + EXPECTED_BEFORE / rate
        shares = [
            (known.churned[inside].sum() + EXPECTED_BEFORE) / size,
            (probability(known.margin[inside]).sum() + EXPECTED_BEFORE) / size,
        ]
        steps.append(
            np.log(shares[0] / (1 - shares[0])) - np.log(shares[1] / (1 - shares[1]))
        )
    return bins, np.array(steps)


def test_what_the_model_knows_already_gains_nothing_twice(residual) -> None:
    known, columns = residual
    ratio = (columns["extra_last_cny"] - columns["extra_first_cny"]) / (
        columns["discount_last_cny"] - columns["discount_first_cny"]
    )
    first = known.gains(ratio).sum()
    bins, step = known.steps(ratio)
    assert first > 100
    assert known.moved(step[bins.of(ratio)]).gains(ratio).sum() < 0.05 * first


def test_noise_loses_and_a_constant_cannot_be_judged(residual) -> None:
    known, _ = residual
    rng = np.random.default_rng(5)
    assert (
        np.mean(
            [known.gains(rng.normal(size=len(known.margin))).sum() for _ in range(20)]
        )
        < 0
    )
    assert known.gains(np.ones(len(known.margin))) is None
    assert known.gains(np.full(len(known.margin), np.nan)) is None


def test_every_new_formula_is_readable_and_respects_units() -> None:
    grown = grammar(UNITS)
    with seeded(4):
        formulas = [formula_of(new_tree(grown)) for _ in range(500)]
    assert {formula.size for formula in formulas} == {2, 3, 4}
    assert max(formula.size for formula in formulas) <= MOST_FEATURES
    for formula in formulas:
        _refuse_mixed(formula, {name: base(unit) for name, unit in UNITS.items()})
    assert len(set(formulas)) > 250


def _refuse_mixed(formula, units: dict[str, str]) -> str:
    from churn_tasks.modeling.search.formula import unit

    for part in formula.parts:
        _refuse_mixed(part, units)
    if formula.sign in ("+", "-"):
        assert len({unit(part, units) for part in formula.parts}) == 1, formula
    return ""


def test_of_formulas_that_win_the_same_the_shortest_stays(residual) -> None:
    known, columns = residual
    judge = Judge(columns, known, 1)
    grown = grammar(UNITS)
    with seeded(2):
        bred = survivors(judge.judged([new_tree(grown) for _ in range(200)]), 100)
    assert len({tuple(round(gain, 6) for gain in one.by_part) for one in bred}) == len(
        bred
    )
    assert [one.rank for one in bred] == sorted(one.rank for one in bred)


def test_breeding_beats_as_many_formulas_drawn_blindly(residual) -> None:
    """Control: what is bred is better than the best of the same number of new formulas."""
    known, columns = residual
    without = {
        name: unit for name, unit in UNITS.items() if not name.startswith("night")
    }
    judge, blind = Judge(columns, known, 1), Judge(columns, known, 1)
    with seeded(6):
        best = evolve(grammar(without), judge, SMALL, lambda generation, gain: True)[0]
    with seeded(6):
        blind.judged([new_tree(grammar(without)) for _ in range(len(judge.known))])
    assert best.gain >= max(sum(parts) for parts in blind.known.values())


def test_the_global_random_numbers_are_left_as_they_were() -> None:
    random.seed(9)
    before = random.getstate()
    with seeded(1):
        random.random()
    assert random.getstate() == before


def test_rows_of_the_tested_month_change_nothing() -> None:
    """What comes after the window cannot be seen: the search is given the window's rows and no others."""
    rows = planted(customers=600)
    later = replace(rows, churned=~rows.churned)
    known = prepare(rows, FEATURES, 1, 1)
    assert (prepare(rows, FEATURES, 1, 1).margin == known.margin).all()
    assert (prepare(later, FEATURES, 1, 1).margin != known.margin).any(), (
        "control: other labels, other model"
    )


def test_values_are_worked_out_once_for_each_formula(residual) -> None:
    known, columns = residual
    judge = Judge(columns, known, 1)
    tree = next(tree for tree in iter(lambda: new_tree(grammar(UNITS)), None))
    judge.judged([tree, tree])
    assert len(judge.known) == 1
    formula = joined("-", feature("bill_last_cny"), feature("bill_first_cny"))
    assert np.array_equal(
        values(formula, columns), columns["bill_last_cny"] - columns["bill_first_cny"]
    )
