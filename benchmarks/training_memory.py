"""Peak memory of what `train` holds: rows with every column, the chosen columns, the tested month, and both fits.

    .venv/bin/python -m benchmarks.training_memory --customers 600000 --months 12

A lake of made-up cohorts, labels and feature tables of the telecom profile is written first (600,000 customers: 3.2 GB
and about ten minutes). Values are noise of the declared types: what is fitted on them is worth nothing and takes the
memory that any fit takes. Each line is the most that the process holds meanwhile, what it still has included.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.measure import peak_since, taken
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.contracts import Column
from churn_tasks.modeling.candidates import candidate_models, fit_candidate
from churn_tasks.modeling.frames import Sample, feature_set, sample
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.work.customer_rows import customer_rows
from churn_tasks.work.training_rows import most_looked_at, training_rows

FIRST = Month(2023, 1)
SHARE_OF_FLAG = {"churned": 30, "left_early": 50, "rotated": 50}  # one in so many
VALUES = {  # SQL of a made-up value by type; h is a hash
    "integer": "(h % 50)::BIGINT",
    "decimal": "((h % 900) / 10.0)::DECIMAL(18,4)",
    "double": "(h % 1000) / 10.0",
    "boolean": "h % 2 = 0",
    "text": "'v' || (h % 8)::VARCHAR",
    "date": "DATE '2023-01-01'",
}
MISSING = 23  # one value in so many
CHOSEN = 180  # columns, about what a selection keeps


class Held(NamedTuple):
    """One thing that `train` holds."""

    what: str
    rows: int
    columns: int


def main(
    customers: Annotated[int, typer.Option(min=1_000)] = 60_000,
    months: Annotated[int, typer.Option(min=4)] = 12,
    memory: Annotated[str, typer.Option(help="resources.memory")] = "auto",
) -> None:
    """Write the lake, hold and fit, print a row for each."""
    table = Table("held", "rows", "columns", "CPU s", "peak MB")
    with tempfile.TemporaryDirectory(prefix="churn-bench-") as name:
        settings = load_settings(
            "telecom",
            state_dir=Path(name),
            resources={"memory": memory, "threads": 2},
        )
        last = FIRST + (months - 1)
        for month in track(list(months_between(FIRST, last + 1)), "writing"):
            _write_month(settings, month, customers)
        steps = _held(MonthRun(settings, last + 2), last)
        while True:
            with taken() as used, peak_since() as peak:
                held = next(steps, None)
            if held is None:
                break
            cpu_s, most = f"{used.cpu_s:.1f}", f"{peak.mb:,.0f}"
            table.add_row(held.what, f"{held.rows:,}", str(held.columns), cpu_s, most)
    console = Console(width=100)
    console.print(f"{customers:,} customers, {months} months, memory {memory}")
    console.print(table)


def _write_month(settings: Settings, month: Month, customers: int) -> None:
    run = MonthRun(settings, month)
    features = [query.output.table for query in run.registry.queries["features"]]
    for name in ("cohort", "label", *features):
        columns = run.registry.tables[name].columns
        values = [_value(column, place, month) for place, column in enumerate(columns)]
        rows = f"SELECT {', '.join(values)} FROM range({customers}) AS r(n)"
        run.engine.write(name, month, rows)
    run.close()


def _value(column: Column, place: int, month: Month) -> str:
    name = identifier(column.name)
    if column.name == "customer_id":
        return f"'C' || lpad(n::VARCHAR, 8, '0') AS {name}"
    if column.name == "month":
        return f"DATE '{month.start}' AS {name}"
    drawn = f"hash(n, {place}, {month.number})"
    if column.name in SHARE_OF_FLAG:
        return f"{drawn} % {SHARE_OF_FLAG[column.name]} = 0 AS {name}"
    value = VALUES[column.type].replace("h %", f"{drawn} %")
    if not column.required:
        value = f"CASE WHEN {drawn} % {MISSING} > 0 THEN {value} END"
    return f"{value} AS {name}"


def _held(run: MonthRun, tested: Month) -> Iterator[Held]:
    """What the step reads and fits, one after the other; each is let go where the step lets it go."""
    offered = feature_set(run.registry.queries["features"])
    chosen = offered.subset(offered.names[:CHOSEN])
    months = list(months_between(FIRST, tested))
    looked_at = training_rows(run, offered, months, most_looked_at(run))
    yield _of("all columns, to select from", looked_at)
    del looked_at
    learn = training_rows(run, chosen, months)
    yield _of("chosen columns, to learn from", learn)
    test = sample(customer_rows(run, chosen, [tested], labelled=True), chosen)
    yield _of("tested month", test)
    for model in candidate_models(run.settings.model.candidates):
        fit_candidate(model, learn, chosen, run.settings.model.seed, 2)
        yield _of(f"fit of {model.name}", learn)


def _of(what: str, held: Sample) -> Held:
    return Held(what, len(held), len(held.features.columns))


if __name__ == "__main__":
    typer.run(main)
