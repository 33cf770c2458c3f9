"""What every test may use: a real PostgreSQL of its own, started once a session; and how tests are dealt out."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from churn_tasks.core.settings import Settings
from churn_tasks.local.postgres import Cluster
from tests.distribution import ByUnit, place
from tests.own_profile import LAST, Prepared, run_month
from tests.unchanged import unchanged

PREFIX = "churn-test-pg-"

# `make test` asks for it; without it a property is tried on a hundred examples, or on as many as it says
settings.register_profile("quick", max_examples=20)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest first; everything else in the order of the files."""
    items.sort(key=lambda item: place(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByUnit:
    """Each process takes whole units of tests, see :mod:`tests.distribution`."""
    return ByUnit(config, log)


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


@pytest.fixture(scope="session")
def prepared(
    postgres: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prepared]:
    """The README's smallest profile before its last month, for ``prepared.copied(folder)``."""
    made = Prepared.made(postgres, tmp_path_factory.mktemp("own") / "prepared")
    with unchanged(made.folder):
        yield made


@pytest.fixture(scope="session")
def own(prepared: Prepared) -> Iterator[Settings]:
    """Nine months of the README's smallest profile, run undisturbed; only to be read."""
    settings = prepared.copied(prepared.folder.with_name("undisturbed"))
    run_month(settings, LAST)
    with unchanged(settings.lake_dir):
        yield settings


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
