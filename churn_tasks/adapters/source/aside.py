"""What of a file is no row of its table: the frame around the rows, counted by kind, and damaged lines by name."""

import re
from array import array
from collections import Counter
from dataclasses import dataclass, field, replace

from churn_tasks.core.errors import BadInput
from churn_tasks.core.privacy import masked
from churn_tasks.declared.row_rules import DAMAGE

MOST_NOTED = 10_000  # damaged lines of one file, beyond any bound
LONGEST_TEXT = 500  # characters of a damaged line that are kept
UNDECODABLE = "\udc80"  # stands for bytes that are no text; no text holds it
_LONG_NUMBER = re.compile(
    r"(?<![0-9])(?!\d{4}-\d{1,2}-\d{1,2}(?!\d))[0-9](?:[ ()-]?[0-9]){6,}"
)


@dataclass(frozen=True)
class DamagedLine:
    """A line that became no row.

    Attributes:
        line: counted from 1 as an editor or Excel shows it; 0 where it cannot be told.
        reason: one of ``declared/row_rules.py:DAMAGE``.
        text: its beginning, long numbers masked: what stands where cannot be told, so any may be a telephone number.
        column: of the extract, which could not be read; empty for other reasons.
    """

    line: int
    reason: str
    text: str
    column: str = ""


@dataclass
class FileAside:
    """One file: lines read = rows + frame + damaged, blank lines apart.

    Attributes:
        frame: kind of frame line -> how many.
        rows: what is left.
        lines: of each row, where the file was read line by line.
    """

    relation: str
    file: str
    rows: int = 0
    frame: Counter[str] = field(default_factory=Counter)
    damaged: list[DamagedLine] = field(default_factory=list)
    lines: "array[int]" = field(default_factory=lambda: array("L"))

    def row(self, line: int) -> None:
        """Note one row."""
        self.rows += 1
        self.lines.append(line)

    def with_damage(self, damaged: list[DamagedLine]) -> "FileAside":
        """The same where some of the rows are damaged after all."""
        rows = self.rows - len(damaged)
        return replace(self, rows=rows, damaged=self.damaged + damaged)

    def damage(self, line: int, reason: str, text: str, column: str = "") -> None:
        """Note one damaged line.

        Raises:
            BadInput: there are too many to be damage.
        """
        if len(self.damaged) >= MOST_NOTED:
            raise BadInput(f"{self.told()}, and more of them than are looked for")
        self.damaged.append(DamagedLine(line, reason, shown_text(text), column))

    def has(self, reason: str) -> bool:
        """Whether a line was damaged in this way."""
        return any(one.reason == reason for one in self.damaged)

    def told(self) -> str:
        """What is wrong with the file: kinds of damage, how many rows each, up to five line numbers."""
        by_reason: dict[str, list[int]] = {}
        for one in self.damaged:
            by_reason.setdefault(one.reason, []).append(one.line)
        kinds = []
        for reason, lines in by_reason.items():
            rows = "1 row" if len(lines) == 1 else f"{len(lines)} rows"
            numbers = ", ".join(map(str, lines[:5]))
            kinds.append(f"{rows} with {DAMAGE[reason][0]}, line {numbers}")
        return f"{self.file}: {'; '.join(kinds)}"


def shown_text(text: str) -> str:
    """The beginning of a line, in one line, with the middle of every long number masked.

    >>> shown_text("B1,张三,0755-2345 6789,2024-01-03\\n")
    'B1,张三,075****6789,2024-01-03'
    """
    line = text[:LONGEST_TEXT].strip("\r\n").replace(UNDECODABLE, "\ufffd")
    line = line.replace("\0", "\ufffd")
    return _LONG_NUMBER.sub(_middle_masked, masked(line))


def _middle_masked(number: re.Match[str]) -> str:
    digits = re.sub("[^0-9]", "", number.group())
    return f"{digits[:3]}****{digits[-4:]}"
