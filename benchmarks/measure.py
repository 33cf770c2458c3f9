"""What a piece of work took, and how to do it in a process of its own, whose memory nothing else has filled."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
MB_KB = 1024


@dataclass
class Taken:
    """Filled in when the work is done.

    Attributes:
        cpu_s: of this process and of those that it started and saw end.
        peak_mb: of the process so far, or of the largest that it started and saw end.
    """

    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0


@contextmanager
def taken() -> Iterator[Taken]:
    """Measure what is done inside."""
    measured = Taken()
    cpu_before, started = _cpu_s(), time.monotonic()
    yield measured
    measured.wall_s = time.monotonic() - started
    measured.cpu_s = _cpu_s() - cpu_before
    measured.peak_mb = _peak_mb()


def cells(part: dict[str, Any]) -> tuple[str, str, str]:
    """``wall_s``, ``cpu_s`` and ``peak_mb`` of a piece of work for a table."""
    return (
        f"{part['wall_s']:.1f}",
        f"{part['cpu_s']:.1f}",
        f"{part['peak_mb']:,.0f}",
    )


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in WHO]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _peak_mb() -> float:
    largest_kb = max(resource.getrusage(who).ru_maxrss for who in WHO)
    return largest_kb / MB_KB


@dataclass
class Peak:
    """Filled in when the work is done: the most memory that the process held meanwhile (proc(5))."""

    mb: float = 0.0


@contextmanager
def peak_since() -> Iterator[Peak]:
    """The peak of what is done inside alone, whatever the process held before."""
    process = Path("/proc/self")
    (process / "clear_refs").write_text("5")
    peak = Peak()
    yield peak
    for line in (process / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            peak.mb = int(line.split()[1]) / MB_KB


def in_own_process(module: str, *arguments: str) -> Any:
    """Run a module with these arguments; the last line that it prints is JSON.

    Raises:
        CalledProcessError: it failed.
    """
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    last_line = done.stdout.splitlines()[-1]
    return json.loads(last_line)
