"""A simulated operator in a private PostgreSQL, for as long as a benchmark needs it."""

import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from churn_tasks.core.months import months_between
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.simulator import SimulationSettings, simulate
from churn_tasks.walks.month import run_step
from churn_tasks.walks.tasks import STEPS


@contextmanager
def small_cluster(folder: Path) -> Iterator[Cluster]:
    """A private PostgreSQL below this folder, removed at the end."""
    cluster = Cluster(folder / "postgres", durable=False)
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.remove()


@contextmanager
def empty_databases(folder: Path) -> Iterator[dict[str, str]]:
    """Addresses of a source and a warehouse below this folder, as settings take them; removed at the end."""
    with small_cluster(folder) as cluster:
        yield {
            "source_url": cluster.create_database("source"),
            "warehouse_url": cluster.create_database("warehouse"),
        }


@contextmanager
def simulated(folder: Path, simulation: SimulationSettings) -> Iterator[dict[str, str]]:
    """The same with a simulated operator in the source."""
    with empty_databases(folder) as places:
        simulate(places["source_url"], simulation)
        yield places


@contextmanager
def lived_through(
    simulation: SimulationSettings, without: Collection[str] = ()
) -> Iterator[Settings]:
    """A simulated telecom operator whose months have all been run, in one process; gone at the end.

    Args:
        without: steps that are left out.
    """
    with tempfile.TemporaryDirectory(prefix="churn-bench-") as name:
        folder = Path(name)
        with simulated(folder, simulation) as places:
            settings = load_settings("telecom", state_dir=folder / "state", **places)
            first = simulation.first_month
            for month in months_between(first, first + simulation.months):
                for step in STEPS:
                    if step not in without:
                        run_step(step, settings, month)
            yield settings
