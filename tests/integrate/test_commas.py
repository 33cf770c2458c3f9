"""A comma that may stand for the point or part thousands: settled by the column, declared, set aside, or refused."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from churn_tasks.core.errors import BadInput, SettingsError
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.declared.registry import load_contracts
from churn_tasks.declared.standard import refuse_unfit
from churn_tasks.integrate.standardise.commas import refuse_doubtful
from churn_tasks.integrate.standardise.prepare import (
    declared_for,
    make_macros,
    prepare_standard,
)
from tests.lakes import small_profile

D = Decimal
Read = list[tuple[Decimal | None, str | None]]  # amount, unreadable column


def settings_of(tmp_path: Path, decimal: str = "") -> Settings:
    standardise = {"bill.amount_cny": {"decimal": decimal}} if decimal else {}
    profile = small_profile(tmp_path, ("bill",), standardise=standardise)
    return load_settings(str(profile), state_dir=tmp_path / "state")


def read(settings: Settings, *amounts: str | None, plain: int = 0) -> Read:
    """What a column of these texts is read as, with so many plain whole numbers before them."""
    given = [*map(str, range(plain)), *amounts]
    table = load_contracts(settings)["bill"]
    with duckdb.connect() as connection:
        make_macros(connection)
        connection.execute("CREATE TABLE given (place INTEGER, amount_cny VARCHAR)")
        connection.executemany(
            "INSERT INTO given VALUES (?, ?)", list(enumerate(given))
        )
        rows = "(SELECT *, DATE '2024-03-01' AS month FROM given)"
        declared = declared_for(settings, "bill")
        view = prepare_standard(connection, table, rows, settings, declared)
        refuse_doubtful(table, view.delivery.undecided)
        asked = "SELECT amount_cny, unreadable FROM standard_bill"
        return connection.execute(asked).fetchall()[plain:]


SETTLED = {
    "a point before a fraction": ("58.50", "12,345", D(12345)),
    "two commas": ("1,234,567", "１２，３４５", D(12345)),
    "a comma before a point": ("1,234.500", "¥12,345", D(12345)),
}


@pytest.mark.parametrize("how", SETTLED)
def test_another_value_of_the_column_settles_it(tmp_path: Path, how: str) -> None:
    settles, text, value = SETTLED[how]
    found = read(settings_of(tmp_path), settles, text, None)
    assert found[1:] == [(value, None), (None, None)]


DOUBTFUL = {
    "nothing but such values": ["12,345", "13,001", "49,999"],
    "whole numbers beside them": ["12", "7", "12,345"],
    "commas before fractions": ["58,00", "7,50", "12"],
    "both readings in one column": ["58,00", "58.50", "12,345"],
    "a currency and accounting": ["¥12,345", "(1,234)"],
    "one point among many commas": ["58.50", "12,345", "13,001", "49,999"],
    "below one": ["0,125", "0,500"],
}


@pytest.mark.parametrize("how", DOUBTFUL)
def test_what_nothing_settles_is_refused_by_name(tmp_path: Path, how: str) -> None:
    with pytest.raises(
        BadInput,
        match=r"raw_bill 2024-03, column amount_cny: a comma may .*rows?; e\.g\. .*"
        r"standardise\.bill\.amount_cny: \{decimal: comma\} or \{decimal: point\}",
    ):
        read(settings_of(tmp_path), *DOUBTFUL[how])


def test_a_few_of_them_are_set_aside_and_do_not_stop_the_month(tmp_path: Path) -> None:
    found = read(settings_of(tmp_path), "12,345", "58,00", "58", plain=60)
    assert found == [(None, "amount_cny")] * 2 + [(D(58), None)]


DECLARED = {
    ("12,345", "comma"): D("12.345"),
    ("58,00", "comma"): D(58),
    ("1.234,56", "comma"): D("1234.56"),
    ("1.234", "comma"): D(1234),
    ("（1.234,5）", "comma"): D("-1234.5"),
    ("１２，３４５元", "comma"): D("12.345"),
    ("58", "comma"): D(58),
    ("12,345", "point"): D(12345),
    ("1,234.56", "point"): D("1234.56"),
}


@pytest.mark.parametrize(("text", "decimal"), DECLARED)
def test_what_is_declared_is_read_so(tmp_path: Path, text: str, decimal: str) -> None:
    found = read(settings_of(tmp_path, decimal), text)
    assert found == [(DECLARED[text, decimal], None)]


def test_what_contradicts_the_declaration_is_unreadable(tmp_path: Path) -> None:
    found = read(settings_of(tmp_path, "comma"), "58.50", "58,00")
    assert found == [(None, "amount_cny"), (D(58), None)]
    found = read(settings_of(tmp_path, "point"), "58,00", "58.50")
    assert found == [(None, "amount_cny"), (D("58.5"), None)]


def test_it_is_declared_of_numbers_only(tmp_path: Path) -> None:
    profile = small_profile(
        tmp_path, ("bill",), standardise={"bill.item_code": {"decimal": "comma"}}
    )
    settings = load_settings(str(profile), state_dir=tmp_path / "state")
    with pytest.raises(
        SettingsError, match=r"bill\.item_code\.decimal: item_code is text"
    ):
        refuse_unfit(settings.standardise, load_contracts(settings))


def test_taking_commas_away_would_be_a_thousandfold() -> None:
    """Negative control: the reader that takes every comma for thousands."""
    with duckdb.connect() as connection:
        make_macros(connection)
        asked = "SELECT number_of_parts(number_parts('12,345'), 1)"
        assert connection.execute(asked).fetchone() == (D(12345),)
