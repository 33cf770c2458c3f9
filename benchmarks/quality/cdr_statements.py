"""What each statement over a month's CDR takes, in CPU seconds beside a bare scan of the same Parquet.

    .venv/bin/python -m benchmarks.quality.cdr_statements --state state --month 2024-06 --one-in 64

Reads a lake that is there. ``--one-in`` looks closely at as small a part of the rows as a larger month would: at a
tenth of 36 million CDR it says what a row costs there. The same file runs in an earlier build's folder.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.copies import greatest_values
from benchmarks.measure import taken
from churn_tasks.checks import profile
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.standard import standard

THREADS = 2
REPEATED = 3  # times that the bare scan is taken; the least counts


def main(
    state: Annotated[Path, typer.Option(help="folder of the profile's state")],
    month: Annotated[str, typer.Option(help="YYYY-MM")],
    memory: str = "2GB",
    one_in: Annotated[
        int, typer.Option(min=0, help="0: as the month's size has it")
    ] = 0,
) -> None:
    """Take the statements of ``check_raw`` over the CDR one by one."""
    resources = {"memory": memory, "threads": THREADS}
    settings = load_settings("telecom", state_dir=state, resources=resources)
    run = MonthRun(settings, Month.parse(month))
    table, rows = run.registry.raw["cdr"], run.lake.rows("raw_cdr", run.month)
    if one_in:
        profile.SAMPLED_FROM = rows // one_in + 1
    standard(run, "customer")
    columns = greatest_values([column.name for column in table.delivered_columns])
    file = f"read_parquet('{run.lake.path('raw_cdr', run.month)}', hive_partitioning = false)"
    bare = min(_scanned(run, f"SELECT {columns} FROM {file}") for _ in range(REPEATED))
    form = _cpu_s(lambda: standard(run, "cdr"))
    relation = "standard_cdr"
    figures = profile.profile_sql(
        table, relation, run.month, rows, run.window.known_until
    )
    regions = profile.regions_sql(table, relation, "standard_customer") or ""
    taken_s = {
        "signs of its texts": form,
        "profile": _scanned(run, figures),
        "regions": _scanned(run, regions),
    }
    typer.echo(f"{rows:,} CDR, bare scan {bare:.2f} CPU seconds")
    for name, seconds in taken_s.items():
        typer.echo(f"{name}: {seconds:.2f}")
    whole = sum(taken_s.values())
    typer.echo(f"together {whole:.2f}, {whole / bare:.1f} x the bare scan")
    run.close()


def _scanned(run: MonthRun, sql: str) -> float:
    return _cpu_s(lambda: run.engine.records(sql))


def _cpu_s(work: Callable[[], object]) -> float:
    with taken() as measured:
        work()
    return measured.cpu_s


if __name__ == "__main__":
    typer.run(main)
