"""Bounds learnt from accepted months: wide enough not to cry wolf, narrow enough to see what matters."""

import math
import random
import statistics

import pytest

from churn_tasks.checks.baseline import Baseline
from churn_tasks.checks.bounds import Band, Past, band, error_of_share, learnt, spread
from churn_tasks.checks.profile import Figure
from churn_tasks.core.months import Month
from churn_tasks.core.sections import Quality, Widths

QUALITY = Quality()
EXACT = Widths(mads=0, relative=0.3, share=0.05, chance=0)


def test_nothing_is_learnt_from_few_months() -> None:
    three, four = Past([100.0] * 3), Past([100.0] * 4)
    assert learnt(three, "amount", QUALITY, QUALITY.warn, QUALITY.stop) is None
    found = learnt(four, "amount", QUALITY, QUALITY.warn, QUALITY.stop)
    assert found is not None
    assert found.usual == Band(76.9230769231, 130.0)
    assert found.allowed == Band(
        33.3333333333, 300.0
    )  # factor 2, wider by 1.5 before a whole year is known


def test_one_odd_month_does_not_widen_the_band() -> None:
    """Negative control: a band of mean and standard deviation would take in a tenfold month for ever."""
    odd = [100, 101, 99, 100, 1000, 100, 101, 99]
    assert band(Past(odd), "amount", QUALITY.warn, 1.0) == Band(76.9230769231, 130.0)
    assert statistics.mean(odd) + 3 * statistics.stdev(odd) > 1000


def test_a_large_table_is_not_blamed_for_a_small_difference() -> None:
    """Negative control: a test of significance at one million rows rejects half a percentage point."""
    before, now, rows = 0.400, 0.405, 1_000_000
    limits = band(
        Past([before] * 6, error=error_of_share(now, rows)), "share", QUALITY.warn, 1.0
    )
    assert (
        limits.low is not None
        and limits.high is not None
        and limits.low < now < limits.high
    )
    assert (now - before) / math.sqrt(before * (1 - before) / rows) > 10


def test_a_small_table_is_not_blamed_for_its_size() -> None:
    rng = random.Random(1)
    outside = 0
    for _ in range(300):
        months = [
            statistics.mean(rng.random() < 0.3 for _ in range(250)) for _ in range(7)
        ]
        limits = band(
            Past(months[:6], error=error_of_share(months[6], 250)),
            "share",
            QUALITY.warn,
            1.0,
        )
        assert limits.low is not None and limits.high is not None
        outside += not limits.low <= months[6] <= limits.high
    assert outside == 0


@pytest.mark.parametrize(
    ("share", "rise"), [(0.0, 0.0025), (0.0003, 0.0045), (0.5, 0.55)]
)
def test_the_tolerance_of_a_share_is_smaller_near_nothing(
    share: float, rise: float
) -> None:
    assert band(Past([share] * 5), "share", EXACT, 1.0).high == pytest.approx(
        rise, rel=0.01
    )


def test_the_same_month_of_last_year_is_never_unusual() -> None:
    usual = Past([100, 101, 99, 100, 102, 98, 100, 101, 99, 100, 100, 101])
    assert band(usual, "amount", EXACT, 1.0).high == pytest.approx(130)
    december = Past(usual.values, year_ago=220)
    assert band(december, "amount", EXACT, 1.0) == Band(76.9230769231, 286.0)


def test_amounts_that_are_never_negative_have_no_negative_bound() -> None:
    assert band(Past([1, 2, 90, 3], error=50), "amount", QUALITY.warn, 1.0).low == 0
    assert band(Past([-1, 2, 90, 3], error=50), "amount", QUALITY.warn, 1.0).low < 0  # type: ignore[operator]


def test_few_months_show_less_than_their_true_spread() -> None:
    assert spread([10, 12, 14]) > spread([10, 12, 14] * 4)


def test_settings_widen_ignore_and_take_outcomes_away() -> None:
    past = Past([100.0] * 6)
    quality = Quality.model_validate(
        {
            "exceptions": [
                {"measures": "cdr.*.mean", "warn": {"relative": 0.5}},
                {"measures": "cdr.volume_kb.*", "stop": {"relative": 0.1}},
            ],
            "ignore": ["*.p95"],
        }
    )
    baseline = Baseline(Month(2024, 6), quality)
    mean = baseline.learn(
        "cdr.volume_kb.mean", past, "amount"
    )  # the first that fits counts
    assert mean is not None and (mean.usual.high, mean.allowed) == (150.0, Band())
    median = baseline.learn("cdr.volume_kb.p50", past, "amount")
    assert (
        median is not None
        and median.usual == Band()
        and median.allowed.high == pytest.approx(165)
    )
    assert baseline.learn("bill.amount_cny.p95", past, "amount") is None
    plain = baseline.learn("bill.amount_cny.mean", past, "amount")
    assert plain is not None and plain.usual.high == 130


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"stop": {"mads": 1}}, "stop must be at least as wide as warn in: mads"),
        ({"min_months": 13}, "min_months must not exceed max_months"),
        ({"volume": [1.5, 2]}, "volume must enclose 1"),
        ({"warm": {}}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    section: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        Quality.model_validate(section)


def test_only_the_latest_months_teach_and_last_year_is_remembered() -> None:
    start = Month(2023, 1).start
    rows = [
        {"month": (Month.of(start) + back).start, "table_name": "bill", "column_name": "", "region_code": "",
         "measure": "rows", "item": "", "value": 100.0 + back} for back in range(17)
    ]  # fmt: skip
    baseline = Baseline.of(Month(2024, 6), Quality(max_months=6), rows)
    past = baseline.past(Figure("bill", "", "rows", 1.0))
    assert list(past.values) == [111, 112, 113, 114, 115, 116]
    assert past.year_ago == 105  # 2023-06
