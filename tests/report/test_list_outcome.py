"""What a list came to, by customers named for what became of them, and the same figures as a judged model's.

The list of March 2024 is out on 6 April (settle days 5), the delay is April, the predict window May.
"""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churn_tasks.core.months import Month
from churn_tasks.modeling.metrics import DAYS, ListTerms, Truth, judge
from churn_tasks.report.charts import Series, stacked
from churn_tasks.report.outcome import COUNTS, ListResult, list_outcomes, total
from churn_tasks.runner.month_run import MonthRun
from tests.lakes import put, small_run

LISTED = Month(2024, 3)
DELAY, WINDOW = dt.date(2024, 5, 1), dt.date(2024, 6, 1)
LEFT = {  # customers of March by the day on which they left, as March's own label knows
    "day_before_as_of": "2024-03-31",
    "day_before_the_list": "2024-04-05",
    "day_of_the_list": "2024-04-06",
    "two_days_after": "2024-04-08",
    "three_days_after": "2024-04-09",
    "first_day_of_the_window": "2024-05-01",
    "last_day_of_the_window": "2024-05-31",
    "not_warned_in_the_window": "2024-05-10",
    "not_warned_in_the_delay": "2024-04-20",
    "first_day_after": "2024-06-01",
    "changed_lines": "2024-05-20",
    "stayed": None,
    "left_in_july": None,
    "changed_lines_in_july": None,
    "changed_lines_in_june": "2024-06-20",  # what April's label says of it
}
NOT_WARNED = ("not_warned_in_the_window", "not_warned_in_the_delay")
WARNED = [name for name in LEFT if name not in NOT_WARNED]


def _label(customer: str, day: str | None) -> dict[str, object]:
    left = dt.date.fromisoformat(day) if day else None
    in_window = left is not None and DELAY <= left < WINDOW
    changed = customer == "changed_lines"
    return {
        "customer_id": customer,
        "churned": in_window and not changed,
        "left_early": left is not None and left < DELAY,
        "rotated": in_window and changed,
        "left_date": left,
    }


def _later(customer: str, day: str, *, rotated: bool = False) -> dict[str, object]:
    left = dt.date.fromisoformat(day)
    flags = {"churned": not rotated, "left_early": False, "rotated": rotated}
    return {"customer_id": customer, "left_date": left, **flags}


@pytest.fixture
def run(tmp_path: Path) -> MonthRun:
    """March's list and label, and the labels of April and May, which tell of leavings in June and July."""
    return _filled(tmp_path)


def _filled(folder: Path, **settings: object) -> MonthRun:
    run = small_run(folder, "2024-08", **settings)
    put(run, "label", "2024-03", [_label(name, LEFT[name]) for name in LEFT])
    listed = []
    for rank, name in enumerate(WARNED, start=1):
        listed.append({"customer_id": name, "rank": rank})
    put(run, "out_warning_list", "2024-03", listed, checked=False)
    later = [
        _later("left_in_july", "2024-07-04"),
        _later("changed_lines_in_july", "2024-07-05", rotated=True),
        # what May's cohort says of May is March's own truth already
        _later("stayed", "2024-05-30"),
    ]
    put(run, "label", "2024-05", later)
    june = _later("changed_lines_in_june", "2024-06-20", rotated=True)
    put(run, "label", "2024-04", [june])
    return run


def _result(run: MonthRun, month: str) -> ListResult:
    (result,) = list_outcomes(run.engine, run.settings, Month.parse(month))
    return result


def test_every_customer_has_one_part(run: MonthRun) -> None:
    """15 customers, 13 warned. In time: from 9 April, so three_days_after and the two warned in the window."""
    result = _result(run, "2024-08")
    assert result == ListResult(
        LISTED,
        customers=15,
        churners=3,
        warned=13,
        warned_churners=2,
        left_before_list=2,
        left_in_delay=4,
        left_later=2,
        rotated=1,
        leavers=8,  # all but day_before_as_of who left up to 31 May: 1 + 4 + 3
        warned_left_before_list=2,
        warned_left_in_delay=3,
        warned_left_later=2,
        warned_rotated=1,
        warned_in_time=3,
        # 0, 2, 3, 25 and 55 days after the list
        days_to_leaving_lower=2.0,
        days_to_leaving_median=3.0,
        days_to_leaving_upper=25.0,
    )
    assert (result.at_risk, result.warned_at_risk) == (15 - 2 - 4 - 1, 13 - 2 - 3 - 1)
    assert result.precision == 2 / 7
    assert result.warned_churners / result.warned == 2 / 13, "as it was counted before"
    assert result.coverage == 2 / 3
    assert result.churn_rate == 3 / 8
    assert result.lift == (2 / 7) / (3 / 8)
    assert result.precision_in_time == 3 / 12, "changed lines aside"
    assert result.coverage_in_time == 3 / 8


def test_later_leavings_come_in_with_later_labels(run: MonthRun) -> None:
    """March's own label shows two of June; April's that one of them changed lines; May's one who left in July."""
    assert _result(run, "2024-06").left_later == 2
    assert _result(run, "2024-07").left_later == 1
    assert _result(run, "2024-08").left_later == 2
    in_june, in_august = _result(run, "2024-06"), _result(run, "2024-08")
    assert in_june.precision == in_august.precision
    assert in_june.days_to_leaving_median == in_august.days_to_leaving_median
    assert list_outcomes(run.engine, run.settings, Month(2024, 5)) == []


def test_the_lead_is_a_setting(tmp_path: Path) -> None:
    counted = {}
    for days in (0, 2, 25, 26, 60):
        terms = {"share": 0.5, "lead_days": days}
        run = _filled(tmp_path / str(days), warning_list=terms)
        counted[days] = _result(run, "2024-08").warned_in_time
    assert counted == {0: 5, 2: 4, 25: 2, 26: 1, 60: 0}


def test_where_only_months_are_known_no_days_are_told(tmp_path: Path) -> None:
    """By months who left in April did so in the delay, and who left in March before the list."""
    run = _filled(tmp_path, definition="not_billed")
    result = _result(run, "2024-08")
    assert (result.left_before_list, result.left_in_delay) == (1, 5)
    assert (result.warned_in_time, result.precision_in_time) == (None, None)
    assert (result.days_to_leaving_median, result.precision) == (None, 2 / 7)


def test_the_list_and_a_judged_model_are_counted_alike(tmp_path: Path) -> None:
    """400 customers with days drawn over half a year: every figure of the result table is that of the metrics."""
    rng = np.random.default_rng(20_240_401)
    run = small_run(tmp_path, "2024-06")
    window = run.settings.calendar.window(LISTED)
    truth, labels, listed = [], [], []
    for number in range(400):
        day = window.as_of + dt.timedelta(days=int(rng.integers(-20, 90)))
        left = day if rng.random() < 0.6 else None
        early = left is not None and left < window.predict_start
        inside = left is not None and window.predict_start <= left < window.predict_end
        changed = inside and bool(rng.random() < 0.2)
        row = {
            "churned": inside and not changed,
            "left_early": early,
            "rotated": changed,
            "left_date": left,
        }
        truth.append(row)
        labels.append({"customer_id": f"c{number:03d}", **row})
        if number < 120:
            listed.append({"customer_id": f"c{number:03d}", "rank": number + 1})
    put(run, "label", str(LISTED), labels)
    put(run, "out_warning_list", str(LISTED), listed, checked=False)
    result = _result(run, "2024-06")
    columns = pd.DataFrame(truth)
    given = Truth(
        columns["churned"].to_numpy(bool),
        columns["left_early"].to_numpy(bool),
        columns["rotated"].to_numpy(bool),
        columns["left_date"].to_numpy("datetime64[D]"),
    )
    outcome = judge(np.linspace(1, 0, 400), given, ListTerms(window, 120))
    rates = ("churn_rate", "precision", "coverage", "lift", "at_risk", "warned_at_risk")
    early = ("precision_in_time", "coverage_in_time", *DAYS)
    for name in (*COUNTS, *rates, *early):
        assert getattr(result, name) == pytest.approx(getattr(outcome, name)), name


def test_all_lists_together() -> None:
    one = ListResult(LISTED, 100, 10, 20, 5, leavers=12, warned_in_time=4)
    other = ListResult(LISTED + 1, 100, 8, 20, 3, leavers=8, warned_in_time=1)
    both = total([one, other])
    assert (both.precision, both.coverage) == (8 / 40, 8 / 18)
    assert (both.precision_in_time, both.coverage_in_time) == (5 / 40, 5 / 20)
    assert both.days_to_leaving_median is None
    unknown = ListResult(LISTED + 2, 100, 8, 20, 3, left_later=None)
    assert total([one, unknown]).left_later is None
    assert total([one, unknown]).warned_in_time is None


def test_a_record_of_an_earlier_version_rests_on_what_it_holds() -> None:
    """It counted all who left before the window as left_in_delay, and nothing of lines that were changed."""
    counted = {"left_in_delay": 10, "warned_left_in_delay": 2}
    unknown = dict.fromkeys(
        (
            "left_before_list", "left_later", "rotated", "leavers",
            "warned_left_before_list", "warned_left_later", "warned_rotated",
        )
    )  # fmt: skip
    old = ListResult(LISTED, 1000, 80, 50, 40, **counted, **unknown)
    assert (old.at_risk, old.warned_at_risk) == (990, 48)
    assert old.precision == 40 / 48
    assert (old.precision_in_time, old.coverage_in_time) == (None, None)


def test_nobody_warned_has_no_precision() -> None:
    none = ListResult(LISTED, 10, 2, 0, 0, leavers=2, warned_in_time=0)
    assert (none.precision, none.precision_in_time, none.lift) == (None, None, None)
    assert (none.coverage, none.coverage_in_time) == (0.0, 0.0)


def test_bars_lie_upon_each_other() -> None:
    """Two lists of three parts, one of them unknown: the pieces of a bar reach from one to the next."""
    parts = [Series("甲", "a", [1, 2]), Series("乙", "b", [3, None])]
    drawn = stacked(["2024-03", "2024-04"], parts)
    assert drawn.count("<rect") == 4
    assert "2024-03 乙 b: 3" in drawn and "2024-04 乙 b: 0" in drawn
