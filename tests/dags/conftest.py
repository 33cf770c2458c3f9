"""The DAG files as Airflow's task SDK sees them, and a throw-away home for Airflow itself."""

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

HOME = Path(
    os.environ.setdefault(  # noqa: TID251 - Airflow reads it when it is first imported, before any fixture can run
        "AIRFLOW_HOME", f"/tmp/churn-test-airflow-{os.getuid()}-{os.getpid()}"
    )
)
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def load_dag():
    """Load a DAG file anew and return its one DAG."""

    def load(file: str = "churn_monthly.py"):
        from airflow.sdk import DAG

        spec = importlib.util.spec_from_file_location(
            f"dag_under_test_{file.removesuffix('.py')}", REPOSITORY / "dags" / file
        )
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        made = [value for value in vars(module).values() if isinstance(value, DAG)]
        if not made:  # the decorated function was called, but its DAG kept no name
            made = [getattr(module, file.removesuffix(".py"))()]
        assert len(made) == 1
        return made[0]

    return load


@pytest.fixture
def dag(load_dag):
    return load_dag()


@pytest.fixture(scope="session", autouse=True)
def no_airflow_home_left() -> Iterator[None]:
    yield
    if HOME.name.startswith("churn-test-airflow-"):
        import shutil

        shutil.rmtree(HOME, ignore_errors=True)
