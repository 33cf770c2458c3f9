"""The profile's extract queries with their dates in place: made from the month, never from text."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from churn_tasks.core.settings import Settings
from churn_tasks.core.windows import Window


def rendered_sql(settings: Settings, window: Window, name: str) -> str:
    """The SELECT of one table for one month.

    ``$month``, ``$as_of``, ``$known_until`` become dates; ``$month_start_at`` and ``$as_of_at`` the same instants
    with the operator's time zone. Where the dialect is not known (``source.kind: sql``) they are plain quoted text in
    ISO form, which every database compares with or casts to its dates; else typed literals.
    """
    sql = (
        (settings.profile_dir / "extract" / f"{name}.sql")
        .read_text(encoding="utf-8")
        .strip()
        .rstrip(";")
    )
    zone = ZoneInfo(settings.time_zone)
    of_instant = "" if settings.source.kind == "sql" else "TIMESTAMPTZ "
    values = {
        "$month_start_at": of_instant + _instant(window.month.start, zone),
        "$as_of_at": of_instant + _instant(window.as_of, zone),
        "$known_until_at": of_instant + _instant(window.known_until, zone),
        "$known_until": _day(settings, window.known_until),
        "$as_of": _day(settings, window.as_of),
        "$month": _day(settings, window.month.start),
    }
    for (
        placeholder,
        value,
    ) in values.items():  # longer names stand before their prefixes
        sql = sql.replace(placeholder, value)
    return sql


def late_rows_sql(settings: Settings, window: Window, name: str, since: date) -> str:
    """Counts the rows that the SELECT gives now and could not give when only rows known before ``since`` were there.

    One row: their number, and the first and last day on which they became known. Files may hold the day as text.
    """
    delivered = rendered_sql(settings, window, name)
    known = (
        "TRY_CAST(known_date AS DATE)"
        if settings.source.kind == "files"
        else "known_date"
    )
    return (
        f"SELECT count(*) AS late_rows, min({known}) AS known_from, max({known}) AS known_to"
        f" FROM (\n{delivered}\n) AS delivered WHERE {known} >= {_day(settings, since)}"
    )


def _day(settings: Settings, day: date) -> str:
    return ("" if settings.source.kind == "sql" else "DATE ") + f"'{day}'"


def _instant(day: date, zone: ZoneInfo) -> str:
    return f"'{datetime.combine(day, time(), zone).isoformat()}'"
