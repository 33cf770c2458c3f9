"""A challenger beside the champion scores the same customers, changes nothing and is judged by the same truth."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from churn_tasks.adapters.model_files import ModelLost
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.modeling.watching.shadow import (
    BothThen,
    overlap_finding,
    shadow_findings,
)
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import put, rows, small_profile, telecom_tables
from tests.modeling.synthetic import fill

FIRST_FEATURES, JULY, LATER = Month(2024, 3), Month(2024, 7), Month(2024, 9)
CUSTOMERS = 600


def test_the_overlap_is_the_share_of_the_list_that_both_have() -> None:
    """Of four listed the challenger lists three, and one more whom the champion does not."""
    listed = np.array([True, True, True, True, False, False])
    theirs = np.array([True, True, True, False, True, False])
    finding = overlap_finding(7, listed, theirs)
    assert (finding.value, finding.status, finding.note) == (0.75, "ok", "version 7")


def test_both_are_judged_by_the_same_truth() -> None:
    """Champion 1, 0, 1, 0 down its ranking: (1/1 + 2/3) / 2. Challenger 1, 1, 0, 0: 1. Lists of two: 1/2 and 2/2."""
    churned = np.array([True, False, True, False])
    then = BothThen(
        version=7,
        scores=np.array([0.9, 0.8, 0.7, 0.6]),
        shadow_scores=np.array([0.9, 0.1, 0.8, 0.2]),
        listed=np.array([True, True, False, False]),
        shadow_listed=np.array([True, False, True, False]),
        churned=churned,
    )
    found = {finding.measure: finding for finding in shadow_findings(then)}
    precision = found["average_precision"]
    assert (precision.value, precision.bound) == (1.0, pytest.approx(5 / 6))
    assert (found["list_precision"].value, found["list_precision"].bound) == (1.0, 0.5)
    nobody = BothThen(7, then.scores, then.scores, then.listed, then.listed, ~(churned | ~churned))  # fmt: skip
    assert shadow_findings(nobody) == []


def _run(road: Path, month: Month, *, shadow: bool = True, **model: str) -> MonthRun:
    profile = small_profile(
        road,
        telecom_tables(),
        definition="not_billed",
        promotion={"shadow": shadow},
        model={"name": "shadowed", **model},
    )
    url = (road / "warehouse").read_text()
    settings = load_settings(str(profile), state_dir=road / "state", warehouse_url=url)
    return MonthRun(settings, month)


@pytest.fixture(scope="module")
def road(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A champion that was promoted in July, scored then and in September, when the truth of July comes in."""
    folder = tmp_path_factory.mktemp("shadow")
    (folder / "warehouse").write_text(postgres.create_database("shadow"))
    july = _run(folder, JULY)
    fill(july, list(months_between(FIRST_FEATURES, LATER + 1)), CUSTOMERS)
    for step in ("train", "promote", "score"):
        run_on(step, july)
    july.close()
    later = _run(folder, LATER)
    decision = {"decision": "kept", "model_name": "shadowed", "model_version": 1}
    put(later, "out_promotion", str(LATER), [{**decision, "why": "nothing better"}])
    run_on("score", later)
    later.close()
    return folder


def test_the_runner_up_scores_everybody_and_says_whom_it_would_list(road: Path) -> None:
    run = _run(road, JULY)
    shadow = pd.DataFrame(rows(run, "score_shadow"))
    scored = pd.DataFrame(rows(run, "score_churn"))
    assert list(shadow["customer_id"]) == list(scored["customer_id"])
    (version,) = set(shadow["model_version"])
    judged = {row["model_version"] for row in rows(run, "out_validation")}
    assert {version, *scored["model_version"]} == judged
    assert shadow["is_listed"].sum() == round(0.05 * CUSTOMERS)
    best = shadow.sort_values("churn_score", ascending=False)
    assert best["is_listed"].head(30).all()
    (found,) = [row for row in rows(run, "score_watch") if row["subject"] == "shadow"]
    ours = set(scored.nlargest(30, "churn_score")["customer_id"])
    theirs = set(shadow.loc[shadow["is_listed"], "customer_id"])
    assert found["value"] == pytest.approx(len(ours & theirs) / 30)
    run.close()


def test_when_the_truth_is_in_both_are_told_and_published(road: Path) -> None:
    """In September no candidate was judged, so that month has no shadow of its own."""
    run = _run(road, LATER)
    assert run_on("watch", run).outcome == "done"
    found = {}
    for row in rows(run, "model_watch"):
        if row["subject"] == "shadow":
            found[row["measure"]] = row
    assert set(found) == {"average_precision"}  # no list went out in July
    label = pd.DataFrame(rows(run, "label", str(JULY)))
    at_risk = label[~label["left_early"]].set_index("customer_id")["churned"]
    for table, field in (("score_shadow", "value"), ("score_churn", "bound")):
        scores = pd.DataFrame(rows(run, table, str(JULY))).set_index("customer_id")
        expected = average_precision_score(
            at_risk, scores.loc[at_risk.index, "churn_score"]
        )
        assert found["average_precision"][field] == pytest.approx(expected)
    told = run.warehouse.read("SELECT * FROM bi_model_watch WHERE subject = 'shadow'")
    assert len(told) == 1
    run.close()


def test_it_changes_no_score_and_who_does_not_ask_has_none(road: Path) -> None:
    digests = []
    for shadow in (True, False):
        run = _run(road, JULY, shadow=shadow)
        assert run_on("score", run).outcome == "done"
        assert run.lake.has("score_shadow", JULY) is shadow
        tables = ("score_churn", "score_factor")
        digests.append([run.lake.sha256(table, JULY) for table in tables])
        run.close()
    assert digests[0] == digests[1]


def test_a_challenger_that_is_lost_is_done_without(
    road: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def lost(*_: object) -> None:
        raise ModelLost("MLflow has no such version")

    monkeypatch.setattr("churn_tasks.work.shadow.registered_classifier", lost)
    run = _run(road, JULY)
    assert run_on("score", run).outcome == "done"
    assert not run.lake.has("score_shadow", JULY)
    assert "is lost: MLflow has no such version" in caplog.text
    run.close()


def test_its_probabilities_are_calibrated_as_those_of_the_list(road: Path) -> None:
    """Control: by the model's own calibration the mean is another."""
    means = {}
    for way in ("window", "prior_shift"):
        run = _run(road, JULY, calibration=way)
        run_on("score", run)
        scores = [row["churn_score"] for row in rows(run, "score_shadow")]
        means[way] = float(np.mean(scores))
        run.close()
    assert abs(means["window"] - means["prior_shift"]) > 0.001
