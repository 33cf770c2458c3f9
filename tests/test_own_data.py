"""``docs/own_data.md`` as it stands: its two profiles, file by file, from made-up deliveries to a published list.

An app in which nobody pays, and sixty companies that pay in roubles for many lines each.
"""

import csv
import random
import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from churn_tasks.cli.screens import list_screen
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import REPOSITORY, Settings, load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from tests.lakes import rows
from tests.own_profile import run_month

PAGE = (REPOSITORY / "docs" / "own_data.md").read_text(encoding="utf-8")
FIRST = Month(2024, 1)


def written(profile: str, folder: Path) -> Path:
    """The profile as the page shows it, below a folder."""
    found = re.findall(rf"`({profile}/[^`]+)`\n\n```[a-z]+\n(.*?)```", PAGE, re.DOTALL)
    for name, content in found:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    assert len(found) == len(re.findall(rf"\n`{profile}/[^`]+`\n", PAGE)) > 7
    return folder / profile


def deliver(folder: Path, name: str, head: str, lines: Iterable[Iterable[object]]) -> None:  # fmt: skip
    folder.mkdir(exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head.split(","))
        writer.writerows(lines)


def run_through(
    profile: Path, drops: Path, state: Path, warehouse: str, last: Month
) -> Settings:
    settings = load_settings(
        str(profile), state_dir=state, data_path=drops, warehouse_url=warehouse
    )
    for month in months_between(FIRST, last + 1):
        run_month(settings, month)
    return settings


# --- an app without bills

APP_LAST = Month(2024, 5)
DEVICES = ("iPhone", "Android", "iPad", "Windows")


def write_logins(folder: Path) -> None:
    """Visitors come on some days of a month; whoever tires comes less, and then mostly not at all."""
    chance = random.Random(20_240_501)
    visitors = {f"V{n}": chance.uniform(0.2, 0.7) for n in range(250)}
    country = {visitor: chance.choice(["DE", "FR", "PL"]) for visitor in visitors}
    for month in months_between(FIRST, APP_LAST + 1):
        lines = []
        for visitor, often in visitors.items():
            device = DEVICES[int(visitor[1:]) % 4]
            for day in range((month.end - month.start).days):
                if chance.random() < often:
                    at = f"{month.start + timedelta(days=day)} {chance.randint(7, 22):02}:{chance.randint(0, 59):02}:00"
                    lines.append(
                        (visitor, at, country[visitor], device, chance.randint(1, 9))
                    )
        head = "visitor,visited_at,country,device,pages"
        deliver(folder, f"logins_{month}.csv", head, lines)
        for visitor, often in visitors.items():
            tired = often < 0.25
            fall = 0.05 if tired and chance.random() < 0.6 else chance.choice([1, 1, 1, 0.55])  # fmt: skip
            visitors[visitor] = often * fall
        fresh = {f"V{1000 + 40 * month.number + n}": chance.uniform(0.3, 0.7) for n in range(30)}  # fmt: skip
        visitors |= fresh
        country |= dict.fromkeys(fresh, "DE")


@pytest.fixture(scope="module")
def app(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("own_data_app")
    profile = written("my_app", folder)
    write_logins(folder / "drops")
    url = postgres.create_database("own_data_app")
    return run_through(profile, folder / "drops", folder / "state", url, APP_LAST)


def test_an_app_in_which_nobody_pays_gets_its_list(app: Settings) -> None:
    with closing(MonthRun(app, APP_LAST)) as run:
        published = run.warehouse.published(APP_LAST)
        assert len(published) == round(0.1 * run.lake.rows("cohort", APP_LAST)) > 10
        assert {row["reason_1"] for row in published} <= {"visits_fade", None}
        assert {row["phone_masked"] for row in published} == {None}
        scores = [row["churn_score"] for row in published]
        assert scores == sorted(scores, reverse=True), "nobody pays: the score decides"
        devices = {row["customer_group"] for row in rows(run, "month_profile")}
        assert devices == {"phone", "tablet", "computer"}
        made = {query.output.table for query in run.registry.queries["features"]}
        assert "feat_visits" in made and "feat_spend" not in made
    heads = [str(column.header) for column in list_screen(app, APP_LAST, 3).columns]
    assert not [head for head in heads if "ARPU" in head or head == "priority"]


def test_the_report_of_an_app_says_nothing_of_money(app: Settings) -> None:
    pages = list(app.report_dir.rglob("*.html"))
    assert pages
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "expected loss a month" not in text and "CNY" not in text


# --- companies with several lines, in roubles

COMPANY_LAST = Month(2024, 8)


def invoice_lines(
    month: Month, accounts: dict[str, int], chance: random.Random
) -> Iterator[tuple[object, ...]]:
    """Rent of every line, and calls; amounts in kopeks."""
    issued = month.end + timedelta(days=2)
    for account, held in accounts.items():
        number, price = f"{month}-{account}", 95_000 if held > 20 else 120_000
        yield number, account, "rent", held * price, issued
        yield number, account, "calls", held * chance.randint(2_000, 30_000), issued


def lines_held(
    accounts: dict[str, int], shrinking: set[str], chance: random.Random
) -> Iterator[tuple[object, ...]]:
    """Who is about to go has let many of his lines lie idle."""
    for account, held in accounts.items():
        idle = 0.6 if account in shrinking else 0.05
        for line in range(held):
            is_used = chance.random() >= idle
            minutes = chance.randint(20, 600) if is_used else 0
            status = "active" if is_used else "suspended"
            yield f"{account}/{line}", account, "office", status, minutes


def write_companies(folder: Path) -> None:
    """Sixty accounts of one to eighty lines; some take their lines away, are billed once more, and go."""
    chance = random.Random(20_240_701)
    accounts = {f"A{n:03}": round(chance.lognormvariate(1.6, 1)) + 1 for n in range(60)}
    since = dict.fromkeys(accounts, date(2020, 3, 1))
    shrinking: set[str] = set()
    leaving: set[str] = set()
    for month in months_between(FIRST, COMPANY_LAST + 1):
        invoices = invoice_lines(month, accounts, chance)
        deliver(folder, f"invoices_{month}.csv", "invoice,account,service,kopeks,issued", invoices)  # fmt: skip
        lines = lines_held(accounts, shrinking | leaving, chance)
        deliver(folder, f"lines_{month}.csv", "line,account,tariff,status,minutes", lines)  # fmt: skip
        for account in sorted(accounts):
            leaves = 0.65 if account in leaving else 0.03
            if chance.random() < leaves:
                del accounts[account]
        leaving = shrinking & accounts.keys()
        shrinking = set(chance.sample(sorted(accounts.keys() - leaving), 10))
        for account, held in accounts.items():
            if account in shrinking or chance.random() < 0.1:
                accounts[account] = max(1, round(held * 0.7))
        for n in range(7):
            name = f"B{10 * month.number + n:03}"
            accounts[name], since[name] = chance.randint(2, 12), month.end
    master = []
    for number, (account, joined) in enumerate(since.items()):
        master.append((account, f"ООО Пример {number}", f"M{number % 3}", "corporate", joined))  # fmt: skip
    deliver(folder, "accounts.csv", "account,company,city,segment,since", master)


@pytest.fixture(scope="module")
def company(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("own_data_company")
    profile = written("my_company", folder)
    write_companies(folder / "drops")
    url = postgres.create_database("own_data_company")
    return run_through(profile, folder / "drops", folder / "state", url, COMPANY_LAST)


def test_sixty_companies_get_their_list_by_account(company: Settings) -> None:
    with closing(MonthRun(company, COMPANY_LAST)) as run:
        published = run.warehouse.published(COMPANY_LAST)
        population = run.lake.rows("cohort", COMPANY_LAST)
        assert len(published) == round(0.1 * population) and 40 < population < 80
        held = {row["customer_id"]: row["line_count"] for row in rows(run, "month_lines")}  # fmt: skip
        assert max(held.values()) > 10 and set(held) >= {row["customer_id"] for row in published}  # fmt: skip
        for billed in rows(run, "month_billing"):
            lines = held[billed["customer_id"]]
            assert 950 * lines < billed["bill_cny"] < 1_600 * lines, "kopeks became roubles"  # fmt: skip
        made = {query.output.table for query in run.registry.queries["features"]}
        assert {"feat_account_lines", "feat_spend"} <= made
        assert not rows(run, "quarantine")


def test_what_people_read_is_in_roubles(company: Settings) -> None:
    heads = [str(column.header) for column in list_screen(company, COMPANY_LAST, 3).columns]  # fmt: skip
    assert "ARPU RUB" in heads
    with closing(MonthRun(company, COMPANY_LAST)) as run:
        units = {feature.unit for feature in run.registry.features}
        assert "RUB" in units and not [unit for unit in units if "CNY" in unit]
        for row in run.warehouse.published(COMPANY_LAST):
            said = f"{row['reason_1_en']} {row['reason_1_zh']}"
            assert "CNY" not in said and not re.search("[0-9] ?元", said)
    pages = [page.read_text(encoding="utf-8") for page in company.report_dir.rglob("*.html")]  # fmt: skip
    assert any("expected loss a month, RUB" in page for page in pages)
    assert not [page for page in pages if "CNY" in page]
