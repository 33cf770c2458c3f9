"""Small lakes for tests: a temporary profile, partitions written from a few rows or from one SELECT.

run = small_run(tmp_path, "2024-03", raw=("bill",))
put(run, "month_activity", "2024-03", [{"customer_id": "stays", "is_active": True, "revenue_cny": 50}])
rows(run, "month_activity")
"""

import datetime as dt
import decimal
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from churn_tasks.core.months import Month
from churn_tasks.core.settings import INCLUDE, load_settings
from churn_tasks.declared.query import Query
from churn_tasks.runner.month_run import MonthRun

Row = Mapping[str, Any]

SETTINGS = {
    "title": {"en": "Small lake", "zh": "小型数据湖"},
    "first_month": "2024-01",
    "source": {"kind": "files"},
    "model": {"name": "small_lake"},
    "resources": {"memory": "500MB", "threads": 1},
}


def raw_tables() -> list[str]:
    """Every raw contract the repository ships."""
    return sorted(path.stem for path in (INCLUDE / "tables" / "raw").glob("*.yaml"))


def telecom_tables() -> list[str]:
    """The raw tables that the telecom profile extracts."""
    return sorted(
        path.stem
        for path in (INCLUDE / "profiles" / "telecom" / "extract").glob("*.sql")
    )


def small_profile(folder: Path, raw: Iterable[str], **settings: Any) -> Path:
    """A profile folder of its own, delivering the named raw tables; ``settings`` replace single sections."""
    profile = folder / "profile"
    shutil.rmtree(profile, ignore_errors=True)
    (profile / "extract").mkdir(parents=True)
    for table in raw:
        (profile / "extract" / f"{table}.sql").write_text(
            "SELECT 1\n", encoding="utf-8"
        )
    (profile / "settings.yaml").write_text(
        yaml.safe_dump({**SETTINGS, **settings}), encoding="utf-8"
    )
    return profile


def small_run(
    folder: Path,
    month: str,
    *,
    profile: Path | None = None,
    raw: Iterable[str] | None = None,
    **settings: Any,
) -> MonthRun:
    """One month of a small profile whose state lies below ``folder``."""
    chosen = profile or small_profile(
        folder, telecom_tables() if raw is None else raw, **settings
    )
    return MonthRun(
        load_settings(str(chosen), state_dir=folder / "state"), Month.parse(month)
    )


def another_month(run: MonthRun, month: str) -> MonthRun:
    """The same profile, lake and engine, one other month."""
    other = MonthRun(run.settings, Month.parse(month))
    other.__dict__.update(
        registry=run.registry,
        lake=run.lake,
        engine=run.engine,
        spark=run.spark,
        shared=run.shared,
    )
    return other


def put(
    run: MonthRun, table: str, month: str, given: Iterable[Row], *, checked: bool = True
) -> None:
    """Replace one partition by these rows; columns that a row does not name are NULL.

    Args:
        checked: refuse repeated keys, as a step would; without it, rows may leave their key out.

    Raises:
        KeyError: a row names a column that the table does not have.
    """
    names = run.registry.tables[table].column_names
    selects = [_select(names, table, row) for row in given]
    empty = (
        "SELECT " + ", ".join(f'NULL AS "{name}"' for name in names) + " WHERE false"
    )
    content = " UNION ALL ".join([empty, *selects])
    if checked:
        run.engine.write(table, Month.parse(month), content)
    else:
        pour(run, table, Month.parse(month), f"({content})")


def pour(run: MonthRun, table: str, month: Month, relation: str) -> None:
    """Write a partition from a relation of the engine as it is, without any check."""
    with run.lake.replacing(table, month) as path:
        run.engine.connection.execute(
            f"COPY (SELECT {run.registry.columns_sql(table)} FROM {relation}) TO '{path}'"
        )


def rows(run: MonthRun, table: str, month: str | None = None) -> list[dict[str, Any]]:
    """The rows of one partition as Python values, by column name, in order of the key."""
    run.engine.view(table)
    start = (Month.parse(month) if month else run.month).start
    cursor = run.engine.connection.execute(
        f'SELECT * EXCLUDE (month) FROM "{table}" WHERE month = $m', {"m": start}
    )
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def make(run: MonthRun, query: Query, month: str | None = None) -> list[dict[str, Any]]:
    """Run one query for one month and give back what it made."""
    chosen = Month.parse(month) if month else run.month
    run.engine.run(query, chosen, run.window_of(chosen).parameters())
    return rows(run, query.output.table, str(chosen))


def query_named(run: MonthRun, family: str, name: str) -> Query:
    """An active query by its folder.

    Raises:
        LookupError: there is none of that name, with those there are.
    """
    found = {query.name: query for query in run.registry.queries[family]}
    if name not in found:
        raise LookupError(
            f"no active query {family}/{name}; active are {', '.join(sorted(found))}"
        )
    return found[name]


def _select(names: list[str], table: str, row: Row) -> str:
    unknown = sorted(set(row) - set(names))
    if unknown:
        raise KeyError(f"{table} has no column {', '.join(unknown)}")
    return "SELECT " + ", ".join(
        f'{_literal(row.get(name))} AS "{name}"' for name in names
    )


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float, decimal.Decimal)):
        return str(value)
    kind = (
        "TIMESTAMP "
        if isinstance(value, dt.datetime)
        else "DATE "
        if isinstance(value, dt.date)
        else ""
    )
    return kind + "'" + str(value).replace("'", "''") + "'"
