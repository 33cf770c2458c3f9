"""What many tests read is not written by one of them: a guard that looks again when all are done."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every Parquet file below a folder, by its path there."""
    found = {}
    for path in sorted(folder.rglob("*.parquet")):
        found[str(path.relative_to(folder))] = hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
    return found


@contextmanager
def unchanged(lake: Path) -> Iterator[None]:
    """Fails at its end when a partition of a shared lake is another than at its beginning, is new or is gone.

    Raises:
        AssertionError: with the partitions.
    """
    before = digests(lake)
    yield
    after = digests(lake)
    names = before.keys() | after.keys()
    touched = sorted(name for name in names if before.get(name) != after.get(name))
    assert not touched, (
        f"a test wrote to {lake}, which others read: {', '.join(touched[:5])}."
        " Let it work on a copy of its own."
    )
