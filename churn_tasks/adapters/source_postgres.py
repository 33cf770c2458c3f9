"""A PostgreSQL source, read through ADBC in Arrow batches with bounded memory."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from churn_tasks.core.errors import BadInput, ConnectionTrouble, SettingsError
from churn_tasks.core.privacy import masked
from churn_tasks.core.settings import Settings

# SQLSTATE classes in which trying again helps (PostgreSQL manual, appendix A): connection, rollback, resources, admin
NO_ANSWER = ("08", "40", "53", "57", "58")


@contextmanager
def open_batches(settings: Settings, sql: str, _batch_rows: int) -> Iterator[pa.RecordBatchReader]:
    """The rows of one SELECT as a stream of batches, in a read-only transaction.

    Args:
        settings: ``environment.source_url`` says where.
        sql: complete, without placeholders.
        _batch_rows: for sources that cut batches by rows; ADBC cuts them by bytes.

    Raises:
        SettingsError: no source address is set.
        ConnectionTrouble: the source does not answer.
        BadInput: the source refuses the query, with its reason.
    """
    import adbc_driver_postgresql.dbapi as postgres
    from adbc_driver_manager import Error

    if not settings.environment.source_url:
        raise SettingsError("CHURN_SOURCE_URL is not set; give the source database, e.g. postgresql://reader@host/boss")
    try:
        with postgres.connect(settings.environment.source_url) as connection, connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            cursor.execute(sql)
            yield cursor.fetch_record_batch()
    except Error as error:
        if (error.sqlstate or NO_ANSWER[0])[:2] in NO_ANSWER:
            raise ConnectionTrouble(f"the source database did not answer: {masked(str(error))}") from None
        raise BadInput(f"the source refused a query of profile {settings.profile}: {masked(str(error))}") from None
