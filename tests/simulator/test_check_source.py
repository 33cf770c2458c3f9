"""``churn check-source`` against a database: the simulated operator as it is, and with a column taken away."""

import json
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from churn_tasks.cli import app
from churn_tasks.local.postgres import Cluster
from tests.simulator.conftest import SMALL

LAST = str(SMALL.first_month + SMALL.months - 1)


def asked(url: str, folder: Path) -> tuple[int, str, dict[str, dict[str, object]]]:
    answer = folder / "answer.json"
    arguments = [
        "check-source",
        "--month",
        LAST,
        "--profile",
        "telecom",
        "--json",
        str(answer),
    ]
    done = CliRunner().invoke(
        app, arguments, env={"CHURN_SOURCE_URL": url, "CHURN_STATE_DIR": str(folder)}
    )
    machine = json.loads(answer.read_text(encoding="utf-8"))
    return (
        done.exit_code,
        done.output,
        {one["table"]: one for one in machine["contracts"]},
    )


@pytest.mark.slow
def test_a_database_is_looked_at_table_by_table(reader: str, tmp_path: Path) -> None:
    """Five times the usual dirt is planted here, so some rules would stop the month: for that reason and no other."""
    code, output, said = asked(reader, tmp_path)
    present = [one for one in said.values() if one["state"] == "present"]
    assert len(present) == 21
    assert {name for one in present for name in one["missing_columns"]} <= {
        "demolition_date"
    }, "rare: empty at this size"
    assert all(one["mistyped_columns"] == [] for one in present)
    assert said["cdr"]["rows"] > said["cdr"]["rows_month_before"] / 2 > 0
    stops = [why for one in present for why in one["stops"]]
    assert stops and all("would set aside" in why for why in stops) and code == 1
    assert not any(len(word) == 11 and word.isdigit() for word in output.split())


@pytest.mark.slow
def test_a_table_that_the_source_no_longer_has_is_named_with_its_cost(
    reader: str, source: str, postgres: Cluster, tmp_path: Path
) -> None:
    with psycopg.connect(source) as connection:
        connection.execute("ALTER TABLE boss.np_request RENAME TO np_request_old")
    try:
        code, _, said = asked(reader, tmp_path)
    finally:
        with psycopg.connect(source) as connection:
            connection.execute("ALTER TABLE boss.np_request_old RENAME TO np_request")
    assert code == 1 and said["port_out"]["state"] == "refused"
    assert "np_request" in str(said["port_out"]["stops"])
    assert sum(map(len, said["port_out"]["lost_features"].values())) == 15
    assert said["bill"]["state"] == "present", "one refusal does not end the look"
