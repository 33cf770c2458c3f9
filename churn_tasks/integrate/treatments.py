"""What was done with missing and outlying values, and how often: the lines of ``treatment``."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from churn_tasks.declared.contracts import Column, RawTable
from churn_tasks.integrate.treat import LISTED

COLUMNS = ("table_name", "column_name", "treatment", "row_count", "share")
Line = tuple[str, str, str, int, float]


@dataclass
class Seen:
    """What can be counted of one table and month after it is clean.

    Attributes:
        empty: column to rows without a value in the clean table.
        marks: ``<column>:<what was done>`` to rows.
        broken: rule to rows set aside.
    """

    rows_in: int
    rows_out: int
    empty: Mapping[str, int] = field(default_factory=dict)
    marks: Mapping[str, int] = field(default_factory=dict)
    broken: Mapping[str, int] = field(default_factory=dict)


def empty_sql(clean: str) -> str:
    """Empty values of each column of a clean partition, told by its footer without reading it."""
    quoted = clean.replace("'", "''")
    return (
        "SELECT path_in_schema AS name, CAST(coalesce(sum(stats_null_count), 0) AS BIGINT) AS rows"
        f" FROM parquet_metadata('{quoted}') GROUP BY name ORDER BY name"
    )


def marks_sql(table: RawTable, clean: str) -> str | None:
    """How often each mark of the clean relation stands in a row; None for a table that is never changed."""
    if not table.treated_column:
        return None
    marks = f"SELECT unnest(string_split(\"{table.treated_column}\", ',')) AS name FROM {clean}"
    return f"SELECT name, count(*) AS rows FROM ({marks}) GROUP BY name ORDER BY name"


def treatment_lines(table: RawTable, seen: Seen) -> list[Line]:
    """The lines of one table and month.

    A declared treatment has its line also where nothing was to be done; a required column, and one that is left as it
    is, have one where values are missing.
    """
    return [
        (table.table, column.name, treatment, rows, rows / of if of else 0.0)
        for column in table.delivered_columns
        for treatment, rows, of in _of_column(column, seen)
    ]


def _of_column(column: Column, seen: Seen) -> list[tuple[str, int, int]]:
    name, empty = column.name, seen.empty.get(column.name, 0)
    lines: list[tuple[str, int, int]] = []
    without = seen.broken.get(f"{name}_missing", 0)
    if without or column.missing == "quarantine":
        lines.append(("quarantined_missing", without, seen.rows_in))
    if column.missing in LISTED:
        done = LISTED[column.missing]
        lines.append(
            (f"imputed_{done}", seen.marks.get(f"{name}:{done}", 0), seen.rows_out)
        )
        lines.append(("nothing_to_impute", empty, seen.rows_out))
    elif empty:
        lines.append(("left_missing", empty, seen.rows_out))
    if column.outlier == "cap":
        lines.append(("capped", seen.marks.get(f"{name}:capped", 0), seen.rows_out))
    if column.outlier == "quarantine":
        lines.append(
            ("quarantined_outlier", seen.broken.get(f"{name}_outlier", 0), seen.rows_in)
        )
    return lines
