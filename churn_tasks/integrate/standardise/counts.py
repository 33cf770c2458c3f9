"""How often each rule brought a value to standard form, and which values no mapping table knew: ``standardised``."""

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from churn_tasks.declared.composer import composed
from churn_tasks.declared.sql_parts import (
    Columns,
    Expression,
    Name,
    Relation,
    Value,
    subquery,
)
from churn_tasks.integrate.standardise.mappings import UNMAPPED
from churn_tasks.integrate.standardise.reading import ReadColumn
from churn_tasks.integrate.standardise.view import StandardView

if TYPE_CHECKING:
    import duckdb

EXAMPLES = 5
UNMAPPED_LISTED = 100
COLUMNS = ("table_name", "column_name", "rule", "unmapped", "row_count", "examples")
Line = tuple[str, str, str, str | None, int, str | None]
FOUND_LINES = Relation("found_lines")  # as they are registered
query = partial(composed, "standard")


def lines_of_the_month_sql(counted: Relation) -> str:
    """The table ``standardised``: what was counted, and ``number_spelling`` of ``$month``.

    Args:
        counted: lines, as a rule the registered ``found_lines``.
    """
    return query("lines_of_the_month", counted=counted)


def lines_with_those_before(before: str, spelling_before: str) -> Relation:
    """The registered ``found_lines`` of rows that came late, and the lines of the version before, added up.

    Args:
        before: relation of the lines of that version.
        spelling_before: relation of its ``number_spelling``, which is among these lines.
    """
    added_up = query(
        "lines_with_those_before",
        before=Relation(before),
        spelling_before=Relation(spelling_before),
    )
    return subquery(added_up)


def standardised_lines(
    connection: "duckdb.DuckDBPyConnection", view: StandardView
) -> list[Line]:
    """The lines of one table and month, in no particular order.

    Columns that came in standard form cost nothing; the others are counted in one pass.
    """
    lines: list[Line] = []
    for column, spellings in _spellings(connection, view):
        by_rule = _by_rule(spellings)
        examples = _examples(connection, view, column)
        for rule, rows in by_rule.items():
            if rule != UNMAPPED:
                known = (rule, None, rows, examples.get(rule))
                lines.append((view.table.table, column.name, *known))
        if UNMAPPED in by_rule:
            lines.extend(_unmapped(connection, view, column))
    return lines


def _spellings(
    connection: "duckdb.DuckDBPyConnection", view: StandardView
) -> list[tuple[ReadColumn, dict[str, int]]]:
    """The columns that had to be read, each with its combinations of rules and their rows."""
    histograms: dict[str, str] = {}
    read: list[ReadColumn] = []
    for column in view.columns:
        if column.spelling:
            histograms[column.name] = f"histogram({column.spelling})"
            read.append(column)
    if not read:
        return []
    counts = query("rule_counts", counts=Columns.of_texts(histograms), read=view.read)
    (row,) = connection.execute(counts).fetchall()
    return [
        (column, spellings)
        for column, spellings in zip(read, row, strict=True)
        if spellings
    ]


def _by_rule(spellings: dict[str, int]) -> Counter[str]:
    by_rule: Counter[str] = Counter()
    for rules, rows in spellings.items():
        by_rule.update(dict.fromkeys(rules.split(","), rows))
    return by_rule


def _examples(
    connection: "duckdb.DuckDBPyConnection", view: StandardView, column: ReadColumn
) -> dict[str, str]:
    """A few delivered spellings of each rule, the first by their text; none of a column with personal data."""
    declared = next(one for one in view.table.columns if one.name == column.name)
    if declared.pii != "none" or declared.derived or column.spelling is None:
        return {}
    asked = query(
        "rule_examples",
        spelling=Expression(column.spelling),
        column=Name(column.name),
        read=view.read,
    )
    examples: dict[str, str] = {}
    for rules, texts in connection.execute(asked).fetchall():
        for rule in rules.split(","):
            if texts:
                first = ", ".join(sorted(set(texts))[:EXAMPLES])
                examples.setdefault(rule, first)
    return examples


def _unmapped(
    connection: "duckdb.DuckDBPyConnection", view: StandardView, column: ReadColumn
) -> list[Line]:
    """The values that no mapping table knows, each with its rows."""
    asked = query(
        "unmapped_values",
        column=Name(column.name),
        spelling=Expression(column.spelling or "NULL"),
        unmapped=Value(UNMAPPED),
        most=Value(UNMAPPED_LISTED),
        read=view.read,
    )
    where = (view.table.table, column.name, UNMAPPED)
    return [
        (*where, value, rows, None)
        for value, rows in connection.execute(asked).fetchall()
    ]
