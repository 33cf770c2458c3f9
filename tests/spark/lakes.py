"""Runs on random lakes whose queries both engines can make, and the queries as Spark would be told them naively."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlglot

from churn_tasks.adapters.spark.dialect import literal
from churn_tasks.adapters.spark.session import Started
from churn_tasks.core.months import Month
from churn_tasks.core.settings import INCLUDE
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import another_month, small_run
from tests.random_lake import fill


def on_spark(run: MonthRun, started: Started) -> MonthRun:
    """The run, its queries made in the session that all tests share."""
    run.spark.__dict__["started"] = started
    return run


def shipped_profile(folder: Path, name: str, month: str) -> MonthRun:
    """A month of a copy of a shipped profile."""
    return small_run(
        folder,
        month,
        profile=shutil.copytree(INCLUDE / "profiles" / name, folder / name),
    )


def filled(run: MonthRun, months: Iterable[Month]) -> MonthRun:
    """The same run, its clean tables of these months made up at random, and DuckDB's summaries of them."""
    given = list(months)
    fill(run, given)
    return summed(run, given)


def summed(run: MonthRun, months: Iterable[Month]) -> MonthRun:
    """The same run, with DuckDB's summaries of these months."""
    for month in months:
        if "month_complaint_text" in run.registry.tables:
            run_on("texts", another_month(run, str(month)))
        for query in run.registry.queries["month"]:
            run.engine.run(query, month, run.window_of(month).parameters())
    return run


def naive_sql(sql: str, parameters: dict[str, Any], tables: object) -> str:
    """What SQLGlot alone makes of a query: grammar without meaning."""
    text = sqlglot.transpile(sql, read="duckdb", write="spark", comments=False)[0]
    for name, value in sorted(parameters.items(), key=lambda one: -len(one[0])):
        said = literal(value).sql("spark")
        text = text.replace(f":{name}", said).replace(f"${name}", said)
    return text
