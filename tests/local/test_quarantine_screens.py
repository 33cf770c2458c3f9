"""What is shown of the rows that were set aside: how many, why, and the rows themselves."""

from pathlib import Path

import pytest

from churn_tasks.core.errors import NotReady
from churn_tasks.core.months import Month
from churn_tasks.local.screens import quarantine_counts, quarantined_rows
from churn_tasks.steps.month_run import MonthRun
from tests.lakes import put, small_run

MARCH = Month(2024, 3)
ROWS = [
    {"table_name": "bill", "rule": "amount_absurd", "row_json": '{"bill_id":"b1"}', "row_count": 2},
    {"table_name": "bill", "rule": "amount_absurd", "row_json": '{"bill_id":"b2"}', "row_count": 1},
    {"table_name": "bill", "rule": "gone_from_the_contract", "row_json": '{"bill_id":"b3"}', "row_count": 1},
]


@pytest.fixture
def run(tmp_path: Path) -> MonthRun:
    run = small_run(tmp_path, "2024-03", raw=("bill",))
    put(run, "quarantine", "2024-03", ROWS)
    put(run, "quarantine", "2024-02", [{**ROWS[0], "row_json": '{"bill_id":"february"}'}])
    return run


def test_rows_are_counted_by_table_and_rule_with_the_reason(run: MonthRun) -> None:
    table = quarantine_counts(run.settings, MARCH)
    cells = list(zip(*(column.cells for column in table.columns), strict=True))
    assert [row[:3] for row in cells] == [("bill", "amount_absurd", "3"), ("bill", "gone_from_the_contract", "1")]
    assert "50,000 CNY" in cells[0][3] and "五万元" in cells[0][3]
    assert cells[1][3] == "the rule is no longer in the contract"


@pytest.mark.parametrize(
    ("rule", "top", "shown"), [(None, 9, "b1 b2 b3"), ("amount_absurd", 9, "b1 b2"), (None, 1, "b1")]
)
def test_rows_are_shown_as_they_were_delivered(run: MonthRun, rule: str | None, top: int, shown: str) -> None:
    table = quarantined_rows(run.settings, MARCH, "bill", rule, top)
    assert list(table.columns[2].cells) == [f'{{"bill_id":"{name}"}}' for name in shown.split()]


def test_a_month_that_was_not_integrated_is_named(run: MonthRun) -> None:
    with pytest.raises(NotReady, match="quarantine of 2024-04"):
        quarantine_counts(run.settings, MARCH + 1)
