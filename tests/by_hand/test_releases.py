"""Accepting rejected rows: which rows are meant, what is said before, what is refused, and the judgement after."""

from pathlib import Path
from typing import Any

import pytest

from churn_tasks.by_hand.quarantine import (
    Chosen,
    consequences,
    record_releases,
    rows_to_release,
    take_back,
)
from churn_tasks.core.errors import BadInput, NotReady, SettingsError
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import put, rows, small_profile

MARCH = Month(2024, 3)
BY, WHY = "Li", "the yearly bill of a campus, confirmed by billing"


def _bill(bill: str | None, amount: float) -> dict[str, Any]:
    return {
        "bill_id": bill, "customer_id": "c1", "event_date": "2024-03-01", "known_date": "2024-04-03",
        "item_code": "plan_fee", "amount_cny": amount,
    }  # fmt: skip


BILLS = [
    _bill("fine", 20),
    _bill("campus", 60_000),
    _bill("campus", 60_000),
    _bill("typo", 70_000),
    _bill(None, 30),
]


@pytest.fixture
def settings(postgres: Cluster, tmp_path: Path) -> Settings:
    """March with two bills beyond reason, one of them delivered twice, and one without its number; judged once."""
    profile = small_profile(tmp_path, ("bill",))
    url = postgres.create_database(f"release_{tmp_path.name[:40].lower()}")
    settings = load_settings(
        str(profile), state_dir=tmp_path / "state", warehouse_url=url
    )
    run = MonthRun(settings, MARCH)
    put(run, "raw_bill", "2024-03", BILLS)
    run_on("integrate", run)
    run.close()
    return settings


def _judge_anew(settings: Settings) -> MonthRun:
    run = MonthRun(settings, MARCH)
    run.lake.remove("quarantine_release", MARCH)
    run_on("integrate", run)
    return run


def _row(settings: Settings, value: str) -> str:
    run = MonthRun(settings, MARCH)
    (found,) = [
        row["row_id"]
        for row in rows(run, "quarantine")
        if row["value_text"].startswith(value)
    ]
    run.close()
    return str(found)


def test_a_released_row_counts_as_it_is_from_the_next_judgement_on(
    settings: Settings,
) -> None:
    chosen = Chosen(MARCH, "bill", None, (_row(settings, "60000")[:8],))
    picked = rows_to_release(settings, chosen)
    said = consequences(chosen, picked)
    assert said.startswith(
        "1 rows of bill 2024-03 (delivered 2 times) will count as they are"
    )
    assert "churn quarantine replay --month 2024-03" in said
    assert record_releases(settings, chosen, picked, BY, WHY) == 1
    unchanged = MonthRun(settings, MARCH)
    run_on("integrate", unchanged)  # a regular run keeps to what was frozen
    assert {row["bill_id"] for row in rows(unchanged, "clean_bill")} == {"fine"}
    unchanged.close()
    run = _judge_anew(settings)
    assert {row["bill_id"] for row in rows(run, "clean_bill")} == {"fine", "campus"}
    assert sorted(row["value_text"] for row in rows(run, "quarantine")) == [
        "(empty)",
        "70000.0000",
    ]
    (frozen,) = rows(run, "quarantine_release")
    assert (frozen["rule"], frozen["decided_by"], frozen["why"]) == (
        "amount_absurd",
        BY,
        WHY,
    )
    (books,) = rows(run, "audit_rows")
    assert (
        books["rows_in"],
        books["rows_out"],
        books["quarantined"],
        books["merged"],
    ) == (5, 2, 2, 1)
    run.close()


def test_a_rule_names_all_its_rows_and_a_release_can_be_taken_back(
    settings: Settings,
) -> None:
    chosen = Chosen(MARCH, "bill", "amount_absurd", ())
    assert (
        record_releases(settings, chosen, rows_to_release(settings, chosen), BY, WHY)
        == 2
    )
    run = _judge_anew(settings)
    assert len(rows(run, "clean_bill")) == 3
    run.close()
    assert take_back(settings, chosen, "Wang", "billing was wrong after all") == 2
    run = _judge_anew(settings)
    assert {row["bill_id"] for row in rows(run, "clean_bill")} == {"fine"}
    run.close()


def test_a_row_without_its_key_cannot_be_accepted(settings: Settings) -> None:
    with pytest.raises(
        BadInput,
        match=r"bill 2024-03, column bill_id: .* \(1 row; .*churn restate --month 2024-03",
    ):
        rows_to_release(settings, Chosen(MARCH, "bill", "bill_id_missing", ()))


@pytest.mark.parametrize(
    ("table", "rule", "row", "said"),
    [
        ("bills", "amount_absurd", (), "there is no table 'bills'; there are bill"),
        (
            "bill",
            "item_unknown",
            (),
            "no row under rule item_unknown; rules with rows: amount_absurd, bill_id_missing",
        ),
        ("bill", None, ("ffffff",), "row ffffff fits 0 rows"),
    ],
)
def test_what_is_not_there_is_named(
    settings: Settings, table: str, rule: str | None, row: tuple[str, ...], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        rows_to_release(settings, Chosen(MARCH, table, rule, row))


def test_a_month_that_was_never_judged_has_nothing_to_release(
    settings: Settings,
) -> None:
    with pytest.raises(NotReady, match="quarantine of 2024-04"):
        rows_to_release(settings, Chosen(MARCH + 1, "bill", "amount_absurd", ()))


def test_who_and_why_are_asked_for(settings: Settings) -> None:
    chosen = Chosen(MARCH, "bill", "amount_absurd", ())
    with pytest.raises(BadInput, match="neither blank"):
        record_releases(settings, chosen, rows_to_release(settings, chosen), BY, "  ")


@pytest.mark.parametrize("row", [(), ("abc",)])
def test_rows_must_be_named_well_enough(row: tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match="--row"):
        Chosen(MARCH, "bill", None, row)


def test_without_a_warehouse_nothing_is_released_and_nothing_can_be(
    tmp_path: Path,
) -> None:
    profile = small_profile(tmp_path, ("bill",))
    settings = load_settings(
        str(profile), state_dir=tmp_path / "state", warehouse_url=""
    )
    run = MonthRun(settings, MARCH)
    put(run, "raw_bill", "2024-03", BILLS)
    run_on("integrate", run)
    assert rows(run, "quarantine_release") == []
    run.close()
    chosen = Chosen(MARCH, "bill", "amount_absurd", ())
    with pytest.raises(SettingsError, match="CHURN_WAREHOUSE_URL is empty"):
        record_releases(settings, chosen, rows_to_release(settings, chosen), BY, WHY)
