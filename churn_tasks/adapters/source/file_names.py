"""What names of files tell: which ones a pattern means, of which format a file is, and how it is packed."""

import re
from functools import partial
from pathlib import PurePosixPath

from churn_tasks.adapters.source.folder import FolderFile
from churn_tasks.adapters.source.storage import StorageFile
from churn_tasks.adapters.source.unpack import PACKINGS
from churn_tasks.core.errors import BadInput, SettingsError
from churn_tasks.core.months import Month
from churn_tasks.core.source_section import FileDrop

DropFile = FolderFile | StorageFile
FORMATS = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
}
_MONTH = re.compile(r"\{month(?::([^{}]*))?\}")


def common_format(name: str, files: list[DropFile], drop: FileDrop) -> str:
    """The format of all files of one relation.

    Raises:
        BadInput: there are several, or it is none that is read.
    """
    formats = {_format(file, drop) for file in files}
    if len(formats) == 1 and formats <= set(FORMATS.values()):
        return formats.pop()
    endings = sorted(PurePosixPath(file.name).name for file in files)
    raise BadInput(
        f"source.files.{name} matches {', '.join(endings[:5])}; allowed is one of {', '.join(FORMATS)},"
        f" CSV also packed as {', '.join(PACKINGS)}"
    )


def pattern_of(name: str, path: str, month: Month | None) -> str:
    """The pattern with the month in it, which stays below the folder."""
    if month is not None:
        pattern = _MONTH.sub(partial(_written, month), path)
    elif _MONTH.search(path):
        raise SettingsError(
            f"source.files.{name} is {path!r}; {{month}} needs the month of a run"
        )
    else:
        pattern = path
    if not _stays_below(pattern):
        raise SettingsError(
            f"source.files.{name} is {path!r}; a pattern is relative to the folder and stays in it"
        )
    return pattern


def with_month(text: str, month: Month | None) -> str:
    """A name with the month in the places of ``{month}``; as it stands where there is no month."""
    return text if month is None else _MONTH.sub(partial(_written, month), text)


def delimiter_of(file_name: str, drop: FileDrop) -> str:
    """The stated delimiter; of a ``.tsv`` file, where none is stated, the tab."""
    inner = file_name.lower()
    for packing in PACKINGS:
        inner = inner.removesuffix(packing)
    if inner.endswith(".tsv") and "delimiter" not in drop.model_fields_set:
        return "\t"
    return drop.delimiter


def _written(month: Month, place: re.Match[str]) -> str:
    """The month in the form that ``{month:%Y%m}`` asks for; ``{month}`` is ``2024-03``."""
    form = place.group(1)
    return month.start.strftime(form) if form else str(month)


def _stays_below(pattern: str) -> bool:
    path = PurePosixPath(pattern)
    if path.is_absolute() or not path.parts or ".." in path.parts:
        return False
    return "\0" not in pattern and "\\" not in pattern


def _format(file: DropFile, drop: FileDrop) -> str:
    """``csv`` for ``a.csv.xz``; a packed file of another format keeps its packing, which no reader accepts."""
    packing = packing_of(file)
    kind = drop.format or _named_format(file, packing)
    return kind if kind == "csv" else kind + packing


def _named_format(file: DropFile, packing: str) -> str:
    """The format that the name tells: by its ending, in front of that of the packing."""
    inner = PurePosixPath(file.name.lower().removesuffix(packing)).suffix
    if packing == ".zip" and not inner:
        return "csv"
    return FORMATS.get(inner, inner)


def packing_of(file: DropFile) -> str:
    suffix = PurePosixPath(file.name).suffix.lower()
    return suffix if suffix in PACKINGS else ""
