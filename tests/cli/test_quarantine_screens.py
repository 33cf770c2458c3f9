"""What is shown of the rows that were set aside: how many, why, and the rows themselves without names."""

import json
from pathlib import Path
from typing import Any

import pytest
from rich.table import Table

from churn_tasks.cli.quarantine_screens import (
    quarantine_counts,
    quarantined_rows,
    released_rows,
)
from churn_tasks.core.errors import NotReady
from churn_tasks.core.months import Month
from churn_tasks.runner.month_run import MonthRun
from tests.lakes import put, rows, small_run

MARCH = Month(2024, 3)


def _aside(
    bill: str,
    rule: str = "amount_absurd",
    rows: int = 1,
    table: str = "bill",
    **more: Any,
) -> dict[str, Any]:
    return {
        "table_name": table, "row_id": f"{bill}0000", "rule": rule, "column_name": "amount_cny", "value_text": "60000",
        "row_json": json.dumps({"bill_id": bill} | more, ensure_ascii=False), "row_count": rows,
    }  # fmt: skip


ROWS = [_aside("b1", rows=2), _aside("b2"), _aside("b3", "gone_from_the_contract")]


@pytest.fixture
def run(tmp_path: Path) -> MonthRun:
    run = small_run(tmp_path, "2024-03", raw=("bill", "customer"))
    put(run, "quarantine", "2024-03", ROWS)
    put(run, "quarantine", "2024-02", [_aside("february")])
    return run


def _cells(table: Table) -> list[tuple[str, ...]]:
    columns = [[str(cell) for cell in column.cells] for column in table.columns]
    return list(zip(*columns, strict=True))


def test_rows_are_counted_by_table_and_rule_with_the_reason(run: MonthRun) -> None:
    cells = _cells(quarantine_counts(run.settings, MARCH))
    assert [row[:5] for row in cells] == [
        ("2024-03", "bill", "amount_absurd", "3", "2"),
        ("2024-03", "bill", "gone_from_the_contract", "1", "1"),
    ]
    assert "50,000 CNY" in cells[0][5] and "50,000 元" in cells[0][5]
    assert cells[1][5] == "the rule is no longer in the contract"


def test_without_a_month_every_month_is_counted(run: MonthRun) -> None:
    assert [row[0] for row in _cells(quarantine_counts(run.settings, None))] == [
        "2024-02",
        "2024-03",
        "2024-03",
    ]


@pytest.mark.parametrize(
    ("rule", "top", "shown"),
    [(None, 9, "b1 b2 b3"), ("amount_absurd", 9, "b1 b2"), (None, 1, "b1")],
)
def test_rows_are_shown_with_id_reason_and_value(
    run: MonthRun, rule: str | None, top: int, shown: str
) -> None:
    cells = _cells(quarantined_rows(run.settings, MARCH, "bill", rule, top))
    assert [row[0] for row in cells] == [f"{name}0000" for name in shown.split()]
    assert cells[0][1:5] == ("amount_absurd", "amount_cny", "60000", "2")
    assert cells[0][5] == '{"bill_id": "b1"}'


def test_further_rules_stand_below_the_reason(run: MonthRun) -> None:
    put(
        run,
        "quarantine",
        "2024-03",
        [_aside("b1") | {"other_rules": "sign_wrong, outside_month"}],
    )
    (row,) = _cells(quarantined_rows(run.settings, MARCH, "bill", None, 9))
    assert row[1] == "amount_absurd\n+ sign_wrong\n+ outside_month"


def test_names_addresses_and_numbers_are_never_shown(run: MonthRun) -> None:
    clear = {
        "customer_name": "欧阳娜娜",
        "address_text": "东港市建设路 1 号",
        "region_code": "R03 13800138000",
    }
    put(
        run,
        "quarantine",
        "2024-03",
        [
            _aside(
                "c1", "birth_year_absurd", table="customer", **clear, joined_date=None
            )
        ],
    )
    kept = str(rows(run, "quarantine"))
    assert all(text in kept for text in clear.values()), "control"
    (row,) = _cells(quarantined_rows(run.settings, MARCH, "customer", None, 9))
    shown = json.loads(row[5])
    assert (shown["customer_name"], shown["address_text"], shown["joined_date"]) == (
        "***",
        "***",
        None,
    )
    assert shown["region_code"] == "R03 138****8000"


def test_a_column_that_no_contract_explains_is_hidden(run: MonthRun) -> None:
    put(
        run,
        "quarantine",
        "2024-03",
        [
            _aside("b1", holder="欧阳娜娜"),
            _aside("x1", table="gone", holder="欧阳娜娜"),
        ],
    )
    for table in ("bill", "gone"):
        (row,) = _cells(quarantined_rows(run.settings, MARCH, table, None, 9))
        assert json.loads(row[5])["holder"] == "***"


def test_a_month_that_was_not_integrated_is_named(run: MonthRun) -> None:
    with pytest.raises(NotReady, match="quarantine of 2024-04"):
        quarantine_counts(run.settings, MARCH + 1)


def test_without_a_warehouse_no_release_is_shown(run: MonthRun) -> None:
    assert released_rows(run.settings, MARCH).row_count == 0
