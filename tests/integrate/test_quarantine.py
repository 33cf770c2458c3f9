"""What is kept of a rejected row, and what a release changes."""

import json
from typing import Any

import duckdb
import pytest

from churn_tasks.declared.contracts import RawColumn, RawTable, Rule, Text
from churn_tasks.integrate.quarantine import (
    loses_a_required_value,
    quarantine_sql,
    released_sql,
)

TEXT = Text(en="x", zh="x")
COLUMNS = (
    ("bill_id", "text", "none", True), ("event_date", "date", "none", True), ("known_date", "date", "none", True),
    ("item_code", "text", "none", False), ("amount_cny", "decimal", "none", False), ("holder", "text", "direct", False),
)  # fmt: skip
RULES = (
    Rule(
        name="sign_wrong",
        reject_when="(item_code = 'discount') = (amount_cny > 0)",
        en="sign",
        zh="符号",
    ),
    Rule(
        name="amount_absurd", reject_when="amount_cny > 50000", en="too much", zh="过大"
    ),
    Rule(name="holder_blank", reject_when="trim(holder) = ''", en="blank", zh="空白"),
)


def bill(**more: Any) -> RawTable:
    columns = [
        RawColumn(name=n, type=t, pii=p, required=r, en="x", zh="x")
        for n, t, p, r in COLUMNS
    ]  # type: ignore[arg-type]
    columns += [
        RawColumn(name=name, type="text", en="x", zh="x")
        for name in more.get("further", ())
    ]
    return RawTable(
        table="bill",
        key=("bill_id",),
        meaning=TEXT,
        columns=tuple(columns),
        rules=RULES,
    )


def judged(rule: str | None, unreadable: str | None = None, **delivered: Any) -> str:
    """One standard row of March with its verdict; the typed columns are read from what was delivered."""
    text = json.dumps(delivered, ensure_ascii=False).replace("'", "''")
    read = ", ".join(f"TRY_CAST(j ->> '{n}' AS {t})" + f" AS {n}" for n, t in (
        ("bill_id", "TEXT"), ("event_date", "DATE"), ("known_date", "DATE"), ("item_code", "TEXT"),
        ("amount_cny", "DECIMAL(18,4)"), ("holder", "TEXT"),
    ))  # fmt: skip
    verdict, problem = (
        f"'{value}'" if value else "NULL::VARCHAR" for value in (rule, unreadable)
    )
    return (
        f"SELECT {read}, DATE '2024-03-01' AS month, j::VARCHAR AS delivered, {problem} AS unreadable,"
        f" NULL::VARCHAR AS shortened,"
        f" {verdict} AS rule FROM (SELECT '{text}'::JSON AS j)"
    )


def together(*selects: str) -> str:
    return "(" + " UNION ALL ".join(selects) + ")"


def asked(sql: str, released: list[str] | None = None) -> list[dict[str, Any]]:
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE quarantine_release (month DATE, table_name TEXT, row_id TEXT)"
    )
    for row_id in released or []:
        connection.execute(
            "INSERT INTO quarantine_release VALUES ('2024-03-01', 'bill', ?)", [row_id]
        )
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


ABSURD = judged(
    "sign_wrong",
    bill_id="b1",
    item_code="discount",
    amount_cny="60000.00",
    known_date="2024-03-09",
)


def test_the_reason_is_the_first_rule_and_the_rest_is_kept_beside_it() -> None:
    (row,) = asked(quarantine_sql(bill(), together(ABSURD, ABSURD)))
    assert (row["table_name"], row["rule"], row["other_rules"], row["row_count"]) == (
        "bill", "sign_wrong", "event_date_missing, amount_absurd", 2,
    )  # fmt: skip
    assert (row["column_name"], row["value_text"]) == (
        "item_code, amount_cny",
        "discount, 60000.00",
    )
    assert json.loads(row["row_json"])["amount_cny"] == "60000.00"


def test_text_that_could_not_be_read_is_shown_as_it_came() -> None:
    (row,) = asked(
        quarantine_sql(
            bill(),
            together(judged("amount_cny_unreadable", "amount_cny", amount_cny="12,5O")),
        )
    )
    assert (row["column_name"], row["value_text"]) == ("amount_cny", "12,5O")


@pytest.mark.parametrize(
    ("rule", "delivered", "shown"),
    [
        ("holder_blank", {"holder": "欧阳娜娜"}, "欧***"),
        (
            "amount_cny_unreadable",
            {"amount_cny": "call 13800138000"},
            "call 138****8000",
        ),
        ("bill_id_missing", {"bill_id": None}, "(empty)"),
    ],
)
def test_values_that_name_people_are_masked(
    rule: str, delivered: dict[str, Any], shown: str
) -> None:
    (row,) = asked(quarantine_sql(bill(), together(judged(rule, **delivered))))
    assert row["value_text"] == shown


def test_a_row_keeps_its_id_when_the_contract_gains_an_optional_column() -> None:
    before = judged("amount_absurd", bill_id="b1", amount_cny="60000")
    after = judged(
        "amount_absurd", bill_id="b1", amount_cny="60000", discount_code=None
    )
    other = judged("amount_absurd", bill_id="b1", amount_cny="60001")
    ids = [
        asked(quarantine_sql(bill(further=("discount_code",)), together(row)))[0][
            "row_id"
        ]
        for row in (before, after, other)
    ]
    assert ids[0] == ids[1] != ids[2]
    assert len(ids[0]) == 16


def test_a_released_row_goes_on_and_the_others_stay_aside() -> None:
    good, absurd, double = (
        judged(None, bill_id="b0"),
        judged("amount_absurd", bill_id="b1", amount_cny="60000"),
        judged("amount_absurd", bill_id="b2", amount_cny="70000"),
    )
    rows = together(good, absurd, absurd, double)
    ids = {
        row["value_text"]: row["row_id"] for row in asked(quarantine_sql(bill(), rows))
    }
    released = asked(released_sql(bill(), rows), [ids["60000"], "0123456789abcdef"])
    assert sorted((row["bill_id"], row["rule"]) for row in released if row["rule"] is None) == [
        ("b0", None), ("b1", None), ("b1", None),
    ]  # fmt: skip
    assert [row["bill_id"] for row in released if row["rule"]] == ["b2"]
    assert sum(row["rule"] is None for row in asked(f"SELECT * FROM {rows}")) == 1, (
        "control: without the release"
    )
    left = asked(
        quarantine_sql(bill(), f"({released_sql(bill(), rows)})"), [ids["60000"]]
    )
    assert [row["value_text"] for row in left] == ["70000"]


def test_a_release_counts_for_its_own_table_and_month() -> None:
    row = together(judged("amount_absurd", bill_id="b1", amount_cny="60000"))
    (found,) = asked(quarantine_sql(bill(), row))
    other = bill().model_copy(update={"table": "payment"})
    assert (
        asked(released_sql(other, row), [found["row_id"]])[0]["rule"] == "amount_absurd"
    )
    april = f"(SELECT * REPLACE (DATE '2024-04-01' AS month) FROM {row})"
    assert (
        asked(released_sql(bill(), april), [found["row_id"]])[0]["rule"]
        == "amount_absurd"
    )


@pytest.mark.parametrize(
    ("rule", "column"),
    [
        ("bill_id_missing", "bill_id"),
        ("event_date_unreadable", "event_date"),
        ("amount_cny_unreadable", None),
        ("sign_wrong", None),
    ],
)
def test_a_row_without_a_required_value_cannot_be_accepted(
    rule: str, column: str | None
) -> None:
    assert loses_a_required_value(bill(), rule) == column
