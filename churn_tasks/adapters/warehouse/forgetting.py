"""People taken out of the warehouse: every row that is theirs, in one transaction, under the owner's role.

``include/sql/warehouse/forgetting.yaml`` says of each table whose its rows are. What was published stays in force: the
run of a list keeps its number of rows and notes how many were taken out, and the audit expects what is left.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from churn_tasks.adapters.warehouse import audit_rules
from churn_tasks.adapters.warehouse.audit_rules import COLUMNS
from churn_tasks.adapters.warehouse.connection import Connection, Cursor, one
from churn_tasks.adapters.warehouse.rows import append
from churn_tasks.core.months import Month
from churn_tasks.core.settings import INCLUDE
from churn_tasks.declared.yaml_file import read_yaml

DECLARED = INCLUDE / "sql" / "warehouse" / "forgetting.yaml"
SUBJECTS = ("customer", "number", "row")
# tokens, and numbers as people write them, in any text
NAMED = r"(invalid_[0-9a-f]{32}|[0-9a-f]{32}|[+]?[0-9]{7,18}X?|1[0-9]{2}[ -][0-9]{4}[ -][0-9]{4})"
MAY_BE_NAMED = "[0-9]{7}|[0-9a-f]{32}|[0-9]{4}[ -][0-9]{4}"  # cheaper to look for


@dataclass(frozen=True)
class Erasure:
    """One request, without whom it is about.

    Attributes:
        key: random; the same request taken up again after a kill has the same.
        request: its reference.
        persons, lines: people and lines (customers' numbers).
        months: month to the people of whom it held something.
    """

    key: str
    request: str
    decided_by: str
    why: str
    persons: int
    lines: int
    months: Mapping[Month, int]


def declared() -> dict[str, dict[str, list[str]]]:
    """Table to the columns that say of whom a row is, by what they name."""
    rows_of: dict[str, dict[str, list[str]]] = read_yaml(DECLARED)["rows_of"]
    return rows_of


def take_out(
    connection: Connection,
    values: Mapping[str, Iterable[str]],
    erasure: Erasure,
    remainders: Sequence[tuple[Month, str, str]],
) -> dict[str, int]:
    """Take people out and note the request; doing it again changes nothing.

    Args:
        values: the values that name them: ``customer``, ``number`` and ``row``.
        remainders: month, id of a list's bytes before and after its rows were taken out.

    Returns:
        Table to rows taken out.
    """
    with connection.transaction("churn_owner") as cursor:
        _hold(cursor, values)
        lists = _lists_of(cursor)
        taken = {}
        for table, columns in declared().items():
            taken[table] = _delete(cursor, table, columns)
        for month, run_id, rows in lists:
            _note_on_run(cursor, month, run_id, rows)
        for month, before, after in remainders:
            _note_remainder(cursor, month, before, after)
        _note(cursor, erasure, lists)
    return taken


def original_run(connection: Connection, month: Month, list_id: str) -> str:
    """The run whose list has these bytes since rows were taken out of it; else ``list_id`` itself."""
    with connection.transaction("churn_loader") as cursor:
        return _run_of(cursor, month, list_id)


def named_in(connection: Connection) -> Iterable[tuple[str, set[str]]]:
    """Table and column, and everything in it that may name somebody: numbers, tokens, and what is declared.

    Read as it stands; who is meant is for the caller to tell.
    """
    rows_of = declared()
    with connection.transaction("churn_owner") as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " INNER JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = %s AND table_type = 'BASE TABLE' AND data_type IN ('text', 'jsonb', 'json')"
            " ORDER BY table_name, ordinal_position",
            (connection.schema,),
        )
        for table, column in cursor.fetchall():
            subjects = rows_of.get(table, {})
            is_number = column in subjects.get("customer", [])
            yield f"{table}.{column}", _values(cursor, table, column, is_number)


def _values(cursor: Cursor, table: str, column: str, is_whole: bool) -> set[str]:
    """Every value of a column as a whole, or what in it looks like a number or a token."""
    name = sql.Identifier(column)
    found = sql.SQL("SELECT DISTINCT (regexp_matches({}::text, %s, 'g'))[1] FROM {}")
    if is_whole:
        found = sql.SQL("SELECT DISTINCT {} FROM {}")
    asked = found.format(name, sql.Identifier(table))
    cursor.execute(asked, () if is_whole else (NAMED,))
    return {row[0] for row in cursor.fetchall() if row[0]}


def _hold(cursor: Cursor, values: Mapping[str, Iterable[str]]) -> None:
    for subject in SUBJECTS:
        table = f"forgotten_{subject}"
        cursor.execute(
            sql.SQL(
                "CREATE TEMP TABLE {} (value text PRIMARY KEY) ON COMMIT DROP"
            ).format(sql.Identifier(table))
        )
        named = sorted(set(values.get(subject, ())))
        append(cursor, table, ("value",), [(value,) for value in named])


def _lists_of(cursor: Cursor) -> list[tuple[Any, str, int]]:
    """Month and run of every list that holds somebody, with the rows."""
    cursor.execute(
        "SELECT month, run_id, count(*) FROM warning_list"
        " WHERE customer_id IN (SELECT value FROM forgotten_customer) GROUP BY month, run_id ORDER BY month, run_id"
    )
    return cursor.fetchall()


def _delete(cursor: Cursor, table: str, columns: Mapping[str, Sequence[str]]) -> int:
    conditions = []
    for subject, names in columns.items():
        for name in names:
            condition = sql.SQL("{} IN (SELECT value FROM {})").format(
                sql.Identifier(name), sql.Identifier(f"forgotten_{subject}")
            )
            conditions.append(condition)
    cursor.execute(
        sql.SQL("DELETE FROM {} WHERE {}").format(
            sql.Identifier(table), sql.SQL(" OR ").join(conditions)
        )
    )
    return cursor.rowcount


def _note_on_run(cursor: Cursor, month: Any, run_id: str, rows: int) -> None:
    """What is left of a list is what its audit expects from now on."""
    run = (month, run_id)
    cursor.execute(
        f"SELECT {', '.join(COLUMNS)} FROM warning_list WHERE month = %s AND run_id = %s ORDER BY rank, customer_id",
        run,
    )
    checksum = audit_rules.checksum(cursor)
    cursor.execute(
        "UPDATE run SET taken_out = taken_out + %s, checksum = %s WHERE month = %s AND run_id = %s",
        (rows, checksum, *run),
    )


def _note_remainder(cursor: Cursor, month: Month, before: str, after: str) -> None:
    """By which bytes a list is known now; one that was never sent here has no run."""
    run_id = _run_of(cursor, month, before)
    cursor.execute(
        "INSERT INTO list_remainder (month, list_id, run_id)"
        " SELECT month, %s, run_id FROM run WHERE month = %s AND run_id = %s ON CONFLICT DO NOTHING",
        (after, month.start, run_id),
    )


def _run_of(cursor: Cursor, month: Month, list_id: str) -> str:
    cursor.execute(
        "SELECT coalesce((SELECT run_id FROM list_remainder WHERE month = %s AND list_id = %s), %s)",
        (month.start, list_id, list_id),
    )
    return str(one(cursor)[0])


def _note(
    cursor: Cursor, erasure: Erasure, lists: Sequence[tuple[Any, str, int]]
) -> None:
    cursor.execute(
        "INSERT INTO erasure (erasure_key, request, persons, lines, decided_by, why)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (
            erasure.key,
            erasure.request,
            erasure.persons,
            erasure.lines,
            erasure.decided_by,
            erasure.why,
        ),
    )
    if not cursor.rowcount:
        return
    for month, persons in erasure.months.items():
        rows = sum(count for start, _, count in lists if start == month.start)
        append(
            cursor,
            "erasure_month",
            ("erasure_key", "month", "persons", "list_rows"),
            [(erasure.key, month.start, persons, rows)],
        )
