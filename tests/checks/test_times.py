"""Clocks and calendars: a clock in another zone, a time of day that was lost, records that stop half-way."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from churn_tasks.core.errors import CheckFailed
from churn_tasks.core.months import Month, months_between
from churn_tasks.runner.month_run import MonthRun
from tests.checks.test_check_raw import checked, copied, results
from tests.lakes import small_run

FIRST, MAY = Month(2024, 1), Month(2024, 5)
RECORDS = 4_000


def calls(month: Month, moment: str, days: int = 28) -> str:
    """Records from 7 to 22 o'clock, over the first days of a month, a little different every month."""
    return f"""(SELECT cdr_id, customer_id, {moment} AS event_at, CAST({moment} AS DATE) AS event_date,
        DATE '{month.end}' + 1 AS known_date, 'voice' AS kind, 'out' AS direction, h % 600 AS duration_s,
        0 AS volume_kb, 0::DECIMAL(18,4) AS charge_cny
        FROM (SELECT h, 'R' || i || '-{month}' AS cdr_id, 'S' || i % 700 AS customer_id,
            TIMESTAMP '{month.start} 00:00:00' + INTERVAL (h % {days}) DAY
            + INTERVAL (7 + h % 16) HOUR + INTERVAL (h % 60) MINUTE AS moment
            FROM (SELECT i, (hash(i, {month.number}) % 1000003)::BIGINT AS h FROM range({RECORDS}) AS records(i))))"""


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """State of a profile whose months 2024-01 to 2024-04 were accepted, and said nothing."""
    folder = tmp_path_factory.mktemp("times")
    first = small_run(folder, "2024-01", raw=("bill", "customer", "cdr"))
    for month in months_between(FIRST, MAY):
        run = MonthRun(first.settings, month)
        report = checked(run, cdr=calls(month, "moment"))
        assert (report.facts["failed"], report.facts["warned"]) == (0, 0)
        run.close()
    return folder


@pytest.fixture
def may(accepted: Path, tmp_path: Path) -> Iterator[MonthRun]:
    yield from copied(accepted, tmp_path, MAY)


def test_clocks_like_those_before_say_nothing(may: MonthRun) -> None:
    report = checked(may, cdr=calls(MAY, "moment"))
    assert (report.facts["failed"], report.facts["warned"]) == (0, 0)


IN_ANOTHER_ZONE = (
    "CASE WHEN hour(moment) < 8 THEN moment ELSE moment - INTERVAL 8 HOUR END"
)


@pytest.mark.parametrize(
    ("moment", "measure"),
    [
        (IN_ANOTHER_ZONE, "cdr.event_at.night_share"),
        ("date_trunc('day', moment)", "cdr.event_at.midnight_share"),
    ],
)
def test_a_clock_that_was_changed_or_lost_stops(
    may: MonthRun, moment: str, measure: str
) -> None:
    with pytest.raises(CheckFailed, match=rf"raw_{measure} is "):
        checked(may, cdr=calls(MAY, moment))
    assert measure in results(may, "stop")


def test_the_clock_of_some_customers_alone_warns(may: MonthRun) -> None:
    some = f"CASE WHEN customer_id < 'S3' THEN {IN_ANOTHER_ZONE} ELSE moment END"
    checked(may, cdr=calls(MAY, some))
    assert "cdr.event_at.night_share" in results(may, "warn")


def test_records_that_stop_half_way_through_the_month_warn(may: MonthRun) -> None:
    checked(may, cdr=calls(MAY, "moment", days=12))
    assert "cdr.event_date.p50" in results(may, "warn")
