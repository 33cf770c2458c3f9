"""Numbers of customers and records: cut short, renamed, or without a record in the master; without any history."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from churn_tasks.core.errors import CheckFailed
from churn_tasks.core.months import Month
from churn_tasks.runner.month_run import MonthRun
from tests.checks.test_check_raw import bill, checked, customer, results
from tests.lakes import another_month, rows, small_run

FIRST, SECOND = Month(2024, 1), Month(2024, 2)


@pytest.fixture
def first(tmp_path: Path) -> Iterator[MonthRun]:
    """The first month of all: nothing was learnt yet."""
    run = small_run(tmp_path, str(FIRST), raw=("bill", "customer"))
    yield run
    run.close()


def renamed(relation: str, number: str) -> str:
    """The same rows, the customers under other numbers (SQL over ``n``, their number so far)."""
    given = f"(SELECT *, substr(customer_id, 2)::BIGINT AS n FROM {relation})"
    return f"(SELECT * EXCLUDE (n) REPLACE ({number} AS customer_id) FROM {given})"


def both(run: MonthRun, number: str) -> dict[str, str]:
    """The month's bills and its master with the same numbers."""
    month = run.month
    return {
        "bill": renamed(bill(month), number),
        "customer": renamed(customer(month), number),
    }


# nineteen digits that look drawn, from the number of a customer
DRAWN = "(4611686018427387904 + (hash(n) // 4)::UBIGINT)"
LONG = {
    "whole numbers of 19 digits": (f"{DRAWN}::VARCHAR", "pass"),
    "16 digits, one in ten with a zero behind": (f"left({DRAWN}::VARCHAR, 16)", "pass"),
    "a counter in the upper bits": ("((n + 1000000000000) * 4194304)::VARCHAR", "pass"),
    "15 digits": (f"left({DRAWN}::VARCHAR, 15)", "pass"),
    "zeros from the 16th digit on": (f"left({DRAWN}::VARCHAR, 15) || '0000'", "stop"),
    "a 16th digit that is zero": (f"left({DRAWN}::VARCHAR, 15) || '0'", "stop"),
    "19 digits as a double": (f"({DRAWN}::DOUBLE::UBIGINT)::VARCHAR", "stop"),
    "18 digits as a double": (f"(({DRAWN} // 10)::DOUBLE::UBIGINT)::VARCHAR", "stop"),
}  # fmt: skip


@pytest.mark.parametrize("kind", LONG)
def test_long_numbers_that_lost_their_last_digits_stop_the_first_month(
    first: MonthRun, kind: str
) -> None:
    number, outcome = LONG[kind]
    tables = both(first, number)
    if outcome == "stop":
        with pytest.raises(CheckFailed, match=r"customer_id\.rounded_share"):
            checked(first, **tables)
    else:
        report = checked(first, **tables)
        assert report.facts["warned"] == 0, results(first, "warn")


UNKNOWN = {
    "a third of the bills under new numbers": "CASE WHEN n % 3 = 0 THEN 'S9' || n ELSE customer_id END",
    "the master without its leading zeros": "'S0' || n",
}  # fmt: skip


@pytest.mark.parametrize("kind", UNKNOWN)
def test_rows_whose_customer_the_master_does_not_know_stop_the_first_month(
    first: MonthRun, kind: str
) -> None:
    """Control: rows, customers and amounts are those of a right month."""
    with pytest.raises(CheckFailed, match=r"raw_bill\.known_share is 0"):
        checked(first, bill=renamed(bill(FIRST), UNKNOWN[kind]))
    stopped = {
        row["measure"]
        for row in rows(first, "check_result")
        if row["verdict"] != "pass"
    }
    assert stopped == {"known_share"}


def test_a_few_unknown_customers_warn(first: MonthRun) -> None:
    few = "CASE WHEN n % 12 = 0 THEN 'S9' || n ELSE customer_id END"
    checked(first, bill=renamed(bill(FIRST), few))
    assert results(first, "warn") == {"bill.known_share"}


SHAPES = {
    "a third with a letter in front": ("CASE WHEN n % 3 = 0 THEN 'X' || customer_id ELSE customer_id END", "stop"),
    "all without their leading letter": ("n::VARCHAR", "stop"),
    "one in twelve longer": ("CASE WHEN n % 12 = 0 THEN customer_id || '00' ELSE customer_id END", "warn"),
    "as before": ("customer_id", "pass"),
}  # fmt: skip


@pytest.mark.parametrize("kind", SHAPES)
def test_numbers_of_another_shape_than_last_month(first: MonthRun, kind: str) -> None:
    """Bills and master agree, so that every relation between tables holds."""
    number, outcome = SHAPES[kind]
    checked(first)
    second = another_month(first, str(SECOND))
    if outcome == "stop":
        with pytest.raises(CheckFailed, match="other_shape_share"):
            checked(second, **both(second, number))
    else:
        checked(second, **both(second, number))
    found = results(second, outcome)
    if outcome == "pass":
        assert results(second, "warn") == set()
    assert {
        "bill.customer_id.other_shape_share",
        "customer.customer_id.other_shape_share",
    } <= found


def test_the_file_of_last_month_under_a_new_name_warns(first: MonthRun) -> None:
    """Its dates are those of the extract, so that no row is of another month. Control: a month of its own passes."""
    checked(first)
    second = another_month(first, str(SECOND))
    dates = (
        f"DATE '{SECOND.start}' AS event_date, DATE '{SECOND.end}' + 2 AS known_date"
    )
    again = (
        f"(SELECT * REPLACE ({dates}, bill_id || 'b' AS bill_id) FROM {bill(FIRST)})"
    )
    checked(second, bill=again)
    assert "bill.month_before_again" in results(second, "warn")
    checked(second)
    assert "bill.month_before_again" in results(second, "pass")
