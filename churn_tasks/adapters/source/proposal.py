"""Settings proposed for the files of a drop: encoding, delimiter, sheet, and what stands around the rows."""

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

import yaml

from churn_tasks.adapters.source.csv import OTHER_DELIMITERS
from churn_tasks.adapters.source.file_names import (
    DropFile,
    common_format,
    delimiter_of,
    packing_of,
    with_month,
)
from churn_tasks.adapters.source.files import opened
from churn_tasks.adapters.source.likely_frame import Likely, likely_frame
from churn_tasks.adapters.source.records import MARKING, CsvRecords, Dialect, Record
from churn_tasks.adapters.source.relation import (
    Relation,
    Workplace,
    add_file,
    matching,
    unpacked_copy,
)
from churn_tasks.adapters.source.sheet import UnclearSheet, opened_sheet
from churn_tasks.adapters.source.unpack import lines_by_encoding
from churn_tasks.core.errors import ChurnError
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.core.source_section import FileDrop

MOST_LINES, LAST_LINES = 200_000, 1_000  # of a file that are looked at
LOOKED_AT = 200  # lines that tell the delimiter
_SEPARATOR = re.compile(r'^"?sep=(.)"?[\s,;]*$')


@dataclass(frozen=True)
class Proposal:
    """What one relation's files ask for.

    Attributes:
        file: the one that was looked at.
        found: each thing in words.
        setting: the line under ``source.files``, as ``settings.yaml`` takes it.
        reads: what the file comes to under it.
    """

    relation: str
    file: str
    found: list[str]
    setting: str
    reads: str


def proposals(settings: Settings, month: Month) -> Iterator[Proposal]:
    """What should be set for the files of a month; nothing for those that are read as they are declared.

    Raises:
        SettingsError, NotReady: the place of the files is not set or not there.
    """
    if settings.source.kind != "files":
        return
    with opened(settings, month) as source:
        for name, drop in settings.source.files.items():
            try:
                files = matching(name, drop, source.workplace)
                kind = common_format(name, files, drop)
                if kind == "parquet":
                    continue
                proposed = _proposal(name, files[-1], drop, kind, source.workplace)
            except ChurnError:  # the look at the table says why
                continue
            if proposed:
                yield proposed


def _proposal(
    name: str, file: DropFile, drop: FileDrop, kind: str, workplace: Workplace
) -> Proposal | None:
    likely = Likely()
    stream = workplace.stack.enter_context(file.open())
    if kind == "xlsx":
        records = _sheet_records(likely, file, stream, drop, workplace)
    else:
        records = _csv_records(likely, file, stream, drop, workplace)
    frame = likely_frame(records)
    for field, value in frame.settings.items():
        if field not in drop.model_fields_set:
            likely.settings[field] = value
    if not likely.settings:
        return None
    likely.found += frame.found
    given = drop.model_dump(exclude_unset=True) | likely.settings
    proposed = FileDrop.model_validate(given)
    shown = yaml.safe_dump(
        {name: given}, default_flow_style=True, allow_unicode=True, sort_keys=False, width=1_000
    )  # fmt: skip
    reads = _reads(name, file, proposed, kind, workplace)
    return Proposal(name, file.name, likely.found, shown.strip()[1:-1], reads)


def _reads(
    name: str, file: DropFile, drop: FileDrop, kind: str, workplace: Workplace
) -> str:
    """What the file comes to under the proposed settings."""
    tried = Relation(name)
    try:
        add_file(tried, file, drop, kind, workplace)
        tried.mend(workplace)
    except ChurnError as error:
        return f"even so: {error}"
    (aside,) = tried.asides.values()
    frame = aside.frame.total()
    return f"{aside.rows:,} rows, {frame:,} lines of frame, {len(aside.damaged):,} set aside"


def _sheet_records(
    likely: Likely,
    file: DropFile,
    stream: BinaryIO,
    drop: FileDrop,
    workplace: Workplace,
) -> list[Record]:
    """The rows of the sheet; where none is named, those of the fullest one."""
    most, budget = workplace.source.max_sheet_rows, workplace.budget
    wanted = with_month(drop.sheet, workplace.month)
    try:
        return list(opened_sheet(file.name, stream, wanted, most, budget).records)
    except UnclearSheet as unclear:
        if drop.sheet:  # it is not there yet: another month's is no answer
            raise
        names = unclear.sheets
    fullest: list[Record] = []
    chosen = ""
    for name in names:
        stream.seek(0)
        records = list(opened_sheet(file.name, stream, name, most, budget).records)
        if len(records) > len(fullest):
            fullest, chosen = records, name
    pattern = _with_place_of_month(chosen, workplace.month)
    likely.say(f"the rows are in the sheet {chosen}", sheet=pattern)
    return fullest


def _with_place_of_month(name: str, month: Month | None) -> str:
    if month is None:
        return name
    for form in ("%Y-%m", "%Y%m", "%Y年%m月"):
        name = name.replace(month.start.strftime(form), f"{{month:{form}}}")
    return name


def _csv_records(
    likely: Likely,
    file: DropFile,
    stream: BinaryIO,
    drop: FileDrop,
    workplace: Workplace,
) -> list[Record]:
    """The lines of the file under the encoding and delimiter that it shows."""
    plain = unpacked_copy(file.name, stream, packing_of(file), workplace)
    lines = lines_by_encoding(plain)
    encoding: str = drop.encoding
    if lines["utf-8"] != lines["gb18030"]:
        encoding = "utf-8" if lines["utf-8"] > lines["gb18030"] else "gb18030"
    if encoding != drop.encoding:
        likely.say(f"text in {encoding.upper()}", encoding=encoding)
    plain.seek(0)
    text = io.TextIOWrapper(plain, encoding=encoding, errors=MARKING, newline="")
    numbered = enumerate(text, 1)
    head = list(islice(numbered, MOST_LINES))
    tail = list(deque(numbered, LAST_LINES))
    text.detach()
    if head:
        head[0] = (1, head[0][1].removeprefix("\ufeff"))
    stated = delimiter_of(file.name, drop)
    delimiter = _delimiter([line for _, line in head[:LOOKED_AT]], stated, drop.quote)
    if delimiter != stated:
        likely.say(f"fields parted by {delimiter!r}", delimiter=delimiter)
    escape = drop.escape
    escaped = [line for _, line in head if f"\\{drop.quote}" in line]
    if escaped and not escape:
        escape = "\\"
        likely.say(f"quotes behind a backslash in {len(escaped)} lines", escape="\\")
    dialect = Dialect(delimiter, drop.quote, escape)
    records: list[Record] = []
    for part in filter(None, (head, tail)):
        read = CsvRecords((line for _, line in part), dialect, first=part[0][0])
        records += [_as_line(one) for one in read if one.text.strip()]
    return records


def _as_line(record: Record) -> Record:
    """A separator line of a spreadsheet is no names, whatever its delimiter makes of it."""
    if _SEPARATOR.match(record.text.strip()):
        return Record(record.line, [record.text.strip()], record.text)
    return record


def _delimiter(lines: list[str], stated: str, quote: str) -> str:
    """The stated one if most lines have fields by it; else the one by which most lines have the same number of them."""
    for line in lines:
        separator = _SEPARATOR.match(line.strip())
        if separator:
            return separator.group(1)
    best, most = stated, _agreement(lines, stated, quote)
    if most >= len(lines) / 2:
        return stated
    for sign in OTHER_DELIMITERS:
        agree = _agreement(lines, sign, quote)
        if agree > most:
            best, most = sign, agree
    return best


def _agreement(lines: list[str], delimiter: str, quote: str) -> int:
    """How many lines have the number of fields, more than one, that most of them have."""
    read: Any = csv.reader(lines, delimiter=delimiter, quotechar=quote)
    widths: Counter[int] = Counter()
    for cells in read:
        if len(cells) > 1:
            widths[len(cells)] += 1
    return max(widths.values(), default=0)
