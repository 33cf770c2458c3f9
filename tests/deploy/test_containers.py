"""The image and docker-compose.yml, run: months of a shop's real files through Airflow's backfill to a published list.

Run by ``make test-containers``, outside CI: it needs podman, podman-compose and the public files, builds two images and
takes a quarter of an hour. Without a registry the two images that are built on can be stand-ins under the same names.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from churn_tasks.core.settings import REPOSITORY, process_environment
from tests.deploy.topology import (
    CHECKED,
    Topology,
    commit_before_the_newest_migration,
    environment,
    project,
    remove_volumes,
)

ASKED_FOR = "CHURN_TEST_CONTAINERS" in process_environment()
DATA = Path(
    process_environment().get("CHURN_TEST_DATA")
    or REPOSITORY.parent / "shared" / "data"
)
FILES = ("online_retail_2009_2010.parquet", "online_retail_2010_2011.parquet")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not ASKED_FOR, reason="containers: run by make test-containers"),
    pytest.mark.skipif(
        not (shutil.which("podman") and shutil.which("podman-compose")),
        reason="podman or podman-compose is not installed",
    ),
    pytest.mark.skipif(
        not all((DATA / name).is_file() for name in FILES),
        reason=f"public files absent: {', '.join(FILES)} in {DATA}; CHURN_TEST_DATA names another folder",
    ),
]
MIGRATIONS = "SELECT name FROM churn_retail.applied_migration ORDER BY name"
LISTS = """
    SELECT month, rank, customer_id, churn_score, level, model_version, run_id
    FROM churn_retail.bi_warning_list ORDER BY month, rank
"""


@pytest.fixture
def volumes() -> Iterator[None]:
    """None to begin with, and none left."""
    remove_volumes()
    yield
    remove_volumes()


@pytest.fixture(scope="module")
def settings() -> str:
    return environment("retail", DATA)


def topology(folder: Path, settings: str, commit: str = "") -> Topology:
    made = Topology(project(folder, commit))
    (folder / ".env").write_text(settings, encoding="utf-8")
    made.build()
    return made


def months_of(rows: list[list[str]]) -> set[str]:
    return {row[0] for row in rows}


def test_from_an_empty_volume_to_a_list(
    volumes: None, settings: str, tmp_path: Path
) -> None:
    today = topology(tmp_path / "today", settings)
    with today.started():
        today.backfill("2009-12", "2010-08", done=9)
        published = today.rows("warehouse", LISTS)
        assert months_of(published) == {"2010-08-01"}
        assert len(published) > 100
        assert [today.restarts(service) for service in CHECKED] == [0] * len(CHECKED)


def test_lists_outlive_an_upgrade(volumes: None, settings: str, tmp_path: Path) -> None:
    earlier = topology(
        tmp_path / "earlier", settings, commit_before_the_newest_migration()
    )
    with earlier.started():
        earlier.backfill("2009-12", "2010-08", done=9)
        published = earlier.rows("warehouse", LISTS)
        migrations = earlier.rows("warehouse", MIGRATIONS)
        assert len(published) > 100

    today = topology(tmp_path / "today", settings)
    with today.started():
        assert today.rows("warehouse", LISTS) == published
        today.backfill("2010-09", "2010-09", done=10)
        both = today.rows("warehouse", LISTS)
        assert both[: len(published)] == published
        assert months_of(both) == {*months_of(published), "2010-09-01"}
        assert len(today.rows("warehouse", MIGRATIONS)) > len(migrations)
        assert [today.restarts(service) for service in CHECKED] == [0] * len(CHECKED)
