"""What readers see while lists are being published, and what is left when the answer to COMMIT is lost."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from churn_tasks.adapters.warehouse.connection import Connection
from churn_tasks.adapters.warehouse.publication import publish, take_lease
from churn_tasks.core.errors import ConnectionTrouble
from churn_tasks.local.postgres import Cluster
from tests.warehouse.warehouses import (
    JUNE,
    SCHEMA,
    as_role,
    count,
    listed,
    migrated,
    new_url,
    small_list,
)

PUBLISHES = 40
ROWS = 200
ONE_STATEMENT = (
    "SELECT run_id, reason_1, published_at FROM bi_warning_list WHERE month = %s"
)


@pytest.fixture
def url(postgres: Cluster) -> str:
    address = new_url(postgres)
    migrated(address).close()
    return address


def test_readers_see_one_whole_run_during_publishes(url: str) -> None:
    """Run n has ROWS + n rows, each marked with n: any mixture or part shows."""
    connection = Connection(url, SCHEMA)

    def publish_all() -> None:
        for number in range(PUBLISHES):
            rows = [
                listed(rank, marker=str(number)) for rank in range(1, ROWS + number + 1)
            ]
            publish(connection, take_lease(connection, JUNE), f"run_{number}", rows)

    reads = _read_during(publish_all, url, _whole_by_pointer)
    torn = sum(not whole for whole, _ in reads)
    runs = {run for _, run in reads if run is not None}
    assert torn == 0
    assert len(reads) > PUBLISHES and len(runs) > PUBLISHES / 4, (
        "the readers were there while the month moved"
    )


def test_readers_of_a_table_rewritten_in_place_see_parts(url: str) -> None:
    """Negative control: autocommit delete and batched insert."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"CREATE TABLE {SCHEMA}.naive (marker int)")
        admin.execute(f"GRANT SELECT ON {SCHEMA}.naive TO churn_bi")

        def rewrite_all() -> None:
            for number in range(PUBLISHES):
                admin.execute(f"DELETE FROM {SCHEMA}.naive")
                for _ in range(4):
                    admin.execute(
                        f"INSERT INTO {SCHEMA}.naive SELECT %s FROM generate_series(1, 50)",
                        (number,),
                    )

        reads = _read_during(rewrite_all, url, _whole_in_place)
    assert sum(not whole for whole, _ in reads) > 0


def test_a_lost_acknowledgement_is_harmless(url: str, tmp_path: Path) -> None:
    """COMMIT of the flip lands and its answer never comes; the blind retry finds the list there. Ten times."""
    trouble = 0
    for number in range(10):
        month = JUNE + number
        with _losing_commit(
            url, commit=4
        ) as through:  # lease, stage, audit, flip: each commits once
            with pytest.raises(ConnectionTrouble):
                publish(
                    cut := Connection(through, SCHEMA),
                    take_lease(cut, month),
                    "run_a",
                    small_list(),
                )
            trouble += 1
        assert (
            count(url, "SELECT count(*) FROM manifest WHERE month = %s", month.start)
            == 1
        ), "the commit had landed"
        direct = Connection(url, SCHEMA)
        again = publish(direct, take_lease(direct, month), "run_a", small_list())
        assert (again.is_new, again.version) == (False, 1)
        assert (
            count(
                url,
                "SELECT count(*) FROM bi_warning_list WHERE month = %s",
                month.start,
            )
            == 3
        )
    assert trouble == 10


def test_a_naive_append_doubles_after_a_lost_acknowledgement(url: str) -> None:
    """Negative control: the same cut and retry with a plain INSERT."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("CREATE TABLE public.naive (customer int)")
    insert = "INSERT INTO public.naive SELECT generate_series(1, 3)"
    with (
        _losing_commit(url, commit=1) as through,
        pytest.raises(psycopg.OperationalError),
        psycopg.connect(through) as cut,
    ):
        cut.execute(insert)
    with psycopg.connect(url) as direct:
        direct.execute(insert)
    assert count(url, "SELECT count(*) FROM public.naive") == 6


def _whole_by_pointer(reader: "psycopg.Connection[Any]") -> tuple[bool, str | None]:
    rows = reader.execute(ONE_STATEMENT, (JUNE.start,)).fetchall()
    kinds = set(rows)
    run = rows[0][0] if rows else None
    return not rows or (
        len(kinds) == 1
        and len(rows) == ROWS + int(rows[0][1])
        and run == f"run_{rows[0][1]}"
    ), run


def _whole_in_place(reader: "psycopg.Connection[Any]") -> tuple[bool, str | None]:
    rows = reader.execute("SELECT marker FROM naive").fetchall()
    return len(rows) in (0, 200) and len(set(rows)) <= 1, None


def _read_during(
    work: Callable[[], None],
    url: str,
    read: Callable[["psycopg.Connection[Any]"], tuple[bool, str | None]],
) -> list[tuple[bool, str | None]]:
    """What two readers, one for each isolation level, saw while ``work`` went on."""
    stop, reads = threading.Event(), []

    def poll(level: psycopg.IsolationLevel) -> None:
        with as_role(url, "churn_bi") as reader:
            reader.autocommit = False
            reader.isolation_level = level
            while not stop.is_set():
                with reader.transaction():
                    reads.append(read(reader))
                time.sleep(0.001)

    levels = (
        psycopg.IsolationLevel.READ_COMMITTED,
        psycopg.IsolationLevel.REPEATABLE_READ,
    )
    readers = [threading.Thread(target=poll, args=(level,)) for level in levels]
    for reader in readers:
        reader.start()
    try:
        work()
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    return reads


@contextmanager
def _losing_commit(url: str, commit: int) -> Iterator[str]:
    """An address through which everything passes until the given COMMIT: it is handed on and its answer is not."""
    target = re.search(r"host=([^&]+)", url).group(1).replace("%2F", "/")
    folder = Path(target)
    port = next(
        path.name
        for path in folder.glob(".s.PGSQL.*")
        if not path.name.endswith(".lock")
    )
    away = Path(f"{target}-cut-{time.monotonic_ns()}")
    away.mkdir()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(away / port))
    listener.listen()
    thread = threading.Thread(
        target=_relay, args=(listener, str(folder / port), commit), daemon=True
    )
    thread.start()
    try:
        yield re.sub(r"host=[^&]+", f"host={quote(str(away), safe='')}", url)
    finally:
        listener.close()
        thread.join(timeout=10)
        (away / port).unlink()
        away.rmdir()


def _relay(listener: socket.socket, target: str, commit: int) -> None:
    client, _ = listener.accept()
    server = socket.socket(socket.AF_UNIX)
    server.connect(target)
    lost = threading.Event()

    def answers() -> None:
        while data := server.recv(65536):
            if (
                lost.is_set()
            ):  # the answer to the COMMIT has come: the commit has landed
                client.shutdown(socket.SHUT_RDWR)
                return
            client.sendall(data)

    back = threading.Thread(target=answers, daemon=True)
    back.start()
    seen = 0
    try:
        while data := client.recv(65536):
            seen += data.count(b"COMMIT")
            if seen >= commit:
                lost.set()
            server.sendall(data)
    except OSError:
        pass
    back.join(timeout=10)
    client.close()
    server.close()
