"""The entry point: make an operator and load it, unless it is there already."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from churn_tasks.simulator import database
from churn_tasks.simulator.operator import Operator
from churn_tasks.simulator.settings import SimulationSettings

log = logging.getLogger("churn")


@dataclass(frozen=True)
class Progress:
    """Told after each month: months done and in all, rows loaded and seconds taken since the start."""

    month: str
    done: int
    total: int
    rows: int
    seconds: float


def simulate(
    source_url: str,
    settings: SimulationSettings,
    progress: Callable[[Progress], None] = lambda told: None,
) -> bool:
    """Fill the source database with one operator, replacing any other simulation in it.

    A simulation that was broken off carries no mark and is made anew.

    Returns:
        False when exactly this simulation was there already and nothing was done.

    Raises:
        ConnectionTrouble: the database does not answer.
    """
    if database.is_loaded(source_url, settings):
        return False
    started, rows = time.monotonic(), 0
    operator = Operator(settings)
    database.create_schemas(source_url)
    for delivery in operator.months():
        database.load(source_url, delivery, operator)
        rows += delivery.rows
        seconds = round(time.monotonic() - started, 2)
        done = delivery.k + 1
        log.info("simulate %s rows=%d %.2fs", delivery.label, delivery.rows, seconds)
        progress(Progress(delivery.label, done, settings.months, rows, seconds))
    database.finish(source_url, settings)
    return True
