"""Files that are replaced as a whole: a reader sees the old bytes or the new ones, also after a kill."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path beside ``target`` to write to; on leaving without error it takes the target's place.

    Folders are made as needed. After an error the target is as it was and nothing lies beside it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        yield aside
        put_in_place(aside, target)
    finally:
        aside.unlink(missing_ok=True)


def replace_text(target: Path, text: str) -> None:
    """Replace a file by a text in UTF-8."""
    with replacing(target) as aside:
        aside.write_text(text, encoding="utf-8")


def replace_secret_text(target: Path, text: str) -> None:
    """The same for a file that its owner alone may read."""
    with replacing(target) as aside:
        aside.touch(mode=0o600)
        aside.write_text(text, encoding="utf-8")


def put_in_place(aside: Path, target: Path) -> None:
    """Rename a finished file to its place, both the bytes and the name synced to disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    _sync(aside)
    os.replace(aside, target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
