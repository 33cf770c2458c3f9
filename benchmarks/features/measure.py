"""What a piece of work took: seconds of the clock, CPU of this process and of those it started, and peak memory."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


@dataclass
class Taken:
    """Filled in when the work is done."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = (
        0.0  # of the process so far, or of the largest that it started and saw end
    )


@contextmanager
def taken() -> Iterator[Taken]:
    """Measure what is done inside."""
    found, before, started = Taken(), _cpu_s(), time.monotonic()
    yield found
    found.wall_s, found.cpu_s = time.monotonic() - started, _cpu_s() - before
    found.peak_mb = max(resource.getrusage(who).ru_maxrss for who in WHO) / 1024


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in WHO]
    return sum(one.ru_utime + one.ru_stime for one in used)
