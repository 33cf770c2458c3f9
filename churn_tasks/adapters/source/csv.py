"""CSV files: their line of names, the call that reads them, and what is wrong when they cannot be read.

Every column arrives as text, so that a malformed number reaches the row rules instead of being guessed away, and the
delimiter is the stated one, never a guess. A row with too many or too few fields belongs to nobody's columns: the file
is refused with its line numbers, and nothing of it is taken over.
"""

import csv
import io
import itertools
import re
from collections import Counter
from dataclasses import dataclass

import duckdb

from churn_tasks.core.errors import BadInput, SettingsError
from churn_tasks.core.source_section import FileDrop
from churn_tasks.core.sql_text import identifier, literal

NAMES_CHARACTERS = 1 << 20  # longest line of names
OTHER_DELIMITERS = ",;\t|"
# what no column is called: an amount, a phone number, a day
_VALUE = re.compile(
    r"[+-]?[0-9]+[.,][0-9]+|\+?[0-9]{7,}|[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}.*"
)
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,:/-]*")
_LINE = re.compile(r"CSV Error on Line: ([0-9]+)")
MEANINGS = {
    "TOO MANY COLUMNS": "more fields than columns (an unquoted delimiter in a value?)",
    "MISSING COLUMNS": "fewer fields than columns (a line break outside quotes, or a cut-off file?)",
    "UNQUOTED VALUE": "a quote that is not closed, or text behind a closing quote",
    "LINE SIZE OVER MAXIMUM": "more than 2 MB in one row (a quote that is not closed?)",
    "INVALID ENCODING": "bytes that are not UTF-8",
}


@dataclass(frozen=True)
class CsvFile:
    """One CSV file, plain UTF-8 by now.

    Attributes:
        name: as people know it, for messages.
        path: ``/dev/fd/<n>`` of the opened file.
        columns: names in order.
        is_headed: its first line holds the names.
        blank_lines: before the first line that holds anything.
    """

    name: str
    path: str
    columns: tuple[str, ...]
    is_headed: bool
    blank_lines: int
    delimiter: str
    quote: str

    def read_sql(self, more: str = "") -> str:
        """The call of DuckDB's reader, with nothing left to its guesses."""
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in self.columns)
        return (
            f"read_csv({literal(self.path)}, auto_detect=false, columns={{{columns}}}, header={self.is_headed},"
            f" delim={literal(self.delimiter)}, quote={literal(self.quote)}, escape={literal(self.quote)},"
            f" skip={self.blank_lines}, strict_mode=true, null_padding=false{more})"
        )


def csv_file(relation: str, name: str, path: str, drop: FileDrop) -> CsvFile:
    """The file with its names.

    Raises:
        BadInput: it is empty, its names are missing, blank or repeated.
        SettingsError: another delimiter is at work.
    """
    blank_lines, first = _first_row(name, path, drop)
    if not first:
        raise BadInput(
            f"{name} is empty: not even a line with the names of the columns"
        )
    is_headed = not drop.columns
    if is_headed:
        _refuse_other_delimiter(relation, name, drop.delimiter, first)
        columns = tuple(column.strip() for column in first)
    else:
        columns = drop.columns
    if len(columns) != len(first):
        raise BadInput(
            f"{name} has {len(first)} columns; source.files.{relation}.columns names {len(columns)}"
        )
    _check_names(relation, name, columns, is_first_line=is_headed)
    return CsvFile(
        name, path, columns, is_headed, blank_lines, drop.delimiter, drop.quote
    )


def _refuse_other_delimiter(
    relation: str, name: str, delimiter: str, first: list[str]
) -> None:
    """Raises SettingsError: the line of names is one column, with what others delimit by in it."""
    if len(first) != 1:
        return
    for sign in OTHER_DELIMITERS:
        if sign in first[0]:
            raise SettingsError(
                f"{name}: with delimiter {delimiter!r} its first line is one column, but it holds {sign!r};"
                f" set source.files.{relation}.delimiter"
            )


def _first_row(name: str, path: str, drop: FileDrop) -> tuple[int, list[str]]:
    """The first row that holds anything, and how many blank lines stand before it."""
    with open(path, encoding="utf-8-sig", newline="") as text:
        beginning = text.read(NAMES_CHARACTERS)
    try:
        rows = csv.reader(
            io.StringIO(beginning, newline=""),
            delimiter=drop.delimiter,
            quotechar=drop.quote,
        )
        for blank_lines, row in enumerate(rows):
            if row:
                return blank_lines, row
    except csv.Error:
        raise BadInput(
            f"{name}: its first line cannot be read as names of columns"
        ) from None
    return 0, []


def _check_names(
    relation: str, name: str, columns: tuple[str, ...], *, is_first_line: bool
) -> None:
    """Raises BadInput; places are given in place of names that may be values of the first customer."""
    blank = [place for place, column in enumerate(columns, 1) if not column]
    if blank:
        raise BadInput(f"{name}: column {_places(blank)} has no name")
    if is_first_line:
        _refuse_values(relation, name, columns)
    times = Counter(column.casefold() for column in columns)
    doubled = {column for column in columns if times[column.casefold()] > 1}
    if doubled:
        raise BadInput(
            f"{name}: names of columns stand twice (case does not tell them apart):"
            f" {', '.join(sorted(doubled)[:5])}"
        )


def _refuse_values(relation: str, name: str, columns: tuple[str, ...]) -> None:
    """Raises BadInput: one of the names looks like a value of the first customer, or half of them are numbers."""
    values = [place for place, column in enumerate(columns, 1) if _is_value(column)]
    numbers = [column for column in columns if _NUMBER.fullmatch(column)]
    if values or 2 * len(numbers) >= len(columns) > 1:
        where = f" (column {_places(values)})" if values else ""
        raise BadInput(
            f"{name}: its first line holds values, not names{where}; deliver a line of names or list them under"
            f" source.files.{relation}.columns"
        )


def _is_value(column: str) -> bool:
    return column[0] in "=+-@" or _VALUE.fullmatch(column) is not None


def _places(places: list[int]) -> str:
    return ", ".join(map(str, places[:5]))


def complaint(
    connection: duckdb.DuckDBPyConnection, files: list[CsvFile], error: Exception
) -> str | None:
    """What is wrong with which file: kinds of malformed rows, how many, up to five line numbers; None if nothing is.

    Args:
        connection: may read the files; each is read once more, with its malformed rows noted.
        error: what the reader raised.
    """
    if not isinstance(error, duckdb.InvalidInputException) and "CSV" not in str(error):
        return None
    complaints = filter(None, (_malformed(connection, file) for file in files))
    told = "; ".join(itertools.islice(complaints, 5))
    if not told:
        return None
    return f"{told}. Nothing was taken over; have the file corrected."


def _malformed(connection: duckdb.DuckDBPyConnection, file: CsvFile) -> str | None:
    """What is wrong with one file; None if nothing is."""
    names = ", ".join(map(identifier, file.columns))
    try:
        noting = file.read_sql(", store_rejects=true, rejects_limit=0")
        connection.execute(
            f"SELECT count(COLUMNS(*)) FROM (SELECT {names} FROM {noting})"
        ).fetchall()
    except duckdb.Error as error:
        return _unreadable(file, str(error))
    kinds = connection.execute(
        "SELECT CAST(error_type AS VARCHAR), count(DISTINCT line), list_sort(list(DISTINCT line))[1:5]"
        " FROM reject_errors JOIN reject_scans USING (scan_id, file_id)"
        f" WHERE file_path = {literal(file.path)} GROUP BY 1 ORDER BY min(line)"
    ).fetchall()
    told = []
    for kind, count, lines in kinds:
        meaning = MEANINGS.get(kind, kind.lower())
        rows = "1 row" if count == 1 else f"{count} rows"
        told.append(f"{rows} with {meaning}, line {', '.join(map(str, lines))}")
    return f"{file.name}: {'; '.join(told)}" if told else None


def _unreadable(file: CsvFile, error: str) -> str:
    """The place where DuckDB gave the whole file up."""
    line = _LINE.search(error)
    where = f"{file.name}, line {line.group(1)}" if line else file.name
    mixed = " (lines end in both CRLF and LF?)" if "state machine" in error else ""
    return f"{where}: no readable CSV{mixed}"
