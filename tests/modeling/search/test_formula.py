"""Formulas: one value in NumPy and in SQL, brackets where they are needed, units and words that follow the parts."""

import duckdb
import numpy as np
import pytest

from churn_tasks.modeling.search.adoption import nested, read_back
from churn_tasks.modeling.search.described import in_chinese, in_english, unit
from churn_tasks.modeling.search.formula import (
    Formula,
    feature,
    joined,
    sql,
    values,
)

A, B, C, D = (feature(name) for name in "abcd")
CASES = [
    ("a", A),
    ("a - b", joined("-", A, B)),
    ("(a - b) / (c - d)", joined("/", joined("-", A, B), joined("-", C, D))),
    ("a / (b + c)", joined("/", A, joined("+", B, C))),
    ("a / (b / c)", joined("/", A, joined("/", B, C))),
    ("a / b - c / d", joined("-", joined("/", A, B), joined("/", C, D))),
    ("a - b - (c - d)", joined("-", joined("-", A, B), joined("-", C, D))),
    ("(a - b) * c", joined("*", joined("-", A, B), C)),
    ("a / b * c", joined("*", joined("/", A, B), C)),
]


@pytest.mark.parametrize(
    ("written", "formula"), CASES, ids=[written for written, _ in CASES]
)
def test_numpy_and_sql_say_the_same_of_every_row(
    written: str, formula: Formula
) -> None:
    rng = np.random.default_rng(0)
    columns = {name: rng.integers(-3, 4, 400).astype(float) / 10 for name in "abcd"}
    for column in columns.values():
        column[rng.random(400) < 0.1] = np.nan
    connection = duckdb.connect()
    named = ", ".join(f"unnest(${name}::DOUBLE[]) AS {name}" for name in "abcd")
    given = {
        name: [None if np.isnan(value) else float(value) for value in columns[name]]
        for name in "abcd"
    }
    asked = f"SELECT {sql(formula, str)} AS answer FROM (SELECT {named})"
    answers = [row[0] for row in connection.execute(asked, given).fetchall()]
    expected = values(formula, columns)
    assert str(formula) == written
    assert [answer is None for answer in answers] == np.isnan(expected).tolist()
    assert np.allclose(
        [answer for answer in answers if answer is not None],
        expected[~np.isnan(expected)],
        rtol=1e-9,
    )
    assert 0 < np.isnan(expected).sum() < 400


def test_a_difference_of_equal_amounts_divides_nothing() -> None:
    """0.3 - 0.1 - 0.2 is -2.8e-17 in floating point; unrounded it would divide and give 10 to the 16th (control)."""
    columns = {
        "a": np.array([1.0]),
        "b": np.array([0.3]),
        "c": np.array([0.1]),
        "d": np.array([0.2]),
    }
    rest = joined("-", joined("-", B, C), D)
    assert values(rest, columns)[0] != 0
    assert np.isnan(values(joined("/", A, rest), columns)[0])


def test_units_follow_the_parts() -> None:
    units = {"a": "CNY", "b": "CNY", "c": "min", "d": "min"}
    assert unit(joined("-", A, B), units) == "CNY"
    assert unit(joined("/", joined("-", A, B), joined("-", A, B)), units) == "ratio"
    assert unit(joined("/", A, C), units) == "CNY/min"
    assert unit(joined("*", joined("/", A, B), C), units) == "min"


def test_meanings_are_made_of_the_parts_meanings() -> None:
    formula = joined("/", joined("-", A, B), C)
    en = {"a": "Bill now", "b": "Bill then", "c": "Calls"}
    zh = {"a": "本月账单", "b": "首月账单", "c": "通话"}
    assert (
        in_english(formula, en)
        == "('Bill now' less 'Bill then') over 'Calls'; empty where it would divide by 0"
    )
    assert (
        in_chinese(formula, zh)
        == "（“本月账单”减“首月账单”）除以“通话”（除数为0则为空）"
    )


def test_products_and_sums_are_the_same_either_way_round() -> None:
    assert joined("+", A, B) == joined("+", B, A)
    assert joined("-", A, B) != joined("-", B, A)


@pytest.mark.parametrize(
    ("written", "formula"), CASES, ids=[written for written, _ in CASES]
)
def test_what_a_file_keeps_is_read_back(written: str, formula: Formula) -> None:
    assert read_back(nested(formula)) == formula
