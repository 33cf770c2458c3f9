"""CPU seconds of the demo by kind of process, for any build of it.

    .venv/bin/python -m benchmarks.demo /path/to/build --customers 20000 --months 12

Runs the demo of the build in that folder with a state folder of its own, stops it, and prints a row a kind of process.
Every process of a demo descends from this one, which also takes in those whose parents have ended: the total is Linux's
own, nothing is missed. The kinds come from looking at ``/proc`` each half second. PostgreSQL says in the title of a
process for which database it works; what came and went between two looks stands under ``PostgreSQL: server``.
Orchestration is everything but tasks, the source's and the warehouse's part, and the simulator; what a task takes
before its steps begin stands under tasks.
"""

import ctypes
import json
import os
import resource
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.console import Console
from rich.table import Table

from churn_tasks.core.settings import process_environment

PR_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>
LOOK_EVERY_S = 0.5
DEMO = "demo and simulator"
PREPARATION = "preparing databases"
SERVER = "PostgreSQL: server"
SUPERVISORS, TASKS = "task supervisors", "tasks: start-up and steps"
OF_STEPS = (TASKS, "PostgreSQL: source", "PostgreSQL: warehouse")
OWN_VARIABLES = ("CHURN_", "AIRFLOW", "PYTHON", "MLFLOW")

Seconds = Counter[str]  # kind of process -> CPU seconds


@dataclass(frozen=True)
class Used:
    """CPU seconds of a living process, and of the ended ones that it waited for."""

    kind: str
    own_s: float
    kind_of_children: str
    children_s: float


@dataclass
class Watch:
    """What the processes of one demo have used so far.

    Attributes:
        state_dir: of the demo; names the services' processes.
        living: as of the last look.
        backends: PostgreSQL's processes that were ever seen: database and CPU seconds.
        before_tasks: seconds by kind until the first task began.
    """

    state_dir: Path
    living: dict[int, Used] = field(default_factory=dict)
    backends: dict[int, tuple[str, float]] = field(default_factory=dict)
    before_tasks: Seconds = field(default_factory=Counter)
    started: float = field(default_factory=time.monotonic)
    first_task_s: float = 0.0

    def look(self) -> None:
        """Note what every process has used."""
        services = self._services()
        living = {}
        for process in psutil.Process().children(recursive=True):
            try:
                living[process.pid] = used = _used(process, services)
            except psutil.NoSuchProcess:
                continue
            if used.kind.startswith("PostgreSQL"):
                self.backends[process.pid] = (used.kind, used.own_s)
        self.living = living
        kinds = {used.kind for used in living.values()}
        if SUPERVISORS in kinds and not self.first_task_s:
            self.first_task_s = time.monotonic() - self.started
            self.before_tasks = self.by_kind()

    def _services(self) -> dict[int, str]:
        """Name of the service that each leading process is."""
        services: dict[int, str] = {}
        written = self.state_dir / "local" / "processes.json"
        if written.exists():
            for name, session in json.loads(written.read_text()).items():
                services[session["leader"]] = name.partition("-")[2] or name
        postmaster = self.state_dir / "postgres" / "data" / "postmaster.pid"
        if postmaster.exists():
            services[int(postmaster.read_text().split()[0])] = "postgres"
        return services

    def by_kind(self) -> Seconds:
        """Seconds by kind, of living and ended processes."""
        seconds: Seconds = Counter()
        for used in self.living.values():
            seconds[used.kind] += used.own_s
            seconds[used.kind_of_children] += used.children_s
        for process, (kind, own_s) in self.backends.items():
            if process not in self.living:  # ended: the server has waited for it
                seconds[kind] += own_s
                seconds[SERVER] -= own_s
        return seconds


def _used(process: psutil.Process, services: dict[int, str]) -> Used:
    times = process.cpu_times()
    kind, kind_of_children = _kinds(process, services)
    return Used(
        kind,
        times.user + times.system,
        kind_of_children,
        times.children_user + times.children_system,
    )


def _kinds(process: psutil.Process, services: dict[int, str]) -> tuple[str, str]:
    """The kind of a process, and that of the ended processes that it waited for."""
    service = _service(process, services)
    title = " ".join(process.cmdline())
    if service == "":
        of_demo = "churn_tasks.local demo" in title
        return (DEMO if of_demo else PREPARATION), PREPARATION
    if service == "postgres":
        return _database(title), SERVER
    if service != "scheduler":
        return service, service
    if process.pid in services:
        return service, service
    if "forkserver" in title:
        return "preload", TASKS
    if "LocalExecutor" in title:
        return SUPERVISORS, TASKS
    return TASKS, TASKS


def _service(process: psutil.Process, services: dict[int, str]) -> str:
    """The service to which a process belongs; nothing for the demo's own."""
    for ancestor in (process, *process.parents()):
        if ancestor.pid in services:
            return services[ancestor.pid]
    return ""


def _database(title: str) -> str:
    """``postgres: postgres airflow_telecom [local] idle``: the third word is a database."""
    words = title.split()
    if words[:1] != ["postgres:"] or "[local]" not in words:
        return SERVER  # one that has just ended has no title
    return f"PostgreSQL: {words[2]}"


def main(
    folder: Annotated[Path, typer.Argument(help="The build.")] = Path(),
    customers: Annotated[int, typer.Option(min=100)] = 20_000,
    months: Annotated[int, typer.Option(min=1)] = 12,
    python: Annotated[
        Path | None, typer.Option(help="The folder's .venv when absent.")
    ] = None,
) -> None:
    """Run the demo, stop it, print what it took."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    program = [str(python or folder.resolve() / ".venv/bin/python")]
    program += ["-m", "churn_tasks.local"]
    sizes = ["--customers", str(customers), "--months", str(months)]
    with tempfile.TemporaryDirectory(prefix="churn-bench-") as name:
        state_dir = Path(name)
        environment = _environment(state_dir)
        watch = Watch(state_dir)
        demo = subprocess.Popen([*program, "demo", *sizes], cwd=folder, env=environment)
        try:
            while not _has_ended(demo.pid):
                watch.look()
                time.sleep(LOOK_EVERY_S)
            wall_s = time.monotonic() - watch.started
        finally:
            subprocess.run([*program, "stop"], cwd=folder, env=environment, check=True)
        demo.wait()
        _wait_for_all()
    total = resource.getrusage(resource.RUSAGE_CHILDREN)
    console = Console(width=100)
    console.print(
        f"{customers:,} customers, {months} months: {wall_s:.0f} s, the first task after {watch.first_task_s:.0f} s; "
        f"all processes {total.ru_utime + total.ru_stime:.1f} CPU s, exit status {demo.returncode}"
    )
    console.print(_table(watch))


def _environment(state_dir: Path) -> dict[str, str]:
    inherited = {}
    for name, value in process_environment().items():
        if not name.startswith(OWN_VARIABLES):
            inherited[name] = value
    return {**inherited, "CHURN_STATE_DIR": str(state_dir)}


def _has_ended(process: int) -> bool:
    """Whether a child has ended; it can still be looked at and waited for."""
    return (
        os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    )


def _wait_for_all() -> None:
    """Until no descendant is left."""
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return


def _table(watch: Watch) -> Table:
    before, after = watch.before_tasks, watch.by_kind()
    after.subtract(before)
    table = Table("kind of process", "CPU s", "before the first task", "from then on")
    for kind, _ in watch.by_kind().most_common():
        _add(table, kind, before[kind], after[kind])
    table.add_section()
    prepared_s = _without(before, (*OF_STEPS, DEMO))  # until then the demo simulates
    _add(table, "orchestration", prepared_s, _without(after, OF_STEPS))
    _add(table, "all", before.total(), after.total())
    return table


def _add(table: Table, kind: str, before_s: float, after_s: float) -> None:
    shown = [f"{seconds:.1f}" for seconds in (before_s + after_s, before_s, after_s)]
    table.add_row(kind, *shown)


def _without(seconds: Seconds, kinds: tuple[str, ...]) -> float:
    """Seconds of all other kinds."""
    return seconds.total() - sum(seconds[kind] for kind in kinds)


if __name__ == "__main__":
    typer.run(main)
