"""Extract queries get their dates as literals, and late rows are counted over the very same rows."""

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.declared.extract_sql import late_rows_sql, rendered_sql
from tests.lakes import small_profile

MARCH = Month(2024, 3)
SQL = "SELECT known_date FROM bills WHERE known_date < $known_until AND $month < $as_of;\n"


def _settings(folder: Path, kind: str, sql: str = SQL) -> Settings:
    profile = small_profile(folder, ["bill"], source={"kind": kind})
    (profile / "extract" / "bill.sql").write_text(sql, encoding="utf-8")
    return load_settings(str(profile))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            "files",
            "known_date < DATE '2024-04-06' AND DATE '2024-03-01' < DATE '2024-04-01'",
        ),
        (
            "postgres",
            "known_date < DATE '2024-04-06' AND DATE '2024-03-01' < DATE '2024-04-01'",
        ),
        ("sql", "known_date < '2024-04-06' AND '2024-03-01' < '2024-04-01'"),
    ],
)
def test_dates_are_literals_of_the_month(
    tmp_path: Path, kind: str, expected: str
) -> None:
    settings = _settings(tmp_path, kind)
    assert rendered_sql(settings, settings.calendar.window(MARCH), "bill") == (
        f"SELECT known_date FROM bills WHERE {expected}"
    )


@pytest.mark.parametrize(
    ("types", "condition"),
    [
        ({"known_date": "date32[day]"}, "known_date >= DATE '2024-04-06'"),
        ({"known_date": "timestamp[us]"}, "known_date >= DATE '2024-04-06'"),
        (
            {"known_date": "timestamp[us, tz=UTC]"},
            "known_date >= TIMESTAMPTZ '2024-04-06T00:00:00+08:00'",
        ),
        (
            {"known_date": "date32[day]", "repair_known_date": "date32[day]"},
            "known_date >= DATE '2024-04-06' OR repair_known_date >= DATE '2024-04-06'",
        ),
        ({"known_date": "string"}, None),
        ({"known_date": "int64"}, None),
        ({"known_date": "date32[day]", "repair_known_date": "string"}, None),
        ({}, None),
    ],
)
def test_a_source_is_asked_for_late_rows_where_it_can_compare_days(
    tmp_path: Path, types: dict[str, str], condition: str | None
) -> None:
    """What it writes in another way is asked for as a whole, and read on this side."""
    settings = _settings(tmp_path, "postgres")
    window = settings.calendar.window(MARCH).known_by(dt.date(2024, 5, 6))
    delivered = rendered_sql(settings, window, "bill")
    sql = late_rows_sql(settings, window, "bill", dt.date(2024, 4, 6), types)
    if condition is None:
        assert sql == delivered
    else:
        narrowed = f"SELECT * FROM (\n{delivered}\n) AS delivered WHERE {condition}"
        assert sql == narrowed


def test_late_rows_are_those_known_since_the_version_and_before_the_run(
    tmp_path: Path,
) -> None:
    """April's run knows what was known before 2024-05-06; March had been read with what was known before 2024-04-06."""
    settings = _settings(tmp_path, "files")
    window = settings.calendar.window(MARCH).known_by(dt.date(2024, 5, 6))
    days = ["2024-04-05", "2024-04-06", "2024-05-05", "2024-05-06"]
    rows = ", ".join(f"(DATE '{day}')" for day in days)
    since, types = dt.date(2024, 4, 6), {"known_date": "date32[day]"}
    sql = late_rows_sql(settings, window, "bill", since, types).replace(
        "FROM bills", f"FROM (VALUES {rows}) AS bills (known_date)"
    )
    assert [str(row[0]) for row in duckdb.sql(sql).fetchall()] == days[1:3]


SPELT = [  # of 2024-04-06, which is late, and of what nobody can read
    "2024-04-06", "2024/4/6", "20240406", "2024.04.06", "2024年4月6日", "２０２４-04-06", " 2024-04-06 ",
    "2024-04-06 10:00:00", "2024-04-06T10:00:00+08:00", "2024-04-05T22:00:00Z", "24-04-06", "06.04.2024", "unknown",
    "2024-02-30", "infinity", "0024-04-06",
]  # fmt: skip


def test_texts_of_files_are_asked_for_unless_they_are_plain_days_long_ago(
    tmp_path: Path,
) -> None:
    """Whatever may be late, or cannot be read, comes along and is read on this side; an empty day never does."""
    settings = _settings(tmp_path, "files", "SELECT known_date FROM bills")
    window = settings.calendar.window(MARCH)
    since, types = dt.date(2024, 4, 6), {"known_date": "string"}
    asked = late_rows_sql(settings, window, "bill", since, types)
    days = [*SPELT, "", "2024-04-04", "2024/4/1", "2024-04-03 23:00:00", "2023-12-31"]
    rows = ", ".join(f"('{day}')" for day in [*days])
    bills = f"FROM (VALUES {rows}, (NULL)) AS bills (known_date)"
    found = duckdb.sql(asked.replace("FROM bills", bills)).fetchall()
    assert [day for (day,) in found] == SPELT


def test_a_declared_form_is_never_guessed_at(tmp_path: Path) -> None:
    """2024-05-03 may be the fifth of March."""
    declared = {"bill.known_date": {"dates": ["%Y-%d-%m"]}}
    profile = small_profile(tmp_path, ["bill"], source={"kind": "files"}, standardise=declared)  # fmt: skip
    settings = load_settings(str(profile))
    window = settings.calendar.window(MARCH)
    since, types = dt.date(2024, 4, 6), {"known_date": "string"}
    asked = late_rows_sql(settings, window, "bill", since, types)
    assert asked == rendered_sql(settings, window, "bill")
