"""What tasks import is imported once, in the process that they are forked from."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from churn_tasks.core.settings import load_settings, process_environment
from churn_tasks.local.instance import Instance
from churn_tasks.local.services import Services

REPOSITORY = Path(__file__).resolve().parents[2]
PRELOAD = "churn_airflow.preload"

PROBE = """
import gc, importlib, json, sys
importlib.import_module(sys.argv[1])
before = set(sys.modules)
from churn_tasks.walks.tasks import STEPS
needed = [f"churn_tasks.steps.{step}" for step in STEPS]
needed += ["great_expectations", "mlflow.sklearn", "lightgbm", "skops.io", "airflow.sdk.execution_time.task_runner"]
for name in needed:
    importlib.import_module(name)
print(json.dumps({"frozen": gc.get_freeze_count(), "left": sorted(set(sys.modules) - before)}))
"""


def probed(tmp_path: Path, module: str) -> tuple[dict, str]:
    """What is left to import after a module, and everything that was said meanwhile."""
    environment = process_environment() | {
        "AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'plugins'}",
    }  # fmt: skip
    command = [sys.executable, "-c", PROBE, module]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1]), done.stdout + done.stderr


@pytest.fixture(scope="module")
def preloaded(tmp_path_factory) -> tuple[dict, str]:
    """Python itself takes no notice of an ImportError in what is preloaded: this does."""
    return probed(tmp_path_factory.mktemp("airflow"), PRELOAD)


def test_a_task_finds_everything_in_memory(preloaded):
    told, _ = preloaded
    assert told["left"] == []


def test_what_a_task_would_import_is_seen_without_it(tmp_path):
    told, said = probed(tmp_path, "churn_airflow.bridge")
    assert {"great_expectations", "lightgbm", "skops.io"} <= set(told["left"])
    assert "DeprecatedImportWarning" in said, "control: skops after Airflow"


def test_memory_stays_shared_with_the_tasks(preloaded):
    told, _ = preloaded
    assert told["frozen"] > 100_000


def test_skops_does_not_wake_what_airflow_has_deprecated(preloaded):
    """It asks every module in memory for each of NumPy's functions: thousands of warnings once Airflow is there."""
    _, said = preloaded
    assert "DeprecatedImportWarning" not in said


def test_the_demo_and_the_compose_file_preload_it(tmp_path):
    services = Services(Instance(load_settings("telecom", state_dir=tmp_path)))
    environment = services.airflow.environment()
    compose = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
    composed = compose["x-airflow"]["environment"]
    for told in (environment, composed):
        assert told["AIRFLOW__CORE__MP_FORKSERVER_PRELOAD"] == PRELOAD
        assert told["AIRFLOW__SCHEDULER__MP_START_METHOD"] == "forkserver"
