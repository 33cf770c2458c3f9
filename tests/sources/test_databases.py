"""Databases as a source, each a real one: PostgreSQL through ADBC and through psycopg, SQLite through both ways."""

import datetime as dt
import logging
import sqlite3
import traceback
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from churn_tasks.adapters.source import open_source
from churn_tasks.adapters.source.errors import secrets_of, shown
from churn_tasks.core.errors import (
    BadInput,
    ChurnError,
    ConnectionTrouble,
    SettingsError,
)
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.local.postgres import Cluster
from tests.lakes import small_profile
from tests.sources.drops import rows

SCHEMA = """
CREATE SCHEMA boss;
CREATE TABLE boss.bill (account text, amount {decimal}, paid {boolean}, calls {integer}, day date, at timestamp);
INSERT INTO boss.bill VALUES ('张三', 12.50, {true}, 3, '2024-03-01', '2024-03-01 10:00:00'),
    ('b', NULL, NULL, NULL, NULL, NULL),
    ('13800138000x', 99999999999.0001, {false}, -1, '2024-03-31', '2024-03-31 23:59:59');
"""
POSTGRES = {
    "decimal": "numeric(18,4)",
    "boolean": "boolean",
    "integer": "bigint",
    "true": "true",
    "false": "false",
}
SQLITE = {
    "decimal": "text",
    "boolean": "integer",
    "integer": "integer",
    "true": "1",
    "false": "0",
}
PARTITIONS = """
CREATE TABLE boss.cdr (id bigint, day date) PARTITION BY RANGE (day);
CREATE TABLE boss.cdr_202403 PARTITION OF boss.cdr FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
CREATE TABLE boss.old (id bigint);
CREATE TABLE boss.old_1 (volte_flag text) INHERITS (boss.old);
CREATE VIEW boss.seen AS SELECT id FROM boss.cdr;
"""
SECRET = "s3cr3t-Passw0rd"
KINDS = ("postgres", "postgresql+psycopg", "adbc+postgresql", "sqlite", "adbc+sqlite")


@pytest.fixture(scope="module")
def urls(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Address of the same small billing table in each database and through each driver."""
    address = postgres.create_database("sources")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(SCHEMA.format(**POSTGRES) + PARTITIONS)
    file = tmp_path_factory.mktemp("sqlite") / "boss.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            SCHEMA.format(**SQLITE)
            .replace("CREATE SCHEMA boss;", "")
            .replace("boss.", "")
        )
    return {
        "postgres": address,
        "postgresql+psycopg": address.replace(
            "postgresql://", "postgresql+psycopg://", 1
        ),
        "adbc+postgresql": f"adbc+{address}",
        "sqlite": f"sqlite:///{file}",
        "adbc+sqlite": f"adbc+sqlite://{file}",
    }


def settings_of(tmp_path: Path, kind: str, url: str, **source: object) -> Settings:
    chosen = {
        "kind": "postgres" if kind == "postgres" else "sql",
        "batch_rows": 1_000,
        **source,
    }
    return load_settings(
        str(small_profile(tmp_path, (), source=chosen)),
        state_dir=tmp_path / "state",
        source_url=url,
    )


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def settings(tmp_path: Path, kind: str, urls: dict[str, str]) -> Settings:
    return settings_of(tmp_path, kind, urls[kind])


def named(kind: str, sql: str) -> str:
    """SQLite has no schemas."""
    return sql.replace("boss.", "") if "sqlite" in kind else sql


def test_rows_and_types_arrive(settings: Settings, kind: str) -> None:
    found = rows(settings, named(kind, "SELECT * FROM boss.bill ORDER BY calls"))
    first = next(row for row in found if row[0] == "张三")
    day, at = dt.date(2024, 3, 1), dt.datetime.fromisoformat("2024-03-01 10:00:00")
    dates = (str(day), str(at)) if "sqlite" in kind else (day, at)
    assert len(found) == 3
    assert (first[0], float(str(first[1])), first[2], first[3], *first[4:]) == (
        "张三",
        12.5,
        True,
        3,
        *dates,
    )
    assert {str(row[1]) for row in found} >= {"99999999999.0001", "None"}, (
        "a decimal keeps every digit"
    )
    assert next(row for row in found if row[0] == "b")[1:] == (None,) * 5


def test_batches_are_bounded(settings: Settings, kind: str) -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i, 'x' AS t FROM n"
    with open_source(settings) as source, source.batches(numbers) as batches:
        sizes = [batch.num_rows for batch in batches]
    assert sum(sizes) == 5_000
    if not kind.startswith(("adbc", "postgres")) or "psycopg" in kind:
        assert max(sizes) <= 1_000


@pytest.mark.parametrize(
    "change",
    ["DELETE FROM boss.bill", "DROP TABLE boss.bill", "UPDATE boss.bill SET calls = 0"],
)
def test_nothing_can_be_changed(settings: Settings, kind: str, change: str) -> None:
    with pytest.raises(ChurnError):
        rows(
            settings,
            named(kind, change + (" RETURNING *" if "TABLE" not in change else "")),
        )
    assert rows(settings, named(kind, "SELECT count(*) FROM boss.bill")) == [(3,)]


def test_a_refused_query_is_named_without_values_and_the_source_stays_usable(
    settings: Settings, kind: str
) -> None:
    with open_source(settings) as source:
        for bad in (
            "SELECT * FROM boss.nothing",
            "SELECT nothing FROM boss.bill",
            "SELECT FROM WHERE",
        ):
            with (
                pytest.raises(BadInput, match="refused a query of profile"),
                source.batches(named(kind, bad)) as batches,
            ):
                batches.read_all()
        with source.batches(
            named(kind, "SELECT count(*) AS n FROM boss.bill")
        ) as batches:
            assert batches.read_all().to_pylist() == [{"n": 3}]


@pytest.mark.parametrize(
    "kind", ["postgres", "postgresql+psycopg", "adbc+postgresql"], indirect=True
)
@pytest.mark.parametrize("value", ["13800138000x", "张三"])
def test_an_error_does_not_quote_the_data(
    settings: Settings, urls: dict[str, str], value: str
) -> None:
    query = f"SELECT account::bigint FROM boss.bill WHERE md5(account) = md5(U&'{escaped(value)}')"
    with (
        psycopg.connect(urls["postgres"]) as connection,
        pytest.raises(psycopg.Error, match=value),
    ):
        connection.execute(query)  # control: the database itself quotes it
    with pytest.raises(BadInput, match="bigint") as caught:
        rows(settings, query)
    assert value not in "".join(traceback.format_exception(caught.value))


def escaped(value: str) -> str:
    """So that the query does not hold the value itself."""
    return "".join(f"\\{ord(sign):04x}" for sign in value)


def test_relations_are_the_catalogue_s(settings: Settings, kind: str) -> None:
    with open_source(settings) as source:
        found = source.relations(
            named(kind, "WITH bill AS (SELECT 1) SELECT * FROM boss.bill, bill")
        )
        with pytest.raises(ChurnError):
            source.relations(named(kind, "SELECT * FROM boss.nothing"))
        assert source.relations(named(kind, "SELECT amount FROM boss.bill")), (
            "still usable"
        )
    (columns,) = found.values() if "sqlite" not in kind else (source_columns(settings),)
    assert list(columns) == ["account", "amount", "paid", "calls", "day", "at"]
    if kind in ("postgres", "postgresql+psycopg"):
        assert columns["amount"] == "numeric(18,4)" and columns["day"] == "date"


def source_columns(settings: Settings) -> dict[str, str]:
    with open_source(settings) as source:
        return source.relations("SELECT * FROM bill")["bill"]


@pytest.mark.parametrize("kind", ["postgres", "postgresql+psycopg"], indirect=True)
def test_relations_hold_child_tables_and_partitions(settings: Settings) -> None:
    with open_source(settings) as source:
        found = source.relations(
            "SELECT * FROM boss.cdr JOIN boss.old USING (id) JOIN boss.seen USING (id)"
        )
    assert found == {
        "boss.cdr": {"id": "bigint", "day": "date"},
        "boss.cdr/boss.cdr_202403": {"id": "bigint", "day": "date"},
        "boss.old": {"id": "bigint", "volte_flag": "text"},
        "boss.old/boss.old_1": {"id": "bigint", "volte_flag": "text"},
        "boss.seen": {"id": "bigint"},
    }


def test_a_column_that_changes_its_kind_says_what_to_do(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "odd.db")) as connection:
        connection.execute("CREATE TABLE odd (amount)")
        connection.executemany(
            "INSERT INTO odd VALUES (?)", [*[(1,)] * 1_500, ("13800138000x",)]
        )
        connection.commit()
    settings = settings_of(tmp_path, "sqlite", f"sqlite:///{tmp_path}/odd.db")
    with pytest.raises(
        BadInput, match=r"column amount: .* cast the column in the extract query"
    ) as caught:
        rows(settings, "SELECT amount FROM odd")
    assert "13800138000" not in str(caught.value)
    assert len(rows(settings, "SELECT CAST(amount AS text) FROM odd")) == 1_501


def test_a_mixed_column_of_one_batch_is_text(
    tmp_path: Path, urls: dict[str, str]
) -> None:
    settings = settings_of(tmp_path, "sqlite", urls["sqlite"])
    assert rows(
        settings, "SELECT 1 AS x UNION ALL SELECT 'a' UNION ALL SELECT NULL"
    ) == [("1",), ("a",), (None,)]


UNREACHABLE = [
    ("postgres", f"postgresql://reader:{SECRET}@127.0.0.1:1/boss"),
    ("sql", f"postgresql+psycopg://reader:{SECRET}@127.0.0.1:1/boss"),
    ("sql", f"adbc+postgresql://reader:{SECRET}@127.0.0.1:1/boss"),
    ("sql", "sqlite:////nowhere/at/all.db"),
]
MALFORMED = [
    ("postgres", f"postgresql://reader:{SECRET}@h:port@127.0.0.1:1/boss"),
    ("postgres", f"postgresql://reader:{SECRET}/with/slash@127.0.0.1:1/boss"),
    ("postgres", f"postgresql://reader@127.0.0.1:1/boss?password={SECRET}&nonsense=1"),
    ("sql", f"postgresql+psycopg://reader:{SECRET}@127.0.0.1:port/boss"),
    ("sql", f"nothing://reader:{SECRET}@127.0.0.1/boss"),
    ("sql", f"mysql+pymysql://reader:{SECRET}@127.0.0.1/boss"),
    ("sql", f"adbc+nothing://reader:{SECRET}@127.0.0.1/boss"),
    ("sql", f"reader:{SECRET}@127.0.0.1/boss"),
    ("sql", f"adbc+://reader:{SECRET}@127.0.0.1/boss"),
]


@pytest.mark.parametrize(("kind_of", "url"), UNREACHABLE)
def test_no_answer_is_worth_another_try(tmp_path: Path, kind_of: str, url: str) -> None:
    settings = settings_of(
        tmp_path, "postgres" if kind_of == "postgres" else "sql", url
    )
    with pytest.raises(ConnectionTrouble, match="did not answer"):
        rows(settings, "SELECT 1")


@pytest.mark.parametrize(("kind_of", "url"), [*UNREACHABLE, *MALFORMED])
def test_a_password_is_in_no_error_and_no_log(
    tmp_path: Path,
    kind_of: str,
    url: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = settings_of(
        tmp_path, "postgres" if kind_of == "postgres" else "sql", url
    )
    with pytest.raises(ChurnError) as caught:
        rows(settings, "SELECT 1")
    told = (
        "".join(traceback.format_exception(caught.value))
        + caplog.text
        + "".join(capfd.readouterr())
        + repr(settings)
    )
    for piece in (SECRET, "Passw0rd"):
        assert piece not in told


def test_the_password_would_be_shown_by_the_driver() -> None:
    """Control: libpq quotes what stands behind a colon it does not expect."""
    with pytest.raises(psycopg.Error, match="Passw0rd"):
        psycopg.connect(f"postgresql://reader:x@127.0.0.1:{SECRET}@127.0.0.1/boss")
    assert SECRET in secrets_of(
        f"postgresql://reader:x@127.0.0.1:{SECRET}@127.0.0.1/boss"
    )
    assert SECRET not in shown(
        ValueError(f"invalid port: {SECRET}"), "", f"postgresql://a:x@h:{SECRET}@h/b"
    )


def test_no_address_names_the_variable(tmp_path: Path) -> None:
    for source in ({"kind": "sql"}, {"kind": "postgres"}):
        settings = settings_of(tmp_path, source["kind"], "")
        with pytest.raises(SettingsError, match="CHURN_SOURCE_URL is not set; give"):
            rows(settings, "SELECT 1")
    settings = settings_of(tmp_path, "sql", "", connection="boss_db")
    with pytest.raises(
        SettingsError, match=r"source\.connection 'boss_db' is known to Airflow alone"
    ):
        rows(settings, "SELECT 1")


def test_a_lost_connection_is_worth_another_try(
    settings: Settings, kind: str, urls: dict[str, str]
) -> None:
    if "sqlite" in kind:
        pytest.skip("SQLite has no server that could go away")
    with open_source(settings) as source:
        with source.batches("SELECT pg_backend_pid() AS pid") as batches:
            pid = batches.read_all().to_pylist()[0]["pid"]
        with psycopg.connect(urls["postgres"], autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s)", (pid,))
        with pytest.raises(ConnectionTrouble), source.batches("SELECT 1") as batches:
            batches.read_all()
