"""Accepting rejected rows as they are: which rows are meant, what will happen, and the decision on record."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from churn_tasks.adapters.warehouse import Release, Warehouse
from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.declared.contracts import RawTable
from churn_tasks.declared.row_rules import DAMAGE
from churn_tasks.integrate.quarantine import NO_VALUE, loses_a_required_value
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import require

Row = Mapping[str, Any]  # of the table quarantine, by column
Rows = Sequence[Row]
SHORTEST_ID = 6  # digits of a row id that a person must give at least


@dataclass(frozen=True)
class Chosen:
    """Which rows of one table and month a person means: those under a rule, single rows, or both."""

    month: Month
    table: str
    rule: str | None
    rows: tuple[str, ...]  # row ids, or their first digits

    def __post_init__(self) -> None:
        if not self.rule and not self.rows:
            raise BadInput(
                "name the rows: --rule for all rows under a rule, or --row for single ones"
            )
        short = [row for row in self.rows if len(row) < SHORTEST_ID]
        if short:
            raise BadInput(
                f"--row {short[0]}: give at least {SHORTEST_ID} digits of a row id (churn quarantine show)"
            )


def rows_to_release(settings: Settings, chosen: Chosen) -> list[Row]:
    """The rejected rows that are meant.

    Raises:
        NotReady: the month has not been integrated.
        BadInput: no row fits, an id fits several, or a row lacks a value without which it cannot be used.
    """
    with closing(judged_last(settings, chosen.month)) as run:
        if chosen.table not in run.registry.raw:
            raise BadInput(
                f"there is no table {chosen.table!r}; there are {', '.join(run.registry.raw)}"
            )
        rows = quarantined(
            run,
            "row_id, rule, other_rules, row_count",
            "month = $month AND table_name = $name ORDER BY row_id",
            {"month": chosen.month.start, "name": chosen.table},
        )
        picked = _picked(chosen, rows)
        _refuse_unusable(run.registry.raw[chosen.table], chosen, picked)
    return picked


def judged_last(settings: Settings, month: Month) -> MonthRun:
    """A month as it was judged last, what came late included, to read only.

    Raises:
        NotReady: the month has not been integrated.
    """
    run = MonthRun(settings, month, date.max)
    require(run, ["quarantine"], [month])
    return run


def quarantined(
    run: MonthRun, columns: str, condition: str, parameters: Mapping[str, Any]
) -> Rows:
    """Rows of ``quarantine`` in the lake."""
    run.engine.view("quarantine")
    return run.engine.records(
        f"SELECT {columns} FROM quarantine WHERE {condition}", parameters
    )


def consequences(chosen: Chosen, picked: Rows) -> str:
    """What releasing these rows will do, before anybody says yes."""
    times = sum(row["row_count"] for row in picked)
    unreadable: set[str] = set()
    for row in picked:
        unreadable |= _unreadable(row)
    lost = ""
    if unreadable:
        columns = ", ".join(sorted(unreadable))
        lost = f" What could not be read stays empty: {columns}."
    return (
        f"{len(picked)} rows of {chosen.table} {chosen.month} (delivered {times} times) will count as they are,"
        f" whatever rule they break.{lost} Nothing changes until: churn quarantine replay --month {chosen.month}."
        " Your name and reason are kept for ever; --undo takes a release back."
    )


def record_releases(
    settings: Settings,
    chosen: Chosen,
    picked: Rows,
    decided_by: str,
    why: str,
) -> int:
    """Put the decision on record; rows that are released already are not recorded again.

    Raises:
        BadInput: who or why is blank.
        SettingsError: there is no warehouse to keep the decision in.
    """
    by, reason = decided_by.strip(), why.strip()
    if not by or not reason:
        raise BadInput(
            "a release needs --by (who accepts the rows) and --why (the reason), neither blank"
        )
    decisions = _decisions(chosen.table, picked, by, reason)
    with closing(Warehouse(settings)) as warehouse:
        return warehouse.record_releases(chosen.month, decisions)


def _decisions(table: str, rows: Rows, by: str, why: str) -> list[Release]:
    return [Release(table, row["row_id"], row["rule"], by, why) for row in rows]


def take_back(settings: Settings, chosen: Chosen, decided_by: str, why: str) -> int:
    """Take releases back; the rows are judged by the rules again at the next replay.

    Raises:
        BadInput: no release in force fits, or who or why is blank.
    """
    by, reason = decided_by.strip(), why.strip()
    if not by or not reason:
        raise BadInput("taking a release back needs --by and --why, neither blank")
    with closing(Warehouse(settings)) as warehouse:
        releases = map(asdict, warehouse.releases(chosen.month))
        of_table = [row for row in releases if row["table_name"] == chosen.table]
        picked = _picked(chosen, of_table)
        decisions = _decisions(chosen.table, picked, by, reason)
        return warehouse.record_releases(chosen.month, decisions, is_released=False)


def _picked(chosen: Chosen, rows: Rows) -> list[Row]:
    """Of the rows of a table those that are meant: all under the rule, or single ones by their ids."""
    picked = [row for row in rows if chosen.rule in (None, row["rule"])]
    if chosen.rows:
        picked = [_single(chosen, picked, start) for start in chosen.rows]
    if not picked:
        there = ", ".join(sorted({row["rule"] for row in rows})) or "none"
        raise BadInput(
            evidence(
                table=chosen.table,
                month=chosen.month,
                problem=f"no row under rule {chosen.rule}; rules with rows: {there}",
                remedy="See churn quarantine list.",
            )
        )
    return picked


def _single(chosen: Chosen, rows: Rows, start: str) -> Row:
    fitting = [row for row in rows if row["row_id"].startswith(start)]
    if len(fitting) != 1:
        ids = [row["row_id"] for row in fitting]
        raise BadInput(
            evidence(
                table=chosen.table,
                month=chosen.month,
                problem=f"row {start} fits {len(fitting)} rows",
                examples=ids,
                remedy="Give more digits; churn quarantine show lists the ids.",
            )
        )
    return fitting[0]


def _refuse_unusable(table: RawTable, chosen: Chosen, picked: Rows) -> None:
    """A row whose required value is missing or unreadable has nothing that could be accepted."""
    broken: set[str] = set()
    for row in picked:
        broken.update(rules_of(row))
    for rule in sorted(broken):
        if rule in DAMAGE:
            raise BadInput(
                evidence(
                    table=chosen.table,
                    month=chosen.month,
                    problem=f"lines under {rule} became no row, so there is none to accept: {DAMAGE[rule][0]}",
                    remedy=f"Have the file corrected, then churn restate --month {chosen.month}.",
                )
            )
        column = loses_a_required_value(table, rule)
        if column:
            held = [row["row_id"] for row in picked if rule in rules_of(row)]
            raise BadInput(
                evidence(
                    table=chosen.table,
                    month=chosen.month,
                    column=column,
                    problem="rows without this value cannot be used as they are",
                    count=len(held),
                    examples=held,
                    remedy=f"Have them corrected in the source, then churn restate --month {chosen.month}.",
                )
            )


def rules_of(row: Row) -> list[str]:
    """The rule that a row of ``quarantine`` was set aside under, and the others that it breaks."""
    others = (row["other_rules"] or "").split(", ")
    return [row["rule"], *filter(None, others)]


def _unreadable(row: Row) -> set[str]:
    """Columns of a row whose values could not be read."""
    ending = NO_VALUE[1]
    rules = [rule for rule in rules_of(row) if rule.endswith(ending)]
    return {rule.removesuffix(ending) for rule in rules}
