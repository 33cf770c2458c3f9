"""A lake of clean tables filled at random from the contracts: seeded, and full of rows that nobody may see yet.

Every partition holds, beside ordinary rows, events of later months, rows that became known too late, several
versions of master records (also later ones), and answers that came in long after the question. What a query may use
is for the query to sort out; the leak tests take away what it must not use and expect the same bytes.
"""

import random
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from churn_tasks.core.months import Month
from churn_tasks.declared.contracts import Column, RawTable
from churn_tasks.runner.month_run import MonthRun
from tests.lakes import pour

CUSTOMERS = [f"c{number:02d}" for number in range(30)]
GONE = ("g00", "g01", "g02")  # accounts that are closed
POOLS: dict[str, list[Any]] = {
    "phone_token": [f"t{number}" for number in range(40)],
    "peer_token": [
        None,
        *(f"p{number}" for number in range(7)),
        *(f"t{number}" for number in range(6)),
        "g0",
        "g1",
        "g2",
    ],
    "peer_operator": ["own", "mobile_a", "mobile_b", "fixed"],
    "direction": ["in", "out"],
    "carrier": ["own", "other", None],
    "item_code": ["voice", "sms", "mms", "data", "roaming", "value_added", "discount"],
    "customer_group": ["individual", "family", "campus", "corporate"],
    "key_account_class": [None, "A", "D"],
    "pay_mode": ["prepaid", "postpaid"],
    "network_type": ["2G", "4G", "5G"],
    "service_status": ["active", "active", "suspended"],
    "service_code": ["broadband", "broadband", "iptv", "fixed_line", "ringback"],
    "outcome": ["satisfied", "reluctant", "unsatisfied"],
    "response": ["stays", "undecided", "leaves"],
    "birth_year": list(range(1950, 2005)),
    "score": [1, 2, 3, 4, 5, 9],
    "operator_count": [1, 2, 3],
    "demolition_date": [None, date(2026, 1, 1)],
    "peer_kind": ["person", "person", "own_hotline", "competitor_hotline"],
    "cdr kind": ["voice", "voice", "sms", "mms", "data"],
    "survey kind": ["csat", "nps"],
    "complaint category": ["price", "network", "service", "billing", "porting"],
    "complaint channel": ["hotline", "app", "regulator"],
    "offer channel": ["call", "sms", "app", "shop"],
    "complaint_text": [
        None,
        "无",
        "月租太贵，网速慢，再不解决我就转网去电信",
        "客服态度恶劣，多次反映没解决，要去工信部",
        "感谢客服，非常满意",
        "搬家移机一直没办好，合约不让解约",
        "账单乱扣费，气愤",
        "please cancel my contract, the signal is terrible",
        "好的",
    ],
    "network_generation": [2, 3, 4, 5],
    "locked_to": ["none", "own", "competitor", None],
    "access_code": ["broadband", "fixed_line", "iptv"],
    "series_code": [
        "own_price_index",
        "competitor_price_index",
        "competitor_campaign_count",
        "confidence_index",
        "working_days",
        "holiday_days",
    ],
    "market region_code": ["ALL", "regi0", "regi1", "regi2"],
    "campaign_kind": ["retention", "upsell", "care"],
    "request kind": ["relocation", "new_line"],
    "request outcome": ["met", "cannot_be_met"],
}
FROM_PAST = (
    "customer",
    "contract",
    "campaign",
)  # their rows start before the month; others happen in it
ABSENT = {
    "cdr": 7,
    "payment": 5,
    "recharge": 5,
}  # every so many customers and months has no row
ROWS = {
    "cdr": 40,
    "customer": 4,
    "bill": 6,
    "usage_month": 1,
}  # a customer and partition; others get 3


def fill(run: MonthRun, months: list[Month], seed: int = 7) -> None:
    """Write every clean table of the profile for these months."""
    for table in run.registry.raw.values():
        for month in months:
            made = list(
                _rows(table, month, random.Random(f"{seed} {table.table} {month}"))
            )
            with run.engine.registered("made_rows", pa.Table.from_pylist(made)):
                pour(run, f"clean_{table.table}", month, "made_rows")
    if "customer" in run.registry.raw:
        persons(run, months)


def persons(run: MonthRun, months: list[Month], shift: int = 0) -> None:
    """Write ``customer_line`` of these months: three neighbours in four belong together, and some lines have ended.

    Args:
        shift: 0, or other neighbours, other days and other lines that have ended.
    """
    for month in months:
        turn = month.number + shift
        made = [
            {
                "customer_id": customer,
                "person_id": f"P{CUSTOMERS[number - number % 4 if (number + shift) % 4 < 3 else number]}",
                "is_primary": number % 4 in (0, 3), "is_current": (number + turn) % 5 > 0, "line_count": 2,
                "opened_date": month.start - timedelta(days=40 * number + 25 * shift), "seen_month": month.start,
                "ended_date": None if (number + turn) % 5 else month.start - timedelta(days=number),
            }
            for number, customer in enumerate(CUSTOMERS)
        ]  # fmt: skip
        with run.engine.registered("made_rows", pa.Table.from_pylist(made)):
            pour(
                run,
                "customer_line",
                month,
                "(SELECT *, NULL AS successor_id FROM made_rows)",
            )


def _rows(table: RawTable, month: Month, rng: random.Random) -> Any:
    for position, customer in enumerate(CUSTOMERS):
        if (
            table.table in ABSENT
            and (position + month.number) % ABSENT[table.table] == 0
        ):
            continue  # a month in which the line is not used at all, or nothing is paid
        for number in range(ROWS.get(table.table, 3)):
            event, known = _dates(table.table, month, number, rng)
            row = {
                column.name: _value(table.table, column, event, rng)
                for column in table.columns
            }
            row |= {"customer_id": customer, "event_date": event, "known_date": known}
            if table.table == "cdr" and (position + month.number) % 11 == 0:
                row["direction"] = "in"  # a month in which nobody is called
            if "phone_token" in row and rng.random() < 0.9:  # most keep their number
                row["phone_token"] = f"t{position}"
            numbered = [
                name
                for name in table.key
                if name.endswith("_id") and name != "campaign_id"
            ]  # offers name theirs
            row |= dict.fromkeys(numbered, f"{table.table} {month} {customer} {number}")
            if (
                table.table == "bill" and number == 0
            ):  # whoever is billed in time is in the cohort
                row |= {
                    "item_code": "plan_fee",
                    "event_date": month.start,
                    "known_date": month.end + timedelta(days=3),
                }
                row |= {"amount_cny": rng.choice([450, 500, 550])}
            yield row | {"customer_id": customer}
    yield from _gone_rows(table, month, rng)


def _gone_rows(table: RawTable, month: Month, rng: random.Random) -> Any:
    """Closed accounts, each billed in one month of three, whom customers still have on their records."""
    for number, customer in enumerate(GONE):
        said = {"customer": {"phone_token": f"g{number}", "service_status": "closed"}}
        said |= (
            {"bill": {"item_code": "plan_fee", "amount_cny": 500}}
            if (number + month.number) % 3 == 0
            else {}
        )
        if table.table in said:
            row = {
                column.name: _value(table.table, column, month.start, rng)
                for column in table.columns
            }
            row |= {
                name: f"{table.table} {month} {customer}"
                for name in table.key
                if name.endswith("_id")
            }
            row |= {
                "event_date": month.start,
                "known_date": month.start,
                "customer_id": customer,
            }
            yield row | said[table.table]


def _dates(
    table: str, month: Month, number: int, rng: random.Random
) -> tuple[date, date]:
    """Mostly in the month and known soon; otherwise after the month, or known weeks later."""
    first, last = (-300, 70) if table in FROM_PAST else (0, 70)
    if number % 2 == 0:
        last = (month.end - month.start).days - 1
    event = month.start + timedelta(days=rng.randint(first, last))
    return event, event + timedelta(days=rng.choice([0, 0, 1, 2, 12, 45]))


def _value(table: str, column: Column, event: date, rng: random.Random) -> Any:
    name = column.name
    for pool in (
        f"{table} {name}",
        name,
    ):  # a pool of the table's own, or one for every column of the name
        if pool in POOLS:
            return rng.choice(POOLS[pool])
    if name.endswith("_known_date"):
        return event + timedelta(days=rng.randint(0, 60))
    if column.type == "date":
        return event + timedelta(days=rng.randint(-400, 200))
    simple = {
        "text": lambda: f"{name[:4]}{rng.randint(0, 3)}",
        "integer": lambda: rng.randint(0, 900),
        "decimal": lambda: round(rng.uniform(0, 90), 2),
        "double": rng.random,
        "boolean": lambda: rng.choice([True, False, None]),
        "timestamp": lambda: f"{event} {rng.randint(0, 23):02d}:30:00",
    }
    return simple[column.type]()
