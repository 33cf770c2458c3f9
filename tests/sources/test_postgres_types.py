"""Types of PostgreSQL that a driver would change: what both drivers give by rule, and what both refuse by name."""

import datetime as dt
from collections.abc import Iterator

import adbc_driver_postgresql.dbapi as adbc
import duckdb
import psycopg
import pyarrow as pa
import pytest

from churn_tasks.adapters.source import Source, open_source
from churn_tasks.core.errors import BadInput
from churn_tasks.core.settings import load_settings
from churn_tasks.local.postgres import Cluster
from tests.lakes import small_profile

KINDS = ("postgres", "postgresql+psycopg", "adbc+postgresql")
TYPES = """
CREATE TYPE mood AS ENUM ('sad', 'fine');
CREATE DOMAIN fen AS bigint;
CREATE TYPE pair AS (a int, b text);
"""
READ = {  # expression -> what arrives
    "'12.34'::money": "12.34",
    "'-1234567.89'::money": "-1234567.89",
    "'24:00'::time": "24:00:00",
    "'23:59:59.5'::time": "23:59:59.5",
    "'24:00+08'::timetz": "24:00:00+08",
    "'fine'::mood": "fine",
    "5::fen": 5,
    "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    """'{"a":1.10}'::json""": '{"a":1.10}',
    """'{"a":1.10}'::jsonb""": '{"a": 1.10}',
    "'10.0.0.1'::inet": "10.0.0.1/32",
    "B'101'": "101",
    "4000000000::oid": 4_000_000_000,
    "true": True,
    "(NULL::boolean)": None,
    "'x'::name": "x",
    "12.50::numeric(10, 2)": "12.50",
    "'Infinity'::float8": float("inf"),
    "'2024-03-01 24:00'::timestamp": dt.datetime.fromisoformat("2024-03-02"),
    "NULL::date": None,
}
REFUSED = {  # expression -> type, and what to write instead
    "ARRAY['a', 'b']": (r"text\[\]", r"array_to_string\(\"v\", ','\)"),
    "ARRAY[1.5]": (r"numeric\[\]", "array_to_string"),
    "ARRAY['fine']::mood[]": (r"mood\[\]", "array_to_string"),
    "ARRAY[true, false]": (r"bool\[\]", "array_to_string"),
    "'1 day'::interval": ("interval", "EXTRACT"),
    r"'\xdead'::bytea": ("bytea", "encode"),
    "ROW(1, 'a')::pair": ("pair", "one of its fields"),
    "int4range(1, 3)": ("int4range", "lower"),
    "point(1, 2)": ("point", r"\"v\"::text"),
}
INFINITE = {
    "'infinity'::date": "infinity",
    "'-infinity'::date": "-infinity",
    "'infinity'::timestamp": "infinity",
    "'-infinity'::timestamptz": "-infinity",
    "'infinity'::timestamptz": "infinity",
    "'4000-01-01'::date": "4000-01-01",
}


@pytest.fixture(scope="module")
def address(postgres: Cluster) -> str:
    return postgres.create_database("types")


@pytest.fixture(scope="module", params=KINDS)
def source(
    request: pytest.FixtureRequest,
    address: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Source]:
    """An opened source; the database's own types are made only afterwards, while it is open."""
    kind, folder = str(request.param), tmp_path_factory.mktemp("types")
    url = address
    if kind != "postgres":
        url = address.replace("postgresql:", f"{kind}:", 1)
    given = {"kind": "postgres" if kind == "postgres" else "sql"}
    profile = small_profile(folder, (), source=given)
    settings = load_settings(str(profile), state_dir=folder / "state", source_url=url)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP TYPE IF EXISTS mood, pair; DROP DOMAIN IF EXISTS fen")
    with open_source(settings) as opened:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(TYPES)
        yield opened


def value(source: Source, expression: str) -> object:
    with source.batches(f"SELECT 1 AS n, {expression} AS v") as batches:
        return batches.read_all().to_pylist()[0]["v"]


def in_duckdb(arrived: pa.Table) -> list[tuple[str, bool]]:
    """The values of the column as DuckDB writes them, and whether they are finite."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Shanghai'")
        connection.register("arrived", arrived)
        asked = "SELECT v::VARCHAR, isfinite(v) FROM arrived"
        return connection.execute(asked).fetchall()


@pytest.mark.parametrize("expression", READ)
def test_both_drivers_give_what_the_database_means(
    source: Source, expression: str
) -> None:
    assert value(source, expression) == READ[expression]


@pytest.mark.parametrize("expression", REFUSED)
def test_what_no_rule_reads_is_refused_by_name(source: Source, expression: str) -> None:
    kind, instead = REFUSED[expression]
    with pytest.raises(
        BadInput, match=rf"column v of the extract is of .*type {kind},.*{instead}"
    ):
        value(source, expression)
    assert value(source, "5") == 5, "the source stays usable"


@pytest.mark.parametrize("expression", INFINITE)
def test_the_infinite_is_not_a_day_of_the_stone_age(
    source: Source, expression: str
) -> None:
    asked = f"SELECT v FROM (VALUES ({expression}), ('2024-03-01'), (NULL)) AS x (v)"
    with source.batches(asked) as batches:
        found = in_duckdb(batches.read_all())
    is_finite = "infinity" not in expression
    assert found[0] == (found[0][0], is_finite) and INFINITE[expression] in found[0][0]
    assert found[1][0].startswith("2024-03-01") and found[2] == (None, None)


def test_a_column_keeps_its_type_in_a_month_without_a_value(source: Source) -> None:
    asked = "SELECT NULL::bigint AS n, NULL::date AS day, NULL::text AS name"
    with source.batches(asked) as batches:
        types = [str(field.type) for field in batches.schema]
    assert types == ["int64", "date32[day]", "string"]


def test_the_drivers_alone_part_ways(address: str) -> None:
    """Negative control."""
    asked = "SELECT '12.34'::money AS v"
    with adbc.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute(asked)
        assert cursor.fetchone() == (1234,)
        cursor.execute("SELECT 'infinity'::date AS v")
        ((day, _),) = in_duckdb(cursor.fetch_arrow_table())
    assert day.endswith("(BC)")
    with psycopg.connect(address) as connection:
        assert connection.execute(asked).fetchone() == ("$12.34",)
        with pytest.raises(psycopg.DataError, match="24:00:00"):
            connection.execute("SELECT '24:00'::time").fetchone()
