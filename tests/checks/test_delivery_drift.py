"""What a delivery is compared with, told without a lake: the engine is asked one question and nothing else."""

from typing import Any

import pytest

from churn_tasks.checks.delivery_drift import (
    Extract,
    Yardstick,
    below_extract,
    delivery_drift,
    drift_rows,
    refuse_harm,
    yardstick,
)
from churn_tasks.checks.drift import Delivered, Finding
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.declared.contracts import RawTable
from churn_tasks.declared.query import Query
from churn_tasks.declared.registry import load_registry

MAY, JUNE = Month(2024, 5), Month(2024, 6)
BEFORE = Delivered({"amount": "int64"}, {"bills": {"amount": "int4", "fee": "int4"}})


class Deliveries:
    """An engine that knows the table ``delivery`` alone."""

    def __init__(self, by_month: dict[Month, Delivered]) -> None:
        self.by_month = by_month

    def ask(self, query: Query, asked: dict[str, Any]) -> list[dict[str, str]]:
        assert (query.name, asked["table_name"]) == ("latest_delivery", "bill")
        delivered = self.by_month.get(Month.of(asked["month"]))
        return [{"schema_json": delivered.as_json()}] if delivered else []


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> RawTable:
    settings = load_settings("telecom", state_dir=tmp_path_factory.mktemp("drift"))
    return load_registry(settings).raw["bill"]


def extract(table: RawTable, sql: str) -> Extract:
    return Extract(table, sql, sql, "postgres")


def no_cost(table: str, column: str) -> str:
    return ""


def test_the_latest_accepted_month_with_a_delivery_is_the_yardstick() -> None:
    engine: Any = Deliveries({MAY: BEFORE, MAY - 1: Delivered({})})
    assert yardstick(engine, "bill", [JUNE, MAY, MAY - 1]) == Yardstick(MAY, BEFORE)
    assert yardstick(engine, "bill", []) is None


def test_a_column_below_the_extract_is_missed_only_where_the_sql_names_it(
    bill: RawTable,
) -> None:
    """Negative control: the same change below SQL that does not read the column is a note."""
    now = {"bills": {"amount": "int4"}}
    before = Yardstick(MAY, BEFORE)
    reads = extract(bill, "SELECT amount, fee FROM bills")
    (gone,) = below_extract(reads, JUNE, now, before)
    assert (gone.column, gone.harmful) == ("fee", True)
    with pytest.raises(BadInput, match="raw_bill 2024-06: the source changed"):
        refuse_harm("bill", JUNE, [gone])
    leaves_out = extract(bill, "SELECT amount FROM bills")
    (note,) = below_extract(leaves_out, JUNE, now, before)
    assert (note.column, note.harmful) == ("fee", False)
    refuse_harm("bill", JUNE, [note])


def test_without_a_yardstick_nothing_below_the_extract_can_drift(
    bill: RawTable,
) -> None:
    reads = extract(bill, "SELECT amount FROM bills")
    assert below_extract(reads, JUNE, {"bills": {}}, None) == []
    first = delivery_drift(reads, JUNE, Delivered({}), None, no_cost)
    assert {finding.kind for finding in first} == {"missing"}


def test_a_finding_of_two_parts_is_one_row() -> None:
    note = Finding("new", "bill", "fee", False, "new in bills (int4)", "bills")
    table = drift_rows([note, note])
    assert table.num_rows == 1
    assert drift_rows([]).column_names == table.column_names
