"""Rows that add up the rows above them, told from a customer of that name by their arithmetic.

A totals row begins with a stated word and adds up: an amount of it is the sum of its column, of all rows or of those
since the last totals row. A row that begins with the word and does not add up is a customer's, unless it lacks what
every row has: then it is no customer's either, and something of the file is missing.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

FEWEST = 2  # rows; one row equals its own sum
CLOSE = Decimal("0.01")  # amounts are summed as they are shown
_AMOUNT = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,10})?")
_PLAIN = str.maketrans("，", ",", "¥￥$€ \u00a0\u202f'")
THOUSANDS = {".": ",", ",": "."}  # by the mark before the decimals: both are tried


def amount(text: str, mark: str = ".") -> Decimal | None:
    """The amount in a cell, with a currency sign and thousands separators or without; None where there is none.

    Args:
        mark: what stands before the decimals.

    >>> amount("¥1,058.50"), amount("1.125.987,60", ",")
    (Decimal('1058.50'), Decimal('1125987.60'))
    >>> amount("700031-2") is None
    True
    """
    plain = text.translate(_PLAIN).replace(THOUSANDS[mark], "").replace(mark, ".")
    return Decimal(plain) if _AMOUNT.fullmatch(plain) else None


class Totals:
    """The sums of a table's columns so far.

    Args:
        words: first filled cell of a totals row.
        width: columns of the table.
    """

    def __init__(self, words: tuple[str, ...], width: int) -> None:
        self.words, self.width = set(words), width
        self.rows, self._group_rows = 0, 0
        self._all, self._group = self._nothing(), self._nothing()

    def _nothing(self) -> dict[str, list[Decimal]]:
        """The sums of all columns, for each mark before decimals."""
        return {mark: [Decimal(0)] * self.width for mark in THOUSANDS}

    def add(self, cells: Sequence[str]) -> None:
        """One more row."""
        self.rows += 1
        self._group_rows += 1
        for place, cell in enumerate(cells):
            for mark in THOUSANDS:
                value = amount(cell, mark)
                if value is not None:
                    self._all[mark][place] += value
                    self._group[mark][place] += value

    def may_be(self, cells: Sequence[str]) -> bool:
        """Whether the first filled cell is one of the words."""
        if not self.words:
            return False
        for cell in cells:
            if cell.strip():
                return cell.strip().rstrip(":：") in self.words
        return False

    def adds_up(self, cells: Sequence[str], *, is_last: bool) -> bool:
        """Whether an amount of the row is a sum of its column; of the last row also, how many rows there are."""
        for place, cell in enumerate(cells[: self.width]):
            for mark in THOUSANDS:
                value = amount(cell, mark)
                if value and self._is_sum(value, mark, place):
                    return True
                if is_last and self.rows >= FEWEST and value == self.rows:
                    return True
        return False

    def _is_sum(self, value: Decimal, mark: str, place: int) -> bool:
        """Of all rows, or of those since the last totals row."""
        if self.rows >= FEWEST and abs(value - self._all[mark][place]) <= CLOSE:
            return True
        of_group = self._group[mark][place]
        return self._group_rows >= FEWEST and abs(value - of_group) <= CLOSE

    def begin_group(self) -> None:
        """The rows that follow are added up anew."""
        self._group, self._group_rows = self._nothing(), 0
