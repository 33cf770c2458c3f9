"""Spark over the lake: runs the query folders that DuckDB runs, and leaves the same kind of partition behind.

Spark reads the lake's Parquet, computes, and writes its part files aside. DuckDB brings them into one partition: cast
to the declared types, refused where the key repeats, in total order, in bounded memory, put in place by one rename.
So whatever reads the lake cannot tell which engine made a partition.
"""

import logging
import shutil
import time
from functools import cached_property
from typing import TYPE_CHECKING

from churn_tasks.adapters.engine import Engine, Parameters
from churn_tasks.adapters.spark.dialect import spark_sql
from churn_tasks.adapters.spark.session import Started
from churn_tasks.adapters.spark.tables import SPARK_TYPES, column_types, declared, view
from churn_tasks.core.errors import BadInput, ConnectionTrouble, evidence
from churn_tasks.core.months import Month
from churn_tasks.core.spark_section import Spark
from churn_tasks.core.sql_text import literal
from churn_tasks.declared.contracts import ColumnType
from churn_tasks.declared.query import Query

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

log = logging.getLogger(__name__)

# classes of SQL state: the data, the query, the types, not supported
OURS = ("22", "42", "21", "0A")


class SparkEngine:
    """Runs queries on Spark; the session starts with the first one.

    Args:
        engine: DuckDB over the same lake, for the partitions.
    """

    def __init__(self, engine: Engine, spark: Spark) -> None:
        self.engine = engine
        self.spark = spark

    @cached_property
    def started(self) -> Started:
        spill = self.engine.lake.root / ".spill"
        return Started(self.spark, spill, self.engine.time_zone)

    def close(self) -> None:
        if "started" in self.__dict__:
            self.__dict__.pop("started").close()

    def run(self, query: Query, month: Month, parameters: Parameters) -> int:
        """Run one query folder for one month and replace the partition of the table it makes.

        Returns:
            Rows written.

        Raises:
            BadInput: Spark cannot run the query, or what it gives does not fit the table's declaration.
            ConnectionTrouble: Spark broke down.
        """
        began = time.monotonic()
        table, result = query.output.table, self.started.folder / "result"
        shutil.rmtree(result, ignore_errors=True)
        try:
            self.rows(query, month, parameters).write.parquet(f"file:{result}")
        except Exception as error:
            raise _told(error, table, month) from error
        parts = literal(f"{result}/*.parquet")
        try:
            written = self.engine.write(
                table, month, f"SELECT * FROM read_parquet({parts})"
            )
        finally:
            shutil.rmtree(result, ignore_errors=True)
        log.info(
            "%s %s made on Spark: %d rows, %.1fs",
            table,
            month,
            written,
            time.monotonic() - began,
        )
        return written

    def rows(self, query: Query, month: Month, parameters: Parameters) -> "DataFrame":
        """What a query gives, not computed yet.

        Raises:
            BadInput: the query cannot be carried over to Spark.
        """
        spec = query.output
        registry, lake = self.engine.registry, self.engine.lake
        reads = (*spec.reads, *spec.optional)
        wanted = {name: parameters[name] for name in spec.params}
        tables = {table: column_types(registry, table) for table in reads}
        try:
            sql = spark_sql(query.sql, wanted, tables)
        except BadInput as error:
            problem = f"{query.name}: {error}"
            raise BadInput(
                evidence(table=spec.table, month=month, problem=problem)
            ) from error
        session = (
            self.started.session
        )  # not before it is known that there is something to run
        for table in reads:
            self.engine.refuse_hidden(table)
            view(session, lake, registry, table)
        columns = declared(registry, spec.table).columns
        types = {column.name: column.type for column in columns}
        return _without_void(session.sql(sql), types)


def _without_void(rows: "DataFrame", types: dict[str, ColumnType]) -> "DataFrame":
    """A column of nothing but NULL has no type on Spark, and cannot be written without the declared one."""
    select = []
    for field in rows.schema.fields:
        if field.dataType.typeName() == "void":
            kind = SPARK_TYPES[types.get(field.name, "text")]
            select.append(f"CAST(`{field.name}` AS {kind}) AS `{field.name}`")
        else:
            select.append(f"`{field.name}`")
    return rows.selectExpr(*select)


def _told(error: Exception, table: str, month: Month) -> Exception:
    """The error in the house form, without the values that Spark puts into its messages."""
    from pyspark.errors import AnalysisException, PySparkException

    if isinstance(error, (BadInput, ConnectionTrouble)):
        return error
    state, condition = "", type(error).__name__
    if isinstance(error, PySparkException):
        state = error.getSqlState() or ""
        condition = error.getCondition() or condition
    if not state.startswith(OURS):
        return ConnectionTrouble(f"{table} {month}: Spark broke down ({condition})")
    said = condition
    if isinstance(error, AnalysisException):  # its message has names and no values
        said = str(error).strip().splitlines()[0]
    problem = f"cannot be made on Spark: {said}"
    return BadInput(evidence(table=table, month=month, problem=problem))
