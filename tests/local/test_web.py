"""The pages: the named folders, this machine, nothing beside them."""

import threading
from functools import partial
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer

import pytest

from churn_tasks.local.web import HOST, Pages


@pytest.fixture
def get(tmp_path):
    """Ask the server for a path as a browser does not: without tidying it first."""
    (tmp_path / "reports" / "2024-03").mkdir(parents=True)
    (tmp_path / "reports" / "2024-03" / "index.html").write_text("the report")
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "data.parquet").write_text("the lake")
    (tmp_path / "reports" / "link").symlink_to(tmp_path / "lake")
    folders = {"report": (tmp_path / "reports").resolve()}
    server = ThreadingHTTPServer((HOST, 0), partial(Pages, folders=folders))
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def ask(path: str, host: str = f"{HOST}:1") -> tuple[int, str]:
        connection = HTTPConnection(HOST, server.server_port, timeout=10)
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    yield ask
    server.shutdown()
    server.server_close()


def test_the_report_is_served(get):
    assert get("/report/2024-03/index.html") == (200, "the report")
    assert get("/report/2024-03/") == (200, "the report")


@pytest.mark.parametrize("path", [
    "/", "/lake/data.parquet", "/report/../lake/data.parquet", "/report/%2e%2e/lake/data.parquet",
    "/report/..%2flake/data.parquet", "/report//../../lake/data.parquet", "/report/link/data.parquet", "/reports/",
    "//etc/passwd", "/report//etc/passwd", "/etc/passwd",
])  # fmt: skip
def test_what_lies_beside_is_not(get, path):
    status, text = get(path)
    assert status == 404
    assert "the lake" not in text


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "", "127.0.0.1.evil.example:1"]
)
def test_a_foreign_host_name_is_refused(get, host):
    assert get("/report/2024-03/index.html", host)[0] == 403
