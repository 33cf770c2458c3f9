"""Drop folders for tests: a profile that reads files, files written in a line, and what comes out of them."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from churn_tasks.adapters.source import open_source, read_again
from churn_tasks.adapters.source.aside import FileAside
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, load_settings
from tests.lakes import small_profile

EVERYTHING = "SELECT * FROM lines ORDER BY ALL"
MONTH = Month(2024, 3)


def settings_for(
    tmp_path: Path, drop: object, place: object, **source: Any
) -> Settings:
    """A profile whose one relation ``lines`` reads ``drop`` at ``place``."""
    given = {"kind": "files", "files": {"lines": drop}, **source}
    profile = small_profile(tmp_path, (), source=given)
    return load_settings(str(profile), state_dir=tmp_path / "state", data_path=place)


def table(
    settings: Settings, sql: str = EVERYTHING, month: Month | None = MONTH
) -> pa.Table:
    """All rows of one query."""
    with open_source(settings, month) as source, source.batches(sql) as batches:
        return batches.read_all()


def rows(
    settings: Settings, sql: str = EVERYTHING, month: Month | None = MONTH
) -> list[tuple[object, ...]]:
    """The same as tuples."""
    found = table(settings, sql, month)
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))


def taken(
    settings: Settings, sql: str = EVERYTHING
) -> tuple[list[tuple[object, ...]], list[FileAside]]:
    """All rows of one query, damaged ones set aside, and what of the files is no row."""
    with open_source(settings, MONTH) as source:

        def read() -> pa.Table:
            with source.batches(sql) as batches:
                return batches.read_all()

        found = read_again(read)
        asides = source.asides(sql)
    given = list(zip(*(column.to_pylist() for column in found.columns), strict=True))
    return given, asides


def lines_of(aside: FileAside) -> int:
    """Lines that were read: rows, frame and damaged ones."""
    return aside.rows + aside.frame.total() + len(aside.damaged)


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
