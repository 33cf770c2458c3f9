"""The mechanical tests for look-ahead, as changes to a lake: what features of a month must not notice.

A change takes one raw contract and gives the SELECT of what is left of its clean table; ``is_hit`` says which rows it
touches, so that every test can show its reach.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from churn_tasks.core.months import Month, months_between
from churn_tasks.core.windows import Window
from churn_tasks.declared.contracts import RawTable
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import another_month, small_run
from tests.random_lake import persons

MASTER = ("customer", "contract", "service", "handset", "market", "campaign")
# Answers with a day of their own on which they became known, and the columns that hold them.
ANSWERS = {
    "complaint": {"outcome_known_date": ["outcome"]},
    "fault": {"repair_known_date": ["repair_hours"]},
    "offer": {"accepted_known_date": ["accepted"]},
    "request": {"outcome_known_date": ["outcome"]},
}


@dataclass(frozen=True)
class Change:
    """``select(table)`` over ``clean_<table>``; ``hits(table)`` is the condition of the rows it alters, or ''.

    ``persons_apart``: whether other lines belong together and have ended, in every month.
    """

    select: Callable[[RawTable], str]
    hits: Callable[[RawTable], str]
    persons_apart: bool = False


def without_events_from(window: Window) -> Change:
    """Delete all that happened on and after as_of, in whatever partition it lies."""
    return Change(
        select=lambda table: (
            f"SELECT * FROM clean_{table.table} WHERE event_date < DATE '{window.as_of}'"
        ),
        hits=lambda table: f"event_date >= DATE '{window.as_of}'",
    )


def without_rows_known_from(window: Window) -> Change:
    """Delete all rows known on and after known_until, and empty every answer that came in by then or later."""
    late = f">= DATE '{window.known_until}'"

    def select(table: RawTable) -> str:
        emptied = [
            f"CASE WHEN {day} {late} THEN NULL ELSE {name} END AS {name}"
            for day, names in ANSWERS.get(table.table, {}).items()
            for name in [*names, day]
        ]
        replace = f" REPLACE ({', '.join(emptied)})" if emptied else ""
        return f"SELECT *{replace} FROM clean_{table.table} WHERE NOT known_date {late}"

    return Change(select=select, hits=lambda table: f"known_date {late}")


def with_master_changed_after(window: Window) -> Change:
    """Change every attribute of every master row that lies after as_of, or in a later partition.

    The second is the source that overwrites its master in place: the later row carries its old dates.
    """
    after = f"(event_date >= DATE '{window.as_of}' OR month >= DATE '{window.as_of}')"
    other = {
        "text": "{0} || 'X'",
        "boolean": "NOT {0}",
        "date": "{0} + 400",
        "timestamp": "{0} + INTERVAL 9 HOUR",
    }

    def select(table: RawTable) -> str:
        fixed = ("customer_id", "event_date", "known_date", *table.key)
        altered = [
            f"CASE WHEN {after} THEN {other.get(c.type, '{0} + 77').format(c.name)} ELSE {c.name} END AS {c.name}"
            for c in table.columns
            if c.name not in fixed
        ]
        return (
            f"SELECT * REPLACE ({', '.join(altered)}) FROM clean_{table.table}"
            if table.table in MASTER
            else ""
        )

    return Change(
        select=select, hits=lambda table: after if table.table in MASTER else ""
    )


EXTREME = {
    "text": "'紧急 port out, terrible: ' || {0}",
    "integer": "99999999",
    "decimal": "99999999.99",
    "double": "1e12",
    "boolean": "{0} IS NOT TRUE",
    "date": "{0} + 4000",
    "timestamp": "{0} + INTERVAL 9 HOUR",
}


def with_noise_from(window: Window) -> Change:
    """Make all that happens from as_of on extreme, and plant more of it: on as_of itself, and known the same day.

    The planted events lie in the month's own partition as well as in later ones: only their date says that they are
    not of the month. This catches what deleting catches; a query that looks at the least value, or at whether there is
    anything at all, may survive the one and not the other.
    """
    after = f"event_date >= DATE '{window.as_of}'"

    def extreme(table: RawTable, when: str, *dates: str) -> str:
        fixed = ("customer_id", "event_date", "known_date", *table.key)
        altered = [
            f"CASE WHEN {when} THEN {EXTREME[c.type].format(c.name)} ELSE {c.name} END AS {c.name}"
            for c in table.columns
            if c.name not in fixed
        ]
        replaced = ", ".join([*altered, *dates])
        return (
            f"SELECT * REPLACE ({replaced}) FROM clean_{table.table}"
            if replaced
            else f"FROM clean_{table.table}"
        )

    def select(table: RawTable) -> str:
        planted = [
            f"DATE '{window.as_of}' AS event_date",
            f"DATE '{window.as_of}' AS known_date",
        ]
        planted += [
            f"{name} || ' planted' AS {name}"
            for name in table.key
            if name.endswith("_id")
        ]
        named = ["customer_id"] if "customer_id" in table.key else []
        planted = [
            one
            for one in planted
            if not any(one.endswith(f" AS {name}") for name in named)
        ]
        copies = f"{extreme(table, 'true', *planted)} WHERE event_date < DATE '{window.as_of}'"
        return f"{extreme(table, after)} UNION ALL BY NAME {copies}"

    return Change(select=select, hits=lambda _: after)


def without_half_of_the_past(window: Window) -> Change:
    """The opposite: delete every other event *before* as_of, and a fifth of the customers' months whole.

    Bills of the plan stay, so that the cohort stays; every amount is another.
    """
    keep = "item_code = 'plan_fee'"

    def gone(table: RawTable) -> str:
        spared = f" AND NOT {keep}" if table.table == "bill" else ""
        whole = f"hash({'customer_id' if 'customer_id' in table.column_names else 'event_date'}, month) % 5 = 0"
        half = f"hash({', '.join(table.column_names)}) % 2 = 0"
        return f"event_date < DATE '{window.as_of}' AND ({half} OR {whole}){spared}"

    def select(table: RawTable) -> str:
        dearer = (
            " REPLACE (amount_cny + 1 + hash(customer_id, month) % 90 AS amount_cny)"
            if table.table == "bill"
            else ""
        )
        return f"SELECT *{dearer} FROM clean_{table.table} WHERE NOT ({gone(table)})"

    return Change(select=select, hits=gone, persons_apart=True)


def changed_lake(source: MonthRun, folder: Path, change: Change) -> MonthRun:
    """A copy of the source's clean tables, around the source's month, with the change applied."""
    target = small_run(folder, str(source.month), profile=source.settings.profile_dir)
    for table in source.registry.raw.values():
        name = f"clean_{table.table}"
        source.engine.view(name)
        for month in surroundings(source):
            with target.lake.replacing(name, month) as path:
                rows = change.select(table) or f"SELECT * FROM {name}"
                only = f"SELECT * EXCLUDE (month) FROM ({rows}) WHERE month = DATE '{month.start}'"
                source.engine.connection.execute(f"COPY ({only}) TO '{path}'")
    if (
        "customer" in target.registry.raw
    ):  # what is made of the master records is proved in tests/integrate/matching
        persons(target, surroundings(source), shift=int(change.persons_apart))
    return target


def surroundings(run: MonthRun) -> list[Month]:
    """The months that the features of a month may read, and the next, which they must not."""
    return list(
        months_between(
            run.settings.calendar.observed_months(run.month)[0], run.month + 2
        )
    )


def feature_columns(run: MonthRun) -> dict[str, list[object]]:
    """Every feature of the month by name, its values in order of the customers."""
    found: dict[str, list[object]] = {}
    for query in run.registry.queries["features"]:
        table = pq.read_table(
            run.lake.path(query.output.table, run.month), partitioning=None
        )
        found |= {
            name: table[name].to_pylist()
            for name in query.output.column_names
            if name not in query.output.key
        }
    return found


def feature_bytes(run: MonthRun, summed: Iterable[Month] = ()) -> dict[str, str]:
    """Run summaries and features as the steps do, and give the digest of every partition that models read."""
    for month in summed or surroundings(run):
        run_on("texts", another_month(run, str(month)))
        run_on("summarise", another_month(run, str(month)))
    run_on("features", run)
    tables = [
        "cohort",
        *(query.output.table for query in run.registry.queries["features"]),
    ]
    return {table: run.lake.sha256(table, run.month) for table in tables}


def hit_rows(source: MonthRun, change: Change) -> dict[str, int]:
    """Reach: how many rows of each table, around the month, the change touches."""
    months = ", ".join(f"DATE '{month.start}'" for month in surroundings(source))
    found = {}
    for table in source.registry.raw.values():
        source.engine.view(f"clean_{table.table}")
        condition = change.hits(table) or "false"
        sql = f"SELECT count(*) AS n FROM clean_{table.table} WHERE month IN ({months}) AND ({condition})"
        found[table.table] = source.engine.row(sql)["n"]
    return found
