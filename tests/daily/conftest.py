"""One simulated operator for all tests of the watch; each test has its own copy of source and warehouse."""

from collections.abc import Callable
from pathlib import Path

import pytest

from churn_tasks.local.postgres import Cluster
from churn_tasks.simulator import SimulationSettings, simulate
from tests.daily.operator import JANUARY, SOURCE, Operator, quiet_customers


@pytest.fixture(scope="session")
def quiet(postgres: Cluster) -> list[int]:
    """Makes the source; customers of whom nothing is to be told."""
    source = postgres.create_database(SOURCE)
    simulate(
        source,
        SimulationSettings(
            customers=150,
            months=2,
            first_month=JANUARY,
            seed=3,
            dirt=0,
            cdr_per_month=10,
        ),
    )
    found = quiet_customers(source)
    assert len(found) > 20
    return found


@pytest.fixture
def operator(postgres: Cluster, tmp_path: Path, quiet: list[int]) -> Operator:
    return Operator.copied(postgres, tmp_path, quiet)


@pytest.fixture
def another(
    postgres: Cluster, tmp_path: Path, quiet: list[int]
) -> Callable[[], Operator]:
    """Further ones with the same key."""
    return lambda: Operator.copied(postgres, tmp_path, quiet)
