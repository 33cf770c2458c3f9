"""``churn quarantine``: a person is told what a release does and asked, and the decision is recorded once."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.cli.quarantine import quarantine
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import put, small_profile

MARCH = Month(2024, 3)
RELEASE = (
    "release",
    "--month",
    "2024-03",
    "--table",
    "bill",
    "--rule",
    "amount_absurd",
    "--by",
    "Li",
    "--why",
    "right",
)


class Person:
    """Somebody at a terminal of one profile."""

    def __init__(self, folder: Path, url: str) -> None:
        self.profile = small_profile(folder, ("bill",))
        self.environment = {
            "CHURN_STATE_DIR": str(folder / "state"),
            "CHURN_WAREHOUSE_URL": url,
        }
        self.settings: Settings = load_settings(
            str(self.profile), state_dir=folder / "state", warehouse_url=url
        )

    def types(self, *words: str, answer: str = "") -> Result:
        return CliRunner().invoke(
            quarantine,
            [*words, "--profile", str(self.profile)],
            input=answer,
            env=self.environment,
        )

    def released(self) -> list[Any]:
        warehouse = Warehouse(self.settings)
        found = warehouse.releases(MARCH)
        warehouse.close()
        return list(found)


@pytest.fixture
def person(postgres: Cluster, tmp_path: Path) -> Person:
    person = Person(
        tmp_path, postgres.create_database(f"commands_{tmp_path.name[-30:].lower()}")
    )
    run = MonthRun(person.settings, MARCH)
    bill = {
        "event_date": "2024-03-01",
        "known_date": "2024-04-03",
        "item_code": "plan_fee",
        "customer_id": "c1",
    }
    put(
        run,
        "raw_bill",
        "2024-03",
        [
            bill | {"bill_id": "b1", "amount_cny": 20},
            bill | {"bill_id": "b2", "amount_cny": 60_000},
        ],
    )
    run_on("integrate", run)
    run.close()
    return person


def test_nothing_is_released_before_a_yes(person: Person) -> None:
    said = person.types(*RELEASE, answer="n\n")
    assert said.exit_code == 1
    assert (
        "1 rows of bill 2024-03 (delivered 1 times) will count as they are"
        in " ".join(said.output.split())
    )
    assert person.released() == []
    assert person.types(*RELEASE, answer="y\n").exit_code == 0
    (release,) = person.released()
    assert (release.rule, release.decided_by, release.why) == (
        "amount_absurd",
        "Li",
        "right",
    )


def test_a_release_is_recorded_once_and_can_be_taken_back(person: Person) -> None:
    assert "1 rows released" in person.types(*RELEASE, "--yes").output
    assert "0 rows released" in person.types(*RELEASE, "--yes").output
    assert "replay applies it" in person.types("list", "--month", "2024-03").output
    assert "1 releases taken back" in person.types(*RELEASE, "--undo").output
    assert person.released() == []


def test_rows_are_listed_and_shown(person: Person) -> None:
    assert "amount_absurd" in person.types("list").output
    shown = person.types("show", "--month", "2024-03", "--table", "bill").output
    assert "60000" in shown and "amount_cny" in shown
