"""Small Excel files: one sheet becomes rows of text, with dates and numbers as CSV would hold them.

An .xlsx file is a zip of XML. Before it is opened its parts are unpacked once, within the limits for every packing,
and the cells' addresses are read, because two cells in opposite corners of a sheet would claim memory for all between
them. A cell that is computed by a formula is refused: its value may be stale or missing.
"""

import datetime as dt
import fnmatch
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from churn_tasks.adapters.source.records import Record
from churn_tasks.adapters.source.unpack import COPY_BYTES, Budget
from churn_tasks.core.errors import BadInput, SettingsError

if TYPE_CHECKING:
    import python_calamine

XLSX_BYTES = 256 << 20  # all parts together, unpacked; they are held in memory
MOST_PARTS = 1_000
# on average: the whole sheet may have this many times source.max_sheet_rows
CELLS_A_ROW = 100
_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')
_FORMULA = re.compile(
    rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3}[0-9]{1,7})"[^>]*>\s*<(?:\w+:)?f[\s>/]'
)


class UnclearSheet(SettingsError):
    """Which sheet is meant is not clear; ``sheets`` are those that it may be."""

    def __init__(self, told: str, sheets: list[str]) -> None:
        super().__init__(told)
        self.sheets = sheets


@dataclass(frozen=True)
class Sheet:
    """One sheet of a file.

    Attributes:
        names: of all sheets of the file.
    """

    name: str
    names: list[str]
    records: Iterator[Record]


def opened_sheet(
    name: str,
    stream: BinaryIO,
    sheet: str,
    max_rows: int,
    budget: Budget,
) -> Sheet:
    """The filled rows of one sheet, each with its number in Excel.

    Args:
        sheet: its name or a pattern of it; empty for the only one.
        max_rows: more rows are refused: such data belong in CSV or Parquet.

    Raises:
        BadInput: it is damaged, too large, or holds formulas.
        SettingsError: which sheet is meant is not clear.
    """
    import python_calamine

    content = _repacked(name, stream, budget, max_rows)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        chosen = book.get_sheet_by_name(_chosen(name, book.sheet_names, sheet))
    except (
        python_calamine.CalamineError,
        python_calamine.PasswordError,
        zipfile.BadZipFile,
    ) as error:
        raise BadInput(
            f"{name} is no readable Excel file: {type(error).__name__}"
        ) from None
    if chosen.total_height > max_rows + 1:
        raise BadInput(
            f"{name} has {chosen.total_height - 1:,} rows; Excel files are read up to {max_rows:,}"
            " (source.max_sheet_rows), deliver CSV or Parquet"
        )
    return Sheet(chosen.name, list(book.sheet_names), _records(chosen))


def _records(sheet: "python_calamine.CalamineSheet") -> Iterator[Record]:
    """Rows that hold something; empty ones above the table are read, empty columns on its left are not."""
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells = [_text(value) for value in row]
        if any(cells):  # a row without any value is none
            yield Record(number, cells, ",".join(cells) + "\n")


def _chosen(name: str, sheets: list[str], sheet: str) -> str:
    """The sheet of this name; else the only one that the pattern fits."""
    if sheet in sheets:
        return sheet
    fitting = fnmatch.filter(sheets, sheet)
    if len(fitting) == 1:
        return fitting[0]
    if len(fitting) > 1:
        raise UnclearSheet(
            f"{name}: sheet {sheet!r} fits {', '.join(fitting[:5])}; it has to fit one of them",
            fitting,
        )
    if sheet or len(sheets) != 1:
        none_of_them = f", {sheet} is none of them" if sheet else ""
        raise UnclearSheet(
            f"{name} holds the sheets {', '.join(sheets[:5])}; name one of them as sheet{none_of_them}",
            sheets,
        )
    return sheets[0]


def _repacked(name: str, stream: BinaryIO, budget: Budget, max_rows: int) -> bytes:
    """The same parts, checked and without packing: what is read later is what was counted here."""
    packed = io.BytesIO()
    try:
        with (
            zipfile.ZipFile(stream) as given,
            zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as made,
        ):
            parts = [part for part in given.infolist() if not part.is_dir()]
            names = [part.filename for part in parts]
            if len(parts) > MOST_PARTS or "xl/workbook.xml" not in names:
                raise BadInput(
                    f"{name} is no Excel file (.xlsx): it lacks xl/workbook.xml or holds too many parts"
                )
            grown = 0
            for part in parts:
                content = b"".join(_bounded(name, given, part, budget, grown))
                grown += len(content)
                if part.filename.startswith("xl/worksheets/"):
                    _check_cells(name, content, max_rows)
                made.writestr(part.filename, content)
    except (
        zipfile.BadZipFile,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise BadInput(
            f"{name} is not a whole Excel file (.xlsx): {type(error).__name__}"
        ) from None
    return packed.getvalue()


def _bounded(
    name: str,
    given: zipfile.ZipFile,
    part: zipfile.ZipInfo,
    budget: Budget,
    before: int,
) -> Iterator[bytes]:
    grown = 0
    with given.open(part) as member:
        while piece := member.read(COPY_BYTES):
            grown += len(piece)
            budget.spend(name, len(piece), grown, part.compress_size)
            if before + grown > XLSX_BYTES:
                raise BadInput(
                    f"{name} unpacks to more than {XLSX_BYTES >> 20} MB; deliver CSV or Parquet"
                )
            yield piece


def _check_cells(name: str, sheet: bytes, max_rows: int) -> None:
    """Raises BadInput: cells lie too far apart, or are computed."""
    formulas = [cell.group(1).decode() for cell in _FORMULA.finditer(sheet)]
    if formulas or b"<f>" in sheet or b"<f " in sheet:
        raise BadInput(
            f"{name}: cells hold formulas, whose values may be stale ({len(formulas)}, e.g."
            f" {', '.join(formulas[:5])}); save the sheet with values only"
        )
    rows, width = 0, 0
    for cell in _CELL.finditer(sheet):
        rows = max(rows, int(cell.group(2)))
        width = max(width, _column_number(cell.group(1)))
    if rows * width > CELLS_A_ROW * (max_rows + 1) or rows > max_rows + 1:
        raise BadInput(
            f"{name} spans {rows:,} rows and {width:,} columns; Excel files are read up to {max_rows:,} rows"
            " (source.max_sheet_rows), deliver CSV or Parquet"
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _text(value: object) -> str:
    """A cell as CSV would hold it: ISO dates, no ``.0`` behind whole numbers, an empty field for an empty cell."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return str(value)
