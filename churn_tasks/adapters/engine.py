"""DuckDB over the lake: runs the queries of ``include/sql`` and writes their partitions.

Deterministic by construction: declared types (sums over DECIMAL are exact), a total order by the key, one file.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import duckdb

from churn_tasks.adapters.access import Access
from churn_tasks.adapters.engine_errors import query_failed
from churn_tasks.adapters.lake import Lake
from churn_tasks.adapters.merged_rows import merged, narrowed
from churn_tasks.adapters.sessions import settle_duckdb
from churn_tasks.adapters.spill import spill_folder
from churn_tasks.adapters.version_rows import rows_sql
from churn_tasks.adapters.versions import Version, rows_of_file
from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.months import Month
from churn_tasks.core.sections import Resources
from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.declared.delivered import delivered_sql
from churn_tasks.declared.query import Query
from churn_tasks.declared.registry import Registry

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    Rows: TypeAlias = str | pa.Table | pa.RecordBatchReader | pd.DataFrame

Parameters = Mapping[str, Any]


class Engine:
    """One embedded database a step; the lake's tables are its views. Instants become days in ``time_zone``.

    Memory is bounded by ``resources.memory``; what does not fit spills to a folder of this process under
    ``<lake>/.spill``. Folders of processes that are gone are removed.
    """

    def __init__(
        self,
        lake: Lake,
        registry: Registry,
        resources: Resources,
        time_zone: str = "UTC",
    ) -> None:
        self.lake = lake
        self.registry = registry
        self.time_zone = time_zone
        self.access: Access | None = None  # of the step at work; None: no step is
        self._viewed: dict[
            str, tuple[tuple[str, int, int], ...]
        ] = {}  # table to the files that its view reads
        self._spill = spill_folder(lake.root / ".spill")
        self.connection = duckdb.connect(
            config={
                "memory_limit": resources.memory_limit,
                "threads": resources.threads,
                "temp_directory": str(self._spill),
                "autoinstall_known_extensions": False,
            }
        )
        settle_duckdb(self.connection, time_zone)

    def close(self) -> None:
        self.connection.close()
        shutil.rmtree(self._spill, ignore_errors=True)

    @contextmanager
    def only(self, access: Access) -> Iterator[None]:
        """For a while, no table is looked at or written but those of ``access``."""
        before, self.access = self.access, access
        for table in [name for name in self._viewed if not access.shows(name)]:
            self.connection.execute(f"DROP VIEW IF EXISTS {identifier(table)}")
            del self._viewed[table]
        try:
            yield
        finally:
            self.access = before

    def view(self, table: str) -> None:
        """Make ``table`` visible to SQL: of each month the version that the run reads (``core/reading.py``).

        A table without a partition is empty, not missing. A view of the very same files is left as it is.

        Raises:
            UndeclaredTable: the step at work does not declare that it reads the table.
        """
        self.refuse_hidden(table)
        versions: list[Version] = []
        if table in self.registry.tables:
            versions = list(self.lake.versions(table).values())
        files = [path for version in versions for path in version.files]
        seen = tuple(
            (str(path), path.stat().st_mtime_ns, path.stat().st_ino) for path in files
        )
        if self._viewed.get(table) == seen:
            return
        select = self._rows_sql(table, versions)
        self.connection.execute(f'CREATE OR REPLACE TEMP VIEW "{table}" AS {select}')
        self._viewed[table] = seen

    def rows_of(self, table: str, month: Month, lake: Lake | None = None) -> str:
        """The rows of one month of a table as a relation in brackets, with declared columns.

        Args:
            lake: with other eyes than this run's; its own lake when absent.

        Raises:
            UndeclaredTable: the step at work does not declare that it reads the table.
        """
        self.refuse_hidden(table)
        version = (lake or self.lake).version(table, month)
        versions = [version] if version else []
        return f"({self._rows_sql(table, versions)})"

    def rows_of_files(self, table: str, files: Iterable[Path]) -> str:
        """The rows of a few files of one table as a relation in brackets, with declared columns."""
        self.refuse_hidden(table)
        versions = [Version(path) for path in files]
        return f"({self._rows_sql(table, versions)})"

    def _rows_sql(self, table: str, versions: Iterable[Version]) -> str:
        declared = self.registry.tables.get(table) or self.registry.absent[table]
        return rows_sql(declared, versions)

    def refuse_hidden(self, table: str) -> None:
        """Refuse a table that the step at work does not declare to read.

        Raises:
            UndeclaredTable: see above.
        """
        if self.access:
            self.access.refuse(table, self.access.reads, "reads")

    def views(self, *tables: str) -> None:
        for table in tables:
            self.view(table)

    def run(self, query: Query, month: Month, parameters: Parameters) -> int:
        """Run one query folder for one month and replace the partition of the table it makes.

        Args:
            parameters: a value for at least every name in the query's ``params``.

        Returns:
            Rows written.
        """
        self.views(*query.output.reads, *query.output.optional)
        wanted = {name: parameters[name] for name in query.output.params}
        return self.write(
            query.output.table, month, query.sql.rstrip().rstrip(";"), wanted
        )

    def run_again(
        self,
        query: Query,
        month: Month,
        parameters: Parameters,
        before: Path,
        local: Iterable[str],
    ) -> int:
        """The same for the customers in the temp table ``made_again`` alone; all others keep their rows.

        Args:
            before: the version that has those rows.
            local: tables of which the query needs no rows but those of these customers.
        """
        self.views(*query.output.sources)
        wanted = {name: parameters[name] for name in query.output.params}
        select = narrowed(query.sql.rstrip().rstrip(";"), local)
        table = query.output.table
        rows = merged(select, self.registry.tables[table], before)
        return self.write(table, month, rows, wanted)

    def write(
        self,
        table: str,
        month: Month,
        rows: "Rows",
        parameters: Parameters | None = None,
    ) -> int:
        """Replace one partition by rows, cast to the declared types, in order of the key.

        Args:
            rows: a SELECT, or what was made in Python: an Arrow table or reader, a pandas frame.
            parameters: what the SELECT asks for.

        Returns:
            Rows written.

        Raises:
            BadInput: a declared column is missing, a value does not fit its type, the SELECT cannot be computed, or the
                key is not unique.
            UndeclaredTable: the step at work does not declare that it makes the table.
        """
        self._refuse_to_write(table)
        if isinstance(rows, str):
            written = self._write_select(table, month, rows, parameters)
        else:
            with self.registered("made_rows", rows):
                select = "SELECT * FROM made_rows"
                written = self._write_select(table, month, select, None)
        if self._repeats_parts(table, month):
            self.lake.remove(table, month)
        return written

    def write_part(
        self,
        table: str,
        month: Month,
        part: str,
        sql: str,
        parameters: Parameters | None = None,
    ) -> int:
        """Add rows to what a restated month was before; no rows, no part.

        Args:
            part: ``LATE`` for rows that are added, ``REPLACING`` for rows that each replace the one of the same key.
            sql: a SELECT.

        Returns:
            Rows written.

        Raises:
            as :meth:`write`.
        """
        self._refuse_to_write(table)
        return self._write_select(table, month, sql, parameters, part)

    def _refuse_to_write(self, table: str) -> None:
        if self.access:
            self.access.refuse(table, self.access.writes, "writes")

    def _repeats_parts(self, table: str, month: Month) -> bool:
        """Whether a restated version just written holds the rows of the version before it, which lies in parts."""
        if not self.lake.lies_in_parts_before(table, month):
            return False
        now = self.rows_of(table, month)
        before = self.rows_of(table, month, self.lake.before())
        different = (
            f"SELECT count(*) AS rows FROM (({now} EXCEPT ALL {before})"
            f" UNION ALL ({before} EXCEPT ALL {now}))"
        )
        return self.row(different)["rows"] == 0

    def write_rows(self, table: str, month: Month, rows: "list[dict[str, Any]]") -> int:
        """Replace one partition by rows that are dictionaries of the same columns; see :meth:`write`."""
        import pandas as pd

        return self.write(table, month, pd.DataFrame(rows))

    def _write_select(
        self,
        table: str,
        month: Month,
        sql: str,
        parameters: Parameters | None,
        part: str = "",
    ) -> int:
        columns = self._columns(table, sql, parameters)
        result = f"SELECT {columns} FROM ({sql}\n)"
        try:
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE result AS {result}",
                dict(parameters or {}),
            )
        except duckdb.OutOfMemoryException:
            raise  # no fault of the query: the step tells
        except duckdb.Error as error:
            raise query_failed(error, table, month) from error
        self._refuse_repeated_keys(table, month)
        spec = self.registry.tables[table]
        names = spec.key or spec.column_names  # a key is unique: a total order
        order = ", ".join(identifier(name) for name in names)
        with self.lake.replacing(table, month, part) as path, self._dropping_result():
            self.connection.execute(
                f"COPY (SELECT * FROM result ORDER BY {order}) TO {literal(path)}"
                " (FORMAT parquet, COMPRESSION zstd)"
            )
            return rows_of_file(path)

    def rows_of_month(
        self, table: str, month: Month, columns: Iterable[str] = ()
    ) -> "pd.DataFrame":
        """The rows of one month of a table.

        Args:
            columns: their names; none: every column.
        """
        self.view(table)
        names = ", ".join(identifier(name) for name in columns) or "*"
        sql = f"SELECT {names} FROM {identifier(table)} WHERE month = $month"
        return self.frame(sql, {"month": month.start})

    def frame(self, sql: str, parameters: Parameters | None = None) -> "pd.DataFrame":
        """The result of a SELECT as a pandas frame; for results that are small or already one row a customer."""
        return self.connection.execute(sql, dict(parameters or {})).df()

    def ask(self, query: Query, parameters: Parameters) -> list[dict[str, Any]]:
        """The answer of a query that makes no table; what it reads beside the lake's tables must be registered."""
        lake_tables = (
            table for table in query.output.reads if table in self.registry.tables
        )
        self.views(*lake_tables, *query.output.optional)
        return self.records(
            query.sql, {name: parameters[name] for name in query.output.params}
        )

    def records(
        self, sql: str, parameters: Parameters | None = None
    ) -> list[dict[str, Any]]:
        """The rows of a SELECT as plain Python values by column name; for results that people read."""
        cursor = self.connection.execute(sql, dict(parameters or {}))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]

    def row(self, sql: str, parameters: Parameters | None = None) -> dict[str, Any]:
        """The single row of a SELECT by column name."""
        cursor = self.connection.execute(sql, dict(parameters or {}))
        names = [column[0] for column in cursor.description]
        (values,) = (
            cursor.fetchall()
        )  # all of it: an unfinished result would block the connection
        return dict(zip(names, values, strict=True))

    @contextmanager
    def registered(self, name: str, relation: object) -> Iterator[None]:
        """Make an Arrow table, reader or pandas frame visible to SQL for a while."""
        self.connection.register(name, relation)
        try:
            yield
        finally:
            self.connection.unregister(name)

    @contextmanager
    def laid_aside(
        self, batches: "pa.RecordBatchReader"
    ) -> Iterator["pa.RecordBatchReader"]:
        """The same rows once more, from a file beside what is spilled, for batches that ask this engine as they come.

        A query that pulled them itself would need its own connection for two things at once, which DuckDB refuses.
        """
        import pyarrow as pa

        path = str(self._spill / "laid_aside.arrow")
        with (
            pa.OSFile(path, "wb") as file,
            pa.ipc.new_stream(file, batches.schema) as written,
        ):
            for batch in batches:
                written.write_batch(batch)
        with pa.OSFile(path, "rb") as file, pa.ipc.open_stream(file) as rows:
            yield rows
        Path(path).unlink()

    @contextmanager
    def named(self, name: str, select: str) -> Iterator[None]:
        """Make the rows of a SELECT visible to SQL under a name for a while; nothing is computed yet."""
        view = identifier(name)
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {select}")
        try:
            yield
        finally:
            self.connection.execute(f"DROP VIEW IF EXISTS {view}")

    @contextmanager
    def held(
        self, name: str, select: str, parameters: Parameters | None = None
    ) -> Iterator[None]:
        """Make the rows of a SELECT visible to SQL under a name for a while, computed once."""
        table = identifier(name)
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS {select}", dict(parameters or {})
        )
        try:
            yield
        finally:
            self.connection.execute(f"DROP TABLE IF EXISTS {table}")

    def _columns(self, table: str, sql: str, parameters: Parameters | None) -> str:
        """The select list of a partition: declared types, but in ``raw_*`` what was delivered stays as it is."""
        if not table.startswith("raw_"):
            return self.registry.columns_sql(table)
        return delivered_sql(
            self.registry.tables[table], self.types(f"({sql}\n)", parameters)
        )

    def types(
        self, relation: str, parameters: Parameters | None = None
    ) -> dict[str, str]:
        """The columns of a relation with the types that DuckDB gives them."""
        described = self.connection.execute(
            f"DESCRIBE SELECT * FROM {relation}", dict(parameters or {})
        ).fetchall()
        return {name: kind for name, kind, *_ in described}

    @contextmanager
    def _dropping_result(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.connection.execute("DROP TABLE IF EXISTS result")

    def _refuse_repeated_keys(self, table: str, month: Month) -> None:
        key = self.registry.tables[table].key
        if not key:
            return
        names = ", ".join(f'"{name}"' for name in key)
        repeated = self.connection.execute(
            f"SELECT {names} FROM result GROUP BY {names} HAVING count(*) > 1 ORDER BY ALL LIMIT 5"
        ).fetchall()
        if repeated:
            raise BadInput(
                evidence(
                    table=table,
                    month=month,
                    column=", ".join(key),
                    problem="key is not unique",
                    examples=[row[0] if len(row) == 1 else row for row in repeated],
                )
            )
