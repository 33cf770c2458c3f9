"""What a session takes from the settings, and neither from the machine nor from the server: the same rows everywhere.

``TZ``, ``LANG``, ``PGTZ``, ``NLS_LANG`` and the defaults of a server or a role decide how an instant becomes a day and
how text becomes a date where nobody says it. Here it is said, for each kind of connection.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from churn_tasks.core.errors import BadInput
from churn_tasks.core.sql_text import literal

if TYPE_CHECKING:
    import duckdb

# in which an offset of its own is looked for, where a database knows offsets alone
YEARS = range(2000, 2041)
OF_THE_MACHINE = re.compile(r"'\s*(localtime|utc)\s*'", re.IGNORECASE)


def settle_duckdb(connection: "duckdb.DuckDBPyConnection", time_zone: str) -> None:
    """DuckDB asks the machine for its time zone and calendar, and knows a default collation."""
    connection.execute(f"SET GLOBAL TimeZone = {literal(time_zone)}")
    connection.execute("SET GLOBAL Calendar = 'gregorian'")
    connection.execute("SET GLOBAL default_collation = ''")


def postgres_session(time_zone: str) -> str:
    """The SELECT that settles a transaction of PostgreSQL, and makes it read only; to be the first of each.

    A transaction and not a session, because a pool may hand every transaction to another one. The order of text is the
    database's own, whoever asks.
    """
    given = {
        "transaction_read_only": "on",
        "TimeZone": time_zone,
        "DateStyle": "ISO, YMD",
        "IntervalStyle": "postgres",
        "lc_numeric": "C",
        "lc_time": "C",
    }
    calls = []
    for name, value in given.items():
        calls.append(f"set_config({literal(name)}, {literal(value)}, true)")
    return f"SELECT {', '.join(calls)}"


def statements_before(dialect: str, time_zone: str) -> tuple[str, ...]:
    """What a database is told at the start of each transaction, by SQLAlchemy's name of its dialect.

    Read only where it knows a statement for that; others need an account that may only read.
    """
    if dialect == "postgresql":
        return (postgres_session(time_zone),)
    if dialect == "sqlite":
        return ("PRAGMA query_only = ON",)
    if dialect in ("mysql", "mariadb"):
        zone = only_offset(time_zone) or time_zone
        return (
            f"SET time_zone = {literal(zone)}",
            "SET lc_time_names = 'en_US'",
            "SET TRANSACTION READ ONLY",
        )
    if dialect == "oracle":
        return (_oracle_session(time_zone), "SET TRANSACTION READ ONLY")
    if dialect == "snowflake":
        return (f"ALTER SESSION SET TIMEZONE = {literal(time_zone)}",)
    if dialect == "mssql":
        return ("SET LANGUAGE us_english", "SET DATEFORMAT ymd")
    return ()


def _oracle_session(time_zone: str) -> str:
    given = {
        "TIME_ZONE": time_zone,
        "NLS_LANGUAGE": "AMERICAN",
        "NLS_TERRITORY": "AMERICA",
        "NLS_DATE_FORMAT": "YYYY-MM-DD",
        "NLS_TIMESTAMP_FORMAT": "YYYY-MM-DD HH24:MI:SS.FF6",
        "NLS_TIMESTAMP_TZ_FORMAT": 'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM',
        "NLS_NUMERIC_CHARACTERS": ".,",
        "NLS_SORT": "BINARY",
        "NLS_COMP": "BINARY",
    }
    settings = [f"{name} = {literal(value)}" for name, value in given.items()]
    return f"ALTER SESSION SET {' '.join(settings)}"


def refuse_machine_zone(dialect: str, sql: str) -> None:
    """SQLite has no time zone of a connection: ``localtime`` and ``utc`` are those of the machine.

    Raises:
        BadInput: the query asks for one of them.
    """
    asked = OF_THE_MACHINE.search(sql)
    if dialect == "sqlite" and asked:
        raise BadInput(
            f"the extract asks SQLite for {asked.group()}, which goes by the clock of the machine that runs it; write"
            " the operator's offset instead, such as datetime(started, '+8 hours')"
        )


def only_offset(time_zone: str) -> str:
    """The offset of a zone that has had one alone since 2000, as ``+08:00``; empty where it changes.

    >>> only_offset("Asia/Shanghai"), only_offset("America/St_Johns"), only_offset("Asia/Kolkata")
    ('+08:00', '', '+05:30')
    """
    zone = ZoneInfo(time_zone)
    offsets: set[timedelta | None] = set()
    for year in YEARS:
        for month in range(1, 13):
            offsets.add(
                datetime(year, month, 1, tzinfo=UTC).astimezone(zone).utcoffset()
            )
    if len(offsets) > 1:
        return ""
    return datetime(YEARS[0], 1, 1, tzinfo=zone).isoformat()[-6:]
