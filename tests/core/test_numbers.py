"""Numbers as people read them: Babel's patterns round as Python does, and nothing is shown as minus zero."""

import random

import pytest

from churn_tasks.core.numbers import counted, or_nothing, written
from churn_tasks.warning.evidence import number


def plain(value: float, places: int) -> str:
    """Python's own rounding, its tail of zeros cut off by hand."""
    text = f"{value:.{places}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


@pytest.mark.parametrize("places", [0, 1, 2])
def test_ties_are_those_of_the_float(places: int) -> None:
    """Negative control: a pattern given the float's shortest text instead of its value rounds 0.295 up."""
    pattern = "0." + "#" * places if places else "0"
    rng = random.Random(7)
    values = [rng.randint(-40_000, 40_000) / 200 for _ in range(2_000)]
    values += [rng.uniform(-1, 1) for _ in range(2_000)]
    assert [written(value, pattern) for value in values] == [
        plain(value, places) for value in values
    ]
    assert written(0.295, "0.##") == "0.29" != f"{0.295 + 1e-9:.2f}"


def test_what_is_missing_or_endless_can_be_shown() -> None:
    shown = or_nothing(counted)
    assert (shown(None), shown(float("nan")), shown(1234)) == ("–", "–", "1,234")
    assert written(float("inf"), "0.0") == "inf"


def test_a_figure_of_the_list_has_no_thousands() -> None:
    assert [number(value) for value in (1234.56, 99.96, 9.996)] == ["1235", "100", "10"]
