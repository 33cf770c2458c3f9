"""Parsing a DAG file is cheap: no heavy package, no network, under a second."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from churn_tasks.core.settings import process_environment

REPOSITORY = Path(__file__).resolve().parents[2]
HEAVY = (
    "great_expectations", "mlflow", "lightgbm", "sklearn", "skops", "scipy", "matplotlib", "pandas", "numpy", "duckdb",
    "pyarrow", "psycopg", "adbc_driver_postgresql",
)  # fmt: skip

PROBE = """
import json, socket, sys, time
import airflow.sdk                             # Airflow has it in memory before it reads any DAG file
from airflow.sdk import *
before = set(sys.modules)
def refuse(*arguments): raise AssertionError(f"the network is used at parse: {arguments}")
socket.socket.connect = refuse
started = time.process_time()
for name in sys.argv[1:]:
    exec(compile(open(name, encoding="utf-8").read(), name, "exec"), {"__name__": "probe", "__doc__": "x"})
print(json.dumps({"seconds": time.process_time() - started, "loaded": sorted(set(sys.modules) - before)}))
"""


def parse(tmp_path: Path, *files: Path) -> dict:
    environment = process_environment() | {
        "AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'plugins'}",
    }  # fmt: skip
    command = [sys.executable, "-c", PROBE, *map(str, files)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def heavy(told: dict) -> list[str]:
    return [name for name in HEAVY if name in told["loaded"]]


def test_the_dags_are_light(tmp_path):
    told = parse(tmp_path, *sorted((REPOSITORY / "dags").glob("*.py")))
    assert (
        "churn_tasks.walks.month" in told["loaded"]
    )  # the probe looked at the real thing
    assert heavy(told) == []
    assert told["seconds"] < 1.0


@pytest.mark.parametrize("module", ["pandas", "churn_tasks.runner.month_run"])
def test_a_heavy_import_would_be_seen(tmp_path, module):
    (tmp_path / "planted.py").write_text(f"import {module}\n")
    assert heavy(parse(tmp_path, tmp_path / "planted.py")) != []


def test_a_connection_would_be_seen(tmp_path):
    (tmp_path / "planted.py").write_text(
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9')\n"
    )
    with pytest.raises(AssertionError, match="the network is used at parse"):
        parse(tmp_path, tmp_path / "planted.py")
