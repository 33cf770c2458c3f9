"""The profile's extract queries with their dates in place: made from the month, never from text."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from churn_tasks.core.settings import Settings
from churn_tasks.core.sql_text import literal
from churn_tasks.core.windows import Window
from churn_tasks.declared.sql_expressions import any_of

DAYS = ("date", "timestamp")  # Arrow types of days and moments begin so


def rendered_sql(settings: Settings, window: Window, name: str) -> str:
    """The SELECT of one table for one month.

    ``$month``, ``$as_of``, ``$known_until`` become dates; ``$month_start_at`` and ``$as_of_at`` the same instants
    with the operator's time zone. Where the dialect is not known (``source.kind: sql``) they are plain quoted text in
    ISO form, which every database compares with or casts to its dates; else typed literals.
    """
    file = settings.profile_dir / "extract" / f"{name}.sql"
    sql = file.read_text(encoding="utf-8").strip().rstrip(";")
    # a name stands before those that are its beginning
    values = {
        "$month_start_at": _instant(settings, window.month.start),
        "$as_of_at": _instant(settings, window.as_of),
        "$known_until_at": _instant(settings, window.known_until),
        "$known_until": _day(settings, window.known_until),
        "$as_of": _day(settings, window.as_of),
        "$month": _day(settings, window.month.start),
    }
    for placeholder, value in values.items():
        sql = sql.replace(placeholder, value)
    return sql


def late_rows_sql(
    settings: Settings,
    window: Window,
    name: str,
    since: date,
    types: Mapping[str, str],
) -> str:
    """The rows of which something became known since a day, as far as the source can tell; else every row.

    Args:
        since: the first day that the version before did not know.
        types: the columns that say when something became known (``RawTable.known_columns``), those that are delivered,
            each with the Arrow type as which it comes. A source compares days; what it writes as text or as a number is
            read on this side alone, but for the plain days in the texts of files, of which those long ago are left out.
    """
    delivered = rendered_sql(settings, window, name)
    known = []
    for column, kind in types.items():
        if kind.startswith(DAYS):
            known.append(f"{column} >= {_first_moment(settings, since, kind)}")
        elif _holds_plain_days(settings, f"{name}.{column}", kind):
            known.append(_perhaps_since(column, since))
        else:
            return delivered
    if not known:
        return delivered
    return f"SELECT * FROM (\n{delivered}\n) AS delivered WHERE {any_of(known)}"


def row_count_sql(settings: Settings, window: Window, name: str) -> str:
    """Counts the rows that the SELECT gives now: ``row_count``."""
    delivered = rendered_sql(settings, window, name)
    return f"SELECT count(*) AS row_count FROM (\n{delivered}\n) AS delivered"


def _day(settings: Settings, day: date) -> str:
    return _typed(settings, "DATE", day.isoformat())


def _holds_plain_days(settings: Settings, where: str, kind: str) -> bool:
    """Whether a column may hold days as ISO writes them: texts of a file of which the profile declares nothing."""
    is_declared = where in settings.standardise
    return settings.source.kind == "files" and kind == "string" and not is_declared


def _perhaps_since(column: str, day: date) -> str:
    """The condition that a text is no plain day before this one, from which a time zone may move it by one."""
    last = day - timedelta(days=2)
    plain = f"TRY_CAST({column} AS DATE) BETWEEN DATE '2000-01-01' AND DATE '{last}'"
    return f"({column} <> '' AND NOT coalesce({plain}, false))"


def _first_moment(settings: Settings, day: date, kind: str) -> str:
    """The first moment of a day to compare with a column of some Arrow type; one with a zone holds instants."""
    if "tz=" in kind:
        return _instant(settings, day)
    return _day(settings, day)


def _instant(settings: Settings, day: date) -> str:
    """The first moment of a day in the operator's time zone."""
    moment = datetime.combine(day, time(), ZoneInfo(settings.time_zone))
    return _typed(settings, "TIMESTAMPTZ", moment.isoformat())


def _typed(settings: Settings, kind: str, text: str) -> str:
    quoted = literal(text)
    if settings.source.kind == "sql":
        return quoted
    return f"{kind} {quoted}"
