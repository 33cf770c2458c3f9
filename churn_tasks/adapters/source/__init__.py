"""The one door to a source: a database or file drops, opened once for a month and read in Arrow batches.

Which kind it is says ``source.kind`` of the profile. Each kind is a module of its own, imported when it is used.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from churn_tasks.adapters.source.errors import read_again
from churn_tasks.adapters.source.opened import Relations, Source
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings


@contextmanager
def open_source(settings: Settings, month: Month | None = None) -> Iterator[Source]:
    """The profile's source, opened for one month.

    Args:
        month: stands in for ``{month}`` in the patterns of ``source.files``; needed only there.

    Raises:
        SettingsError: the address of the source is missing or wrong, with the variable to set.
        ConnectionTrouble: the source does not answer.
    """
    if settings.source.kind == "files":
        from churn_tasks.adapters.source import files

        with files.opened(settings, month) as source:
            yield source
    else:
        _require_address(settings)
        with _database(settings) as source:
            yield source


def _database(settings: Settings) -> AbstractContextManager[Source]:
    url = settings.environment.source_url
    if settings.source.kind == "postgres" or url.startswith("adbc+postgresql:"):
        from churn_tasks.adapters.source import postgres

        return postgres.opened(settings)
    if url.startswith("adbc+"):
        from churn_tasks.adapters.source import adbc

        return adbc.opened(settings)
    from churn_tasks.adapters.source import sqlalchemy

    return sqlalchemy.opened(settings)


def _require_address(settings: Settings) -> None:
    if settings.environment.source_url:
        return
    why = ""
    if settings.source.connection:
        why = (
            f" (source.connection {settings.source.connection!r} is known to Airflow alone, this process runs"
            " outside it)"
        )
    raise SettingsError(
        f"CHURN_SOURCE_URL is not set{why}; give the source database, e.g. postgresql://reader@host/boss"
    )


__all__ = ["Relations", "Source", "open_source", "read_again"]
