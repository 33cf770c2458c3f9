"""The daily watch on a real source and warehouse: on the day, once, in words, and without touching the months."""

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from churn_tasks.adapters.warehouse import alarms
from churn_tasks.core.errors import BadInput
from churn_tasks.core.settings import Settings
from churn_tasks.walks.day import watch_days
from churn_tasks.walks.month import run_task
from tests.daily.operator import (
    CLOSED,
    COMPLAINT,
    FAULT,
    JANUARY,
    PORTING,
    Operator,
    noon,
)


def day(number: int) -> date:
    return date(2024, 1, number)


def told(rows: list[dict[str, Any]]) -> list[tuple[str, str, date]]:
    return [(row["customer_id"], row["trigger"], row["first_day"]) for row in rows]


def test_a_request_to_port_is_an_alarm_on_its_day_with_its_evidence(
    operator: Operator,
) -> None:
    """Asked and known on the 14th; another customer's becomes known a day later; on the 13th there is none."""
    asks, told_late = operator.quiet[:2]
    operator.asks_to_port(asks, 14)
    operator.asks_to_port(told_late, 14, known=15)
    operator.watched(13)
    assert operator.alarms([asks, told_late]) == [], (
        "the day before knows nothing of it"
    )
    operator.watched(14, 15)
    first, second = operator.alarms([asks, told_late])
    assert first["first_day"] == first["known_date"] == first["event_date"] == day(14)
    assert (first["trigger"], first["priority"]) == ("port_requested", 100)
    assert (
        first["evidence_en"]
        == "asked on 2024-01-14 to take the number to another operator"
    )
    assert first["evidence_zh"] == "2024-01-14申请携号转网"
    assert "****" in first["phone_masked"]
    assert second["customer_id"] == str(told_late)
    assert (second["event_date"], second["first_day"]) == (day(14), day(15))


def test_the_same_day_twice_and_days_before_it_change_nothing(
    operator: Operator,
) -> None:
    operator.asks_to_port(operator.quiet[0], 12)
    reports = operator.watched(12, 13)
    before = operator.alarms(), operator.day(12), operator.day(13)
    area = files(operator.settings.watch_dir)
    assert operator.watched(13, 12) == [reports[1], reports[0]]
    after = operator.alarms(), operator.day(12), operator.day(13)
    for each in (*before[1:], *after[1:]):
        each.pop("recorded_at", None)
    assert after == before
    assert files(operator.settings.watch_dir) == area, "no file says anything else"


def files(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.rglob("*.parquet")):
        found[str(path.relative_to(folder))] = hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
    return found


def test_days_one_after_another_come_to_what_the_last_one_alone_comes_to(
    operator: Operator, another: Callable[[], Operator]
) -> None:
    """Rows known late, two faults on two days, and what the simulator has: the same alarms, later where later seen."""
    alone = another()
    asks, faulty = operator.quiet[:2]
    for each in (operator, alone):
        each.asks_to_port(asks, 9, known=11)
        each.happens(FAULT, 900_001, faulty, noon(8), noon(8))
        each.happens(FAULT, 900_002, faulty, noon(10), noon(10))
    operator.watched(8, 9, 10, 11)
    alone.watched(11)
    step_by_step = {row[:2] for row in told(operator.alarms())}
    assert step_by_step == {row[:2] for row in told(alone.alarms())}
    assert (str(asks), "port_requested", day(11)) in told(operator.alarms())
    assert (str(faulty), "faults_reported", day(10)) in told(operator.alarms())
    assert {row[2] for row in told(alone.alarms())} == {day(11)}


def test_a_watch_killed_before_its_alarms_were_recorded_ends_as_if_it_had_not_been(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the last insert and COMMIT: no alarm without its day, and the next try has both."""
    operator.asks_to_port(operator.quiet[0], 10)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(alarms, "_note", killed)
        with pytest.raises(KeyboardInterrupt):
            operator.watched(10)
    assert operator.alarms() == []
    (report,) = operator.watched(10)
    rows = told(operator.alarms())
    assert report.alarms == len(rows) > 0
    assert (str(operator.quiet[0]), "port_requested", day(10)) in rows


def test_a_second_event_and_a_corrected_day_raise_no_second_alarm(
    operator: Operator,
) -> None:
    """A customer has one alarm of a trigger in a month: the first one stays as it was raised."""
    twice, corrected = operator.quiet[:2]
    operator.asks_to_port(twice, 9)
    operator.asks_to_port(corrected, 9)
    operator.watched(9)
    operator.asks_to_port(twice, 11)
    operator.happens(
        "UPDATE boss.np_request SET req_tm = %s, rec_tm = %s WHERE subs_id = %s",
        noon(8), noon(11), corrected,
    )  # fmt: skip
    operator.watched(11)
    assert told(operator.alarms([twice, corrected])) == [
        (str(twice), "port_requested", day(9)),
        (str(corrected), "port_requested", day(9)),
    ]
    assert {row["event_date"] for row in operator.alarms([twice])} == {day(9)}


def test_an_alarm_ends_when_its_event_is_taken_back_or_its_customer_leaves(
    operator: Operator,
) -> None:
    """The answer that did not satisfy becomes one that did; another customer's account is closed. None is deleted."""
    soothed, leaves = operator.quiet[:2]
    operator.happens(COMPLAINT, 900_001, soothed, noon(9), noon(9), "3", noon(10))
    operator.asks_to_port(leaves, 10)
    operator.watched(10)
    assert {row["ended_why"] for row in operator.alarms([soothed, leaves])} == {None}
    operator.happens(
        "UPDATE boss.cmplt_ticket SET result_cd = '1', visit_tm = %s WHERE ticket_no = 900001",
        noon(12),
    )
    operator.happens(CLOSED, noon(12), noon(12), leaves)
    operator.watched(12)
    ended = {
        (row["customer_id"], row["trigger"]): (row["ended_why"], row["ended_day"])
        for row in operator.alarms([soothed, leaves])
    }
    assert ended == {
        (str(soothed), "complaint_unsettled"): ("taken_back", day(12)),
        (str(leaves), "port_requested"): ("left", day(12)),
    }
    open_now = operator.rows(
        "SELECT customer_id FROM churn_telecom.retention_alarm WHERE customer_id IN"
        f" ('{soothed}', '{leaves}')"
    )
    assert open_now == []
    operator.watched(10)  # an older day ends nothing and opens nothing
    assert {row["ended_day"] for row in operator.alarms([soothed, leaves])} == {day(12)}


def test_missed_days_are_made_up_for_in_order(operator: Operator) -> None:
    operator.asks_to_port(operator.quiet[0], 10)
    operator.watched(9)
    reports = list(watch_days(operator.settings, day(11)))
    assert [report.day for report in reports] == ["2024-01-10", "2024-01-11"]
    assert (str(operator.quiet[0]), "port_requested", day(10)) in told(
        operator.alarms()
    )
    (again,) = watch_days(operator.settings, day(9))
    assert again.day == "2024-01-09"


def test_a_day_before_the_history_is_refused(operator: Operator) -> None:
    with pytest.raises(BadInput, match="first month of history, 2024-01"):
        list(watch_days(operator.settings, date(2023, 12, 31)))


def test_an_event_of_a_day_to_come_waits_for_its_day(operator: Operator) -> None:
    """Entered on the 10th for the 12th: taken in on the 10th, and no row of it is news on the 12th."""
    asks = operator.quiet[0]
    operator.asks_to_port(asks, 12, known=10)
    operator.watched(10, 11)
    assert operator.alarms([asks]) == []
    operator.watched(12)
    (alarm,) = operator.alarms([asks])
    assert (alarm["event_date"], alarm["first_day"]) == (day(12), day(12))


def test_what_became_known_of_the_month_before_is_raised_in_the_next(
    operator: Operator,
) -> None:
    """Asked on 31 January, known on 2 February: the list of January knows it on the 6th, the watch on the 2nd."""
    asks = operator.quiet[0]
    operator.happens(
        PORTING,
        900_001, asks, noon(31), noon(2, month=2),
    )  # fmt: skip
    operator.watched(31)
    assert operator.alarms([asks]) == []
    operator.watched(2, month=2)
    (alarm,) = operator.alarms([asks])
    assert (alarm["month"], alarm["event_date"], alarm["first_day"]) == (
        day(1), day(31), date(2024, 2, 2),
    )  # fmt: skip


def test_the_month_is_the_same_whether_or_not_it_was_watched(
    operator: Operator, another: Callable[[], Operator]
) -> None:
    """The watch writes nothing to the lake of the months; the month's own run makes the same bytes after it."""
    operator.watched(10, 11)
    assert files(operator.settings.lake_dir) == {}
    unwatched = another()
    for each in (operator, unwatched):
        run_month(each.settings)
    made = files(operator.settings.lake_dir)
    assert made == files(unwatched.settings.lake_dir)
    assert len(made) > 40
    operator.watched(12)
    assert files(operator.settings.lake_dir) == made


def run_month(settings: Settings) -> None:
    for task in ("extract", "integrate"):
        list(run_task(task, settings, JANUARY))
