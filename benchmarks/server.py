"""CPU seconds of a PostgreSQL server on this machine, its backends included (proc(5))."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import Taken, taken

TICKS_S = os.sysconf("SC_CLK_TCK")
BACKEND_ENDS_S = 1.0  # until the postmaster has counted a backend whose client is gone
# fields of /proc/<pid>/stat behind the name of the program, counted from 0
PARENT = 1
OWN = slice(11, 13)  # user, system
ENDED_CHILDREN = slice(13, 15)


def server_cpu_s(data_dir: Path) -> float:
    """Of the postmaster of a data folder, its backends, and those that have ended."""
    postmaster = (data_dir / "postmaster.pid").read_text().split()[0]
    ticks = _sum(_stat(postmaster)[OWN]) + _sum(_stat(postmaster)[ENDED_CHILDREN])
    for folder in Path("/proc").glob("[0-9]*"):
        fields = _stat(folder.name)
        if fields and fields[PARENT] == postmaster:
            ticks += _sum(fields[OWN])
    return ticks / TICKS_S


@contextmanager
def with_server(data_dir: Path) -> Iterator[Taken]:
    """Measure what is done inside, and what the server did for it."""
    before = server_cpu_s(data_dir)
    with taken() as measured:
        yield measured
    time.sleep(BACKEND_ENDS_S)
    measured.cpu_s += server_cpu_s(data_dir) - before


def _stat(process: str) -> list[str]:
    """Its fields behind the name; none of a process that has ended."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()


def _sum(ticks: list[str]) -> int:
    return sum(map(int, ticks))
