"""The private cluster: socket only, short socket path at any depth, gone after stop."""

import socket
import stat
from pathlib import Path

import psutil
import psycopg
import pytest

from churn_tasks.local.postgres import Cluster


def test_a_database_is_made_once_and_answers(postgres):
    address = postgres.create_database("twice")
    assert postgres.create_database("twice") == address
    with psycopg.connect(address) as connection:
        assert connection.execute(
            "SELECT current_database(), current_user"
        ).fetchone() == ("twice", "postgres")


def test_another_role_can_be_tried(postgres):
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE somebody LOGIN")
    with psycopg.connect(postgres.url(user="somebody")) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("somebody",)


def test_no_port_is_open(postgres):
    with psycopg.connect(postgres.url()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert stat.S_IMODE(postgres.socket_dir.stat().st_mode) == 0o700


def test_text_is_ordered_the_same_everywhere(postgres):
    with psycopg.connect(postgres.url()) as connection:
        rows = connection.execute(
            "SELECT x FROM (VALUES ('b'), ('B'), ('a'), ('客')) t(x) ORDER BY x"
        ).fetchall()
    assert [row[0] for row in rows] == ["B", "a", "b", "客"]


def test_the_log_holds_no_rows(postgres):
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE secret (phone text CHECK (phone = ''))")
        with pytest.raises(
            psycopg.errors.CheckViolation, match="13912345678"
        ):  # the client is told
            connection.execute("INSERT INTO secret VALUES ('13912345678')")
    log = postgres.log_file.read_text()
    assert "violates check constraint" in log
    assert "13912345678" not in log


@pytest.fixture
def deep(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("deep") / ("d" * 120) / "var" / "postgres"
    with (
        pytest.raises(OSError, match="too long"),
        socket.socket(socket.AF_UNIX) as plain,
    ):
        plain.bind(
            str(folder / ".s.PGSQL.5432")
        )  # the control: a socket in the folder itself is impossible
    return folder


def test_a_deep_folder_works_survives_a_restart_and_leaves_nothing(deep):
    cluster = Cluster(deep, durable=False)
    try:
        cluster.start()
        address = cluster.create_database("kept")
        server = int((cluster.data_dir / "postmaster.pid").read_text().split()[0])
        cluster.stop()
        assert not cluster.running()
        assert (
            not psutil.pid_exists(server)
            or psutil.Process(server).status() == psutil.STATUS_ZOMBIE
        )
        assert not cluster.socket_dir.exists()
        cluster.start()
        with psycopg.connect(address) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        cluster.remove()
    assert not deep.exists()
