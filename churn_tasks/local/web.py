"""Serves reports and Data Docs to this machine alone: ``python -m churn_tasks.local.web PORT NAME=FOLDER ...``.

Only the named folders can be reached, not what lies beside them: the lake is next door.
"""

import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

HOST = "127.0.0.1"
NOWHERE = "/nonexistent"


class Pages(SimpleHTTPRequestHandler):
    """``/<name>/...`` from the folder of that name; everything else is not found."""

    def __init__(
        self, *arguments: object, folders: dict[str, Path], **more: object
    ) -> None:
        self.folders = folders
        super().__init__(*arguments, **more)  # type: ignore[arg-type]

    def send_head(self):  # type: ignore[no-untyped-def]  # as the base class
        """Refuse requests that a foreign page sends through this machine's browser under another host name."""
        host, _, _ = self.headers.get("Host", "").rpartition(":")
        if host not in (HOST, "localhost"):
            self.send_error(HTTPStatus.FORBIDDEN)
            return None
        return super().send_head()

    def translate_path(self, path: str) -> str:
        below = unquote(urlsplit(path).path).lstrip("/")
        name, _, rest = below.partition("/")
        root = self.folders.get(name)
        if root is None:
            return NOWHERE
        wanted = (root / rest).resolve()
        if not wanted.is_relative_to(root):
            return NOWHERE
        return f"{wanted}/" if path.endswith("/") else str(wanted)

    def log_message(self, *arguments: object) -> None:
        """Requests are not logged."""


def serve(port: int, folders: dict[str, Path]) -> None:
    """Serve until the process is ended."""
    resolved = {name: folder.resolve() for name, folder in folders.items()}
    ThreadingHTTPServer((HOST, port), partial(Pages, folders=resolved)).serve_forever()


def main() -> None:
    """Entry point: a port, and one ``name=folder`` for each folder."""
    port, *given = sys.argv[1:]
    folders = {}
    for each in given:
        name, _, folder = each.partition("=")
        folders[name] = Path(folder)
    serve(int(port), folders)


if __name__ == "__main__":
    main()
