"""How far a code's values moved: where only the most frequent are named, the others are somewhere."""

import random
from collections import Counter

import pytest

from churn_tasks.checks.baseline import Baseline
from churn_tasks.checks.profile import Figure
from churn_tasks.checks.shifts import Moved, shift
from churn_tasks.core.months import Month
from churn_tasks.core.sections import Quality

JUNE = Month(2024, 6)
Named = dict[str, float]


def moved(past: list[Named], present: Named, rows: float = 10_000) -> Moved:
    """The shift of a month against months that end in May."""
    records = []
    for ago, shares in enumerate(reversed(past), start=1):
        records.append(_record(JUNE - ago, "", "rows", "", rows))
        for value, share in shares.items():
            records.append(_record(JUNE - ago, "city", "share_of", value, share))
    baseline = Baseline.of(JUNE, Quality(), records)
    figures = [
        Figure("customer", "city", "share_of", share, item=value)
        for value, share in present.items()
    ]
    found = shift("customer", "city", figures, baseline, rows)
    assert found is not None
    return found


def _record(
    month: Month, column: str, measure: str, item: str, value: float
) -> dict[str, object]:
    return {
        "month": month.start,
        "table_name": "customer",
        "column_name": column,
        "region_code": "",
        "measure": measure,
        "item": item,
        "value": value,
    }


def test_values_that_all_months_name_move_by_what_changed_hands() -> None:
    """A falls from 0.6 to 0.5, B rises from 0.4 to 0.5: a tenth of the rows took another value."""
    found = moved([{"A": 0.6, "B": 0.4}] * 4, {"A": 0.5, "B": 0.5})
    assert (found.value, found.past.values) == (0.1, [0.0] * 4)


def test_a_value_that_is_new_where_nothing_was_left_counts_in_full() -> None:
    """The months before name all: C cannot have been there. It took 0.3 from B."""
    found = moved([{"A": 0.6, "B": 0.4}] * 4, {"A": 0.6, "C": 0.3, "B": 0.1})
    assert (found.value, found.item) == (0.3, "B")


def test_a_value_that_is_gone_where_nothing_is_left_counts_in_full() -> None:
    found = moved([{"A": 0.6, "B": 0.4}] * 4, {"A": 1.0})
    assert found.value == 0.4


def test_a_value_that_is_not_named_counts_as_much_as_it_can_have() -> None:
    """Before: A 0.40, B 0.30 and C up to 0.30. Now: A 0.40, C 0.28 and B up to 0.28, so 0.04 went to values that
    nobody names. With nothing for what is not named, all of B went, and C came from nowhere: 0.30."""
    past = [{"A": 0.40, "B": 0.30}] * 4
    found = moved(past, {"A": 0.40, "C": 0.28})
    assert found.value == pytest.approx(0.04)


def test_a_frequent_value_that_is_gone_counts_down_to_the_least_named() -> None:
    """A had 0.40; now ten others have 0.05 each, and A no more than 0.05 of what they leave: 0.35 moved."""
    others = {f"V{n}": 0.05 for n in range(9)}
    found = moved([{"A": 0.40, **others}] * 4, {**others, "V9": 0.05})
    assert found.item == "A"
    assert found.value == pytest.approx(0.35)


def test_which_of_many_cities_alike_are_named_is_chance() -> None:
    """Negative control: with nothing for what is not named, the ten of eighty that lead change each month."""
    drawn = random.Random(1)
    months = [_ten_most_frequent(drawn) for _ in range(12)]
    found = moved(months[:11], months[11], rows=20_000)
    missing_as_nothing = sum(
        abs(months[11].get(city, 0.0) - months[10].get(city, 0.0))
        for city in months[11].keys() | months[10].keys()
    )
    assert found.value < 0.03 < missing_as_nothing / 2
    assert max(found.past.values) < 0.03


def _ten_most_frequent(drawn: random.Random) -> Named:
    counts = Counter(drawn.choices([f"city {n}" for n in range(80)], k=20_000))
    return {city: count / 20_000 for city, count in counts.most_common(10)}
