"""What may be measured of a column, by its type and by whether it speaks of a person."""

from churn_tasks.declared.contracts import Column

NUMBERS = ("integer", "decimal", "double")
DATES = ("date", "timestamp")


def is_code(column: Column) -> bool:
    """Whether the values of the column may be named and counted: texts and flags that speak of nobody."""
    is_named = column.type in ("text", "boolean") and not column.name.endswith("_id")
    return column.pii == "none" and is_named


def is_number(column: Column) -> bool:
    """Whether sums and quantiles of the column may be taken."""
    return column.pii == "none" and column.type in NUMBERS


def is_date(column: Column) -> bool:
    """Whether quantiles of the column's days may be taken."""
    return column.pii == "none" and column.type in DATES


def is_moment(column: Column) -> bool:
    """Whether the column tells the time of day."""
    return column.pii == "none" and column.type == "timestamp"
