"""CPU seconds of the step ``triggers`` month by month over a lake that is there, and what the triggers came to.

    .venv/bin/python -m benchmarks.triggers --state COPY --first 2024-03 --last 2025-02

``COPY`` is a copy of a state folder: ``out_trigger`` is written into its lake.
"""

import time
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from churn_tasks.core.months import Month, months_between
from churn_tasks.core.numbers import or_nothing, percent
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.report.trigger_outcome import of_all_months, trigger_outcomes
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on

COST = ("month", "customers", "triggers", "CPU s")
JUDGED = ("trigger", "customers", "left", "precision", "coverage", "beside", "left")


def main(
    state: Annotated[Path, typer.Option(exists=True)],
    first: Annotated[str, typer.Option()],
    last: Annotated[str, typer.Option()],
    profile: str = "telecom",
) -> None:
    """Print one row for each month, then one for each trigger over all months whose truth is in."""
    settings = load_settings(profile, state_dir=state)
    cost = Table(*COST, title="The step triggers")
    for month in months_between(Month.parse(first), Month.parse(last) + 1):
        cost.add_row(str(month), *_raised(settings, month))
    Console().print(cost)
    Console().print(_judged(settings, Month.parse(last)))


def _raised(settings: Settings, month: Month) -> tuple[str, str, str]:
    """Customers of the cohort, triggers raised, and what that took; opening the month is not counted."""
    with closing(MonthRun(settings, month)) as run:
        customers = run.lake.rows("cohort", month)
        run.engine.view("cohort")
        began = time.process_time()
        report = run_on("triggers", run)
        taken = time.process_time() - began
    return str(customers), str(report.rows["out_trigger"]), f"{taken:.2f}"


def _judged(settings: Settings, last: Month) -> Table:
    screen = Table(*JUDGED)
    with closing(MonthRun(settings, last)) as run:
        results = trigger_outcomes(run.engine, settings, last)
    shown = or_nothing(percent)
    for row in of_all_months(results):
        counts = (str(row.customers), str(row.left_count))
        shares = (shown(row.precision), shown(row.coverage))
        beside = (str(row.beside_count), str(row.beside_left_count))
        screen.add_row(row.trigger or "any", *counts, *shares, *beside)
    return screen


if __name__ == "__main__":
    typer.run(main)
