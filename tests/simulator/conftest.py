"""One small simulated operator in a real database, shared by the tests that only read it."""

import psycopg
import pytest

from churn_tasks.local.postgres import Cluster
from churn_tasks.simulator import SimulationSettings, simulate

SMALL = SimulationSettings(customers=600, months=4, cdr_per_month=12, seed=7, dirt=5.0)


@pytest.fixture(scope="session")
def source(postgres: Cluster) -> str:
    """Address of the loaded database, as its owner, who can no longer write to it: every file here reads it."""
    url = postgres.create_database("simulator_source")
    simulate(url, SMALL)
    with psycopg.connect(url) as connection:
        connection.execute(
            "ALTER ROLE postgres IN DATABASE simulator_source"
            " SET default_transaction_read_only = on"
        )
    return url


@pytest.fixture(scope="session")
def reader(source: str, postgres: Cluster) -> str:
    """The same database as the pipeline's role."""
    return postgres.url("simulator_source", "churn_source_reader")
