"""The DAG files as Airflow's task SDK sees them, and a throw-away home for Airflow itself."""

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.local.instance import Instance
from churn_tasks.local.services import Services
from churn_tasks.simulator import SimulationSettings, simulate
from tests.dags.two_pairs import Answered, answer, queue

GOOD, BAD = Month(2024, 1), Month(2024, 2)  # months of the services' operator
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


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """PostgreSQL and Airflow of their own: two pairs in the queue, an operator whose second month has no amounts."""
    settings = load_settings("telecom", state_dir=tmp_path_factory.mktemp("state"))
    services = Services(Instance(settings))
    try:
        services.start_postgres()
        simulate(
            services.source_url,
            SimulationSettings(customers=1000, months=2, first_month=GOOD),
        )
        with psycopg.connect(services.source_url) as connection:
            spoilt = connection.execute(
                "UPDATE boss.bill_item SET amt_fen = NULL WHERE cycle_id = 202402"
            ).rowcount
            assert spoilt > 1000
        queue(services)
        services.start_airflow()
        yield services
    finally:
        services.instance.processes.stop()
        services.instance.cluster.remove()


@pytest.fixture(scope="session")
def answered(services: Services) -> Answered:
    """What became of the two pairs; before any month runs and asks about pairs of its own."""
    return answer(services)


@pytest.fixture(scope="session", autouse=True)
def no_airflow_home_left() -> Iterator[None]:
    yield
    if HOME.name.startswith("churn-test-airflow-"):
        import shutil

        shutil.rmtree(HOME, ignore_errors=True)
