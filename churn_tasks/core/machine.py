"""How much memory there is: of the machine, or of the container that the process runs in."""

import os
from pathlib import Path

CONTAINER_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),  # cgroup 2
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),  # cgroup 1
)


def memory_bytes(limits: tuple[Path, ...] = CONTAINER_LIMITS) -> int:
    """Bytes that the machine has, or fewer where a container may not take them all.

    Args:
        limits: files that may hold such a limit: a number, or ``max`` for none.
    """
    least = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in limits:
        least = min(least, _limit(path) or least)
    return least


def _limit(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
