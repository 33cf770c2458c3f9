"""A simulated operator in a private PostgreSQL, for as long as a benchmark needs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from churn_tasks.local.postgres import Cluster
from churn_tasks.simulator import SimulationSettings, simulate


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
