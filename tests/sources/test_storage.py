"""An object storage over real HTTP: S3 as moto serves it on this machine, read by s3fs."""

import gzip
import io
import json
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto.server import ThreadedMotoServer

from churn_tasks.adapters.source import open_source
from churn_tasks.core.errors import (
    ChurnError,
    ConnectionTrouble,
    NotReady,
    SettingsError,
)
from churn_tasks.core.settings import Settings
from tests.sources.drops import (
    EVERYTHING,
    MONTH,
    files_below,
    rows,
    settings_for,
    taken,
)

CSV = "customer,amount\n007,1.50\n008,twelve\n"
ROWS = [("007", "1.50"), ("008", "twelve")]
SECRET = "s3cr3t-Geheim"
PLACE = "s3://drops/boss"


def parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(
        pa.table({"customer": ["007", "008"], "amount": ["1.50", "twelve"]}), sink
    )
    return sink.getvalue()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def options(endpoint: str) -> str:
    return json.dumps({"endpoint_url": endpoint, "key": "reader", "secret": SECRET})


@pytest.fixture(scope="module")
def bucket(options: str) -> Any:
    """The storage with this month's deliveries in it."""
    system = fsspec.filesystem("s3", **json.loads(options))
    if not system.exists(
        "drops"
    ):  # moto keeps what it holds for as long as the process lives
        system.mkdir("drops")
    for key, content in {
        "bills_2024-02.csv": CSV.replace("007", "february").encode(),
        "bills_2024-03.csv": CSV.encode(),
        "packed/bills.csv.gz": gzip.compress(CSV.encode()),
        "packed/gb.csv": CSV.replace("007", "张三").encode("gb18030"),
        "lines.parquet": parquet(),
        "ragged.csv": (CSV + "x,1,13800138000\n").encode(),
        ".hidden.csv": b"half a file",
    }.items():
        system.pipe_file(f"drops/boss/{key}", content)
    system.pipe_file("drops/other/secret.csv", CSV.encode())
    return system


@pytest.fixture
def settings_at(tmp_path: Path, bucket: Any, options: str):
    """Settings that read one drop of the bucket."""

    def settings(drop: object, **given: Any) -> Settings:
        made = settings_for(tmp_path, drop, PLACE)
        environment = made.environment.model_copy(
            update={"data_options": options, **given}
        )
        return made.model_copy(update={"environment": environment})

    return settings


@pytest.mark.parametrize(
    "drop",
    [
        "bills_{month}.csv",
        "packed/*.csv.gz",
        "lines.parquet",
        "*_2024-03.csv",
        "**/bills_2024-03.csv",
    ],
)
def test_objects_are_read_like_files(
    settings_at: Any, tmp_path: Path, drop: str
) -> None:
    assert rows(settings_at(drop)) == ROWS
    assert files_below(tmp_path / "state") == []


def test_an_object_in_another_encoding(settings_at: Any) -> None:
    assert rows(settings_at({"path": "packed/gb.csv", "encoding": "gb18030"})) == [
        ("008", "twelve"),
        ("张三", "1.50"),
    ]


def test_while_it_is_read_no_object_has_a_name_on_this_machine(
    settings_at: Any, tmp_path: Path
) -> None:
    with (
        open_source(settings_at("bills_2024-03.csv"), MONTH) as source,
        source.batches(EVERYTHING) as batches,
    ):
        assert files_below(tmp_path / "state") == []
        assert batches.read_all().num_rows == 2


def test_relations_name_the_objects(settings_at: Any) -> None:
    with open_source(settings_at("bills_*.csv"), MONTH) as source:
        assert set(source.relations("SELECT * FROM lines")) == {
            "lines", "lines/bills_2024-02.csv", "lines/bills_2024-03.csv",
        }  # fmt: skip


def test_a_new_object_is_seen_at_once(settings_at: Any, bucket: Any) -> None:
    settings = settings_at("late_*.csv")
    with pytest.raises(
        NotReady,
        match=r"no file matches 'late_\*\.csv' in s3://drops/boss, which holds",
    ):
        rows(settings)
    bucket.pipe_file("drops/boss/late_1.csv", CSV.encode())
    assert rows(settings) == ROWS


def test_an_object_waits_for_its_mark(settings_at: Any, bucket: Any) -> None:
    settings = settings_at({"path": "marked.csv", "complete_when": "done"})
    bucket.pipe_file("drops/boss/marked.csv", CSV.encode())
    with pytest.raises(NotReady, match=r"marked\.csv\.done is not"):
        rows(settings)
    bucket.pipe_file("drops/boss/marked.csv.done", b"")
    assert rows(settings) == ROWS


def test_a_ragged_line_of_an_object_is_set_aside_by_number(settings_at: Any) -> None:
    _, (aside,) = taken(settings_at("ragged.csv"))
    (one,) = aside.damaged
    assert (aside.file, one.line, one.reason) == ("ragged.csv", 4, "row_fields")
    assert "13800138000" not in one.text


@pytest.mark.parametrize(
    "pattern",
    ["../other/secret.csv", "/drops/other/secret.csv", "s3://drops/other/secret.csv"],
)
def test_no_pattern_leaves_the_prefix(settings_at: Any, pattern: str) -> None:
    with pytest.raises(ChurnError):
        rows(settings_at(pattern))


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"data_path": "s3://nothing/boss"}, NotReady, "is not there"),
        ({"data_options": json.dumps({"endpoint_url": "http://127.0.0.1:1", "key": "x", "secret": SECRET})},
         ConnectionTrouble, "the storage did not answer"),
        ({"data_options": "endpoint=http://127.0.0.1"}, SettingsError, "CHURN_DATA_OPTIONS is no JSON object"),
        ({"data_options": "[1]"}, SettingsError, "CHURN_DATA_OPTIONS is no JSON object"),
        ({"data_path": "nothing://drops/boss"}, SettingsError, "asks for nothing://"),
        ({"data_path": "simplecache::s3://drops/boss"}, SettingsError, "protocol://bucket/prefix"),
        ({"data_path": f"s3://reader:{SECRET}@drops/boss"}, SettingsError, "protocol://bucket/prefix"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_without_the_key(
    settings_at: Any,
    given: dict[str, Any],
    error: type[ChurnError],
    told: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    settings = settings_at("bills_2024-03.csv", **given)
    with pytest.raises(error, match=told) as caught:
        rows(settings)
    assert SECRET not in "".join(traceback.format_exception(caught.value)) + caplog.text


def test_a_folder_may_be_written_as_an_address(tmp_path: Path) -> None:
    (tmp_path / "drops").mkdir()
    (tmp_path / "drops" / "a.csv").write_text(CSV)
    assert rows(settings_for(tmp_path, "a.csv", f"file://{tmp_path}/drops")) == ROWS
    with pytest.raises(SettingsError, match="stays in it"):
        rows(settings_for(tmp_path, "../a.csv", f"file://{tmp_path}/drops"))


def test_a_storage_in_memory(tmp_path: Path) -> None:
    system = fsspec.filesystem("memory")
    system.pipe_file("/churn-test/boss/a.csv", CSV.encode())
    try:
        assert rows(settings_for(tmp_path, "*.csv", "memory://churn-test/boss")) == ROWS
    finally:
        system.rm("/churn-test", recursive=True)
