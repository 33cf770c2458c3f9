"""First and latest month of the measures that reasons of listed customers may speak of."""

from typing import Any

import pandas as pd

from churn_tasks.core.currency import currency
from churn_tasks.declared.money import unit_in
from churn_tasks.declared.query import Query
from churn_tasks.declared.trajectory.ends import ends_sql
from churn_tasks.declared.trajectory.feature import features_of
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.warning.sayings import Ends, Moving, Sayings


def sayings_of(run: MonthRun, factors: pd.DataFrame) -> Sayings:
    """What is needed to say the figures behind the factors of listed customers; no other measure is read.

    Args:
        factors: ``customer_id`` and ``feature``.
    """
    months = run.settings.windows.observe
    named = set(factors["feature"])
    moving: dict[str, Moving] = {}
    ends: dict[tuple[str, str], Ends] = {}
    customers = factors[["customer_id"]].drop_duplicates()
    with run.engine.registered("listed", customers):
        for query in run.registry.queries["features"]:
            mine = _moving(run, query, named)
            moving |= mine
            for row in _ends(run, query, mine, months):
                ends[query.output.table, str(row["customer_id"])] = row
    return Sayings(months, moving, ends)


def _moving(run: MonthRun, query: Query, named: set[str]) -> dict[str, Moving]:
    """The named features that the query makes of months."""
    if query.trajectory is None:
        return {}
    money = currency(run.settings.currency)
    moving = {}
    for feature in features_of(query.trajectory):
        if feature.name in named:
            unit = unit_in(feature.measure.unit, money)
            moving[feature.name] = Moving(query.output.table, feature, unit)
    return moving


def _ends(
    run: MonthRun, query: Query, moving: dict[str, Moving], months: int
) -> list[dict[str, Any]]:
    """Both ends of every measure of these features, a row a listed customer."""
    file = query.trajectory
    measures: list[str] = []
    for each in moving.values():
        if each.feature.pattern.kind != "date":
            measures += each.feature.line.measures
    if file is None or not measures:
        return []
    run.engine.views(*query.output.reads, *query.output.optional)
    wanted = {name: run.window.parameters()[name] for name in query.output.params}
    sql = ends_sql(file, dict.fromkeys(measures), months)
    return run.engine.records(sql, wanted)
