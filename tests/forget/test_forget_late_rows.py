"""A month out of which somebody was taken, and to which rows come late: its books balance, and nobody comes back."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_tasks.by_hand.forget.work import Request, forget
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.forget.kept import holding
from tests.lakes import small_profile
from tests.warehouse.warehouses import new_url

JANUARY = Month(2024, 1)
STEPS = ("extract", "integrate")
IN_TIME, LATE, DAY = date(2024, 2, 3), date(2024, 2, 20), date(2024, 3, 6)
GONE = "c7"


def bill(
    number: int, known: date = IN_TIME, customer: str = "", **more: Any
) -> dict[str, Any]:
    return {
        "bill_id": f"B{number}", "customer_id": customer or f"c{number}", "item_code": "plan_fee", "amount_cny": 5.0,
        "event_date": date(2024, 1, 1), "known_date": known, **more,
    }  # fmt: skip


# one of the person's is set aside, one is a double, and a late one is theirs as well
DELIVERED = [
    *map(bill, range(300)), bill(7), bill(900, customer=GONE, item_code="no such item"),
    bill(901, LATE), bill(902, LATE, customer=GONE),
]  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path, postgres: Cluster) -> Settings:
    """January read in time, then without the person."""
    data = tmp_path / "drops"
    data.mkdir()
    source = {"kind": "files", "files": {"bills": "bills_{month}.parquet"}}
    profile = small_profile(tmp_path, ["bill"], source=source)
    (profile / "extract" / "bill.sql").write_text(
        "SELECT * FROM bills WHERE known_date < $known_until"
    )
    pq.write_table(pa.Table.from_pylist(DELIVERED), data / f"bills_{JANUARY}.parquet")
    made = load_settings(
        str(profile),
        state_dir=tmp_path / "state",
        data_path=data,
        warehouse_url=new_url(postgres),
    )
    run = MonthRun(made, JANUARY)
    for step in STEPS:
        run_on(step, run)
    run.close()
    forget(made, Request([GONE], (), "R-1", "officer", "asked"))
    return made


def restated(settings: Settings, *, only_late: bool) -> list[dict[str, Any]]:
    """The books of January with what came late."""
    run = MonthRun(settings, JANUARY, DAY, only_late=only_late)
    try:
        for step in STEPS:
            run_on(step, run)
        return run.rows_of_month("audit_rows").to_dict("records")
    finally:
        run.close()


@pytest.mark.parametrize("only_late", [True, False])
def test_late_rows_of_a_month_out_of_which_somebody_was_taken(
    settings: Settings, only_late: bool
) -> None:
    (books,) = restated(settings, only_late=only_late)
    assert books["rows_out"] == 300
    forgotten = 1 if only_late else 4  # the whole file is read again, or what came late
    assert books["forgotten"] == forgotten
    assert (books["quarantined"], books["merged"]) == (0, 0)
    assert books["rows_in"] == 300 + forgotten
    assert holding(settings, f"'{GONE}'", f": {GONE},", f'"{GONE}"') == []


def test_without_the_mark_the_books_would_not_balance(settings: Settings) -> None:
    """Negative control: the published books still count the person, as they must."""
    settings.taken_out_file.unlink()
    with pytest.raises(BadInput, match="300 rows do not balance"):
        restated(settings, only_late=True)
