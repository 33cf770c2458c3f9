"""The raw tables of a month in standard form, made once for all steps of a process."""

from collections.abc import Iterable
from pathlib import Path

import duckdb

from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.months import Month
from churn_tasks.core.sql_text import literal
from churn_tasks.declared.contracts import RawTable
from churn_tasks.declared.money import limited_column
from churn_tasks.declared.sql_expressions import list_of
from churn_tasks.declared.sql_parts import Relation, subquery
from churn_tasks.integrate.standardise.prepare import (
    days_view,
    declared_for,
    make_macros,
    prepare_standard,
)
from churn_tasks.integrate.standardise.usual import LOOKED_AT, note_usual_amount
from churn_tasks.integrate.standardise.view import StandardView, known_days_sql
from churn_tasks.runner.month_run import MonthRun

SHARED = "standard views"
USUAL = "tables of which the usual amount is noted"


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
    files = _delivered_files(run, name, late)
    _note_usual_amount(run, name)
    return _view(run, name, run.registry.raw[name], files)


def standard_columns(run: MonthRun, name: str, columns: tuple[str, ...]) -> str:
    """The temporary view of a few columns of this month's rows, in contract types and units.

    Where a table of many columns is looked at for one of them, the others are not worth being read.
    """
    contract = run.registry.raw[name].of_columns(columns)
    _view(run, name, contract, _delivered_files(run, name, late=False))
    return f"standard_{contract.table}"


def _view(
    run: MonthRun, name: str, contract: RawTable, files: list[Path]
) -> StandardView:
    """The view of a contract over raw files, made again where they have changed."""
    made = _views_made(run)
    told = [(path, path.stat()) for path in files]
    version = " ".join(f"{path} {s.st_mtime_ns} {s.st_ino}" for path, s in told)
    if contract.table not in made or made[contract.table][0] != version:
        rows = rows_as_delivered(files, run.month)
        made[contract.table] = (version, _prepared(run, name, contract, rows))
    return made[contract.table][1]


def known_days(run: MonthRun, name: str, rows: str) -> Relation:
    """The days on which something of delivered rows became known, read like every other value of the contract.

    A row a row, in their order: ``known_date``; ``known``, the latest of its days, answers included; ``unreadable``,
    the first of these columns that is there and cannot be read; ``value``, what stands there.

    Args:
        rows: a relation of rows of the table as delivered, with ``month``.
    """
    _views_made(run)
    table = run.registry.raw[name]
    view = days_view(run.engine.connection, table, rows, run.settings)
    return subquery(known_days_sql(view))


def rows_as_delivered(files: Iterable[Path], month: Month) -> str:
    """The rows of raw files as a relation in brackets: in the types in which they came, with their month."""
    listed = list_of(literal(path) for path in files)
    file = f"read_parquet([{listed}], hive_partitioning=false, union_by_name=true)"
    return f"(SELECT *, DATE '{month.start}' AS month FROM {file})"


def _note_usual_amount(run: MonthRun, name: str) -> None:
    """What is usual among the month's amounts, once for all steps: rows that came late are judged by it as well."""
    _views_made(run)
    column = limited_column(run.registry.raw[name])
    noted: set[str] = run.shared.setdefault(USUAL, set())
    if column is None or name in noted:
        return
    contract = run.registry.raw[name].of_columns((column,))
    delivered = rows_as_delivered(_delivered_files(run, name, late=False), run.month)
    first = f"(SELECT * FROM {delivered} LIMIT {LOOKED_AT})"
    _prepared(run, name, contract, first)
    rows = f"standard_{contract.table}"
    note_usual_amount(run.engine.connection, name, column, rows)
    noted.add(name)


def _views_made(run: MonthRun) -> dict[str, tuple[str, StandardView]]:
    """Table to the files that its view reads, and the view; the connection has the macros to read with."""
    if SHARED not in run.shared:
        make_macros(run.engine.connection)
    made: dict[str, tuple[str, StandardView]] = run.shared.setdefault(SHARED, {})
    return made


def _delivered_files(run: MonthRun, name: str, late: bool) -> list[Path]:
    raw = f"raw_{name}"
    if late:
        return run.lake.part(raw, run.month)
    return run.lake.files(raw, run.month)


def _prepared(run: MonthRun, name: str, contract: RawTable, rows: str) -> StandardView:
    declared = declared_for(run.settings, name)
    try:
        return prepare_standard(
            run.engine.connection, contract, rows, run.settings, declared
        )
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:  # its message may quote values
        kind = type(error).__name__
        problem = f"cannot be brought to the form of its contract ({kind})"
        raise BadInput(
            evidence(table=f"raw_{name}", month=run.month, problem=problem)
        ) from None
