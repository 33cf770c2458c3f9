"""How often each rule brought a value to standard form, and which values no mapping table knew: ``standardised``."""

from collections import Counter
from typing import TYPE_CHECKING

from churn_tasks.integrate.standardise.mappings import UNMAPPED
from churn_tasks.integrate.standardise.reading import ReadColumn
from churn_tasks.integrate.standardise.view import StandardView

if TYPE_CHECKING:
    import duckdb

EXAMPLES = 5
UNMAPPED_LISTED = 100
COLUMNS = ("table_name", "column_name", "rule", "unmapped", "row_count", "examples")
Line = tuple[str, str, str, str | None, int, str | None]


def standardised_lines(
    connection: "duckdb.DuckDBPyConnection", view: StandardView
) -> list[Line]:
    """The lines of one table and month, in no particular order.

    Columns that came in standard form cost nothing; the others are counted in one pass.
    """
    read = [column for column in view.columns if column.spelling]
    if not read:
        return []
    histograms = ", ".join(
        f'histogram({column.spelling}) AS "{column.name}"' for column in read
    )
    (counts,) = connection.execute(f"SELECT {histograms} {view.source}").fetchall()
    lines: list[Line] = []
    for column, count in zip(read, counts, strict=True):
        if count:
            lines += _of_column(connection, view, column, count)
    return lines


def _of_column(
    connection: "duckdb.DuckDBPyConnection",
    view: StandardView,
    column: ReadColumn,
    count: dict[str, int],
) -> list[Line]:
    table = view.table.table
    by_rule: Counter[str] = Counter()
    for rules, rows in count.items():
        by_rule.update(dict.fromkeys(rules.split(","), rows))
    examples = _examples(connection, view, column)
    lines: list[Line] = [
        (table, column.name, rule, None, rows, examples.get(rule))
        for rule, rows in by_rule.items()
        if rule != UNMAPPED
    ]
    return lines + _unmapped(connection, view, column) if UNMAPPED in by_rule else lines


def _examples(
    connection: "duckdb.DuckDBPyConnection", view: StandardView, column: ReadColumn
) -> dict[str, str]:
    """A few delivered spellings of each rule, the first by their text; none of a column with personal data."""
    declared = next(c for c in view.table.columns if c.name == column.name)
    if declared.pii != "none" or declared.derived:
        return {}
    raw = f'CAST(raw."{column.name}" AS VARCHAR)'
    found = connection.execute(
        f"SELECT {column.spelling} AS rules, min({raw}, 50) {view.source} WHERE {raw} IS NOT NULL"
        " GROUP BY rules HAVING rules IS NOT NULL ORDER BY rules"
    ).fetchall()
    return {
        rule: ", ".join(sorted(set(texts))[:EXAMPLES])
        for rules, texts in reversed(found)
        if texts
        for rule in rules.split(",")
    }


def _unmapped(
    connection: "duckdb.DuckDBPyConnection", view: StandardView, column: ReadColumn
) -> list[Line]:
    found = connection.execute(
        f'SELECT trim(CAST(raw."{column.name}" AS VARCHAR)) AS value, count(*) AS rows {view.source}'
        f" WHERE {column.spelling} = '{UNMAPPED}' GROUP BY value ORDER BY rows DESC, value LIMIT {UNMAPPED_LISTED}"
    ).fetchall()
    return [
        (view.table.table, column.name, UNMAPPED, value, rows, None)
        for value, rows in found
    ]
