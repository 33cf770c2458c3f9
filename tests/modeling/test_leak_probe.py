"""The leak probe stops training on a column that has seen the label, and names it; honest columns pass."""

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from churn_tasks.core.errors import CheckFailed
from churn_tasks.core.sections import LeakProbe
from churn_tasks.modeling.frames import FeatureSet, Sample
from churn_tasks.modeling.leak_probe import probe, refuse_leaks
from tests.modeling.samples import FEATURES, drawn

LIMITS = LeakProbe()
Leak = Callable[[Sample, np.random.Generator], np.ndarray]


def _mixed(rows: Sample, chance: np.random.Generator, wrong: float) -> np.ndarray:
    """The label, told wrongly to a share of the customers."""
    return np.where(
        chance.random(len(rows)) < wrong,
        chance.random(len(rows)) < rows.churned.mean(),
        rows.churned,
    )


def _in_the_middle(rows: Sample, chance: np.random.Generator) -> np.ndarray:
    """Leavers between 40 and 60, stayers on both sides: no order sees it."""
    outside = np.where(
        chance.random(len(rows)) < 0.5,
        chance.uniform(0, 40, len(rows)),
        chance.uniform(60, 99, len(rows)),
    )
    return np.where(rows.churned, chance.uniform(40, 60, len(rows)), outside)


def _survival(rows: Sample, chance: np.random.Generator) -> np.ndarray:
    """Months of use counted to the day of leaving: the end of the count for most who stay, below it for who left."""
    whole = np.where(
        chance.random(len(rows)) < 0.9, 25, chance.integers(1, 25, len(rows))
    )
    return np.where(rows.churned, chance.integers(1, 25, len(rows)), whole).astype(
        float
    )


def _must_have(rows: Sample, chance: np.random.Generator) -> np.ndarray:
    """What everybody has done who left, and one stayer in four: its AUC is no alarm."""
    return (rows.churned | (chance.random(len(rows)) < 0.25)).astype(float)


LEAKS: dict[str, Leak] = {
    "copy": lambda rows, chance: rows.churned.astype(float),
    "turned round": lambda rows, chance: 1 - rows.churned.astype(float),
    "copy with noise": lambda rows, chance: (
        rows.churned + 0.01 * chance.normal(size=len(rows))
    ),
    "copy, one in twenty wrong": lambda rows, chance: _mixed(rows, chance, 0.05).astype(
        float
    ),
    "unknown for leavers": lambda rows, chance: np.where(
        rows.churned, np.nan, chance.normal(size=len(rows))
    ),
    "known for leavers alone": lambda rows, chance: np.where(
        rows.churned, chance.normal(size=len(rows)), np.nan
    ),
    "in the middle": _in_the_middle,
    "survival time": _survival,
    "must have": _must_have,
}


def test_honest_features_pass() -> None:
    aucs = refuse_leaks(drawn(1_000), FEATURES, LIMITS)
    assert set(aucs) == set(FEATURES.names)
    assert aucs["constant"] == 0.5
    assert 0.7 < aucs["calls_drop"] < 0.9
    assert list(aucs) == FEATURES.names


@pytest.mark.parametrize("leak", LEAKS)
@pytest.mark.parametrize("share", [0.15, 0.02])
def test_a_number_that_has_seen_the_label_is_named(leak: str, share: float) -> None:
    rows, chance = drawn(6_000), np.random.default_rng(3)
    rows.churned[:] = chance.random(len(rows)) < share
    rows.features["noise_a"] = LEAKS[leak](rows, chance)
    with pytest.raises(
        CheckFailed,
        match=r"alone, noise_a of feat_test \((AUC|\d).*\) tells.*features\.ban",
    ) as told:
        refuse_leaks(rows, FEATURES, LIMITS)
    assert "noise_b" not in str(told.value)


def test_the_auc_alone_would_miss_three_of_them() -> None:
    """Control: why there are more figures than one."""
    rows, chance = drawn(6_000), np.random.default_rng(3)
    missed = set()
    for name, leak in LEAKS.items():
        rows.features["noise_a"] = leak(rows, chance)
        signs = {one.name: one.signs for one in probe(rows, FEATURES, LIMITS)}[
            "noise_a"
        ]
        missed |= {name} if (signs.auc or 0) < LIMITS.max_auc else set()
    assert missed == {"in the middle", "survival time", "must have"}


TEXTS: dict[str, Leak] = {
    "status": lambda rows, chance: np.where(rows.churned, "closed", "open"),
    "one of many": lambda rows, chance: np.array(
        [
            f"{'ended' if churned else 'plan'} {chance.integers(0, 30)}"
            for churned in rows.churned
        ]
    ),
    "among rare ones": lambda rows, chance: np.where(
        rows.churned, "closed", [f"tariff {n}" for n in range(len(rows))]
    ),
}


@pytest.mark.parametrize("leak", TEXTS)
def test_a_text_that_has_seen_the_label_is_named(leak: str) -> None:
    rows = drawn(2_000)
    rows.features["plan"] = TEXTS[leak](rows, np.random.default_rng(3)).astype(object)
    with pytest.raises(CheckFailed, match="alone, plan of feat_test"):
        refuse_leaks(rows, FEATURES, LIMITS)


def _status(
    rows: Sample, chance: np.random.Generator, held: float, leave: float
) -> np.ndarray:
    """A status read late: a share of all leavers has it, and of those who have it a share leaves; else three plans."""
    with_it = held * rows.churners
    staying = with_it * (1 - leave) / leave / (len(rows) - rows.churners)
    share = np.where(rows.churned, held, staying)
    plan = np.array([f"plan {number}" for number in chance.integers(0, 3, len(rows))])
    return np.where(chance.random(len(rows)) < share, "closing", plan)


@pytest.mark.parametrize("base", [0.006, 0.03, 0.26, 0.4])
@pytest.mark.parametrize(("held", "leave"), [(0.76, 0.91), (0.6, 0.95)])
def test_a_status_that_most_leavers_have_is_named(
    held: float, leave: float, base: float
) -> None:
    """No AUC and no rate of 95 % tells it: some who are about to close are kept."""
    rows, chance = drawn(8_000), np.random.default_rng(3)
    rows.churned[:] = chance.random(len(rows)) < base
    rows.features["plan"] = _status(rows, chance, held, leave).astype(object)
    found = {one.name: one for one in probe(rows, FEATURES, LIMITS)}["plan"]
    assert found.signs.best_auc < LIMITS.max_auc
    assert found.signs.where_leavers == "closing"
    with pytest.raises(CheckFailed, match="alone, plan of feat_test"):
        refuse_leaks(rows, FEATURES, LIMITS)


@pytest.mark.parametrize("code", [1.0, 7.0])
def test_the_same_status_as_a_number_is_named(code: float) -> None:
    rows, chance = drawn(8_000), np.random.default_rng(3)
    rows.churned[:] = chance.random(len(rows)) < 0.03
    has_it = _status(rows, chance, 0.76, 0.91) == "closing"
    rows.features["noise_a"] = np.where(has_it, code, chance.integers(0, 9, len(rows)))
    rows.features["noise_a"] += 10 * has_it
    with pytest.raises(CheckFailed, match="alone, noise_a of feat_test"):
        refuse_leaks(rows, FEATURES, LIMITS)


@pytest.mark.parametrize(("held", "leave"), [(0.2, 0.85), (0.5, 0.6)])
def test_an_honest_sign_that_some_leavers_have_raises_no_alarm(
    held: float, leave: float
) -> None:
    """Control: a request to port the number that is mostly carried out, a complaint after which six in ten leave."""
    rows, chance = drawn(8_000), np.random.default_rng(3)
    rows.churned[:] = chance.random(len(rows)) < 0.05
    rows.features["plan"] = _status(rows, chance, held, leave).astype(object)
    found = {one.name: one for one in probe(rows, FEATURES, LIMITS)}["plan"]
    assert found.reasons == ()


def test_a_text_of_its_own_for_everybody_tells_nothing() -> None:
    """Control: rates of texts that occur once are their own labels; ranked by them, every such column is a leak."""
    rows = drawn(2_000)
    rows.features["plan"] = np.array([f"{n}" for n in range(len(rows))], dtype=object)
    assert 0.45 < refuse_leaks(rows, FEATURES, LIMITS)["plan"] < 0.55


def test_a_leak_that_begins_in_the_latest_month_is_named() -> None:
    """Thin in six months together, plain in the month in which the source began to overwrite its master."""
    rows, chance = drawn(2_000, months=6), np.random.default_rng(3)
    rows.features["noise_a"] = chance.normal(size=len(rows))
    refuse_leaks(rows, FEATURES, LIMITS)
    latest = rows.months == rows.months.max()
    rows.features.loc[latest, "noise_a"] += 1.7 * rows.churned[latest]
    signs = {one.name: one.signs for one in probe(rows, FEATURES, LIMITS)}["noise_a"]
    assert signs.best_auc < 0.7
    with pytest.raises(
        CheckFailed,
        match=r"noise_a of feat_test \(AUC 0\.8\d+ in the latest month, by 0\.3\d+",
    ):
        refuse_leaks(rows, FEATURES, LIMITS)


def test_the_same_leak_in_all_months_is_no_jump() -> None:
    rows, chance = drawn(2_000, months=6), np.random.default_rng(3)
    rows.features["noise_a"] = chance.normal(size=len(rows)) + 1.7 * rows.churned
    found = {one.name: one for one in probe(rows, FEATURES, LIMITS)}["noise_a"]
    assert (
        found.signs.jump < 0.05
        and 0.85 < found.signs.best_auc < 0.9
        and not found.stops
    )


def test_being_nearly_a_leak_is_worth_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rows, chance = drawn(4_000), np.random.default_rng(3)
    rows.features["noise_a"] = chance.normal(size=len(rows)) + 2 * rows.churned
    refuse_leaks(rows, FEATURES, LIMITS)
    assert "noise_a of feat_test is worth a look: AUC 0.92" in caplog.text


def test_the_probe_gives_the_same_for_any_order_of_rows() -> None:
    rows = drawn(1_000)
    mixed = rows.rows(np.random.default_rng(1).permutation(len(rows)))
    assert probe(rows, FEATURES, LIMITS) == probe(mixed, FEATURES, LIMITS)


@pytest.mark.parametrize("leavers", [0, 3, 9])
def test_too_few_leavers_prove_nothing(leavers: int) -> None:
    rows = drawn(100)
    rows.churned[:] = False
    rows.churned[:leavers] = True
    assert refuse_leaks(rows, FEATURES, LIMITS) == {}


def test_two_hundred_columns_of_chance_with_ten_leavers_raise_no_alarm() -> None:
    """The fewest leavers that are looked at; a column of noise reaches an AUC of 0.8 here."""
    chance = np.random.default_rng(5)
    rows = drawn(400, months=1)
    rows.churned[:] = False
    rows.churned[chance.choice(400, 10, replace=False)] = True
    names = [f"noise_{number}" for number in range(200)]
    frame = pd.DataFrame({name: chance.normal(size=400) for name in names})
    sample = Sample(
        rows.customers,
        rows.months,
        frame,
        rows.churned,
        rows.left_early,
        rows.rotated,
    )
    found = probe(
        sample,
        FeatureSet(dict.fromkeys(names, "feat_test"), tuple(names), (), "x"),
        LIMITS,
    )
    assert len(found) == 200
    assert 0.7 < max(one.signs.best_auc for one in found) < 0.9
    assert not any(one.reasons for one in found)


def test_two_hundred_columns_take_seconds() -> None:
    chance = np.random.default_rng(5)
    rows = drawn(15_000, months=4)
    names = [f"noise_{number}" for number in range(200)]
    frame = pd.DataFrame({name: chance.normal(size=len(rows)) for name in names})
    sample = Sample(
        rows.customers,
        rows.months,
        frame,
        rows.churned,
        rows.left_early,
        rows.rotated,
    )
    started = time.process_time()
    probe(
        sample,
        FeatureSet(dict.fromkeys(names, "feat_test"), tuple(names), (), "x"),
        LIMITS,
    )
    assert time.process_time() - started < 10
