"""Loads a simulated operator into PostgreSQL, and keeps the truth from the pipeline's role."""

import logging
from pathlib import Path

import adbc_driver_postgresql.dbapi as adbc
import psycopg
import pyarrow as pa
from psycopg import sql

from churn_tasks.core.errors import ConnectionTrouble
from churn_tasks.core.months import Month
from churn_tasks.simulator.operator import Delivery, Operator
from churn_tasks.simulator.settings import SimulationSettings

READER = "churn_source_reader"
HERE = Path(__file__).parent

log = logging.getLogger("churn")


def is_loaded(source_url: str, settings: SimulationSettings) -> bool:
    """Whether exactly this simulation lies in the database, complete."""
    with _connect(source_url) as connection:
        if connection.execute(
            "SELECT to_regclass('sim_truth.simulation')"
        ).fetchone() == (None,):
            return False
        found = connection.execute(
            "SELECT fingerprint FROM sim_truth.simulation"
        ).fetchall()
        return found == [(settings.fingerprint,)]


def create_schemas(source_url: str) -> None:
    """Drop what is there and make both schemas, empty, and the role that may read one of them."""
    with _connect(source_url) as connection:
        connection.execute((HERE / "schema.sql").read_text(encoding="utf-8"))
        if (
            connection.execute(
                "SELECT 1 FROM pg_roles WHERE rolname = %s", (READER,)
            ).fetchone()
            is None
        ):
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(READER))
            )


def load(source_url: str, delivery: Delivery, operator: Operator) -> None:
    """Append one month in one transaction."""
    month = operator.clock.month(delivery.k)
    records = delivery.boss["cdr"]
    with _connect(source_url) as connection:
        _create_cdr_table(connection, month, records, operator.settings.time_zone)
    with adbc.connect(source_url) as connection, connection.cursor() as cursor:
        for name, table in delivery.boss.items():
            target = _cdr_table(month) if name == "cdr" else name
            cursor.adbc_ingest(target, table, mode="append", db_schema_name="boss")
        for name, table in delivery.truth.items():
            cursor.adbc_ingest(name, table, mode="append", db_schema_name="sim_truth")
        connection.commit()
    with _connect(source_url) as connection:
        connection.execute(
            sql.SQL("CREATE INDEX ON {} (start_tm)").format(
                sql.Identifier("boss", _cdr_table(month))
            )
        )


def finish(source_url: str, settings: SimulationSettings) -> None:
    """Indexes, rights, and last of all the mark that the simulation is complete."""
    reader = sql.Identifier(READER)
    with _connect(source_url) as connection:
        connection.execute((HERE / "indexes.sql").read_text(encoding="utf-8"))
        connection.execute("REVOKE ALL ON SCHEMA sim_truth FROM PUBLIC")
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA boss TO {}").format(reader))
        connection.execute(
            sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA boss TO {}").format(reader)
        )
        connection.execute(
            "INSERT INTO sim_truth.simulation VALUES (%s, %s)",
            (settings.fingerprint, settings.model_dump_json()),
        )
    with _connect(source_url, autocommit=True) as connection:
        connection.execute("ANALYZE")


def _cdr_table(month: Month) -> str:
    return f"cdr_{month.year}{month.number:02d}"


def _create_cdr_table(
    connection: psycopg.Connection, month: Month, records: pa.Table, time_zone: str
) -> None:
    """The month's own table below ``boss.cdr``, whose bounds let PostgreSQL skip the other months."""
    table = sql.Identifier("boss", _cdr_table(month))
    moment = "{%s}::timestamp AT TIME ZONE {zone}"
    bounds = sql.SQL(
        f"start_tm >= {moment % 'start'} AND start_tm < {moment % 'end'}"
    ).format(
        start=sql.Literal(str(month.start)),
        end=sql.Literal(str(month.end)),
        zone=sql.Literal(time_zone),
    )
    connection.execute(
        sql.SQL("CREATE TABLE {} (CHECK ({})) INHERITS (boss.cdr)").format(
            table, bounds
        )
    )
    for name in ("volte_flag", "cell_ref"):
        if name in records.column_names:
            connection.execute(
                sql.SQL("ALTER TABLE {} ADD COLUMN {} text").format(
                    table, sql.Identifier(name)
                )
            )


def _connect(source_url: str, autocommit: bool = False) -> psycopg.Connection:
    try:
        return psycopg.connect(source_url, autocommit=autocommit)
    except psycopg.OperationalError as error:
        raise ConnectionTrouble(
            f"the source database does not answer: {error}"
        ) from error
