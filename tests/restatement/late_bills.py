"""A small operator whose billing is late now and then: bills and complaints in CSV files, and the days they were known.

Twelve bills of July become known on 2024-08-20, after July was read (known until 2024-08-06) and before August was
(known until 2024-09-06). So the run of August restates July under 2024-09-06.
"""

import random
from pathlib import Path

import yaml

from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import Settings, load_settings

FIRST, JULY, AUGUST, LAST = (
    Month(2024, 1),
    Month(2024, 7),
    Month(2024, 8),
    Month(2024, 9),
)
LATE_BILLS = 12
SETTINGS = {
    "title": {"en": "Late bills", "zh": "迟到的账单"},
    "first_month": "2024-01",
    "definition": "not_billed",  # known at the end of its window, so that July's list is there to be restated
    "source": {
        "kind": "files",
        "files": {"bills": "bills_*.csv", "complaints": "complaints_*.csv"},
    },
    "model": {"name": "late_bills", "candidates": ["logistic_regression"]},
    "leak_probe": {
        "max_auc": 1,
        "max_sure_share": 1,
    },  # a made-up operator: its bills alone all but tell who leaves
    "warning_list": {"share": 0.1},
    "resources": {"memory": "500MB", "threads": 1},
}
BILL = """
SELECT account AS customer_id, account || '-' || period AS bill_id, 'plan_fee' AS item_code, amount AS amount_cny,
    CAST(period || '-01' AS DATE) AS event_date, CAST(known AS DATE) AS known_date
FROM bills
WHERE CAST(period || '-01' AS DATE) >= $month AND CAST(period || '-01' AS DATE) < $as_of
    AND CAST(known AS DATE) < $known_until
"""
COMPLAINT = """
SELECT ticket AS complaint_id, account AS customer_id, CAST(day AS DATE) AS event_date, CAST(day AS DATE) AS known_date,
    'network' AS category, 'hotline' AS channel, 'weak signal' AS complaint_text,
    CAST(NULL AS VARCHAR) AS outcome, CAST(NULL AS DATE) AS outcome_known_date
FROM complaints
WHERE CAST(day AS DATE) >= $month AND CAST(day AS DATE) < $as_of AND CAST(day AS DATE) < $known_until
"""


def profile(
    folder: Path, data: Path, warehouse_url: str = "", state: str = "state"
) -> Settings:
    """Settings of the operator, whose files lie in ``data``, with the state of one lake."""
    home = folder / "late_bills"
    (home / "extract").mkdir(parents=True, exist_ok=True)
    (home / "settings.yaml").write_text(yaml.safe_dump(SETTINGS), encoding="utf-8")
    (home / "extract" / "bill.sql").write_text(BILL, encoding="utf-8")
    (home / "extract" / "complaint.sql").write_text(COMPLAINT, encoding="utf-8")
    return load_settings(
        str(home), state_dir=folder / state, data_path=data, warehouse_url=warehouse_url
    )


def write_files(data: Path) -> None:
    """Nine months: customers whose bill shrinks below 25 mostly leave; others stay, and some join."""
    chance = random.Random(20_240_101)
    data.mkdir(parents=True, exist_ok=True)
    bills = {f"C{number:04d}": chance.uniform(20, 120) for number in range(500)}
    for month in months_between(FIRST, LAST + 1):
        known = {account: (month + 1).start.replace(day=3) for account in bills}
        if month == JULY:
            known |= {
                account: AUGUST.start.replace(day=20)
                for account in sorted(bills)[100 : 100 + LATE_BILLS]
            }
        write_bills(
            data,
            month,
            [(a, amount, known[a].isoformat()) for a, amount in bills.items()],
        )
        complaining = chance.sample(sorted(bills), 20)
        tickets = [
            f"T{month}{n},{account},{month}-{n + 1:02d}"
            for n, account in enumerate(complaining)
        ]
        (data / f"complaints_{month}.csv").write_text(
            "\n".join(["ticket,account,day", *tickets]) + "\n"
        )
        left = {
            a for a, amount in bills.items() if amount < 25 and chance.random() < 0.5
        }
        bills = {
            a: amount * chance.choice([1, 1, 1, 0.7])
            for a, amount in bills.items()
            if a not in left
        }
        bills |= {f"N{month}{number}": chance.uniform(20, 120) for number in range(30)}


def write_bills(data: Path, month: Month, rows: list[tuple[str, float, str]]) -> None:
    """The bills of one month: account, amount, day on which the bill was known."""
    lines = [
        f"{account},{month},{amount:.2f},{known}" for account, amount, known in rows
    ]
    (data / f"bills_{month}.csv").write_text(
        "\n".join(["account,period,amount,known", *lines]) + "\n"
    )


def read_bills(data: Path, month: Month) -> list[tuple[str, float, str]]:
    """What :func:`write_bills` wrote."""
    lines = (data / f"bills_{month}.csv").read_text().splitlines()[1:]
    cells = [line.split(",") for line in lines]
    return [(account, float(amount), known) for account, _, amount, known in cells]
