"""Months: strict reading and arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import (
    Month,
    months_between,
    months_through,
    refuse_reversed,
)

months = st.builds(Month, st.integers(1990, 2100), st.integers(1, 12))


@pytest.mark.parametrize(
    "text",
    ["", None, 202403, "2024-3", "2024-13", "2024-00", "24-03", "2024/03", "2024-03-01", " 2024-03", "2024-03\n",
     "../../etc", "２０２４-０３", "0000-01"],
)  # fmt: skip
def test_anything_but_year_and_month_is_refused(text: object) -> None:
    with pytest.raises(BadInput, match="YYYY-MM"):
        Month.parse(text)


@given(months)
def test_text_and_back(month: Month) -> None:
    assert Month.parse(str(month)) == month


@given(months, st.integers(-200, 200))
def test_adding_months_is_undone_by_taking_them_away(month: Month, n: int) -> None:
    assert (month + n) - n == month
    assert (month + n).months_since(month) == n


@given(months)
def test_months_tile_the_calendar(month: Month) -> None:
    assert month.end == (month + 1).start
    assert 28 <= (month.end - month.start).days <= 31


def test_a_range_is_half_open_and_crosses_the_year() -> None:
    found = list(months_between(Month(2023, 11), Month(2024, 3)))
    assert [str(month) for month in found] == [
        "2023-11",
        "2023-12",
        "2024-01",
        "2024-02",
    ]
    assert list(months_between(Month(2024, 3), Month(2024, 3))) == []


def test_both_ends_of_a_range_that_people_name_belong_to_it() -> None:
    found = months_through(Month(2023, 12), Month(2024, 1))
    assert [str(month) for month in found] == ["2023-12", "2024-01"]
    assert months_through(Month(2024, 3), Month(2024, 3)) == [Month(2024, 3)]


@pytest.mark.parametrize("last", [Month(2025, 2), Month(2024, 12)])
def test_a_reversed_range_is_refused_and_not_empty(last: Month) -> None:
    with pytest.raises(BadInput, match=rf"{last}, lies before the first, 2025-03"):
        months_through(Month(2025, 3), last)
    assert list(months_between(Month(2025, 3), last)) == [], "control: says nothing"


def test_a_range_that_is_open_at_an_end_is_in_order() -> None:
    for first, last in [(None, None), (Month(2025, 3), None), (None, Month(2025, 1))]:
        refuse_reversed(first, last)
