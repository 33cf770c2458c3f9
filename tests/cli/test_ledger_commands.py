"""``churn ledger`` and ``churn effect``: what is typed is done, and what was done is said."""

import csv
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.cli import app
from churn_tasks.core.errors import BadInput
from churn_tasks.core.settings import load_settings
from churn_tasks.local.postgres import Cluster
from tests.warehouse.warehouses import JUNE, listed, new_url

HEADS = ("month", "customer_id", "contact_day", "channel", "agent", "outcome")


class Clerk:
    """Somebody at a terminal, with a published list of June of whom customer_2 is held out."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.environment = {
            "CHURN_STATE_DIR": str(folder / "state"),
            "CHURN_WAREHOUSE_URL": url,
        }
        settings = load_settings(
            "telecom", state_dir=folder / "state", warehouse_url=url
        )
        rows = [listed(1, arm="treat"), listed(2, arm="hold_out")]
        warehouse = Warehouse(settings)
        warehouse.publish(warehouse.take_lease(JUNE), "run_a", rows)
        warehouse.close()

    def types(self, *words: str) -> Result:
        return CliRunner().invoke(
            app, [*words, "--profile", "telecom"], env=self.environment
        )

    def has_file(self, *rows: tuple[str, ...]) -> str:
        file = self.folder / "calls.csv"
        with file.open("w", encoding="utf-8", newline="") as text:
            csv.writer(text).writerows([HEADS, *rows])
        return str(file)


@pytest.fixture
def clerk(tmp_path: Path, postgres: Cluster) -> Clerk:
    return Clerk(tmp_path, new_url(postgres))


def test_a_file_is_taken_in_shown_and_corrected(clerk: Clerk) -> None:
    call = ("2024-06", "customer_1", "2024-07-10", "call", "A17", "reached")
    held_out = ("2024-06", "customer_2", "2024-07-11", "visit", "A17", "refused")
    fax = ("2024-06", "customer_1", "2024-07-12", "fax", "A17", "reached")
    file = clerk.has_file(call, held_out, fax)
    said = clerk.types("ledger", "import", file)
    assert said.exit_code == 0, said.output
    assert "3 rows: 2 added, 0 on record already, 1 set aside" in said.output
    assert "1 of them contact customers who were held out" in said.output
    assert "1: channel_unknown (allowed: call, visit" in said.output
    again = clerk.types("ledger", "import", file)
    assert "0 added, 2 on record already, 1 set aside" in again.output
    shown = clerk.types("ledger", "show", "--month", "2024-06").output
    assert "customer_1" in shown and "hold_out" in shown
    assert "channel_unknown" in clerk.types("ledger", "rejected").output
    options = ("--by", "Li", "--why", "misheard")
    done = clerk.types("ledger", "correct", "1", "--set", "outcome=accepted", *options)
    assert "entry 1 is replaced by entry" in done.output
    one = clerk.types("ledger", "show", "--customer", "customer_1").output
    assert "accepted" in one and "reached" not in one
    clerk.types("ledger", "correct", "2", "--withdraw", *options)
    none = clerk.types("ledger", "show", "--customer", "customer_2").output
    assert "No contact is on record" in none


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--set", "outcome=accepted", "--withdraw"), "not both"),
        ((), "say what changes"),
        (("--set", "accepted"), "write column=value"),
    ],
)
def test_a_correction_says_one_thing(
    clerk: Clerk, words: tuple[str, ...], told: str
) -> None:
    done = clerk.types("ledger", "correct", "1", "--by", "Li", "--why", "so", *words)
    assert isinstance(done.exception, BadInput) and told in str(done.exception)


def test_nothing_rejected_and_no_effect_are_said(clerk: Clerk) -> None:
    assert "No row is set aside" in clerk.types("ledger", "rejected").output
    said = clerk.types("effect", "--from", "2024-06", "--to", "2024-07")
    assert said.exit_code == 0, said.output
    assert "No list of these months has a hold-out whose truth is in" in said.output
