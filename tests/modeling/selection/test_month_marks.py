"""A column that only tells which month it is falls out; statistics are those within a month."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from churn_tasks.core.sections import Features, Select
from churn_tasks.modeling.auc import auc_of, error_under_chance
from churn_tasks.modeling.binning import information_value
from churn_tasks.modeling.candidates import fit_candidate, shipped_candidate
from churn_tasks.modeling.frames import FeatureSet, Sample
from churn_tasks.modeling.selection import Verdict, select
from churn_tasks.modeling.selection.gain import gains
from churn_tasks.modeling.selection.month_marks import month_marks, shared_information
from churn_tasks.modeling.selection.strength import strengths
from churn_tasks.modeling.selection.within_months import averaged_counts, month_parts
from tests.modeling.samples import FEATURES, drawn
from tests.modeling.selection.planted_months import seasonal

MARKS = ("of tariff and month", "of month", "near month", "text of month")


def learnt_and_next(rows: Sample) -> tuple[Sample, Sample]:
    """All months but the latest, and the latest."""
    latest = rows.months == rows.months.max()
    return rows.rows(~latest), rows.rows(latest)


def verdict_on_planted(rows: Sample, features: FeatureSet, **wanted: object) -> Verdict:
    learn, _ = learnt_and_next(rows)
    found = select(learn, features, Features.model_validate(wanted))
    return next(one for one in found.verdicts if one.feature == "planted")


def next_auc(
    rows: Sample, features: FeatureSet, names: list[str], candidate: str
) -> float:
    """AUC on the latest month of a model that learnt these columns from the months before."""
    learn, test = learnt_and_next(rows)
    chosen = features.subset(names)
    learnt = learn.with_columns(chosen.names)
    model = shipped_candidate(candidate)
    classifier = fit_candidate(model, learnt, chosen, 1, 1).classifier
    scores = classifier.predict(test.features)
    return float(roc_auc_score(test.churned, scores))


@pytest.mark.parametrize("effect", [0.0, 1.0])
@pytest.mark.parametrize("column", MARKS)
def test_a_column_that_tells_only_the_month_falls_out(
    column: str, effect: float
) -> None:
    rows, features = seasonal(column, effect)
    verdict = verdict_on_planted(rows, features)
    assert verdict.reason == "month"
    assert verdict.month_share is not None
    assert verdict.month_share > 0.6


def test_it_stays_where_it_is_pinned_or_where_marks_are_allowed() -> None:
    rows, features = seasonal("of tariff and month")
    assert verdict_on_planted(rows, features, pin=("planted",)).reason == "pinned"
    allowed = Select(max_month_share=1)
    kept = verdict_on_planted(rows, features, select=allowed)
    assert kept.reason == "tells"


@pytest.mark.parametrize("effect", [0.6, 1.0])
def test_what_holds_in_the_latest_month_stays_though_it_marks_the_month(
    effect: float,
) -> None:
    rows, features = seasonal("rising fee", effect)
    verdict = verdict_on_planted(rows, features)
    assert (verdict.reason, verdict.month_share > 0.5) == ("tells", True)
    same, features = seasonal("fee", effect)
    assert verdict_on_planted(same, features).month_share < 0.01


@pytest.mark.parametrize("known_from", [3, 5])
def test_a_young_source_marks_no_month(known_from: int) -> None:
    """Known from a month on, and telling since: that there is a value tells the month, and says nothing against it."""
    rows, features = seasonal("fee", 1.0)
    months = np.unique(rows.months)
    is_before = rows.months < months[known_from]
    rows.features.loc[is_before, "planted"] = np.nan
    verdict = verdict_on_planted(rows, features)
    assert verdict.reason == "tells"
    assert verdict.month_share < 0.01


def test_of_one_month_no_column_is_told_apart_by_month() -> None:
    rows, features = seasonal("of month")
    one = rows.rows(rows.months == rows.months.min())
    assert month_marks(one, features.names)["planted"].share == 0
    varied = seasonal("of tariff and month")[0]
    alone = varied.rows(varied.months == varied.months.min())
    found = select(alone, features, Features())
    assert "month" not in {verdict.reason for verdict in found.verdicts}


@pytest.mark.parametrize(
    ("candidate", "lost"), [("logistic_regression", 0.005), ("lightgbm", 0.03)]
)
def test_without_it_the_next_month_is_ranked_better(
    candidate: str, lost: float
) -> None:
    """Control: with the column, as selection kept it that pooled the months, LightGBM loses a third of what it had."""
    rows, features = seasonal("of tariff and month", tariff_effect=1.0)
    honest = [name for name in features.names if name != "planted"]
    learn, _ = learnt_and_next(rows)
    chosen = select(learn, features, Features()).kept
    assert "planted" not in chosen
    found = next_auc(rows, features, chosen, candidate)
    assert found == pytest.approx(
        next_auc(rows, features, honest, candidate), abs=0.005
    )
    assert next_auc(rows, features, features.names, candidate) < found - lost


def test_months_pooled_would_put_it_first() -> None:
    """Control: the same figures over all rows at once, and the gain of a booster that knows no month."""
    rows, features = seasonal("of month")
    learn, _ = learnt_and_next(rows)
    known = strengths(learn, features)
    assert known["planted"].iv == 0
    blind = strengths(as_one_month(learn), features)
    assert max(blind, key=lambda name: blind[name].iv) == "planted"
    rows, features = seasonal("of tariff and month")
    learn, _ = learnt_and_next(rows)
    gain, _ = gains(learn, features.numeric, ())
    blind_gain, _ = gains(as_one_month(learn), features.numeric, ())
    assert max(blind_gain, key=blind_gain.__getitem__) == "planted"
    assert max(gain, key=gain.__getitem__) == "x0"
    assert gain["planted"] < blind_gain["planted"] / 3


def as_one_month(rows: Sample) -> Sample:
    """The same rows as if all were of one month."""
    return replace(rows, months=np.full_like(rows.months, rows.months[0]))


def test_figures_of_one_month_are_its_own() -> None:
    rows = drawn(3_000, months=1)
    found = strengths(rows, FEATURES)["calls_drop"]
    values, left = rows.features["calls_drop"].to_numpy(), rows.churned
    assert found.auc == auc_of(np.sort(values), values[left])
    assert found.auc_error == pytest.approx(error_under_chance(3_000, int(left.sum())))
    parts = month_parts(rows.months, left)
    counts = np.array([1_000, 2_000]), np.array([left.sum() - 50, 50])
    rows_alone, leavers_alone = averaged_counts(parts, [counts])
    assert rows_alone == pytest.approx(counts[0])
    assert leavers_alone == pytest.approx(counts[1])


def test_shares_are_averaged_by_evidence() -> None:
    """100 of 1,000 leave in the first month, 400 in the second: 90 and 240; (90 * 0.1 + 240 * 0.2) / 330 = 0.173."""
    months = np.repeat(np.array(["2024-01", "2024-02"], dtype="datetime64[D]"), 1_000)
    churned = np.concatenate([np.arange(1_000) < 100, np.arange(1_000) < 400])
    parts = month_parts(months, churned)
    assert [part.evidence for part in parts] == [90, 240]
    first = np.array([190, 810]), np.array([10, 90])
    second = np.array([320, 680]), np.array([80, 320])
    rows, leavers = averaged_counts(parts, [first, second])
    assert leavers[0] / leavers.sum() == pytest.approx((90 * 0.1 + 240 * 0.2) / 330)
    by_chance = 1 / leavers.sum() + 1 / (rows - leavers).sum()
    assert by_chance == pytest.approx(1 / 330)
    assert information_value(rows, leavers)[1] == pytest.approx(np.sqrt(2) / 330)


def test_a_month_in_which_nobody_left_compares_nothing() -> None:
    rows = drawn(1_000, months=3)
    rows.churned[:1_000] = False
    parts = month_parts(rows.months, rows.churned)
    assert len(parts) == 2
    rows.churned[:] = False
    known = strengths(rows, FEATURES)["calls_drop"]
    assert (known.iv, known.auc, known.auc_error) == (0, None, 0)


def test_months_that_are_alike_share_nothing_and_chance_is_taken_off() -> None:
    chance = np.random.default_rng(1)
    counts = chance.multinomial(2_000, np.full(50, 0.02), size=8)
    assert shared_information(counts) < 0.002
    assert shared_information(np.diag([500, 500, 500])) > 0.99
    assert shared_information(np.array([[100], [200]])) == 0
