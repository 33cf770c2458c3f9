"""Every example of docs/sources.md, taken from the page and run on a real source of its kind."""

import gzip
import io
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import fsspec
import openpyxl
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from moto.server import ThreadedMotoServer

from churn_tasks.adapters.source import open_source
from churn_tasks.core.months import Month
from churn_tasks.core.settings import REPOSITORY, Settings, load_settings
from churn_tasks.core.source_section import FRAME
from churn_tasks.declared.extract_sql import rendered_sql
from churn_tasks.local.postgres import Cluster
from tests.lakes import small_profile
from tests.sources.drops import taken

PAGE = (REPOSITORY / "docs/sources.md").read_text(encoding="utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in PAGE.split("\n## ")[1:]}
MARCH = Month(2024, 3)
BILLS = [("A1", "2024-03", "12.50"), ("A2", "2024-03", "7.00")]
CSV = "account,period,amount\n" + "".join(",".join(bill) + "\n" for bill in BILLS)


def block(section: str, name: str) -> str:
    """The code under a file's name in a section."""
    found = re.search(
        rf"`{re.escape(name)}`\n\n```[a-z]+\n(.*?)```", SECTIONS[section], re.DOTALL
    )
    assert found, f"docs/sources.md shows no {name} under {section}"
    return found.group(1)


def settings_of(tmp_path: Path, section: str, **environment: Any) -> Settings:
    """A profile made of the section's own text."""
    profile = small_profile(
        tmp_path, ("bill",), **yaml.safe_load(block(section, "settings.yaml"))
    )
    sql = block(
        section if "extract/bill.sql" in SECTIONS[section] else "A PostgreSQL database",
        "extract/bill.sql",
    )
    (profile / "extract" / "bill.sql").write_text(sql, encoding="utf-8")
    return load_settings(str(profile), state_dir=tmp_path / "state", **environment)


def bills(settings: Settings) -> list[tuple[str, str, Decimal, str, str]]:
    """What the example delivers for March, in plain values."""
    sql = rendered_sql(settings, settings.calendar.window(MARCH), "bill")
    with open_source(settings, MARCH) as source, source.batches(sql) as batches:
        found = batches.read_all().to_pylist()
    return sorted(
        (row["customer_id"], row["bill_id"], Decimal(str(row["amount_cny"])), str(row["event_date"]),
         str(row["known_date"]))
        for row in found
    )  # fmt: skip


EXPECTED = [
    ("A1", "A1-2024-03", Decimal("12.50"), "2024-03-01", "2024-03-03"),
    ("A2", "A2-2024-03", Decimal("7.00"), "2024-03-01", "2024-03-03"),
]


@pytest.fixture
def database(postgres: Cluster, request: pytest.FixtureRequest) -> str:
    address = postgres.create_database(request.node.name)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            """CREATE SCHEMA billing;
            CREATE TABLE billing.bills (account text, billed_on date, amount numeric(12, 2));
            INSERT INTO billing.bills
            VALUES ('A1', '2024-03-01', 12.50), ('A2', '2024-03-01', 7), ('A3', '2024-04-01', 1)"""
        )
    return address


def test_a_postgresql_database(tmp_path: Path, database: str) -> None:
    assert (
        bills(settings_of(tmp_path, "A PostgreSQL database", source_url=database))
        == EXPECTED
    )


@pytest.mark.parametrize(
    "address", re.findall(r"CHURN_SOURCE_URL=(\S+)", SECTIONS["Any other database"])
)
def test_any_other_database(tmp_path: Path, address: str) -> None:
    with closing(sqlite3.connect(tmp_path / "boss.db")) as connection:
        connection.execute(
            "CREATE TABLE bills (account text, billed_on text, amount numeric)"
        )
        rows = [
            ("A1", "2024-03-01", 12.5),
            ("A2", "2024-03-01", 7),
            ("A3", "2024-04-01", 1),
        ]
        connection.executemany("INSERT INTO bills VALUES (?, ?, ?)", rows)
        connection.commit()
    assert "/data/" in address
    url = address.replace("/data", str(tmp_path))
    assert (
        bills(settings_of(tmp_path, "Any other database", source_url=url)) == EXPECTED
    )


def test_an_airflow_connection(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from churn_airflow.connections import connected

    section = "An Airflow connection"
    defined = re.search(r"AIRFLOW_CONN_BOSS='(.*?)'", SECTIONS[section])
    assert defined
    parts = psycopg.conninfo.conninfo_to_dict(database)
    given = json.loads(defined.group(1)) | {
        "host": "",
        "login": parts["user"],
        "schema": parts["dbname"],
    }
    monkeypatch.setenv(
        "AIRFLOW_CONN_BOSS", json.dumps({**given, "extra": {"host": parts["host"]}})
    )
    assert bills(connected(settings_of(tmp_path, section))) == EXPECTED


def test_a_folder(tmp_path: Path) -> None:
    drops = tmp_path / "drops"
    drops.mkdir()
    for period, amount in (("202403", "1.25"), ("202404", "9")):
        text = f"账户;账期;金额\nA1;{period};{amount}\nA2;{period};0.70\n"
        (drops / f"bills_{period}.csv").write_bytes(text.encode("gb18030"))
    pq.write_table(
        pa.table({"to_cny": pa.array([10], pa.int64())}), drops / "rates.parquet"
    )
    assert bills(
        settings_of(tmp_path, "A folder with CSV or Parquet files", data_path=drops)
    ) == [
        (account, bill_id.replace("2024-03", "202403"), *rest)
        for account, bill_id, *rest in EXPECTED
    ]


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_an_object_storage(tmp_path: Path, endpoint: str) -> None:
    section = "An object storage"
    place = re.search(r"CHURN_DATA_PATH=(\S+)", SECTIONS[section])
    shown = re.search(r"CHURN_DATA_OPTIONS='(.*?)'", SECTIONS[section])
    assert place and shown
    options = {**json.loads(shown.group(1)), "endpoint_url": endpoint}
    system = fsspec.filesystem("s3", **options)
    system.makedirs(
        "drops", exist_ok=True
    )  # another module of this process may have made it
    system.pipe_file("drops/boss/bills_2024-03.csv.gz", gzip.compress(CSV.encode()))
    system.pipe_file(
        "drops/boss/bills_2024-04.csv.gz",
        gzip.compress(CSV.replace("2024-03", "2024-04").encode()),
    )
    given = {"data_path": place.group(1), "data_options": json.dumps(options)}
    assert bills(settings_of(tmp_path, section, **given)) == EXPECTED


def test_an_excel_file(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "说明"
    sheet = book.create_sheet("账单")
    for line in (
        ("account", "period", "amount"),
        ("A1", "2024-03", 12.5),
        ("A2", "2024-03", 7),
    ):
        sheet.append(line)
    content = io.BytesIO()
    book.save(content)
    (tmp_path / "bills_2024-03.xlsx").write_bytes(content.getvalue())
    assert bills(settings_of(tmp_path, "An Excel file", data_path=tmp_path)) == EXPECTED


FRAMED = re.findall(
    r"```text\n(.*?)```\n\n```yaml\n(.*?)```",
    SECTIONS["What stands around the rows"],
    re.DOTALL,
)


@pytest.mark.parametrize(("text", "setting"), FRAMED)
def test_what_stands_around_the_rows(tmp_path: Path, text: str, setting: str) -> None:
    """Each example is read as it is shown, and nothing of it is set aside."""
    drops = tmp_path / "drops"
    drops.mkdir()
    (drops / "bills_2024-03.csv").write_text(text, encoding="utf-8")
    files = {"lines": yaml.safe_load(setting)["bills"]}
    profile = small_profile(tmp_path, (), source={"kind": "files", "files": files})
    settings = load_settings(
        str(profile), state_dir=tmp_path / "state", data_path=drops
    )
    given, (aside,) = taken(settings, "SELECT account, period, amount FROM lines")
    assert sorted(given) == BILLS
    assert aside.damaged == []


def test_every_setting_of_a_frame_has_an_example() -> None:
    shown = "\n".join(setting for _, setting in FRAMED)
    assert len(FRAMED) == 12
    assert [name for name in FRAME if f"{name}:" not in shown] == []


def test_every_section_with_settings_is_tested() -> None:
    """Six kinds of example; a new one needs a test here."""
    assert sum("`settings.yaml`" in text for text in SECTIONS.values()) == 6


def test_every_field_is_on_the_page() -> None:
    from churn_tasks.core.source_section import FileDrop, Source

    for field in (*FileDrop.model_fields, *Source.model_fields):
        assert (
            f"`{field}`" in PAGE or f"source.{field}" in PAGE or f"{field}:" in PAGE
        ), field
