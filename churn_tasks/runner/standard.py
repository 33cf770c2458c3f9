"""The raw tables of a month in standard form, made once for all steps of a process."""

from pathlib import Path

import duckdb

from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.sql_text import literal
from churn_tasks.declared.sql_expressions import list_of
from churn_tasks.integrate.standardise.prepare import make_macros, prepare_standard
from churn_tasks.integrate.standardise.view import StandardView
from churn_tasks.runner.month_run import MonthRun

SHARED = "standard views"


def standard(run: MonthRun, name: str, *, late: bool = False) -> str:
    """The temporary view ``standard_<name>`` of this month's rows, in contract types and units.

    Made again only when the partition has changed since.

    Args:
        name: table as the source contract names it.
        late: of a restated month only the rows that came late.
    """
    standard_view(run, name, late=late)
    return f"standard_{name}"


def standard_view(run: MonthRun, name: str, *, late: bool = False) -> StandardView:
    """How ``standard_<name>`` reads each column; makes the view first where it is missing or out of date.

    Raises:
        BadInput: DuckDB cannot bring the rows to the form of their contract.
    """
    if SHARED not in run.shared:
        make_macros(run.engine.connection)
    made: dict[str, tuple[str, StandardView]] = run.shared.setdefault(SHARED, {})
    files = _delivered_files(run, name, late)
    told = [(path, path.stat()) for path in files]
    version = " ".join(f"{path} {s.st_mtime_ns} {s.st_ino}" for path, s in told)
    if name not in made or made[name][0] != version:
        made[name] = (version, _prepared(run, name, files))
    return made[name][1]


def _delivered_files(run: MonthRun, name: str, late: bool) -> list[Path]:
    raw = f"raw_{name}"
    if late:
        return run.lake.part(raw, run.month)
    version = run.lake.version(raw, run.month)
    return version.files if version else []


def _prepared(run: MonthRun, name: str, files: list[Path]) -> StandardView:
    listed = list_of(literal(path) for path in files)
    file = f"read_parquet([{listed}], hive_partitioning=false, union_by_name=true)"
    rows = f"(SELECT *, DATE '{run.month.start}' AS month FROM {file})"
    contract = run.registry.raw[name]
    try:
        return prepare_standard(run.engine.connection, contract, rows, run.settings)
    except duckdb.Error as error:  # its message may quote values
        kind = type(error).__name__
        problem = f"cannot be brought to the form of its contract ({kind})"
        raise BadInput(
            evidence(table=f"raw_{name}", month=run.month, problem=problem)
        ) from None
