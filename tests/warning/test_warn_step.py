"""The step from scores to list, on a small lake."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_tasks.adapters.lake import Lake
from churn_tasks.core.reading import Reading
from churn_tasks.core.settings import load_settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from churn_tasks.warning.playbook import load_playbook
from tests.lakes import another_month, put, rows
from tests.scored_lake import scored_run

CAUSES = load_playbook(load_settings("telecom")).reasons.of_role("cause")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> MonthRun:
    return scored_run(tmp_path_factory.mktemp("warn"))


def test_the_list_holds_the_highest_scores_ranked_by_expected_loss(
    run: MonthRun,
) -> None:
    report = run_on("warn", run)
    listed = sorted(rows(run, "out_warning_list"), key=lambda row: row["rank"])
    assert len(listed) == 40  # a tenth of 400
    assert report.rows == {"out_warning_list": 40, "score_cause": 40 * len(CAUSES)}
    best = sorted(
        rows(run, "score_churn"),
        key=lambda row: (-row["churn_score"], row["customer_id"]),
    )[:40]
    assert {row["customer_id"] for row in listed} == {
        row["customer_id"] for row in best
    }
    assert [row["rank"] for row in listed] == list(range(1, 41))
    priorities = [row["action_priority"] for row in listed]
    assert priorities == sorted(priorities, reverse=True)
    for row in listed:
        assert row["action_priority"] == pytest.approx(
            row["churn_score"] * float(row["arpu_cny"]), abs=1e-4
        )


def test_every_listed_customer_has_reasons_strategy_and_lineage(run: MonthRun) -> None:
    run_on("warn", run)
    listed = rows(run, "out_warning_list")
    assert all(
        row["reason_1_zh"] and row["strategy_zh"] and row["phone_token"]
        for row in listed
    )
    assert {
        (row["model_name"], row["model_version"], row["feature_set"]) for row in listed
    } == {("small_lake", 3, "f00d")}
    assert (
        len({(row["reason_1"], row["reason_2"], row["reason_3"]) for row in listed})
        > 10
    ), "not the same for everybody"


def test_causes_come_before_symptoms_and_the_strategy_is_that_of_the_first(
    run: MonthRun,
) -> None:
    run_on("warn", run)
    strategies = load_playbook(run.settings).strategies.by_reason
    order = ["cause", "symptom", "profile", None]
    listed = rows(run, "out_warning_list")
    for row in listed:
        roles = [row[f"reason_{n}_role"] for n in (1, 2, 3)]
        assert roles == sorted(roles, key=order.index)
        assert row["strategy_en"] == strategies[row["reason_1"]].en
    first = {row["reason_1_role"] for row in listed}
    assert first == {"cause", "symptom"}, "some show a cause, others only a symptom"


def test_the_likeliest_causes_are_those_of_highest_probability(run: MonthRun) -> None:
    run_on("warn", run)
    probability: dict[str, dict[str, float]] = {}
    for row in rows(run, "score_cause"):
        probability.setdefault(row["customer_id"], {})[row["cause"]] = row[
            "probability"
        ]
    for row in rows(run, "out_warning_list"):
        mine = probability[row["customer_id"]]
        likeliest = sorted(mine, key=lambda cause: (-mine[cause], cause))
        assert [row[f"cause_{n}"] for n in (1, 2, 3)] == likeliest[:3]
        assert 0 < sum(mine.values()) < 1, "the rest shows in no sign"


def test_the_same_scores_give_the_same_bytes(run: MonthRun) -> None:
    run_on("warn", run)
    first = run.lake.sha256("out_warning_list", run.month)
    run_on("warn", run)
    assert run.lake.sha256("out_warning_list", run.month) == first


def test_arpu_counts_a_month_without_revenue_as_zero(tmp_path: Path) -> None:
    """60 + 30 in two of three months: (60 + 30 + 0) / 3 = 30; priority 0.5 x 30 = 15. The month after is not seen."""
    run = scored_run(tmp_path, "2024-06", customers=2)
    for month, revenue in (
        ("2024-04", 60),
        ("2024-05", None),
        ("2024-06", 30),
        ("2024-07", 999),
    ):
        active = (
            []
            if revenue is None
            else [{"customer_id": "c0000", "is_active": True, "revenue_cny": revenue}]
        )
        put(run, "month_activity", month, active)
    score = {
        "churn_score": 0.5,
        "model_name": "small_lake",
        "model_version": 3,
        "feature_set": "f00d",
    }
    put(run, "score_churn", "2024-06", [{"customer_id": "c0000", **score}])
    put(run, "score_factor", "2024-06", [])
    for query in run.registry.queries["features"]:
        put(run, query.output.table, "2024-06", [])  # no sign of a cause either
    run_on("warn", run)
    (row,) = rows(run, "out_warning_list")
    assert (row["arpu_cny"], row["action_priority"], row["level"]) == (
        Decimal("30.0000"),
        15.0,
        "high",
    )
    assert (row["reason_1"], row["strategy_en"].startswith("Care call")) == (
        None,
        True,
    ), "nothing to say, still a call"


def test_a_month_without_scores_is_skipped(run: MonthRun) -> None:
    report = run_on("warn", another_month(run, "2024-02"))
    assert (report.outcome, "no model is in force" in report.reason) == (
        "skipped",
        True,
    )


def test_a_list_that_has_gone_out_stays_when_nobody_is_scored_any_more(
    run: MonthRun,
) -> None:
    """A month that runs again after its model was withdrawn: its list was called, and so was the restated one."""
    month = another_month(run, "2024-02")
    day = dt.date(2024, 4, 6)
    restated = Lake(run.lake.root, Reading(month.month, day, is_restated=True))
    for lake in (run.lake, restated):
        with lake.replacing("out_warning_list", month.month) as path:
            pq.write_table(pa.table({"n": [1, int(lake is restated)]}), path)
    report = run_on("warn", month)
    assert report.outcome == "skipped"
    assert month.lake.has("out_warning_list", month.month)
    assert restated.has_version("out_warning_list", month.month, day)
