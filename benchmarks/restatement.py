"""What a restated month costs beside the month's own run, in CPU seconds, when a few rows came late.

    .venv/bin/python -m benchmarks.restatement --customers 20000 --late 0.01

A simulated operator lies in a private PostgreSQL. Of every table of events and bills that share of the rows of one
month becomes known only after the month was read. Then the month after it runs, which restates the earlier one; own and
restated steps are timed apart, in one process. Last, nothing is late any more, and the look alone is timed. Nothing is
trained, and the time of the database server is not in it.
"""

import resource
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.operators import simulated
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.runner import protocol
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.step import Step, StepReport
from churn_tasks.simulator import SimulationSettings
from churn_tasks.walks.month import run_step

STEPS = (
    "extract", "late", "check_raw", "integrate", "match", "texts", "summarise", "features", "check_features",
)  # fmt: skip
MONTHS = 4
# table, its number, when it happened, when it was known
EVENTS = (
    ("cdr", "rec_no", "start_tm", "load_tm"),
    ("pay_log", "pay_no", "pay_tm", "rec_tm"),
    ("topup_log", "topup_no", "topup_tm", "rec_tm"),
    ("fault_ticket", "ticket_no", "report_tm", "rec_tm"),
    ("cmplt_ticket", "ticket_no", "cmplt_tm", "rec_tm"),
    ("survey_ans", "answer_no", "answer_tm", "rec_tm"),
    ("mkt_offer", "offer_no", "offer_tm", "rec_tm"),
    ("keep_contact", "contact_no", "contact_tm", "rec_tm"),
    ("biz_request", "req_no", "req_tm", "rec_tm"),
    ("bill_item", "bill_no", "to_date(cycle_id::text, 'YYYYMM')", "gen_tm"),
)
Seconds = dict[tuple[str, str], float]  # step, own or restated


def main(
    customers: Annotated[int, typer.Option(min=100)] = 20_000,
    late: Annotated[float, typer.Option(min=0.0001, max=1)] = 0.01,
) -> None:
    """Simulate, run, print the table."""
    simulation = SimulationSettings(customers=customers, months=MONTHS)
    last = simulation.first_month + MONTHS - 1
    with (
        tempfile.TemporaryDirectory(prefix="churn-bench-") as name,
        simulated(Path(name), simulation) as places,
    ):
        settings = load_settings("telecom", state_dir=Path(name) / "state", **places)
        window = settings.calendar.window(last)
        _know_later(places["source_url"], last - 1, late, window.as_of)
        for month in months_between(simulation.first_month, last):
            _run(settings, month)
        with _timed() as seconds:
            _run(settings, last)
        rows = _late_rows(settings, last)
        _know_later(places["source_url"], last - 1, late, window.known_until)
        with _timed() as looking:
            run_step("late", settings, last)
    console = Console()
    console.print(f"{customers:,} customers, {rows:,} late rows of {last - 1}")
    console.print(_table(seconds))
    console.print(f"the look where nothing is late: {sum(looking.values()):.2f} CPU s")


def _know_later(source: str, month: Month, share: float, day: date) -> None:
    """A share of the rows of a month, told by their numbers, become known on a day."""
    one_in = round(1 / share)
    with psycopg.connect(source) as connection:
        for table, number, happened, known in EVENTS:
            connection.execute(
                f"UPDATE boss.{table} SET {known} = %(day)s"
                f" WHERE {happened} >= %(start)s AND {happened} < %(end)s"
                f" AND {number} %% {one_in} = 0",
                {"day": day, "start": month.start, "end": month.end},
            )


def _run(settings: Settings, month: Month) -> None:
    for step in STEPS:
        run_step(step, settings, month)


@contextmanager
def _timed() -> Iterator[Seconds]:
    """CPU seconds of every step that runs meanwhile."""
    seconds: Seconds = defaultdict(float)
    work = protocol.run_step

    def timed(step: Step, run: MonthRun, owner: protocol.Owner) -> StepReport:
        whose = "restated" if run.restated_until else "own"
        before = _cpu_seconds()
        try:
            return work(step, run, owner)
        finally:
            seconds[step.name, whose] += _cpu_seconds() - before

    protocol.run_step = timed
    try:
        yield seconds
    finally:
        protocol.run_step = work


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _late_rows(settings: Settings, month: Month) -> int:
    run = MonthRun(settings, month)
    rows = int(run.rows_of_month("late_rows")["late_rows"].sum())
    run.close()
    return rows


def _table(seconds: Seconds) -> Table:
    table = Table("step", "own CPU s", "restated CPU s")
    sums = {"own": 0.0, "restated": 0.0}
    for step in STEPS:
        own, restated = seconds[step, "own"], seconds[step, "restated"]
        table.add_row(step, f"{own:.2f}", f"{restated:.2f}")
        sums["own"] += own
        sums["restated"] += restated
    share = sums["restated"] / sums["own"]
    table.add_row("all", f"{sums['own']:.2f}", f"{sums['restated']:.2f} ({share:.0%})")
    return table


if __name__ == "__main__":
    typer.run(main)
