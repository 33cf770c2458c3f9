"""Somebody else's CSV folder, with nothing but the README in hand: from the check of the source to a published list.

``data/`` is a small regional operator whose clerks export Chinese headers in GB18030, dates such as 2024/3/5, amounts
in fen, phone numbers with +86, and one table with semicolons. ``my_region/`` is what a newcomer writes for it.
The commands are those of the README's section, with its places filled in.
"""

import csv
import json
import re
import shlex
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from churn_tasks.cli import app
from churn_tasks.core.months import Month
from churn_tasks.core.settings import REPOSITORY, load_settings, process_environment
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from tests.newcomer.write_data import DATA, main

HERE = Path(__file__).parent
PROFILE = HERE / "my_region"
LAST = Month(2024, 8)
Environment = dict[str, str | None]  # None: not set, whatever the caller has


def readme_commands() -> list[list[str]]:
    """The churn commands of the section, in their order."""
    section = (
        (REPOSITORY / "README.md")
        .read_text(encoding="utf-8")
        .split("## Run it on your own data\n")[1]
    )
    lines = section.split("\n## ")[0].splitlines()
    return [
        shlex.split(line, comments=True)[1:]
        for line in lines
        if line.startswith(".venv/bin/churn ")
    ]


def ours(arguments: list[str]) -> list[str]:
    """The command with this operator's months in place of the README's."""
    last = "2024-08" if arguments[0] != "check-source" else "2024-03"
    months = {
        "--month": "2024-01" if "--through" in arguments else last,
        "--through": last,
    }
    pairs = zip(["", *arguments], arguments, strict=False)
    return [months.get(before, word) for before, word in pairs]


@pytest.fixture(scope="module")
def environment(
    postgres: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    """The exports of the README's section, with places of the test's own."""
    inherited = [name for name in process_environment() if name.startswith("CHURN_")]
    return dict.fromkeys(inherited) | {
        "CHURN_PROFILE": str(PROFILE),
        "CHURN_DATA_PATH": str(DATA),
        "CHURN_STATE_DIR": str(tmp_path_factory.mktemp("newcomer")),
        "CHURN_WAREHOUSE_URL": postgres.create_database("newcomer"),
    }


def churn(environment: Environment, *arguments: str) -> str:
    """What the command prints; its process is tried in ``tests/cli``."""
    done = CliRunner().invoke(app, arguments, env=environment)
    assert done.exit_code == 0, f"{arguments}: {done.output[-3000:]} {done.exception}"
    return done.stdout


@pytest.fixture(scope="module")
def said(environment: Environment) -> dict[str, str]:
    """What each command of the README answered, by its name."""
    return {
        arguments[0]: churn(environment, *ours(arguments))
        for arguments in readme_commands()
    }


def test_the_readme_leads_from_the_check_to_the_list() -> None:
    assert [arguments[0] for arguments in readme_commands()] == [
        "check-source",
        "run",
        "list",
        "validate",
    ]


@pytest.mark.slow
def test_the_check_finds_the_source_usable(said: dict[str, str]) -> None:
    assert "can run." in said["check-source"].splitlines()[0]
    assert all(
        name in said["check-source"]
        for name in ("bill", "customer", "usage_summary", "complaint")
    )


@pytest.mark.slow
def test_a_list_is_published_with_masked_numbers(
    said: dict[str, str], environment: Environment
) -> None:
    assert "Warning list 2024-08" in said["list"]
    assert len(re.findall(r"139\*{4}\d{4}", said["list"])) >= 10
    assert not re.search(r"139\d{8}", said["list"])
    settings = load_settings(str(PROFILE), state_dir=Path(environment["CHURN_STATE_DIR"]),
                             warehouse_url=environment["CHURN_WAREHOUSE_URL"], data_path=str(DATA))  # fmt: skip
    run = MonthRun(settings, LAST)
    assert (
        len(run.warehouse.published(LAST))
        == round(0.1 * run.lake.rows("cohort", LAST))
        >= 12
    )
    run.close()


@pytest.mark.slow
def test_amounts_numbers_and_dates_arrive_in_the_units_of_the_contract(
    said: dict[str, str], environment: Environment
) -> None:
    """Held against the files themselves, read here in another way."""
    with (DATA / "出账明细_202408.csv").open(encoding="gb18030", newline="") as file:
        billed = list(csv.DictReader(file))
    settings = load_settings(
        str(PROFILE),
        state_dir=Path(environment["CHURN_STATE_DIR"]),
        data_path=str(DATA),
    )
    run = MonthRun(settings, LAST)
    run.engine.views("clean_bill", "clean_customer", "clean_usage_summary")
    month = f"WHERE month = DATE '{LAST.start}'"
    bill = run.engine.row(
        f"SELECT count(*) AS n, sum(amount_cny) AS yuan, min(known_date) AS first FROM clean_bill {month}"
    )
    assert (bill["n"], bill["yuan"] * 100) == (
        len(billed),
        sum(int(row["金额分"]) for row in billed),
    )
    assert str(bill["first"]) == "2024-09-01"
    numbers = run.engine.row(
        "SELECT count(*) FILTER (WHERE starts_with(phone_token, 'invalid_')) AS bad, count(DISTINCT phone_token) AS n,"
        f" count(*) AS customers FROM clean_customer {month}"
    )
    assert numbers["bad"] == 0 and numbers["n"] == numbers["customers"] > 120
    usage = run.engine.row(
        f"SELECT max(data_mb) AS most FROM clean_usage_summary {month}"
    )
    with (DATA / "用量汇总_202408.csv").open(encoding="utf-8", newline="") as file:
        gigabytes = [
            Decimal(row["流量GB"]) for row in csv.DictReader(file, delimiter=";")
        ]
    assert usage["most"] == max(gigabytes) * 1000, "gigabytes became megabytes"
    run.close()


@pytest.mark.slow
def test_what_was_not_delivered_fell_away_and_nothing_else(
    said: dict[str, str], environment: Environment
) -> None:
    settings = load_settings(
        str(PROFILE),
        state_dir=Path(environment["CHURN_STATE_DIR"]),
        data_path=str(DATA),
    )
    made = {
        query.output.table
        for query in MonthRun(settings, LAST).registry.queries["features"]
    }
    assert {
        "feat_spend",
        "feat_profile",
        "feat_calls",
        "feat_mobile_data",
        "feat_plan_fit",
        "feat_care",
    } <= made
    assert not made & {
        "feat_balance",
        "feat_payment",
        "feat_contract",
        "feat_access",
        "feat_competitor",
    }


def test_the_answer_for_machines_names_every_contract(
    environment: Environment, tmp_path: Path
) -> None:
    churn(
        environment,
        "check-source",
        "--month",
        "2024-03",
        "--json",
        str(tmp_path / "answer.json"),
    )
    answer = json.loads((tmp_path / "answer.json").read_text(encoding="utf-8"))
    states = {one["table"]: one["state"] for one in answer["contracts"]}
    assert answer["can_run"] is True and len(states) == 22
    assert [name for name, state in states.items() if state == "present"] == [
        "bill",
        "complaint",
        "customer",
        "usage_summary",
    ]


def test_the_folder_is_what_its_script_writes(tmp_path: Path) -> None:
    main(tmp_path)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_bytes() for path in DATA.iterdir()}
    assert len(written) == 3 * 8 + 1
