"""A lake whose July has been trained, and of which nothing is decided yet."""

from contextlib import closing
from pathlib import Path

from churn_tasks.core.months import Month, months_between
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import small_profile
from tests.modeling.synthetic import fill
from tests.modeling.test_lost_models import Road

JULY = Month(2024, 7)


def undecided(postgres: Cluster, folder: Path, database: str) -> Road:
    """The state is kept; ``put_back`` before each test."""
    road = Road(postgres, folder, database)
    small_profile(folder, ["bill"], definition="not_billed")
    (folder / "warehouse").write_text(postgres.create_database(database))
    (folder / "mlflow").write_text(f"sqlite:///{folder}/july.db")
    with closing(MonthRun(road.settings(), JULY)) as run:
        fill(run, list(months_between(Month(2024, 3), JULY + 1)), 600)
        run_on("train", run)
    road.keep()
    return road
