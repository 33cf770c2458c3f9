"""How many rows may leave a month, and on which way: bounds that need no history."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from churn_tasks.checks.drift import Delivered
from churn_tasks.core.errors import CheckFailed
from churn_tasks.core.months import Month
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.checks.test_check_raw import bill, checked, customer, results
from tests.lakes import another_month, put, rows, small_run

FIRST = Month(2024, 1)
BILLS = bill(FIRST)


@pytest.fixture
def first(tmp_path: Path) -> Iterator[MonthRun]:
    """The first month of all: nothing was learnt yet. Fewer bills than 200 are not what this operator sends."""
    floor = {"measures": "bill.rows", "allowed": [200, None]}
    run = small_run(
        tmp_path,
        str(FIRST),
        raw=("bill", "customer"),
        quality={"exceptions": [floor]},
    )
    yield run
    run.close()


def every(fraction: int, change: str = "*") -> str:
    return f"(SELECT {change} FROM {BILLS} WHERE hash(bill_id, item_code) % {fraction} = 0)"


def and_also(more: str) -> str:
    return f"(SELECT * FROM {BILLS} UNION ALL BY NAME SELECT * FROM {more})"


STOPS = {
    "the whole delivery twice": (and_also(BILLS), "4782 rows, e.g. bill_id B0-1, bill_id B1-1"),
    "an eighth of it three times": (
        and_also(f"(SELECT * FROM {every(8)} UNION ALL SELECT * FROM {every(8)})"),
        "double_share is 0.19",
    ),
    "every tenth row corrected": (
        and_also(every(10, "* REPLACE (1 AS amount_cny, known_date + 1 AS known_date)")),
        "replaced_share is 0.0",
    ),
    "one customer in ten under another's bill": (
        f"(SELECT * REPLACE (CASE WHEN hash(customer_id) % 10 = 0 THEN 'B7' ELSE bill_id END AS bill_id) FROM {BILLS})",
        "conflict_share is 0.08",
    ),
    "all items booked as one": (
        f"(SELECT * REPLACE ('data' AS item_code) FROM {BILLS})",
        "added_up_share is 0.66",
    ),
    "every tenth row known after the month is read": (
        f"(SELECT * REPLACE (known_date + 9 * (hash(bill_id) % 10 = 0)::INT AS known_date) FROM {BILLS})",
        "not_yet_known_share is 0.",
    ),
    "four rules at once, each within its own share": (
        f"""(SELECT * REPLACE (
            CASE WHEN hash(bill_id) % 100 < 4 THEN NULL ELSE customer_id END AS customer_id,
            CASE WHEN hash(bill_id) % 100 BETWEEN 4 AND 7 THEN 60000 ELSE amount_cny END AS amount_cny,
            CASE WHEN hash(bill_id) % 100 BETWEEN 8 AND 11 THEN 'x' ELSE item_code END AS item_code,
            CASE WHEN hash(bill_id) % 100 BETWEEN 12 AND 15 THEN DATE '2023-01-01' ELSE event_date END AS event_date
        ) FROM {BILLS})""",
        "set_aside_share is 0.1",
    ),
    "numbers as a spreadsheet shows them": (
        "(SELECT * REPLACE (CASE WHEN hash(customer_id) % 3 = 0 THEN '1.38E+10' ELSE customer_id END AS customer_id)"
        f" FROM {BILLS})",
        "customer_id_shortened",
    ),
    "numbers as a program writes a double": (
        f"(SELECT * REPLACE ('1.3' || substr(customer_id, 2) || 'E10' AS customer_id) FROM {BILLS})",
        "customer_id_shortened 2,391",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", STOPS)
def test_a_way_out_stops_the_first_month(first: MonthRun, kind: str) -> None:
    relation, said = STOPS[kind]
    with pytest.raises(CheckFailed, match=said.replace(".", r"\.")):
        checked(first, bill=relation)


PASSES = {
    "nothing repeated": BILLS,
    "few doubles": and_also(every(100)),
    "a bill with two lines of one item": and_also(every(10, "* REPLACE (3 AS amount_cny)")),
    "numbers of letters and digits": f"(SELECT * REPLACE (customer_id || 'E10' AS customer_id) FROM {BILLS})",
}  # fmt: skip


@pytest.mark.parametrize("kind", PASSES)
def test_what_is_usual_says_nothing(first: MonthRun, kind: str) -> None:
    relation = PASSES[kind]
    customers = customer(FIRST)
    if "letters" in kind:
        customers = (
            f"(SELECT * REPLACE (customer_id || 'E10' AS customer_id) FROM {customers})"
        )
    report = checked(first, bill=relation, customer=customers)
    assert (report.facts["failed"], report.facts["warned"]) == (0, 0), results(
        first, "warn"
    )


def test_a_few_warn(first: MonthRun) -> None:
    checked(first, bill=and_also(every(20)))
    assert results(first, "warn") == {"bill.double_share"}


def test_what_leaves_is_counted_by_its_way(first: MonthRun) -> None:
    """One bill of each kind; 20 + 30 is one item of 50, and of a contradiction nobody picks one."""
    plain = "SELECT DATE '2024-01-01' AS event_date, DATE '2024-02-03' AS known_date, 'data' AS item_code,"
    given = f"""(
        {plain} 'again' AS bill_id, 'S1' AS customer_id, 10::DECIMAL(18,4) AS amount_cny FROM range(3)
        UNION ALL BY NAME {plain} 'lines' AS bill_id, 'S2' AS customer_id, unnest([20, 30]) AS amount_cny
        UNION ALL BY NAME {plain} 'torn' AS bill_id, unnest(['S3', 'S4']) AS customer_id, 5 AS amount_cny
        UNION ALL BY NAME {plain} 'corrected' AS bill_id, 'S5' AS customer_id, 7 AS amount_cny
        UNION ALL BY NAME {plain.replace("02-03", "02-04")} 'corrected' AS bill_id, 'S5' AS customer_id, 8 AS amount_cny
    )"""
    with pytest.raises(
        CheckFailed, match="rows is 9"
    ):  # the books are kept all the same
        checked(first, bill=given, customer=customer(FIRST))
    run_on("integrate", first)
    (books,) = (row for row in rows(first, "audit_rows") if row["table_name"] == "bill")
    counts = ("rows_in", "rows_out", "quarantined", "merged", "replaced", "added_up")
    assert [books[name] for name in counts] == [9, 3, 2, 4, 1, 1]
    kept = {
        row["bill_id"]: float(row["amount_cny"]) for row in rows(first, "clean_bill")
    }
    assert kept == {"again": 10, "lines": 50, "corrected": 8}
    aside = {row["rule"] for row in rows(first, "quarantine")}
    assert aside == {"key_conflict"}
    naive = first.engine.row(
        f"SELECT count(*) AS n FROM (SELECT DISTINCT ON (bill_id, item_code) * FROM {given})"
    )
    assert naive["n"] == 4  # one of the torn ones would have stayed


def test_a_correction_stands_while_two_later_rows_contradict_each_other(
    first: MonthRun,
) -> None:
    plain = (
        "SELECT DATE '2024-01-01' AS event_date, 'data' AS item_code, 'B' AS bill_id,"
    )
    given = f"""({plain} 'S1' AS customer_id, DATE '2024-02-02' AS known_date, 1::DECIMAL(18,4) AS amount_cny
        UNION ALL BY NAME {plain} unnest(['S1', 'S2']) AS customer_id, DATE '2024-02-03' AS known_date,
            2 AS amount_cny)"""
    with pytest.raises(CheckFailed):
        checked(first, bill=given, customer=customer(FIRST))
    run_on("integrate", first)
    (kept,) = rows(first, "clean_bill")
    assert (kept["customer_id"], float(kept["amount_cny"])) == ("S1", 1)


@pytest.mark.parametrize(
    ("late", "new", "verdict"), [(60, 60, "pass"), (300, 300, "warn"), (300, 0, "pass")]
)
def test_many_late_rows_of_an_earlier_month_warn(
    first: MonthRun, late: int, new: int, verdict: str
) -> None:
    """They are taken in, so the run goes on; but the earlier list was made without them. Late answers are usual."""
    checked(first)
    second = another_month(first, "2024-02")
    found = {
        "late_month": FIRST.start,
        "table_name": "bill",
        "late_rows": late,
        "new_rows": new,
    }
    put(second, "late_rows", "2024-02", [found])
    checked(second)
    assert ("bill.late_share" in results(second, "warn")) == (verdict == "warn")


TYPES = {"text": pa.string(), "decimal": pa.decimal128(18, 4), "date": pa.date32()}


@pytest.mark.parametrize(
    ("forgotten", "verdict"), [(0, ""), (100, "warn"), (400, "stop")]
)
def test_people_who_were_taken_out_leave_by_a_way_of_their_own(
    first: MonthRun, forgotten: int, verdict: str
) -> None:
    """Of 4,782 bills: the list of another profile would turn half of them away."""
    columns = first.registry.raw["bill"].delivered_columns
    schema = pa.schema([(column.name, TYPES[column.type]) for column in columns])
    form = Delivered.of(schema, {}).as_json()
    line = {"table_name": "bill", "known_until": "2024-02-06", "schema_json": form}
    counts = {"row_count": 4782, "forgotten_rows": forgotten}
    put(first, "delivery", str(FIRST), [line | counts])
    if verdict == "stop":
        with pytest.raises(CheckFailed, match=r"forgotten_share is 0\.07"):
            checked(first)
    else:
        checked(first)
        warned = {"bill.forgotten_share"} if verdict else set()
        assert results(first, "warn") == warned
