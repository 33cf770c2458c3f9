"""Scores of an earlier month against what they came to."""

import numpy as np
import pytest

from churn_tasks.core.watch_section import ModelWatch
from churn_tasks.modeling.metrics import ranking
from churn_tasks.modeling.watching.finding import Finding
from churn_tasks.modeling.watching.truth import ScoredThen, truth_findings

BOUNDS = ModelWatch()
PLACES = 100
PROMISED = 0.23  # what such scores come to


def scored(
    seed: int, customers: int = 2_000, odds: float = 1.0, slope: float = 1.0
) -> ScoredThen:
    """Calibrated scores, and who left: so many times likelier, and by a weaker slope where one is given."""
    chance = np.random.default_rng(seed)
    margins = chance.normal(-3.6, 1.3, customers)
    scores = 1 / (1 + np.exp(-margins))
    true = -3.6 + slope * (margins + 3.6) + np.log(odds)
    churned = chance.random(customers) < 1 / (1 + np.exp(-true))
    listed = np.zeros(customers, dtype=bool)
    listed[np.argsort(-scores)[:PLACES]] = True
    return ScoredThen(scores, churned, listed, promised=PROMISED)


def found(then: ScoredThen) -> dict[tuple[str, str], Finding]:
    return {(f.subject, f.measure): f for f in truth_findings(then, BOUNDS)}


def test_nothing_is_said_in_24_months_of_a_model_that_keeps_its_word() -> None:
    precisions = []
    for seed in range(24):
        then = scored(seed)
        precisions.append(ranking(then.scores, then.churned)["average_precision"])
        findings = truth_findings(then, BOUNDS)
        assert len(findings) == 3
        assert {finding.status for finding in findings} == {"ok"}
    assert np.median(precisions) == pytest.approx(PROMISED, abs=0.02)


@pytest.mark.parametrize("odds", [2.2, 0.15])
def test_a_rate_that_changed_is_seen_either_way(odds: float) -> None:
    finding = found(scored(1, customers=6_000, odds=odds))[
        "churn_score", "calibration_gap"
    ]
    assert finding.status == "alarm"
    assert (finding.value < 0) is (odds > 1), "above 0: more were promised than left"
    assert "expected 5" in finding.note or "expected 4" in finding.note


def test_a_ranking_that_no_longer_holds_is_seen_though_the_rate_is_the_same() -> None:
    findings = found(scored(1, slope=0.0, odds=2.0))
    assert findings["churn_score", "average_precision"].status == "alarm"
    assert findings["list", "calibration_gap"].status == "alarm"
    assert findings["churn_score", "calibration_gap"].status == "ok"


@pytest.mark.parametrize("customers", [150, 300])
def test_few_leavers_judge_nothing(customers: int) -> None:
    then = scored(2, customers=customers, slope=0.0)
    assert 0 < then.churned.sum() < BOUNDS.min_leavers
    statuses = {f.status for f in truth_findings(then, BOUNDS)}
    assert statuses == {"too_few"}


def test_without_a_promise_or_a_list_the_rest_is_judged() -> None:
    then = scored(3)
    nobody = np.zeros(len(then.scores), dtype=bool)
    bare = ScoredThen(then.scores, then.churned, nobody, promised=None)
    assert list(found(bare)) == [("churn_score", "calibration_gap")]
    stayed = ScoredThen(then.scores, nobody, then.listed, promised=PROMISED)
    assert truth_findings(stayed, BOUNDS) == []
