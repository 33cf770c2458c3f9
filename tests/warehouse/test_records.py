"""Decisions, model digests and outcomes are added, never changed."""

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import pytest

from churn_tasks.adapters.warehouse import (
    Champion,
    Knowledge,
    ListOutcome,
    ModelOrder,
    PromotionRow,
    Warehouse,
)
from churn_tasks.core.errors import BadInput, SettingsError
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.local.postgres import Cluster
from tests.warehouse.warehouses import JULY, JUNE, new_url, small_list, warehouse_at

AUGUST = Month(2024, 8)
DECISION = PromotionRow(
    "2024-06",
    "telecom_churn",
    3,
    True,
    "gate",
    "better on 2024-04",
    {"average_precision": 0.51},
)
OUTCOME = ListOutcome(
    customers=1000,
    churners=80,
    left_in_delay=10,
    warned=50,
    warned_churners=40,
    warned_left_in_delay=2,
)


@pytest.fixture
def warehouse(postgres: Cluster) -> Iterator[Warehouse]:
    opened = warehouse_at(new_url(postgres))
    yield opened
    opened.close()


def test_the_champion_is_the_latest_decision_up_to_the_month(
    warehouse: Warehouse,
) -> None:
    warehouse.record_promotion(DECISION)
    warehouse.record_promotion(replace(DECISION, decided_in="2024-08", model_version=5))
    champions = {
        str(month): warehouse.champion(month)
        for month in (JUNE - 1, JUNE, JULY, JULY + 1, JULY + 2)
    }
    third, fifth = (
        Champion("telecom_churn", 3, "2024-06"),
        Champion("telecom_churn", 5, "2024-08"),
    )
    assert champions == {
        "2024-05": None,
        "2024-06": third,
        "2024-07": third,
        "2024-08": fifth,
        "2024-09": fifth,
    }
    assert (warehouse.promotion(JUNE), warehouse.promotion(JULY)) == (DECISION, None)


def test_the_same_decision_again_adds_nothing(warehouse: Warehouse) -> None:
    warehouse.record_promotion(DECISION)
    before = warehouse.promotions()
    warehouse.record_promotion(replace(DECISION, metrics=dict(DECISION.metrics)))
    assert warehouse.promotions() == before and len(before) == 1


def test_another_decision_for_an_earlier_month_is_a_revision_beside_the_old_one(
    warehouse: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    warehouse.record_promotion(DECISION)
    warehouse.record_promotion(
        replace(DECISION, decided_in="2024-07", promoted=False, why="kept")
    )
    warehouse.record_promotion(replace(DECISION, model_version=4))
    assert "decided again, differently: revision 2" in caplog.text, "never silently"
    history = [
        (row["valid_from"], row["model_version"], row["revision"], row["is_current"])
        for row in warehouse.promotions()
    ]
    june, july = JUNE.start, JULY.start
    assert history == [(june, 3, 1, False), (june, 4, 2, True), (july, 3, 1, True)]


def test_a_decision_is_in_force_until_another_version_takes_over(
    warehouse: Warehouse,
) -> None:
    """valid_to skips decisions that kept the version: 3 from June, kept in July, 5 from August."""
    warehouse.record_promotion(DECISION)
    warehouse.record_promotion(replace(DECISION, decided_in="2024-07", promoted=False))
    warehouse.record_promotion(replace(DECISION, decided_in="2024-08", model_version=5))
    august = dt.date(2024, 8, 1)
    assert [row["valid_to"] for row in warehouse.promotions()] == [august, august, None]


def _order(kind: Literal["retire", "pin"], version: int) -> ModelOrder:
    return ModelOrder(kind, "telecom_churn", version, "Wang", "bad lists")


def test_what_is_retired_gives_way_from_its_month_on(warehouse: Warehouse) -> None:
    """3 from June, 5 from August. 5 is retired from September: 3 again, and August keeps 5."""
    august, september = JULY + 1, JULY + 2
    warehouse.record_promotion(DECISION)
    warehouse.record_promotion(replace(DECISION, decided_in="2024-08", model_version=5))
    assert warehouse.record_model_order(september, _order("retire", 5)) is True
    assert warehouse.record_model_order(september, _order("retire", 5)) is False
    found = [warehouse.champion(month) for month in (JUNE, august, september)]
    assert [champion and champion.version for champion in found] == [3, 5, 3]
    before_september = warehouse.champion(august, orders_of=september)
    assert before_september == Champion("telecom_churn", 3, "2024-06")
    ends = {row["model_version"]: row["valid_to"] for row in warehouse.promotions()}
    assert ends == {3: august.start, 5: september.start}
    assert warehouse.champion_without(september, "telecom_churn", 3) is None
    warehouse.record_model_order(september, _order("retire", 5), is_in_force=False)
    assert warehouse.champion(september) == Champion("telecom_churn", 5, "2024-08")


def test_the_version_pinned_last_decides_until_the_pin_is_taken_back(
    warehouse: Warehouse,
) -> None:
    august, september = JULY + 1, JULY + 2
    warehouse.record_promotion(replace(DECISION, model_version=5))
    warehouse.record_model_order(JULY, _order("pin", 3))
    warehouse.record_model_order(august, _order("pin", 4))
    versions = {str(m): warehouse.champion(m) for m in (JUNE, JULY, august, september)}
    assert versions == {
        "2024-06": Champion("telecom_churn", 5, "2024-06"),
        "2024-07": Champion("telecom_churn", 3, "2024-07"),
        "2024-08": Champion("telecom_churn", 4, "2024-08"),
        "2024-09": Champion("telecom_churn", 4, "2024-08"),
    }
    warehouse.record_model_order(september, _order("retire", 4))
    assert warehouse.champion(september) == Champion("telecom_churn", 3, "2024-07")
    warehouse.record_model_order(september, _order("pin", 3), is_in_force=False)
    assert warehouse.champion(september) == Champion("telecom_churn", 5, "2024-06")
    assert warehouse.champion(august) == Champion("telecom_churn", 4, "2024-08")


def test_numbers_of_versions_are_known_from_files_and_decisions(
    warehouse: Warehouse,
) -> None:
    assert warehouse.highest_version("telecom_churn") == 0
    warehouse.record_model_files("telecom_churn", 7, {"model.skops": "b" * 64})
    warehouse.record_promotion(replace(DECISION, model_version=5))
    assert warehouse.highest_version("telecom_churn") == 7
    assert warehouse.highest_version("another") == 0


def test_digests_of_a_model_version_never_change(warehouse: Warehouse) -> None:
    files = {"MLmodel": "a" * 64, "model.skops": "b" * 64}
    warehouse.record_model_files("telecom_churn", 3, files)
    warehouse.record_model_files("telecom_churn", 3, files)
    with pytest.raises(
        BadInput, match=r"1 files differ from those on record, e.g. model.skops"
    ):
        warehouse.record_model_files(
            "telecom_churn", 3, {**files, "model.skops": "c" * 64}
        )
    with pytest.raises(BadInput, match="no files"):
        warehouse.record_model_files("telecom_churn", 4, {})
    assert warehouse.model_files("telecom_churn", 3) == files
    assert warehouse.model_files("telecom_churn", 4) == {}


def test_an_outcome_is_added_once_and_corrected_beside_itself(
    warehouse: Warehouse,
) -> None:
    assert warehouse.record_outcome(JUNE, OUTCOME) is False, "no list, no outcome"
    warehouse.publish(warehouse.take_lease(JUNE), "run_a", small_list())
    added = [
        warehouse.record_outcome(JUNE, OUTCOME),
        warehouse.record_outcome(JUNE, OUTCOME),
    ]
    assert added == [True, False]
    assert warehouse.record_outcome(JUNE, replace(OUTCOME, warned_churners=41)) is True
    (row,) = warehouse.read("SELECT * FROM bi_result")
    assert (row["warned_churners"], row["revision"], row["run_id"]) == (41, 2, "run_a")
    shares = (
        float(row["churn_rate_pct"]),
        float(row["precision_pct"]),
        float(row["coverage_pct"]),
    )
    # 80/990 of who had not left before the window, 41 of the 48 warned of them, 41/80
    assert shares == (8.08, 85.42, 51.25)


def test_the_list_that_was_called_is_judged_and_older_truth_adds_nothing(
    warehouse: Warehouse,
) -> None:
    first, restated = (
        Knowledge(dt.date(2024, 8, 6)),
        Knowledge(dt.date(2024, 9, 6), is_restated=True),
    )
    warehouse.publish(warehouse.take_lease(AUGUST), "called", small_list(3), first)
    warehouse.publish(warehouse.take_lease(AUGUST), "restated", small_list(2), restated)
    assert warehouse.record_outcome(AUGUST, OUTCOME, dt.date(2024, 11, 6)) is True
    corrected = replace(OUTCOME, churners=OUTCOME.churners - 1)
    assert warehouse.record_outcome(AUGUST, corrected, dt.date(2024, 12, 6)) is True, (
        "a late bill: one had not left"
    )
    assert warehouse.record_outcome(AUGUST, OUTCOME, dt.date(2024, 11, 6)) is False, (
        "an earlier run again knows less"
    )
    told = warehouse.read(
        "SELECT run_id, churners, known_until FROM bi_result WHERE month = %s",
        (AUGUST.start,),
    )
    assert told == [
        {
            "run_id": "called",
            "churners": corrected.churners,
            "known_until": dt.date(2024, 12, 6),
        }
    ]


def test_validation_rows_are_added_once(warehouse: Warehouse) -> None:
    tested = dt.date(2024, 4, 1)
    rows = [
        {
            "candidate": name,
            "tested_month": tested,
            "auc": 0.8,
            "train_to": tested,
            "coverage": math.nan,
            "is_selected": True,
        }
        for name in ("lightgbm", "logistic_regression")
    ]
    assert [
        warehouse.record_validation(JUNE, rows),
        warehouse.record_validation(JUNE, rows),
    ] == [2, 0]
    found = warehouse.read(
        "SELECT candidate, measure, value FROM bi_validation ORDER BY candidate, measure"
    )
    assert len(found) == 8
    values = {row["measure"]: row["value"] for row in found}
    assert values == {
        "auc": "0.8",
        "train_to": "2024-04-01",
        "coverage": None,
        "is_selected": "true",
    }


def test_making_the_object_costs_nothing_and_using_it_without_an_address_says_what_to_do() -> (
    None
):
    warehouse = Warehouse(load_settings("telecom", warehouse_url=""))
    with pytest.raises(SettingsError, match="CHURN_WAREHOUSE_URL"):
        warehouse.champion(Month.parse("2024-06"))


def test_what_watching_found_is_added_and_the_latest_revision_is_shown(
    warehouse: Warehouse,
) -> None:
    model = Champion("telecom_churn", 3, "2024-06")
    found = [
        {
            "subject": subject,
            "measure": "psi",
            "value": value,
            "bound": 0.25,
            "status": "ok",
            "note": "",
        }
        for subject, value in (("Churn_b", 0.01), ("churn_score", 0.1), ("home", 0.0))
    ]
    assert warehouse.record_watch(JUNE, model, found) == 3
    assert warehouse.record_watch(JUNE, model, found) == 0, "the same again"
    moved = [found[0], {**found[1], "value": 0.3, "status": "alarm"}]
    assert warehouse.record_watch(JUNE, model, moved) == 2
    told = warehouse.read(
        "SELECT month, subject, value, status, revision, model_version FROM bi_model_watch ORDER BY value"
    )
    assert [(row["subject"], row["value"]) for row in told] == [
        ("Churn_b", 0.01),
        ("churn_score", 0.3),
    ]
    assert {row["revision"] for row in told} == {2}
