"""What the SQL of a query folder says, read from its syntax tree."""

import re
from collections.abc import Iterator
from pathlib import Path

import sqlglot
from sqlglot import exp

from churn_tasks.core.settings import INCLUDE
from churn_tasks.declared.contracts import Column
from churn_tasks.declared.query import Query, read_query

FAMILIES = ("month", "cohort", "features", "labels")
SIGNS: dict[type[exp.Expr], str] = {exp.LT: "<", exp.LTE: "<=", exp.EQ: "="}
# An answer that comes later than its row, and the day on which it was known.
ANSWERS = {
    "outcome": "outcome_known_date",
    "repair_hours": "repair_known_date",
    "accepted": "accepted_known_date",
}


def queries_below(folder: Path) -> list[Query]:
    """Every query folder of the four families below a ``sql`` folder, active or not; windows are of three months."""
    return [
        query
        for family in FAMILIES
        for below in sorted((folder / family).glob("*/"))
        for query in read_query(family, below, months=3)
    ]


def shipped_queries() -> list[Query]:
    """The queries of the repository and of every profile in it."""
    roots = [INCLUDE / "sql", *sorted((INCLUDE / "profiles").glob("*/sql"))]
    return [query for root in roots for query in queries_below(root)]


def label(query: Query) -> str:
    """``telecom_wide/month/prepaid``: a name for test reports."""
    profile = query.folder.parents[2].name
    return "/".join(
        [*([] if profile == INCLUDE.name else [profile]), query.family, query.name]
    )


def tree(query: Query) -> exp.Expr:
    return parsed(query.sql)


def parsed(sql: str) -> exp.Expr:
    return sqlglot.parse_one(sql, read="duckdb")


def parameters_in(statement: exp.Expr) -> set[str]:
    return {found.name for found in statement.find_all(exp.Placeholder, exp.Parameter)}


def sources_in(statement: exp.Expr) -> set[str]:
    """Tables that are read and not made by a WITH of the same statement; the footer of a file is no table."""
    made = {common.alias for common in statement.find_all(exp.CTE)}
    tables = {table.name for table in statement.find_all(exp.Table)}
    return tables - made - {""}


def columns_out(statement: exp.Expr) -> list[str]:
    return statement.named_selects


def missing_bounds(statement: exp.Expr) -> list[str]:
    """Reads without the boundary that keeps the future out, in words.

    * ``clean_*``: ``month = $month`` (or ``<=``), ``event_date < $as_of`` and ``known_date < $known_until``,
    * ``month_*``: ``month < $as_of``, ``< $predict_end`` or ``< $label_known`` (labels), or ``month = $month``,
    * ``cohort`` and ``feat_*``: ``month = $month``,
    * a late answer: its own day ``< $known_until``.
    """
    found = []
    for table in statement.find_all(exp.Table):
        bounds = set(_bounds(table))
        if table.name.startswith("clean_"):
            wanted = ["event_date < as_of", "known_date < known_until"]
            found += [
                f"{table.name}: {bound}" for bound in wanted if bound not in bounds
            ]
            found += (
                []
                if bounds & {"month = month", "month <= month"}
                else [f"{table.name}: month = month"]
            )
        elif table.name.startswith("month_") and not bounds & {
            "month < as_of",
            "month < predict_end",
            "month < label_known",
            "month = month",
        }:
            found.append(f"{table.name}: month < as_of")
        elif (
            table.name.startswith(("cohort", "feat_")) and "month = month" not in bounds
        ):
            found.append(f"{table.name}: month = month")
    used = {column.name for column in statement.find_all(exp.Column)}
    compared = {
        bound
        for table in statement.find_all(exp.Select)
        for bound in _comparisons(table)
    }
    return found + [
        f"{answer}: {day} < known_until"
        for answer, day in ANSWERS.items()
        if answer in used and f"{day} < known_until" not in compared
    ]


def _bounds(table: exp.Table) -> Iterator[str]:
    """Comparisons with parameters in the WHERE of the select that reads the table, or in its own JOIN ... ON."""
    select = table.find_ancestor(exp.Select)
    if select is None:
        return
    join = table.find_ancestor(exp.Join)
    own = (
        []
        if join is None or join.find_ancestor(exp.Select) is not select
        else [join.args.get("on")]
    )
    where = select.args.get("where")
    alone = len(list(select.find_all(exp.Table))) == 1
    for condition in [*own, where]:
        for compared, qualifier in _pairs(condition):
            if qualifier == table.alias_or_name or (
                not qualifier and (alone or condition is where)
            ):
                yield compared


def _comparisons(node: exp.Expr) -> Iterator[str]:
    return (text for text, _ in _pairs(node))


def _pairs(condition: exp.Expr | None) -> Iterator[tuple[str, str]]:
    """``("month < as_of", "made")`` for each ``made.month < $as_of`` below."""
    if condition is None:
        return
    for comparison in condition.find_all(*SIGNS):
        column, parameter = comparison.left, comparison.right
        if isinstance(column, exp.Column) and isinstance(
            parameter, (exp.Placeholder, exp.Parameter)
        ):
            yield (
                f"{column.name} {SIGNS[type(comparison)]} {parameter.name}",
                column.table,
            )


STOP_WORDS = {"the", "of", "a", "an", "in", "and", "or"}
_CHINESE = re.compile("[\u4e00-\u9fff]")


def text_problem(column: Column) -> str:
    """What is wrong with the meaning of a column, or nothing."""
    if not _words(column.en) - _words(column.name):
        return "the English text only repeats the name"
    if _CHINESE.search(column.en):
        return "the English text has Chinese in it"
    if not _CHINESE.search(column.zh):
        return "the Chinese text is not Chinese"
    return ""


def _words(text: str) -> set[str]:
    words = {word.rstrip("s") for word in re.findall("[a-z]+", text.lower())}
    return words - STOP_WORDS
