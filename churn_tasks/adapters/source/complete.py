"""Whether a file is there as a whole: by a mark beside it, or by a digest that came with it."""

import hashlib
import re

from churn_tasks.adapters.source.file_names import DropFile
from churn_tasks.adapters.source.unpack import pieces
from churn_tasks.core.errors import NotReady
from churn_tasks.core.source_section import FileDrop

_DIGEST = re.compile(r"[0-9a-f]{64}")


def require_complete(relation_name: str, file: DropFile, drop: FileDrop) -> None:
    """Raises NotReady: what says that the file is complete is missing, or its digest is another."""
    if drop.complete_when == "there":
        return
    mark = file.beside(f".{drop.complete_when}")
    if mark is None:
        raise NotReady(
            f"source.files.{relation_name}: {file.name} is there, {file.name}.{drop.complete_when} is not; the delivery"
            " is not complete"
        )
    if drop.complete_when == "sha256" and _noted_digest(mark) != _digest(file):
        raise NotReady(
            f"source.files.{relation_name}: {file.name} does not have the digest in {file.name}.sha256; it is"
            " incomplete or damaged"
        )


def _noted_digest(mark: DropFile) -> str | None:
    with mark.open() as note:
        text = note.read(1000).decode("ascii", "replace").lower()
    digest = _DIGEST.search(text)
    return digest.group() if digest else None


def _digest(file: DropFile) -> str:
    digest = hashlib.sha256()
    with file.open() as stream:
        for piece in pieces(stream):
            digest.update(piece)
    return digest.hexdigest()
