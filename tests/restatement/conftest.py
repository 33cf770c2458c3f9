"""Eight months of the operator with late bills, each table of the lake as it was after July and after August."""

import hashlib
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import Settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.step import StepReport
from churn_tasks.walks.month import run_task
from churn_tasks.walks.tasks import TASKS
from tests.databases import copied_database
from tests.restatement.late_bills import AUGUST, FIRST, JULY, profile, write_files
from tests.unchanged import unchanged

Trace = dict[str, tuple[str, int, int]]  # partition -> digest, inode, time of writing


def trace(settings: Settings) -> Trace:
    """Every file of the lake, so that a file that was written again shows even when its bytes are the same."""
    lake = settings.lake_dir
    found = {}
    for path in sorted(lake.glob("*/month=*/*.parquet")):
        told = path.stat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        found[str(path.relative_to(lake))] = (digest, told.st_ino, told.st_mtime_ns)
    return found


def digests(settings: Settings) -> dict[str, str]:
    return {name: digest for name, (digest, *_) in trace(settings).items()}


def run_month(settings: Settings, month: Month) -> list[StepReport]:
    """Every task of a month, as Airflow runs them."""
    return [report for task in TASKS for report in run_task(task.name, settings, month)]


@dataclass(frozen=True)
class Road:
    """The operator after August, and what the lake looked like before August began."""

    settings: Settings
    data: Path
    original: Path
    folder: Path
    before: Trace
    after: Trace
    august: list[StepReport]


@pytest.fixture(scope="session")
def road(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    """Only to be read, or run again to the same bytes; what goes on from it takes ``copied``."""
    folder = tmp_path_factory.mktemp("late")
    data = folder / "drops"
    write_files(data)
    settings = profile(folder, data, postgres.create_database("late_bills"))
    for month in months_between(FIRST, JULY + 1):
        run_month(settings, month)
    before = trace(settings)
    august = run_month(settings, AUGUST)
    with unchanged(settings.lake_dir):
        yield Road(settings, data, data, folder, before, trace(settings), august)


@pytest.fixture(scope="module")
def copied(
    road: Road, postgres: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Road:
    """The same operator after August with files, lake and warehouse of its own, to go on from."""
    folder = tmp_path_factory.mktemp("copied")
    shutil.copytree(road.data, folder / "drops")
    name = f"copied_{uuid.uuid4().hex[:8]}"
    warehouse = copied_database(postgres, "late_bills", name)
    settings = profile(folder, folder / "drops", warehouse)
    shutil.copytree(road.settings.environment.state_dir, settings.environment.state_dir)
    return replace(
        road,
        settings=settings,
        data=folder / "drops",
        folder=folder,
        after=trace(settings),
    )
