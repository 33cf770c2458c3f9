"""What every test may use: a real PostgreSQL of its own, started once a session."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from churn_tasks.local.postgres import Cluster

PREFIX = "churn-test-pg-"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A private PostgreSQL: ``create_database(name)`` makes a database, ``url(database, user)`` is its address.

    One cluster for each session (and each xdist worker); removed at the end. What a killed session left is swept.
    """
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    cluster = Cluster(folder, durable=False)
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.remove()


def _sweep() -> None:
    """Stop and remove clusters of test sessions that no longer run."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        session = folder.name.removeprefix(PREFIX).partition("-")[0]
        if not Path("/proc", session).exists() and folder.owner() in (
            "nobody",
            Path.home().owner(),
        ):
            Cluster(folder).remove()
            shutil.rmtree(folder, ignore_errors=True)
