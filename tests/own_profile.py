"""The README's smallest profile and bills for it, for tests that want whole months in seconds."""

import random
import re
from pathlib import Path

from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import REPOSITORY, Settings, load_settings

FIRST, LAST = Month(2024, 1), Month(2024, 7)
CUSTOMERS, LEAVE_BELOW_CNY = 600, 25


def own_profile(folder: Path, warehouse_url: str) -> Settings:
    """The profile as the README shows it, and seven months of bills, below ``folder``."""
    profile, data = folder / "my_operator", folder / "drops"
    (profile / "extract").mkdir(parents=True)
    data.mkdir()
    for name in ("settings.yaml", "extract/bill.sql"):
        (profile / name).write_text(example(f"my_operator/{name}"), encoding="utf-8")
    write_bills(data)
    return load_settings(
        str(profile),
        state_dir=folder / "state",
        data_path=data,
        warehouse_url=warehouse_url,
    )


def example(name: str) -> str:
    """The code block of the README under a file's name."""
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"`{re.escape(name)}`\n\n```[a-z]+\n(.*?)```", readme, re.DOTALL)
    assert found, f"README.md shows no {name}"
    return found.group(1)


def write_bills(folder: Path) -> None:
    """Customers whose bill shrinks below 25 mostly leave; others stay, and some join."""
    chance = random.Random(20_240_101)
    bills = {f"C{number:04d}": chance.uniform(20, 120) for number in range(CUSTOMERS)}
    for month in months_between(FIRST, LAST + 1):
        lines = [f"{account},{month},{amount:.2f}" for account, amount in bills.items()]
        (folder / f"bills_{month}.csv").write_text(
            "\n".join(["account,period,amount", *lines]) + "\n"
        )
        left = [
            a
            for a, amount in bills.items()
            if amount < LEAVE_BELOW_CNY and chance.random() < 0.4
        ]
        bills = {
            account: amount for account, amount in bills.items() if account not in left
        }
        bills = {
            account: amount * chance.choice([1, 1, 1, 0.7])
            for account, amount in bills.items()
        }
        bills |= {f"N{month}{number}": chance.uniform(20, 120) for number in range(40)}
