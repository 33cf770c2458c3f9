"""What a database can hold that a file cannot, and tables that are not as they were."""

from dataclasses import replace

from tests.corrupted.delivery import Delivery
from tests.corrupted.kinds import (
    Kind,
    Refused,
    Repaired,
    SetAside,
    cell,
    every_row,
    kind,
)


def gone(delivery: Delivery, table: str) -> None:
    del delivery.rows[table]


_KINDS = (
    kind(
        "database_nan",
        "NaN in a numeric column of PostgreSQL",
        "PostgreSQL 数值列中的 NaN",
        "amount_cny numeric 'NaN'",
        SetAside("amount_cny_missing", "amount_cny", "nan"),
        cell("amount_cny", "NaN"),
    ),
    kind(
        "database_infinite_date",
        "an infinite date in PostgreSQL",
        "PostgreSQL 中的无穷日期",
        "event_date date 'infinity'",
        SetAside("event_date_unreadable", "event_date", "infinity"),
        cell("event_date", "infinity"),
    ),
    kind(
        "database_time_zone",
        "an instant with a time zone in PostgreSQL",
        "PostgreSQL 中带时区的时间",
        "event_at timestamptz '2024-03-15 16:30:00+00'",
        Repaired("event_at", "2024-03-16 00:30:00"),
        cell("event_at", "2024-03-15 16:30:00+00"),
        table="cdr",
    ),
    kind(
        "database_column_gone",
        "a column that the database no longer has",
        "数据库中字段被删除",
        "bill without amount_cny",
        Refused(
            "extract",
            "BadInput",
            ("raw_bill 2024-03", "column amount_cny gone from bill"),
        ),
        every_row(
            lambda row: {
                name: value for name, value in row.items() if name != "amount_cny"
            }
        ),
    ),
    kind(
        "database_table_gone",
        "a table that the database no longer has",
        "数据库中数据表被删除",
        "no table bill",
        Refused("extract", "BadInput", ('relation "bill" does not exist',)),
        gone,
    ),
)
DATABASES: tuple[Kind, ...] = tuple(replace(one, source="postgres") for one in _KINDS)
