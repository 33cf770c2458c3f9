"""The raw tables of a month in standard form, made once for all steps of a process."""

import duckdb

from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.sql_text import literal
from churn_tasks.integrate.standardise.prepare import make_macros, prepare_standard
from churn_tasks.integrate.standardise.view import StandardView
from churn_tasks.runner.month_run import MonthRun

SHARED = "standard views"


def standard(run: MonthRun, name: str) -> str:
    """The temporary view ``standard_<name>`` of this month's rows, in contract types and units.

    Made again only when the partition has changed since.

    Args:
        name: table as the source contract names it.
    """
    standard_view(run, name)
    return f"standard_{name}"


def standard_view(run: MonthRun, name: str) -> StandardView:
    """How ``standard_<name>`` reads each column; makes the view first where it is missing or out of date.

    Raises:
        BadInput: DuckDB cannot bring the rows to the form of their contract.
    """
    if SHARED not in run.shared:
        make_macros(run.engine.connection)
    made: dict[str, tuple[str, StandardView]] = run.shared.setdefault(SHARED, {})
    path = run.lake.path(f"raw_{name}", run.month)
    status = path.stat()
    version = f"{path} {status.st_mtime_ns} {status.st_ino}"
    if name not in made or made[name][0] != version:
        made[name] = (version, _prepared(run, name))
    return made[name][1]


def _prepared(run: MonthRun, name: str) -> StandardView:
    path = run.lake.path(f"raw_{name}", run.month)
    file = f"read_parquet({literal(path)}, hive_partitioning=false)"
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
