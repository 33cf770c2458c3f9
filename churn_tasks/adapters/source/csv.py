"""CSV files: their line of names, and the call that reads them.

Every column arrives as text, so that a malformed number reaches the row rules instead of being guessed away, and the
delimiter is the stated one, never a guess. DuckDB reads strictly: it stops at a row with too many or too few fields,
and the file is then read line by line (:mod:`.rewrite`), which costs no more than what is damaged.
"""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from churn_tasks.core.errors import BadInput, SettingsError
from churn_tasks.core.source_section import FileDrop
from churn_tasks.core.sql_text import literal

NAMES_CHARACTERS = 1 << 20  # longest line of names
OTHER_DELIMITERS = ",;\t|"
# what no column is called: an amount, a phone number, a day
_VALUE = re.compile(
    r"[+-]?[0-9]+[.,][0-9]+|\+?[0-9]{7,}|[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}.*"
)
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,:/-]*")


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

    def read_sql(self) -> str:
        """The call of DuckDB's reader, with nothing left to its guesses."""
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in self.columns)
        return (
            f"read_csv({literal(self.path)}, auto_detect=false, columns={{{columns}}}, header={self.is_headed},"
            f" delim={literal(self.delimiter)}, quote={literal(self.quote)}, escape={literal(self.quote)},"
            f" skip={self.blank_lines}, strict_mode=true, null_padding=false)"
        )


def plain_file(name: str, path: str, columns: tuple[str, ...]) -> CsvFile:
    """A file of rows alone, as :mod:`.rewrite` makes it."""
    return CsvFile(name, path, columns, False, 0, ",", '"')


def csv_file(
    relation: str, name: str, path: str, drop: FileDrop, delimiter: str
) -> CsvFile:
    """The file with its names.

    Raises:
        BadInput: it is empty, its names are missing, blank or repeated.
        SettingsError: another delimiter is at work.
    """
    blank_lines, first = _first_row(name, path, delimiter, drop.quote)
    if not first:
        raise BadInput(
            f"{name} is empty: not even a line with the names of the columns"
        )
    is_headed = not drop.columns
    if is_headed:
        refuse_other_delimiter(relation, name, delimiter, first)
        columns = tuple(column.strip() for column in first)
    else:
        columns = drop.columns
    if len(columns) != len(first):
        raise BadInput(
            f"{name} has {len(first)} columns; source.files.{relation}.columns names {len(columns)}"
        )
    check_names(relation, name, columns, is_first_line=is_headed)
    return CsvFile(name, path, columns, is_headed, blank_lines, delimiter, drop.quote)


def refuse_other_delimiter(
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


def _first_row(
    name: str, path: str, delimiter: str, quote: str
) -> tuple[int, list[str]]:
    """The first row that holds anything, and how many blank lines stand before it.

    Bytes that are no text stand further down: the file was looked through before, but for its damaged lines.
    """
    with open(path, encoding="utf-8-sig", newline="") as text:
        beginning = text.read(NAMES_CHARACTERS)
    try:
        rows = csv.reader(
            io.StringIO(beginning, newline=""),
            delimiter=delimiter,
            quotechar=quote,
        )
        for blank_lines, row in enumerate(rows):
            if row:
                return blank_lines, row
    except csv.Error:
        raise BadInput(
            f"{name}: its first line cannot be read as names of columns"
        ) from None
    return 0, []


def check_names(
    relation: str, name: str, columns: tuple[str, ...], *, is_first_line: bool
) -> None:
    """Raises BadInput; places are given in place of names that may be values of the first customer."""
    blank = [place for place, column in enumerate(columns, 1) if not column]
    if blank:
        raise BadInput(
            f"{name}: column {_places(blank)} has no name; if lines stand above the names, set"
            f" source.files.{relation}.names_line, if the column holds nothing, nameless: empty;"
            " churn check-source says which"
        )
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
