"""One small simulated operator in a real database, shared by the tests that only read it."""

import pytest

from churn_tasks.local.postgres import Cluster
from churn_tasks.simulator import SimulationSettings, simulate

SMALL = SimulationSettings(customers=600, months=4, cdr_per_month=12, seed=7, dirt=5.0)


@pytest.fixture(scope="session")
def source(postgres: Cluster) -> str:
    """Address of the loaded database, as its owner."""
    url = postgres.create_database("simulator_source")
    simulate(url, SMALL)
    return url


@pytest.fixture(scope="session")
def reader(source: str, postgres: Cluster) -> str:
    """The same database as the pipeline's role."""
    return postgres.url("simulator_source", "churn_source_reader")
