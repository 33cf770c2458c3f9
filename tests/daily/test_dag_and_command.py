"""``churn watch --day`` and the DAG as processes of their own, on one source each with the same rows."""

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from churn_tasks.core.settings import REPOSITORY, process_environment
from tests.daily.operator import Operator

DAG_RUN = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("watched", "dags/churn_watch.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
run = module.churn_watch().test(run_conf={"day": sys.argv[1]})
print("ended", run.state, [(each.task_id, each.state) for each in run.get_task_instances()])
"""


def process(
    operator: Operator, *command: str, **own: str
) -> subprocess.CompletedProcess[str]:
    of_operator = operator.settings.environment
    environment = process_environment() | {
        "CHURN_PROFILE": "telecom",
        "CHURN_STATE_DIR": str(of_operator.state_dir),
        "CHURN_TOKEN_KEY_FILE": str(of_operator.token_key_file),
        "CHURN_SOURCE_URL": of_operator.source_url,
        "CHURN_WAREHOUSE_URL": of_operator.warehouse_url,
        "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'plugins'}",
        **own,
    }
    return subprocess.run(
        command,
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_says_what_it_raised_and_that_data_are_missing(
    operator: Operator,
) -> None:
    """No month has been run, and of one table nothing is there: no all-clear, and the exit code says so."""
    operator.asks_to_port(operator.quiet[0], 10)
    operator.happens("DELETE FROM boss.keep_contact")
    done = process(
        operator, sys.executable, "-m", "churn_tasks", "watch", "--day", "2024-01-10"
    )
    assert done.returncode == 3, done.stderr
    assert "new alarms" in done.stdout
    assert "no all-clear no data for contact" in " ".join(done.stdout.split())
    told = operator.day(10)
    assert told["is_complete"] is False
    assert told["missing_zh"].startswith("contact 本月无数据")


@pytest.mark.slow
def test_the_dag_and_the_command_give_the_same_rows(
    operator: Operator, another: Callable[[], Operator], tmp_path: Path
) -> None:
    by_dag = another()
    for each in (operator, by_dag):
        each.asks_to_port(each.quiet[0], 10)
    home = {
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
    }
    migrated = process(by_dag, sys.executable, "-m", "airflow", "db", "migrate", **home)
    assert migrated.returncode == 0, migrated.stderr
    ran = process(by_dag, sys.executable, "-c", DAG_RUN, "2024-01-10", **home)
    assert "ended success [('watch', 'success')]" in ran.stdout, ran.stderr[-2000:]
    done = process(
        operator, sys.executable, "-m", "churn_tasks", "watch", "--day", "2024-01-10"
    )
    assert done.returncode in (0, 3), done.stderr
    rows = operator.alarms()
    assert rows == by_dag.alarms()
    assert {(row["trigger"], row["first_day"]) for row in rows} >= {
        ("port_requested", date(2024, 1, 10))
    }
