"""Numbers with a comma that can be read in two ways: 12,345 is twelve thousand, or twelve and a bit.

The other values of the column may settle it: 1,234,567 shows that the comma parts thousands, and so do as many values
written 58.50. What
nothing settles is not guessed: such values are unreadable, and a column of them stops the month until the profile
declares ``decimal: comma`` or ``decimal: point``.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.months import Month
from churn_tasks.core.standard_section import Standard
from churn_tasks.declared.composer import composed
from churn_tasks.declared.contracts import RawTable
from churn_tasks.declared.row_rules import unreadable_rule
from churn_tasks.declared.sql_parts import Name, Relation

if TYPE_CHECKING:
    import duckdb

Signs = dict[str, Any]  # a row of the query comma_signs
NUMERIC = ("integer", "decimal", "double")


def undeclared_numbers(
    table: RawTable, types: Mapping[str, str], declared: Mapping[str, Standard]
) -> list[str]:
    """Numeric columns that arrive as text, of which the profile does not say what a comma is."""
    names = []
    for column in table.delivered_columns:
        is_text = types.get(column.name) == "VARCHAR"
        how = declared.get(column.name)
        if column.type in NUMERIC and is_text and not (how and how.decimal):
            names.append(column.name)
    return names


def undecided(
    connection: "duckdb.DuckDBPyConnection", rows: str, names: Iterable[str]
) -> dict[str, Signs]:
    """Those of the columns in which a comma can be read in two ways and nothing settles how, with what they show.

    Args:
        names: numeric columns that hold commas.
    """
    found = {}
    for name in names:
        signs = _signs(connection, rows, name)
        if not _is_settled(signs):
            found[name] = signs
    return found


def _is_settled(signs: Signs) -> bool:
    """Whether commas part thousands: some can do nothing else, or a point before fractions is at least as common."""
    if signs["decimal_comma"]:
        return False
    has_points = signs["decimal_point"] >= max(1, signs["two_ways"])
    return bool(signs["thousands"]) or has_points


def _signs(connection: "duckdb.DuckDBPyConnection", rows: str, name: str) -> Signs:
    asked = composed("standard", "comma_signs", column=Name(name), rows=Relation(rows))
    answer = connection.execute(asked)
    names = [column[0] for column in answer.description]
    (values,) = answer.fetchall()
    return dict(zip(names, values, strict=True))


def refuse_doubtful(table: RawTable, columns: Mapping[str, Signs]) -> None:
    """Nothing, where few values are in doubt: these are set aside as unreadable.

    Raises:
        BadInput: of a column more are than the contract lets go.
    """
    for column in table.columns:
        signs = columns.get(column.name)
        if signs is None:
            continue
        doubtful = signs["two_ways"] + signs["decimal_comma"]
        if doubtful > unreadable_rule(column).max_share * signs["value_count"]:
            raise BadInput(_told(table.table, column.name, doubtful, signs))


def _told(table: str, column: str, doubtful: int, signs: Signs) -> str:
    return evidence(
        table=f"raw_{table}",
        month=Month.of(signs["month"]),
        column=column,
        problem="a comma may stand for the point or part thousands, and nothing settles which",
        count=doubtful,
        examples=signs["examples"],
        remedy=(
            f"Declare standardise.{table}.{column}: {{decimal: comma}} or {{decimal: point}} in settings.yaml and run"
            " the month again; nothing of it is lost"
        ),
    )
