"""How old data may be before a day without alarms is no all-clear."""

from datetime import date, timedelta

import pytest

from churn_tasks.walks.day import watch_day
from churn_tasks.work.day_ages import Age, Past
from tests.daily.operator import Operator

TODAY = date(2024, 8, 14)
CALLS = Past(date(2024, 8, 5), longest_gap_days=1, rows_a_day=40_000)
REQUESTS = Past(date(2024, 8, 3), longest_gap_days=4, rows_a_day=0.4)
WORKDAYS = Past(date(2024, 8, 5), longest_gap_days=3, rows_a_day=90)
AT_THE_END = Past(date(2024, 8, 2), longest_gap_days=31, rows_a_day=600)


@pytest.mark.parametrize(
    ("silent_days", "past", "is_stale"),
    [
        (0, CALLS, False),
        (1, CALLS, True),  # every day had calls
        (4, REQUESTS, False),  # 1.6 requests are missing: chance
        (49, REQUESTS, False),  # 19.6
        (50, REQUESTS, True),  # 20
        (2, WORKDAYS, False),  # a weekend
        (3, WORKDAYS, True),
        (30, AT_THE_END, False),
        (9, None, False),  # nothing to learn from, and rows this month
    ],
)
def test_a_silence_is_held_against_the_month_before(
    silent_days: int, past: Past | None, is_stale: bool
) -> None:
    newest = TODAY - timedelta(days=silent_days)
    assert Age("t", TODAY, 0, newest, past).is_stale is is_stale


def test_a_table_without_any_row_is_missing_only_while_nothing_is_known_of_it() -> None:
    never_had_rows = Past(None, longest_gap_days=31, rows_a_day=0)
    assert not Age("t", TODAY, 0, None, never_had_rows).is_stale
    assert Age("t", TODAY, 0, None, None).is_stale


def test_it_is_told_since_when() -> None:
    silent = Age("cdr", TODAY, 0, date(2024, 8, 11), CALLS)
    assert silent.told() == "no data for cdr since 2024-08-12"
    assert silent.told_zh() == "cdr 自 2024-08-12 起无数据"
    refused = Age("cdr", TODAY, 0, TODAY, CALLS, refused="raw_cdr 2024-08: gone")
    assert refused.is_stale
    assert refused.told() == "cdr could not be taken in: raw_cdr 2024-08: gone"


def test_a_table_that_cannot_be_taken_in_holds_up_no_other_and_ends_no_alarm(
    operator: Operator,
) -> None:
    """Porting loses a column after the 9th: its alarm stands, faults are still raised, and the day is not clear."""
    asks, faulty = operator.quiet[:2]
    operator.asks_to_port(asks, 9)
    operator.watched(9)
    operator.happens("ALTER TABLE boss.np_request RENAME COLUMN rec_tm TO gone")
    for number, day in ((900_001, 9), (900_002, 10)):
        operator.happens(
            "INSERT INTO boss.fault_ticket (ticket_no, subs_id, report_tm, rec_tm, fault_cd)"
            " VALUES (%s, %s, %s, %s, 'F1')",
            number,
            faulty,
            f"2024-01-{day:02d} 12:00+08",
            f"2024-01-{day:02d} 12:00+08",
        )
    report = watch_day(operator.settings, date(2024, 1, 10))
    assert any(
        each.startswith("port_out could not be taken in") for each in report.missing
    )
    alarms = {
        (row["customer_id"], row["trigger"]): row["ended_why"]
        for row in operator.alarms([asks, faulty])
    }
    assert alarms == {
        (str(asks), "port_requested"): None,
        (str(faulty), "faults_reported"): None,
    }
    assert operator.day(10)["is_complete"] is False


def test_bad_rows_of_a_day_are_set_aside_and_counted(operator: Operator) -> None:
    """A fault of nobody: the alarm beside it is raised."""
    operator.asks_to_port(operator.quiet[0], 10)
    operator.happens(
        "INSERT INTO boss.fault_ticket (ticket_no, subs_id, report_tm, rec_tm, fault_cd)"
        " VALUES (900001, NULL, '2024-01-10 12:00+08', '2024-01-10 12:00+08', 'F1')"
    )
    (report,) = operator.watched(10)
    assert report.rejected == 1
    assert operator.alarms([operator.quiet[0]])
    assert operator.day(10)["rows_rejected"] == 1
