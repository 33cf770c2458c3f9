"""The README's smallest profile and bills for it, for tests that want whole months in seconds."""

import random
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import REPOSITORY, Settings, load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.walks.month import run_step
from churn_tasks.walks.tasks import STEPS
from tests.databases import copied_database

FIRST, LAST = Month(2024, 1), Month(2024, 9)
CUSTOMERS, LEAVE_BELOW_CNY = 600, 25


def own_profile(folder: Path, warehouse_url: str) -> Settings:
    """The profile as the README shows it, and nine months of bills, below ``folder``."""
    profile, data = folder / "my_operator", folder / "drops"
    (profile / "extract").mkdir(parents=True)
    data.mkdir()
    for name in ("settings.yaml", "extract/bill.sql"):
        (profile / name).write_text(example(f"my_operator/{name}"), encoding="utf-8")
    write_bills(data)
    return settings_below(folder, warehouse_url)


def settings_below(folder: Path, warehouse_url: str) -> Settings:
    """Settings of the operator whose profile, bills and state lie below ``folder``."""
    return load_settings(
        str(folder / "my_operator"),
        state_dir=folder / "state",
        data_path=folder / "drops",
        warehouse_url=warehouse_url,
    )


def run_month(settings: Settings, month: Month) -> None:
    """Every step of a month, in one process."""
    for step in STEPS:
        run_step(step, settings, month)


@dataclass(frozen=True)
class Prepared:
    """The operator with every month run but the last; only to be copied.

    Attributes:
        folder: holds profile, bills and state.
        database: its warehouse, in the cluster.
    """

    cluster: Cluster
    folder: Path
    database: str

    @classmethod
    def made(cls, cluster: Cluster, folder: Path) -> "Prepared":
        database = "own_profile"
        settings = own_profile(folder, cluster.create_database(database))
        for month in months_between(FIRST, LAST):
            run_month(settings, month)
        return cls(cluster, folder, database)

    def copied(self, folder: Path) -> Settings:
        """Settings of a copy below a new folder, with a warehouse of its own, whose last month is still to come."""
        shutil.copytree(self.folder, folder)
        database = f"{self.database}_{folder.name}"
        return settings_below(
            folder, copied_database(self.cluster, self.database, database)
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
