"""The same source and the same settings give the same rows, whatever machine, server or role asks for them."""

import datetime as dt
import sqlite3
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_tasks.adapters.sessions import only_offset, statements_before
from churn_tasks.adapters.source import open_source
from churn_tasks.adapters.warehouse.connection import Connection, one
from churn_tasks.core.errors import BadInput
from churn_tasks.core.settings import Settings, load_settings, process_environment
from churn_tasks.local.postgres import Cluster
from tests.lakes import small_profile, small_run
from tests.sources.drops import rows, settings_for

SHANGHAI = ZoneInfo("Asia/Shanghai")
# an hour before and after midnight in Shanghai
LATE = dt.datetime(2024, 3, 31, 15, tzinfo=dt.UTC)
EARLY = dt.datetime(2024, 3, 31, 17, tzinfo=dt.UTC)
DAYS = [(dt.date(2024, 3, 31),), (dt.date(2024, 4, 1),)]
MACHINES = [
    {"TZ": "Asia/Shanghai", "LC_ALL": "zh_CN.UTF-8"},
    {"TZ": "UTC", "LC_ALL": "C"},
    {"TZ": "America/New_York", "LC_ALL": "th_TH.UTF-8"},
]
ASKED = """
import sys
from pathlib import Path
from churn_tasks.core.settings import load_settings
from tests.sources.drops import rows
settings = load_settings(sys.argv[1], state_dir=Path(sys.argv[2]), data_path=Path(sys.argv[3]))
print(rows(settings, "SELECT CAST(started AS DATE)::VARCHAR, CAST(started AS VARCHAR) FROM lines ORDER BY ALL"))
"""
BARE = """
import sys
import duckdb
print(duckdb.sql(f"SELECT DISTINCT CAST(started AS DATE)::VARCHAR FROM '{sys.argv[1]}' ORDER BY ALL").fetchall())
"""


def on_machine(machine: dict[str, str], script: str, *arguments: Path) -> str:
    """What a script prints on a machine with another zone and language."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    told = subprocess.run(
        command,
        env={**process_environment(), **machine},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return told.stdout


FORMS = {
    "instants": pa.array([LATE, EARLY], pa.timestamp("us", "UTC")),
    "instants of another zone": pa.array([LATE, EARLY], pa.timestamp("ms", "Asia/Tokyo")),
    "instants in nanoseconds": pa.array([LATE, EARLY], pa.timestamp("ns", "UTC")),
    "the clock on the wall": pa.array(
        [at.astimezone(SHANGHAI).replace(tzinfo=None) for at in (LATE, EARLY)],
        pa.timestamp("us"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_month_of_parquet_is_the_same_on_every_machine(
    tmp_path: Path, form: str
) -> None:
    pq.write_table(pa.table({"started": FORMS[form]}), tmp_path / "calls.parquet")
    settings = settings_for(tmp_path, "calls.parquet", tmp_path)
    places = (settings.profile_dir, tmp_path / "state", tmp_path)
    told = {on_machine(machine, ASKED, *places) for machine in MACHINES}
    assert len(told) == 1
    assert "'2024-03-31'" in told.pop()
    compared = (
        "SELECT CAST(started AS DATE) FROM lines"
        " WHERE started >= TIMESTAMPTZ '2024-03-31T00:00:00+08:00' ORDER BY ALL"
    )
    assert rows(settings, compared) == DAYS


def test_duckdb_left_alone_goes_by_the_machine(tmp_path: Path) -> None:
    """Negative control."""
    pq.write_table(pa.table({"started": FORMS["instants"]}), tmp_path / "calls.parquet")
    told = {
        on_machine(machine, BARE, tmp_path / "calls.parquet") for machine in MACHINES
    }
    assert len(told) == 2


def test_text_without_an_offset_is_the_operators_clock(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("started\n2024-03-31 23:30:00\n")
    asked = "SELECT CAST(started AS TIMESTAMPTZ) = TIMESTAMPTZ '2024-03-31 15:30:00+00' FROM lines"
    shanghai = settings_for(tmp_path, "calls.csv", tmp_path)
    assert rows(shanghai, asked) == [(True,)]
    tokyo = shanghai.model_copy(update={"time_zone": "Asia/Tokyo"})
    assert rows(tokyo, asked) == [(False,)]


def test_the_engine_of_the_lake_has_the_operators_zone(tmp_path: Path) -> None:
    run = small_run(tmp_path, "2024-03", raw=("bill",))
    asked = "SELECT CAST(TIMESTAMPTZ '2024-03-31 17:00:00+00' AS DATE) AS day"
    assert run.engine.row(asked) == {"day": dt.date(2024, 4, 1)}
    of_cursor = run.engine.connection.cursor().execute(asked).fetchone()
    assert of_cursor == (dt.date(2024, 4, 1),)


# ---- databases

ASK_DAY = "SELECT at::date AS day, (day_text)::date AS other FROM instants ORDER BY 1"
FROM_ELSEWHERE = {
    "the client's own": {"PGTZ": "America/New_York", "PGDATESTYLE": "SQL, MDY"},
    "an option of the client": {
        "PGOPTIONS": "-c timezone=Pacific/Auckland -c datestyle=SQL,DMY"
    },
    "the database's default": {},
}
KINDS = ("postgres", "postgresql+psycopg", "adbc+postgresql")


@pytest.fixture(scope="module")
def address(postgres: Cluster) -> str:
    url = postgres.create_database("sessions")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE instants (at timestamptz, day_text text)")
        connection.execute(
            "INSERT INTO instants VALUES (%s, '2024-03-04'), (%s, '2024-03-04')",
            (LATE, EARLY),
        )
        connection.execute("ALTER DATABASE sessions SET timezone = 'America/New_York'")
        connection.execute("ALTER DATABASE sessions SET lc_time = 'C'")
    return url


def settings_of(tmp_path: Path, kind: str, address: str) -> Settings:
    url = address
    if kind != "postgres":
        url = address.replace("postgresql:", f"{kind}:", 1)
    source = {"kind": "postgres" if kind == "postgres" else "sql"}
    profile = small_profile(tmp_path, (), source=source)
    return load_settings(str(profile), state_dir=tmp_path / "state", source_url=url)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("elsewhere", FROM_ELSEWHERE)
def test_an_instant_of_postgresql_has_the_operators_day(
    tmp_path: Path,
    address: str,
    kind: str,
    elsewhere: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in FROM_ELSEWHERE[elsewhere].items():
        monkeypatch.setenv(name, value)
    settings = settings_of(tmp_path, kind, address)
    other = dt.date(2024, 3, 4)
    days = [(day, other) for (day,) in DAYS]
    with open_source(settings) as source:
        for _ in range(2):  # also after the first transaction has ended
            with source.batches(ASK_DAY) as batches:
                found = batches.read_all().to_pylist()
            assert [tuple(row.values()) for row in found] == days
    with psycopg.connect(address) as bare:  # control
        assert bare.execute(ASK_DAY).fetchall() != days


def test_the_warehouse_has_the_operators_day(address: str) -> None:
    connection = Connection(address, "public", "Asia/Shanghai")
    with connection.transaction(None) as cursor:
        cursor.execute("SELECT max(at)::date FROM instants")
        assert one(cursor) == (dt.date(2024, 4, 1),)
    connection.close()


@pytest.mark.parametrize("kind", ["sqlite", "adbc+sqlite"])
@pytest.mark.parametrize(
    "asked",
    ["date(at, 'localtime')", "datetime(at, '-1 day', 'LocalTime')", "date(at, 'utc')"],
)
def test_sqlite_is_not_asked_for_the_clock_of_the_machine(
    tmp_path: Path, kind: str, asked: str
) -> None:
    profile = small_profile(tmp_path, (), source={"kind": "sql"})
    sqlite3.connect(tmp_path / "boss.db").close()
    slashes = "" if kind.startswith("adbc") else "/"
    settings = load_settings(
        str(profile),
        state_dir=tmp_path / "state",
        source_url=f"{kind}://{slashes}{tmp_path}/boss.db",
    )
    with pytest.raises(BadInput, match=r"machine that runs it; write .*'\+8 hours'"):
        rows(settings, f"SELECT {asked} FROM (SELECT '2024-03-31 17:00' AS at)")
    shifted = "SELECT date(at, '+8 hours') FROM (SELECT '2024-03-31 17:00' AS at)"
    assert rows(settings, shifted) == [("2024-04-01",)]


def test_other_databases_are_told_what_they_understand() -> None:
    told = statements_before("mysql", "Asia/Shanghai")
    assert told[0] == "SET time_zone = '+08:00'"
    assert told[-1] == "SET TRANSACTION READ ONLY"
    assert statements_before("mariadb", "Europe/Berlin")[0].endswith("'Europe/Berlin'")
    assert (
        "TIME_ZONE = 'Asia/Shanghai'" in statements_before("oracle", "Asia/Shanghai")[0]
    )
    assert statements_before("firebird", "Asia/Shanghai") == ()
    assert only_offset("America/New_York") == ""
