"""What stands around the rows of a file, told from the file itself: the settings of ``source.files`` that say so.

Nothing is read by such a guess: it is proposed to people, in the form in which settings take it. Columns that hold
numbers or days in most lines tell rows from the lines around them.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from churn_tasks.adapters.source.frame import filled, is_value
from churn_tasks.adapters.source.records import Record
from churn_tasks.adapters.source.totals import Totals

MOST = 0.6  # of the filled cells of a column that holds numbers
TOTAL_WORDS = (
    "合计", "总计", "共计", "小计", "总合计", "本页小计", "本页合计",
    "Total", "TOTAL", "total", "Grand total", "Grand Total", "Subtotal", "Sum", "SUM",
)  # fmt: skip
COMMENT_SIGNS = ("#", "//", "--")
_RULE = re.compile(r"[-=+_*—]+")
_BEGINNING = re.compile(r"[^\W\d_]+|\W+")
BEGINNING_LENGTH = 4  # characters of a footer that are proposed


@dataclass
class Likely:
    """The settings that the lines ask for, and why.

    Attributes:
        settings: field of ``FileDrop`` -> value.
        found: each thing in words.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)

    def say(self, told: str, **settings: Any) -> None:
        """Note one thing that was found."""
        self.found.append(told)
        self.settings |= settings


def likely_frame(records: Sequence[Record]) -> Likely:
    """What stands around and between the rows of a table; nothing where all lines are rows behind one line of names."""
    likely = Likely()
    widths = Counter(len(one.cells) for one in records if len(one.cells) > 1)
    if not widths:
        return likely
    table = _Lines(records, widths.most_common(1)[0][0])
    first = table.first_row
    if first is None:
        return likely
    names = _names(likely, table, first)
    _nameless(likely, table, names, first)
    _between(likely, table, names, first)
    return likely


class _Lines:
    """The lines of a file, most of them rows.

    Attributes:
        width: cells of most lines.
        first_row: place of the first line that has numbers where rows have them; None where no column tells.
    """

    def __init__(self, records: Sequence[Record], width: int) -> None:
        self.records, self.width = records, width
        rows = [one.cells for one in records if len(one.cells) == width]
        self.values = []
        for cells in zip(*rows, strict=True):
            given = [cell for cell in cells if cell.strip()]
            values = sum(map(is_value, given))
            self.values.append(bool(given) and values >= MOST * len(given))
        self.first_row = None
        for place, one in enumerate(records):
            if self.is_row(one):
                self.first_row = place
                break

    def is_row(self, record: Record) -> bool:
        """Whether a line is as wide as most and has a number where they have one, and nothing else there."""
        if record.damage or abs(len(record.cells) - self.width) > 1:
            return False
        held = []
        for cell, holds_values in zip(record.cells, self.values, strict=False):
            if holds_values and cell.strip():
                held.append(is_value(cell))
        return bool(held) and all(held) and 2 * filled(record.cells) > self.filled_width

    @property
    def filled_width(self) -> int:
        """Cells that a row may be expected to fill."""
        return self.width - 1

    def is_names(self, record: Record) -> bool:
        """Whether a line may hold names: wide, more than a title, and no number."""
        cells = record.cells
        if record.damage or abs(len(cells) - self.width) > 1 or filled(cells) < 2:
            return False
        return not any(map(is_value, filter(None, cells)))


def _names(likely: Likely, table: _Lines, first: int) -> list[str]:
    """Find the line of names above the first row."""
    block: list[Record] = []
    for one in reversed(table.records[:first]):
        if not table.is_names(one):
            break
        block.insert(0, one)
    if not block:
        return []
    whole = [place for place, one in enumerate(block) if _is_whole(one, table.width)]
    chosen = whole[0] if whole else 0
    names = block[chosen]
    if not whole and len(block) > 1:
        likely.say(f"names over {len(block)} lines", names_lines=len(block))
    elif len(block) > chosen + 1:
        below = len(block) - chosen - 1
        likely.say(
            f"{below} lines below the names that hold no row", lines_below_names=below
        )
    above = [one for one in table.records if one.line < names.line and any(one.cells)]
    if above:
        likely.say(f"the names stand in line {names.line}", names_line=names.line)
    return names.cells


def _is_whole(record: Record, width: int) -> bool:
    """Whether every cell has a name of its own."""
    cells = [cell.strip() for cell in record.cells]
    if len(cells) != width or not all(cells):
        return False
    return len(set(cells)) == width and not _RULE.fullmatch(cells[0])


def _nameless(likely: Likely, table: _Lines, names: Sequence[str], first: int) -> None:
    """Find columns without a name."""
    if not names or "names_lines" in likely.settings:
        return
    rows = [one.cells for one in table.records[first:] if table.is_row(one)]
    held = []
    for place in range(max(len(names), table.width)):
        is_named = place < len(names) and names[place].strip()
        if not is_named:
            held += [cells[place] for cells in rows if place < len(cells)]
    if all(place.strip() for place in names) and len(names) >= table.width:
        return
    given = [cell for cell in held if cell.strip()]
    if not given:
        likely.say("a column without a name that holds nothing", nameless="empty")
    elif all(map(str.isdecimal, given)) and len(set(given)) == len(given):
        likely.say("a column without a name that counts the rows", nameless="skipped")


def _between(likely: Likely, table: _Lines, names: Sequence[str], first: int) -> None:
    """Find what stands between and below the rows."""
    between = _Between(table, names, first)
    for place, one in enumerate(table.records[first:], first):
        between.look(place, one)
    if between.repeated:
        told = f"names or lines above them again, {between.repeated} times"
        likely.say(told, repeated_names=True)
    if between.words:
        told = f"{between.words.total()} rows that add up others"
        likely.say(told, totals=sorted(between.words))
    if between.signs:
        told = f"{between.signs.total()} comments"
        likely.say(told, comments=sorted(between.signs))
    if between.footer:
        _footer(likely, between.footer)


class _Between:
    """Lines from the first row on that are no rows.

    Attributes:
        repeated: lines that are the names, or stand above them as well.
        words: first words of rows that add up.
        signs: how comments begin.
        footer: what is left below the last row.
    """

    def __init__(self, table: _Lines, names: Sequence[str], first: int) -> None:
        self._table = table
        self._names = [cell.strip() for cell in names]
        before = [one.text.strip() for one in table.records[:first] if any(one.cells)]
        self._above = set(before)
        rows = [place for place, one in enumerate(table.records) if table.is_row(one)]
        self._last = max(rows)
        self._totals = Totals(TOTAL_WORDS, table.width + 1)
        self.words, self.signs = Counter[str](), Counter[str]()
        self.repeated = 0
        self.footer: list[Record] = []

    def look(self, place: int, one: Record) -> None:
        """Take one more line."""
        cells = [cell.strip() for cell in one.cells]
        if self._names and (cells == self._names or one.text.strip() in self._above):
            self.repeated += 1
        elif self._adds_up(place, one):
            self.words[_first_filled(one)] += 1
            self._totals.begin_group()
        elif self._table.is_row(one):
            self._totals.add(one.cells[: self._table.width])
        elif sign := _comment_sign(one):
            self.signs[sign] += 1
        elif place > self._last and any(cells):
            self.footer.append(one)

    def _adds_up(self, place: int, one: Record) -> bool:
        """Whether a line is a totals row: by its first word, or the last line by any word and a gap; and it adds up."""
        is_word = _first_filled(one).replace(" ", "").isalpha()
        has_gap = not all(cell.strip() for cell in one.cells[: self._table.width])
        is_at_end = place >= self._last and is_word and has_gap
        if not is_at_end and not self._totals.may_be(one.cells):
            return False
        return self._totals.adds_up(one.cells, is_last=place >= self._last)


def _comment_sign(record: Record) -> str:
    for sign in COMMENT_SIGNS:
        if record.cells and record.cells[0].strip().startswith(sign):
            return sign
    return ""


def _footer(likely: Likely, footer: list[Record]) -> None:
    """Lines below the last row: by how they begin, where that can be told, else by their number."""
    begins = _BEGINNING.match(footer[0].text.strip().strip('"'))
    told = f"a footer, {len(footer)} lines from line {footer[0].line} on"
    if begins:
        likely.say(told, footer_begins=[begins.group()[:BEGINNING_LENGTH]])
    else:
        likely.say(told, footer_lines=len(footer))


def _first_filled(record: Record) -> str:
    for cell in record.cells:
        if cell.strip():
            return cell.strip().rstrip(":：")
    return ""
