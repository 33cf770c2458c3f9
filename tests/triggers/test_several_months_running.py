"""Events that ask for several months running, beside a naive count in Python, over random histories with gaps."""

import itertools
import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from churn_tasks.core.definition import Sign
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import INCLUDE
from churn_tasks.declared.labels.events import known_events
from churn_tasks.runner.month_run import MonthRun
from tests.lakes import put, raw_tables, small_run

FIRST, MONTH = Month(2023, 9), "2024-03"  # signs count in April and May
ASKED = (Month(2024, 4), Month(2024, 5))
EVENTS = {event.name: event for event in known_events([INCLUDE])}
History = dict[Month, Decimal]
AMOUNTS = [Decimal(cents) / 100 for cents in (0, 2000, 2100, 3499, 3500, 6000, 10000)]


def histories(seed: int) -> dict[str, History]:
    """Sixty customers with an amount in most months; one in three falls a little each month."""
    chance = random.Random(seed)
    found: dict[str, History] = {}
    for number in range(60):
        amount = Decimal(chance.choice([35, 36, 100]))
        mine: History = {}
        for month in months_between(FIRST, ASKED[-1] + 1):
            is_falling = number % 3 == 0
            amount = amount * Decimal("0.8") if is_falling else chance.choice(AMOUNTS)
            if chance.random() > 0.12:
                mine[month] = amount.quantize(Decimal("0.01"))
        found[f"c{number}"] = mine
    return found


def falls(mine: History, month: Month, given: dict[str, int]) -> bool:
    """Month by month, from the words of the trigger."""
    back = given["falls"]
    bills = [mine.get(month - ago) for ago in range(back, -1, -1)]
    if any(bill is None for bill in bills):
        return False
    if any(later >= earlier for earlier, later in itertools.pairwise(bills)):
        return False
    lost = bills[0] - bills[-1]
    is_large = bills[0] >= given["bill_from_cny"]
    return is_large and lost * 100 >= bills[0] * given["fall_pct"]


def barred(mine: History, month: Month, given: dict[str, int]) -> bool:
    """Barred and without traffic: an amount of nothing stands for that."""
    return all(mine.get(month - ago) == 0 for ago in range(given["months"]))


def put_bills(run: MonthRun, month: Month, found: dict[str, History]) -> None:
    rows = []
    for customer, mine in found.items():
        if month in mine:
            row = {"customer_id": customer, "is_active": True}
            rows.append({**row, "revenue_cny": mine[month]})
    put(run, "month_activity", str(month), rows)


def put_services(run: MonthRun, month: Month, found: dict[str, History]) -> None:
    rows = []
    for customer, mine in found.items():
        if month in mine:
            row = {"customer_id": customer, "is_broadband_suspended": 1}
            rows.append({**row, "broadband_mb": mine[month]})
    put(run, "month_service", str(month), rows)


CASES = [
    ("bill_falling", {"falls": 3, "bill_from_cny": 35, "fall_pct": 40}, put_bills, falls),
    ("bill_falling", {"falls": 1, "bill_from_cny": 21, "fall_pct": 5}, put_bills, falls),
    ("broadband_suspended", {"months": 2}, put_services, barred),
    ("broadband_suspended", {"months": 1}, put_services, barred),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "fill", "holds"), CASES)
def test_the_first_asked_month_in_which_it_holds(
    name: str,
    given: dict[str, int],
    fill: Callable[[MonthRun, Month, dict[str, History]], None],
    holds: Callable[[History, Month, dict[str, int]], bool],
    tmp_path: Path,
) -> None:
    run = small_run(tmp_path, MONTH, raw=raw_tables(), first_month=str(FIRST))
    event, dates = EVENTS[name], run.window.parameters()
    sql = event.text(Sign(event=name, given=given), "$as_of", observe=3)
    asked = {key: day for key, day in dates.items() if f"${key}" in sql}
    struck_at_all = 0
    for seed in range(6):
        found = histories(seed)
        for month in months_between(FIRST, ASKED[-1] + 1):
            fill(run, month, found)
        expected: dict[str, date] = {}
        for customer, mine in found.items():
            months = [month for month in ASKED if holds(mine, month, given)]
            if months:
                expected[customer] = months[0].start
        run.engine.views(*event.output.sources)
        rows = run.engine.records(sql, asked)
        assert {row["customer_id"]: row["event_date"] for row in rows} == expected
        struck_at_all += len(expected)
    run.close()
    assert struck_at_all > 3, "rows to compare"
