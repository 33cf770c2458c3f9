"""A PostgreSQL source, read through ADBC in Arrow batches with bounded memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from churn_tasks.adapters.sessions import postgres_session
from churn_tasks.adapters.source import infinite, postgres_types
from churn_tasks.adapters.source.adbc import AdbcSource, sorted_errors
from churn_tasks.adapters.source.opened import Relations, Source
from churn_tasks.adapters.source.queries import ReadTable, relations_in
from churn_tasks.core.settings import Settings
from churn_tasks.core.sql_text import identifier, literal

# The relation, its child tables and partitions at any depth, and their columns as they are now.
CATALOGUE = """
WITH RECURSIVE part AS (
    SELECT {wanted}::regclass::oid AS oid
    UNION
    SELECT inherited.inhrelid FROM pg_catalog.pg_inherits AS inherited JOIN part ON part.oid = inherited.inhparent
)
SELECT
    part.oid = {wanted}::regclass::oid AS is_whole,
    space.nspname::text AS schema_name,
    class.relname::text AS table_name,
    field.attname::text AS column_name,
    pg_catalog.format_type(field.atttypid, field.atttypmod) AS type_name
FROM part
JOIN pg_catalog.pg_class AS class ON class.oid = part.oid
JOIN pg_catalog.pg_namespace AS space ON space.oid = class.relnamespace
JOIN pg_catalog.pg_attribute AS field ON field.attrelid = part.oid AND field.attnum > 0 AND NOT field.attisdropped
ORDER BY is_whole DESC, schema_name, table_name, field.attnum
"""


@contextmanager
def opened(settings: Settings) -> Iterator["PostgresSource"]:
    """The database at ``CHURN_SOURCE_URL``, one connection.

    Raises:
        ConnectionTrouble: it does not answer.
        BadInput: it refuses the connection.
    """
    import adbc_driver_postgresql.dbapi as postgres

    url = settings.environment.source_url.removeprefix("adbc+")
    with sorted_errors(settings), postgres.connect(url) as connection:
        yield PostgresSource(settings, connection, "postgres")


class PostgresSource(AdbcSource):
    """One connection to PostgreSQL, with its transactions read only and its catalogue at hand."""

    def begin(self) -> None:
        """See :meth:`AdbcSource.begin`."""
        with self.connection.cursor() as cursor:
            cursor.execute(postgres_session(self.settings.time_zone))
            cursor.fetchall()

    def readable(self, sql: str) -> str:
        """See :meth:`AdbcSource.readable`."""
        with self.connection.cursor() as cursor:
            fields = cursor.adbc_execute_schema(sql)
        columns = [(field.name, _type_of(field)) for field in fields]
        return postgres_types.readable(sql, columns, self._types)

    def told(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """See :meth:`AdbcSource.told`."""
        return infinite.of_postgres(batch)

    def _types(self, condition: str) -> list[postgres_types.Known]:
        with self.connection.cursor() as cursor:
            cursor.execute(postgres_types.types_sql(condition))
            return [postgres_types.Known(*row) for row in cursor.fetchall()]

    def relations(self, sql: str) -> Relations:
        """Columns and types of each relation that the query reads, and of its child tables and partitions."""
        return catalogued(self, sql)


def _type_of(field: pa.Field) -> str:
    """The name of a column's type in PostgreSQL, which ADBC notes beside it."""
    return (field.metadata or {}).get(b"POSTGRESQL:type", b"text").decode()


def catalogued(source: Source, sql: str) -> Relations:
    """The relations that a query reads, as PostgreSQL's catalogue has them; asked through any opened source."""
    relations: Relations = {}
    for table in relations_in(sql, "postgres"):
        with source.batches(_catalogue_sql(table)) as batches:
            rows = batches.read_all().to_pylist()
        relations |= _parts(table.written, rows)
    return relations


def _catalogue_sql(table: ReadTable) -> str:
    """The question for the columns of one relation and its parts."""
    quoted = identifier(table.name)
    if table.schema:
        quoted = f"{identifier(table.schema)}.{quoted}"
    return CATALOGUE.format(wanted=literal(quoted))


def _parts(whole: str, rows: list[dict[str, Any]]) -> Relations:
    """The catalogue's answer by relation; the whole has the columns of all its parts."""
    relations: Relations = {whole: {}}
    for row in rows:
        column, kind = row["column_name"], row["type_name"]
        relations[whole].setdefault(column, kind)
        if not row["is_whole"]:
            part = f"{whole}/{row['schema_name']}.{row['table_name']}"
            relations.setdefault(part, {})[column] = kind
    return relations
