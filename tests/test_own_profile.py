"""The README's smallest profile, taken from the README: bills in CSV files go all the way to a published list."""

import random
import re
from pathlib import Path

import pytest

from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import REPOSITORY, Settings, load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.pipeline import STEPS, run_step
from churn_tasks.steps.month_run import MonthRun

FIRST, LAST = Month(2024, 1), Month(2024, 7)
CUSTOMERS, LEAVE_BELOW_CNY = 600, 25


def _example(name: str) -> str:
    """The code block of the README under a file's name."""
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"`{re.escape(name)}`\n\n```[a-z]+\n(.*?)```", readme, re.DOTALL)
    assert found, f"README.md shows no {name}"
    return found.group(1)


def _write_bills(folder: Path) -> None:
    """Customers whose bill shrinks below 25 mostly leave; others stay, and some join."""
    chance = random.Random(20_240_101)
    bills = {f"C{number:04d}": chance.uniform(20, 120) for number in range(CUSTOMERS)}
    for month in months_between(FIRST, LAST + 1):
        lines = [f"{account},{month},{amount:.2f}" for account, amount in bills.items()]
        (folder / f"bills_{month}.csv").write_text("\n".join(["account,period,amount", *lines]) + "\n")
        left = [a for a, amount in bills.items() if amount < LEAVE_BELOW_CNY and chance.random() < 0.4]
        bills = {account: amount for account, amount in bills.items() if account not in left}
        bills = {account: amount * chance.choice([1, 1, 1, 0.7]) for account, amount in bills.items()}
        bills |= {f"N{month}{number}": chance.uniform(20, 120) for number in range(40)}


@pytest.fixture(scope="module")
def own(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Seven months of the README's profile, run."""
    folder = tmp_path_factory.mktemp("own")
    profile, data = folder / "my_operator", folder / "drops"
    (profile / "extract").mkdir(parents=True)
    data.mkdir()
    for name in ("settings.yaml", "extract/bill.sql"):
        (profile / name).write_text(_example(f"my_operator/{name}"), encoding="utf-8")
    _write_bills(data)
    settings = load_settings(
        str(profile), state_dir=folder / "state", data_path=data, warehouse_url=postgres.create_database("own_profile")
    )
    for month in months_between(FIRST, LAST + 1):
        for step in STEPS:
            run_step(step, settings, month)
    return settings


def test_bills_alone_are_enough_for_a_published_list(own: Settings) -> None:
    run = MonthRun(own, LAST)
    published = run.warehouse.published(LAST)
    assert len(published) == round(0.1 * run.lake.rows("cohort", LAST)) > 40
    assert {row["reason_1"] for row in published} <= {feature.group for feature in run.registry.features}
    run.close()


def test_only_the_features_whose_tables_are_delivered_are_there(own: Settings) -> None:
    run = MonthRun(own, LAST)
    assert {query.output.table for query in run.registry.queries["month"]} == {"month_activity", "month_billing"}
    assert {query.output.table for query in run.registry.queries["features"]} == {"feat_spend"}


def test_the_list_finds_those_whose_bills_shrink(own: Settings) -> None:
    """The planted reason is found: the lowest bills crowd the list."""
    run = MonthRun(own, LAST)
    published = run.warehouse.published(LAST)
    assert sum(row["arpu_cny"] < 2 * LEAVE_BELOW_CNY for row in published) > 0.8 * len(published)
    run.close()
