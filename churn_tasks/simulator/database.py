"""Loads a simulated operator into PostgreSQL, and keeps the truth from the pipeline's role."""

import logging
from pathlib import Path

import adbc_driver_postgresql.dbapi as adbc
import psycopg
from psycopg import sql

from churn_tasks.core.errors import ConnectionTrouble
from churn_tasks.core.months import Month
from churn_tasks.simulator.drift import COLUMNS as UNANNOUNCED
from churn_tasks.simulator.operator import Delivery, Operator
from churn_tasks.simulator.settings import SimulationSettings

READER = "churn_source_reader"
HERE = Path(__file__).parent
MONTH_TABLE = "CREATE TABLE {table} (CHECK ({bounds})) INHERITS (boss.cdr)"
MONTH_BOUNDS = (
    "start_tm >= {start}::timestamp AT TIME ZONE {zone}"
    " AND start_tm < {end}::timestamp AT TIME ZONE {zone}"
)

log = logging.getLogger("churn")


def is_loaded(source_url: str, settings: SimulationSettings) -> bool:
    """Whether exactly this simulation lies in the database, complete."""
    with _connect(source_url) as connection:
        asked = connection.execute("SELECT to_regclass('sim_truth.simulation')")
        if asked.fetchone() == (None,):
            return False
        asked = connection.execute("SELECT fingerprint FROM sim_truth.simulation")
        return asked.fetchall() == [(settings.fingerprint,)]


def create_schemas(source_url: str) -> None:
    """Drop what is there and make both schemas, empty, and the role that may read one of them."""
    with _connect(source_url) as connection:
        connection.execute((HERE / "schema.sql").read_text(encoding="utf-8"))
        asked = connection.execute(
            "SELECT 1 FROM pg_roles WHERE rolname = %s", (READER,)
        )
        if asked.fetchone() is None:
            create = sql.SQL("CREATE ROLE {} LOGIN")
            connection.execute(create.format(sql.Identifier(READER)))


def load(source_url: str, delivery: Delivery, operator: Operator) -> None:
    """Append one month in one transaction."""
    month = operator.clock.month(delivery.k)
    has_unannounced = UNANNOUNCED[0] in delivery.boss["cdr"].column_names
    with _connect(source_url) as connection:
        _create_cdr_table(connection, month, operator.settings.time_zone)
        if has_unannounced:
            _add_unannounced_columns(connection, month)
    with adbc.connect(source_url) as connection, connection.cursor() as cursor:
        for name, table in delivery.boss.items():
            target = name
            if name == "cdr":
                target = _cdr_table(month)
            cursor.adbc_ingest(target, table, mode="append", db_schema_name="boss")
        for name, table in delivery.truth.items():
            cursor.adbc_ingest(name, table, mode="append", db_schema_name="sim_truth")
        connection.commit()
    with _connect(source_url) as connection:
        create = sql.SQL("CREATE INDEX ON {} (start_tm)")
        connection.execute(create.format(_cdr_identifier(month)))


def finish(source_url: str, settings: SimulationSettings) -> None:
    """Indexes, rights, and last of all the mark that the simulation is complete."""
    reader = sql.Identifier(READER)
    see = sql.SQL("GRANT USAGE ON SCHEMA boss TO {}")
    read = sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA boss TO {}")
    with _connect(source_url) as connection:
        connection.execute((HERE / "indexes.sql").read_text(encoding="utf-8"))
        connection.execute("REVOKE ALL ON SCHEMA sim_truth FROM PUBLIC")
        connection.execute(see.format(reader))
        connection.execute(read.format(reader))
        connection.execute(
            "INSERT INTO sim_truth.simulation VALUES (%s, %s)",
            (settings.fingerprint, settings.model_dump_json()),
        )
    with _connect(source_url, autocommit=True) as connection:
        connection.execute("ANALYZE")


def _cdr_table(month: Month) -> str:
    return f"cdr_{month.year}{month.number:02d}"


def _cdr_identifier(month: Month) -> sql.Identifier:
    return sql.Identifier("boss", _cdr_table(month))


def _create_cdr_table(
    connection: psycopg.Connection, month: Month, time_zone: str
) -> None:
    """The month's own table below ``boss.cdr``, whose bounds let PostgreSQL skip the other months."""
    bounds = sql.SQL(MONTH_BOUNDS).format(
        start=sql.Literal(str(month.start)),
        end=sql.Literal(str(month.end)),
        zone=sql.Literal(time_zone),
    )
    create = sql.SQL(MONTH_TABLE)
    connection.execute(create.format(table=_cdr_identifier(month), bounds=bounds))


def _add_unannounced_columns(connection: psycopg.Connection, month: Month) -> None:
    add = sql.SQL("ALTER TABLE {} ADD COLUMN {} text")
    table = _cdr_identifier(month)
    for name in UNANNOUNCED:
        connection.execute(add.format(table, sql.Identifier(name)))


def _connect(source_url: str, autocommit: bool = False) -> psycopg.Connection:
    try:
        return psycopg.connect(source_url, autocommit=autocommit)
    except psycopg.OperationalError as error:
        raise ConnectionTrouble(
            f"the source database does not answer: {error}"
        ) from error
