"""What triggers came to, by customers named for what became of them.

March 2024 is known on 6 April (settle days 5), the delay is April, the predict window May. In time is from 9 April on.
"""

import datetime as dt
from pathlib import Path

import pytest

from churn_tasks.core.months import Month
from churn_tasks.report.gather import gather
from churn_tasks.report.page import month_page
from churn_tasks.report.trigger_outcome import (
    TriggerResult,
    of_all_months,
    trigger_outcomes,
)
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.warning.playbook import load_playbook
from tests.lakes import put, small_run

LEFT = {  # customers of March by the day on which they left
    "two_days_after": "2024-04-08",
    "in_time": "2024-04-09",
    "in_the_window": "2024-05-20",
    "nothing_fired": "2024-05-10",
    "day_before_as_of": "2024-03-31",
    "after_the_window": "2024-06-01",
    "changed_lines": "2024-05-20",
    "stayed": None,
    "stayed_beside": None,
    "stayed_quietly": None,
}
LISTED = ("in_the_window", "stayed", "changed_lines")
PORTED = ("two_days_after", "in_the_window", "stayed", "changed_lines")
FAULTY = ("in_time", "in_the_window", "stayed_beside", "day_before_as_of", "after_the_window")  # fmt: skip


def _label(customer: str) -> dict[str, object]:
    day = LEFT[customer]
    return {
        "customer_id": customer,
        "left_date": dt.date.fromisoformat(day) if day else None,
        "rotated": customer == "changed_lines",
        "churned": False,
        "left_early": False,
    }


def _fired(customer: str, trigger: str, day: str) -> dict[str, object]:
    return {
        "customer_id": customer,
        "trigger": trigger,
        "event_date": dt.date.fromisoformat(day),
        "priority": 100 if trigger == "port_requested" else 60,
    }


@pytest.fixture
def run(tmp_path: Path) -> MonthRun:
    return _filled(tmp_path)


def _filled(folder: Path, **settings: object) -> MonthRun:
    run = small_run(folder, "2024-08", **settings)
    put(run, "label", "2024-03", [_label(name) for name in LEFT])
    listed = [{"customer_id": c, "rank": n} for n, c in enumerate(LISTED, start=1)]
    put(run, "out_warning_list", "2024-03", listed, checked=False)
    fired = [_fired(name, "port_requested", "2024-03-10") for name in PORTED]
    fired += [_fired(name, "faults_reported", "2024-03-01") for name in FAULTY]
    put(run, "out_trigger", "2024-03", fired, checked=False)
    put(run, "label", "2024-04", [_label("stayed")])  # no trigger of April: not judged
    return run


def test_each_trigger_is_judged_on_who_left_from_as_of_to_the_end_of_the_window(
    run: MonthRun,
) -> None:
    """9 customers without the one who changed lines; 4 of them left: 8 and 9 April, 10 and 20 May.

    port_requested: 3 fired, 2 left, of which one in time; from 10 March to 8 April and 20 May are 29 and 71 days.
    """
    found = {
        row.trigger: row
        for row in trigger_outcomes(run.engine, run.settings, run.month)
        if row.month == Month(2024, 3)
    }
    run.close()
    ported = found["port_requested"]
    assert ported == TriggerResult(
        Month(2024, 3),
        "port_requested",
        at_risk=9,
        leavers=4,
        customers=3,
        left_count=2,
        left_in_time_count=1,
        beside_count=1,
        beside_left_count=1,
        days_to_leaving_median=50.0,
    )
    assert ported.precision == 2 / 3
    assert ported.coverage == 2 / 4
    assert ported.lift == (2 / 3) / (4 / 9)
    assert ported.beside_precision == 1.0
    faulty = found["faults_reported"]
    assert (faulty.customers, faulty.left_count, faulty.left_in_time_count) == (5, 2, 2)
    assert (faulty.beside_count, faulty.beside_left_count) == (4, 1)


def test_who_has_several_triggers_counts_once_among_any(run: MonthRun) -> None:
    """in_the_window has both; its days count from the earlier event, 1 March to 20 May."""
    rows = trigger_outcomes(run.engine, run.settings, run.month)
    (march,) = [row for row in rows if row.month and row.trigger is None]
    run.close()
    assert (march.customers, march.left_count) == (7, 3)
    assert march.days_to_leaving_median == 39.0, "29, 39 and 80 days"
    together = of_all_months(rows)
    assert [row.trigger for row in together] == ["port_requested", "faults_reported", None]  # fmt: skip
    assert all(row.month is None for row in together)


def test_a_month_without_a_list_has_nobody_beside_it(run: MonthRun) -> None:
    """Else the months before the first model would say what triggers add to it."""
    put(run, "label", "2024-04", [_label("in_the_window")])
    fired = _fired("in_the_window", "port_requested", "2024-04-02")
    put(run, "out_trigger", "2024-04", [fired], checked=False)
    rows = trigger_outcomes(run.engine, run.settings, run.month)
    run.close()
    (april,) = [r for r in rows if r.month == Month(2024, 4) and r.trigger]
    assert (april.customers, april.left_count) == (1, 1)
    assert (april.beside_count, april.beside_precision) == (0, None)
    (together,) = [r for r in of_all_months(rows) if r.trigger == "port_requested"]
    assert (together.customers, together.beside_count) == (4, 1)


def test_nobody_is_judged_before_the_truth_is_in(run: MonthRun) -> None:
    assert trigger_outcomes(run.engine, run.settings, Month(2024, 5)) == []
    run.close()


def test_a_definition_without_days_tells_nothing_in_time(tmp_path: Path) -> None:
    run = _filled(tmp_path, definition="not_billed")
    rows = trigger_outcomes(run.engine, run.settings, run.month)
    run.close()
    assert {row.left_in_time_count for row in rows} == {None}


def test_the_page_shows_the_triggers_of_the_month_and_what_earlier_ones_came_to(
    run: MonthRun,
) -> None:
    fired = [
        _fired("stayed", "port_requested", "2024-08-10"),
        _fired("stayed", "faults_reported", "2024-08-01"),
    ]
    put(run, "out_trigger", "2024-08", fired, checked=False)
    reasons = load_playbook(run.settings).reasons
    titles = {group: reason.title for group, reason in reasons.groups.items()}
    content = gather(run.engine, run.settings, run.month, titles)
    run.close()
    assert [(row.name, row.customers, row.listed) for row in content.triggers] == [
        ("port_requested", 1, 0),
        ("faults_reported", 1, 0),
    ]
    page = month_page(content)
    for words in ("申请携号转网", "Two or more fault reports in a month", "any trigger", "66.7%"):  # fmt: skip
        assert words in page
