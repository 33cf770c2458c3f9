"""What an earlier restatement under a date had made, kept while it is made again: if that fails, it is put back."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from churn_tasks.adapters.lake import Lake


@contextmanager
def put_back_on_failure(
    lake: Lake, day: date, *failures: type[Exception]
) -> Iterator[None]:
    """Run what makes the versions of one date again; on failure they are those that were there before.

    The files are linked aside: none is ever written in place. What a killed process has kept is kept on.

    Args:
        failures: after any other error what was made so far stays, to be made again.
    """
    kept = lake.root / ".staging" / f"kept-{day}"
    if not kept.is_dir():
        half = kept.with_name(f"half-{day}")
        shutil.rmtree(half, ignore_errors=True)
        _link(lake.files_of(day), lake.root, half)
        half.rename(kept)
    try:
        yield
    except failures:
        lake.discard_all(day)
        _link(kept.glob("*/month=*/*.parquet"), kept, lake.root)
        shutil.rmtree(kept)
        raise
    shutil.rmtree(kept)


def _link(files: Iterator[Path], source: Path, target: Path) -> None:
    """The same files below another folder."""
    target.mkdir(parents=True, exist_ok=True)
    for path in files:
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, place)
