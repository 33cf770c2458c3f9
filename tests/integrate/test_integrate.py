"""Every raw row is accounted for: kept, set aside with a reason, or merged into its double."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from churn_tasks.core.errors import CheckFailed, NotReady
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import put, rows, small_profile, small_run
from tests.property_sizes import examples

CONTRACT = {
    "table": "meter",
    "key": ["customer_id", "event_date"],
    "min_rows": 2,
    "meaning": {"en": "Meter readings", "zh": "抄表读数"},
    "columns": [
        {
            "name": "customer_id",
            "type": "text",
            "required": True,
            "en": "Who is read",
            "zh": "客户编号",
        },
        {
            "name": "event_date",
            "type": "date",
            "required": True,
            "en": "Day of the reading",
            "zh": "抄表日期",
        },
        {
            "name": "known_date",
            "type": "date",
            "required": True,
            "en": "Day we learnt of it",
            "zh": "获知日期",
        },
        {"name": "amount_cny", "type": "decimal", "en": "Money read off", "zh": "金额"},
    ],
    "rules": [
        {
            "name": "amount_negative",
            "reject_when": "amount_cny < 0",
            "en": "negative amount",
            "zh": "金额为负",
            "max_share": 0.5,
        }
    ],
}
DAY = "2024-03-05"


def _run(folder: Path) -> MonthRun:
    profile = small_profile(folder, ["bill"])
    (profile / "extract" / "meter.sql").write_text("SELECT 1\n")
    (profile / "tables" / "raw").mkdir(parents=True)
    (profile / "tables" / "raw" / "meter.yaml").write_text(
        yaml.safe_dump(CONTRACT), encoding="utf-8"
    )
    run = small_run(folder, "2024-03", profile=profile)
    put(run, "raw_bill", "2024-03", [])
    return run


def _reading(
    customer: str | None, amount: float | None = 5, known: str = DAY
) -> dict[str, Any]:
    return {
        "customer_id": customer,
        "event_date": DAY,
        "known_date": known,
        "amount_cny": amount,
    }


def _books(run: MonthRun) -> dict[str, int]:
    return next(row for row in rows(run, "audit_rows") if row["table_name"] == "meter")


def test_each_row_has_one_fate(tmp_path: Path) -> None:
    run = _run(tmp_path)
    readings = [
        _reading("kept"),
        _reading("kept_once"),
        _reading("kept_once"),  # the same row again: merged
        _reading("corrected", 7),
        _reading(
            "corrected", 8, known="2024-03-09"
        ),  # same key, learnt later: this one stays
        _reading("negative", -1),
        _reading(None),
        _reading(None),
    ]
    put(run, "raw_meter", "2024-03", readings)
    run_on("integrate", run)
    assert {row["customer_id"]: float(row["amount_cny"]) for row in rows(run, "clean_meter")} == {
        "kept": 5, "kept_once": 5, "corrected": 8,
    }  # fmt: skip
    aside = [row for row in rows(run, "quarantine") if row["table_name"] == "meter"]
    assert {row["rule"]: row["row_count"] for row in aside} == {
        "amount_negative": 1,
        "customer_id_missing": 2,
    }
    assert json.loads(aside[0]["row_json"])["event_date"] == DAY
    books = _books(run)
    assert (
        books["rows_in"],
        books["rows_out"],
        books["quarantined"],
        books["merged"],
    ) == (8, 3, 3, 2)


@settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", None]),
            st.sampled_from([-1, 0, 1, None]),
            st.sampled_from([DAY, "2024-03-09"]),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_rows_are_conserved_whatever_comes(
    tmp_path: Path, given_rows: list[tuple[Any, Any, str]]
) -> None:
    run = _run(tmp_path)
    put(run, "raw_meter", "2024-03", [_reading(*row) for row in given_rows])
    run_on("integrate", run)
    books = _books(run)
    assert (
        books["rows_in"]
        == len(given_rows)
        == books["rows_out"] + books["quarantined"] + books["merged"]
    )
    assert books["rows_out"] == len(rows(run, "clean_meter"))
    assert books["quarantined"] == sum(r["row_count"] for r in rows(run, "quarantine"))
    run.close()


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    run = _run(tmp_path)
    readings = [
        _reading(f"c{i % 7}", i % 5 - 1, known=f"2024-03-{10 + i % 9}")
        for i in range(40)
    ]
    digests = set()
    for given_order in (readings, readings[::-1]):
        put(run, "raw_meter", "2024-03", given_order)
        run_on("integrate", run)
        digests.add(
            tuple(
                run.lake.sha256(table, run.month)
                for table in ("clean_meter", "quarantine", "audit_rows")
            )
        )
    assert len(digests) == 1


def test_nothing_is_cleaned_before_it_is_extracted(tmp_path: Path) -> None:
    with pytest.raises(
        NotReady, match=r"raw_meter of 2024-03\..*churn step extract --month 2024-03"
    ):
        run_on("integrate", _run(tmp_path))


def test_a_month_with_too_much_dirt_is_stopped(tmp_path: Path) -> None:
    run = _run(tmp_path)
    put(run, "raw_bill", "2024-03", [])
    put(
        run,
        "raw_meter",
        "2024-03",
        [_reading("good"), _reading("bad", -1), _reading("worse", -2)],
    )
    with pytest.raises(CheckFailed) as stopped:
        run_on("check_raw", run)
    assert "raw_meter.amount_negative_share is 0.666667, allowed [-inf, 0.5]" in str(
        stopped.value
    )
    assert "; 2 rows, e.g. customer_id bad, customer_id worse" in str(stopped.value)
    assert "raw_bill.rows is 0" in str(stopped.value)
