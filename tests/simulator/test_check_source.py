"""``churn check-source`` against a database: the simulated operator as it is, and with a column taken away."""

import json
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from churn_tasks.cli import app
from churn_tasks.local.postgres import Cluster
from tests.databases import copied_database
from tests.simulator.conftest import SMALL

LAST = str(SMALL.first_month + SMALL.months - 1)


def asked(url: str, folder: Path) -> tuple[int, str, dict[str, dict[str, Any]]]:
    """Exit code, what is printed, and what the JSON says of each table."""
    answer = folder / "answer.json"
    command = f"check-source --month {LAST} --profile telecom --json".split()
    environment = {"CHURN_SOURCE_URL": url, "CHURN_STATE_DIR": str(folder)}
    done = CliRunner().invoke(app, [*command, str(answer)], env=environment)
    machine = json.loads(answer.read_text(encoding="utf-8"))
    said = {contract["table"]: contract for contract in machine["contracts"]}
    return done.exit_code, done.output, said


@pytest.mark.slow
def test_a_database_is_looked_at_table_by_table(reader: str, tmp_path: Path) -> None:
    """Five times the usual dirt is planted here, so some rules would stop the month: for that reason and no other."""
    code, output, said = asked(reader, tmp_path)
    present = [table for table in said.values() if table["state"] == "present"]
    assert len(present) == 21
    no_bill_is_taken_back = "cancels_bill_id"
    rare = "demolition_date"  # empty at this size
    assert listed(present, "missing_columns") <= {rare, no_bill_is_taken_back}
    assert listed(present, "mistyped_columns") == set()
    assert said["cdr"]["rows"] > said["cdr"]["rows_month_before"] / 2 > 0
    stops = listed(present, "stops")
    assert stops and code == 1
    assert {why for why in stops if "would set aside" not in why} == set()
    assert re.findall(r"\b\d{11}\b", output) == [], "no telephone number"


def listed(tables: list[dict[str, Any]], field: str) -> set[str]:
    """Everything that a field lists for any of the tables."""
    return set().union(*(table[field] for table in tables))


@pytest.mark.slow
def test_a_table_that_the_source_no_longer_has_is_named_with_its_cost(
    source: str, postgres: Cluster, tmp_path: Path
) -> None:
    lacking = copied_database(postgres, "simulator_source", "without_requests")
    with psycopg.connect(lacking) as connection:
        connection.execute("ALTER TABLE boss.np_request RENAME TO np_request_old")
    reader = postgres.url("without_requests", "churn_source_reader")
    code, _, said = asked(reader, tmp_path)
    assert code == 1 and said["port_out"]["state"] == "refused"
    assert "np_request" in str(said["port_out"]["stops"])
    assert sum(map(len, said["port_out"]["lost_features"].values())) == 15
    assert said["bill"]["state"] == "present", "one refusal does not end the look"
