"""Inputs and scores of a month against what was learnt from: what must be seen, and what must not be said."""

import numpy as np
import pandas as pd
import pytest

from churn_tasks.core.watch_section import ModelWatch
from churn_tasks.modeling.binning import psi
from churn_tasks.modeling.distribution import Bins
from churn_tasks.modeling.frames import UNKNOWN
from churn_tasks.modeling.watching.finding import Finding
from churn_tasks.modeling.watching.inputs import (
    input_findings,
    score_finding,
    spelling,
)
from churn_tasks.modeling.watching.learnt import (
    SCORE,
    Learnt,
    as_json,
    from_json,
    learnt_columns,
    learnt_scores,
    moved,
)

BOUNDS = ModelWatch()
NUMBERS = 20


def drawn(customers: int, seed: int) -> pd.DataFrame:
    """Twenty columns of numbers, a plan by name and a product by its number."""
    chance = np.random.default_rng(seed)
    frame = pd.DataFrame()
    for number in range(NUMBERS):
        frame[f"x{number}"] = chance.lognormal(3, 1, customers)
    frame["plan"] = chance.choice(["gold", "basic", UNKNOWN], customers)
    frame["product"] = chance.choice(["1", "2", "30"], customers)
    for name in ("plan", "product"):
        frame[name] = frame[name].astype(object)
    return frame


def learnt(frame: pd.DataFrame, months: int = 1) -> Learnt:
    of_month = np.repeat(np.arange(months), len(frame) // months)
    return from_json(as_json(learnt_columns(frame, of_month)))


@pytest.fixture(scope="module")
def before() -> Learnt:
    return learnt(drawn(6_000, 1), months=3)


def found(before: Learnt, frame: pd.DataFrame) -> dict[tuple[str, str], Finding]:
    findings = input_findings(before, frame, BOUNDS)
    return {(finding.subject, finding.measure): finding for finding in findings}


def within_old_range(old: np.ndarray, new: np.ndarray) -> float:
    """Control: the index over bins that end where the old values did."""
    edges = np.quantile(old, np.linspace(0, 1, 11))
    before, now = np.histogram(old, edges)[0], np.histogram(new, edges)[0]
    return moved(before, now)


@pytest.mark.parametrize("beyond", [1e6, -1e6])
def test_values_beyond_the_old_range_are_counted(before: Learnt, beyond: float) -> None:
    frame = drawn(4_000, 2)
    old = drawn(6_000, 1)["x3"].to_numpy()
    frame.loc[::2, "x3"] = beyond
    assert found(before, frame)["x3", "psi"].status == "notice"
    assert within_old_range(old, frame["x3"].to_numpy()) < 0.01, "the control is blind"


@pytest.mark.parametrize("name", ["x0", "plan"])
def test_a_column_that_goes_blank_is_named_with_its_shares(
    before: Learnt, name: str
) -> None:
    frame = drawn(4_000, 2)
    frame.loc[frame.index[::2], name] = UNKNOWN if name == "plan" else np.nan
    finding = found(before, frame)[name, "psi"]
    assert finding.status == "notice"
    unknown = drawn(6_000, 1)[name].replace(UNKNOWN, None).isna().mean()
    assert finding.note.endswith(f", {unknown:.1%} when it was learnt from")
    column = before[name]
    now = column.bins.counts(frame[name].replace(UNKNOWN, None).to_numpy())
    assert moved(column.counts[:-1], now[:-1]) < 0.01, "without the bin it is not seen"


def test_nothing_is_said_of_another_draw_of_the_same(before: Learnt) -> None:
    for seed in range(2, 12):
        findings = input_findings(before, drawn(500, seed), BOUNDS)
        assert len(findings) == NUMBERS + 3
        assert {finding.status for finding in findings} == {"ok"}


def test_chance_is_taken_off_where_a_month_is_small() -> None:
    before, now = (
        np.full(12, 500.0),
        np.random.default_rng(0).multinomial(150, [1 / 12] * 12),
    )
    assert psi(before, now) > 0.05 > moved(before, now)


@pytest.mark.parametrize(("columns", "status"), [(2, "ok"), (6, "alarm")])
def test_one_column_is_a_notice_and_many_at_once_an_alarm(
    before: Learnt, columns: int, status: str
) -> None:
    frame = drawn(4_000, 2)
    for number in range(columns):
        frame[f"x{number}"] *= 4
    findings = found(before, frame)
    assert findings["x0", "psi"].status == "notice"
    together = findings["inputs", "moved_share"]
    assert together.status == status
    assert together.value == pytest.approx(columns / (NUMBERS + 2))
    assert "x1" in together.note


def test_what_moves_from_month_to_month_anyway_has_a_wider_bound() -> None:
    """A column whose level doubles in one training month of three, as it does in the month that is watched."""
    frame = drawn(6_000, 1)
    frame.loc[frame.index[4_000:], "x0"] *= 2
    later = drawn(3_000, 2)
    later["x0"] *= 2
    assert found(learnt(frame, months=3), later)["x0", "psi"].status == "ok"
    calm = found(learnt(drawn(6_000, 1), months=3), later)
    assert calm["x0", "psi"].status == "notice", "the control, without such a month"


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("plan", "gold", "GOLD"),
        ("plan", "basic", " Basic "),
        ("plan", "gold", "ｇｏｌｄ"),
        ("product", "2", "2.0"),
        ("product", "30", "0030"),
    ],
)
def test_another_spelling_is_told_from_a_new_value(
    before: Learnt, name: str, old: str, new: str
) -> None:
    frame = drawn(4_000, 2)
    frame[name] = frame[name].replace(old, new)
    findings = found(before, frame)
    finding = findings[name, "respelled_share"]
    assert finding.status == "alarm"
    assert f"{new}, learnt as {old}: " in finding.note
    assert (name, "new_value_share") not in findings


@pytest.mark.parametrize(
    ("customers", "status", "is_named"),
    [(1_000, "alarm", True), (40, "notice", True), (3, "notice", False)],
)
def test_a_value_nobody_knew_is_named_unless_it_points_at_somebody(
    before: Learnt, customers: int, status: str, is_named: bool
) -> None:
    frame = drawn(4_000, 2)
    frame.loc[frame.index[:customers], "plan"] = "platinum"
    finding = found(before, frame)["plan", "new_value_share"]
    assert finding.status == status
    assert finding.value == pytest.approx(customers / 4_000)
    assert ("platinum" in finding.note) is is_named


def test_spellings() -> None:
    assert spelling("Straße") == spelling("STRASSE")
    assert spelling("1e3") == spelling("1000")
    assert spelling("g1") != spelling("g2")
    assert spelling("nan") == "nan" and spelling("inf") == "inf"


@pytest.mark.parametrize("kept", [0.1, 0.25])
def test_scores_learnt_without_some_stayers_are_weighed(kept: float) -> None:
    chance = np.random.default_rng(3)
    everybody = chance.beta(1, 12, 60_000)
    churned = chance.random(60_000) < everybody
    shown = churned | (chance.random(60_000) < kept)
    now = chance.beta(1, 12, 5_000)
    column = learnt_scores(everybody[shown], churned[shown], kept)
    (finding,) = score_finding({SCORE: column}, now, BOUNDS)
    assert (finding.status, round(finding.value, 1)) == ("ok", 0.0)
    naive = learnt_scores(everybody[shown], churned[shown], 1.0)
    (wrong,) = score_finding({SCORE: naive}, now, BOUNDS)
    assert wrong.value > 5 * max(finding.value, 0.002)


def test_a_model_saved_without_is_not_watched() -> None:
    assert input_findings(from_json(""), drawn(100, 1), BOUNDS) == []
    assert score_finding(from_json(""), np.array([0.1]), BOUNDS) == []


def test_bins_come_back_from_the_file_as_they_were() -> None:
    frame = drawn(3_000, 1)
    kept = learnt(frame)
    for name in ("x0", "plan"):
        values = frame[name].replace(UNKNOWN, None).to_numpy()
        assert np.array_equal(kept[name].counts, Bins.of(values).counts(values))
    assert kept["plan"].values == ("basic", "gold")
    assert kept["x0"].values is None
