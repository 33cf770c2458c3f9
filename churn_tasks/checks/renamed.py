"""Which new column is likely the old one under another name."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from churn_tasks.checks.delivered_types import FITS, Columns

ALIKE = 0.7  # share of letters in common, from which two names count as alike
NO_WORD = re.compile(r"[^a-z0-9一-鿿]+")

Overlap = Callable[[str, str], float]


@dataclass(frozen=True)
class Pair:
    """An old and a new column, and how likely they are the same: 0 to 1."""

    likeness: float
    old: str
    new: str


def no_overlap(_gone: str, _new: str) -> float:
    """Where values cannot be looked at, names alone decide."""
    return 0.0


def renames(gone: Columns, fresh: Columns, overlap: Overlap) -> dict[str, str]:
    """Old column to new column; each stands in one pair at most.

    Args:
        gone, fresh: with the words of their types; only a type that fits can be the same column.
        overlap: share of the earlier values of one column that the other one holds now.
    """
    chosen: dict[str, str] = {}
    for pair in sorted(_pairs(gone, fresh, overlap), key=_likeliest_first):
        is_taken = pair.old in chosen or pair.new in chosen.values()
        if pair.likeness >= ALIKE and not is_taken:
            chosen[pair.old] = pair.new
    return chosen


def _likeliest_first(pair: Pair) -> tuple[float, str, str]:
    return -pair.likeness, pair.old, pair.new


def _pairs(gone: Columns, fresh: Columns, overlap: Overlap) -> Iterator[Pair]:
    for old, old_type in gone.items():
        for new, new_type in fresh.items():
            if new_type in (old_type, "text") or new_type in FITS.get(old_type, ()):
                likeness = max(likeness_of_names(old, new), overlap(old, new))
                yield Pair(likeness, old, new)


def likeness_of_names(old: str, new: str) -> float:
    """1 for names that differ in case and separators alone, or where one holds all words of the other.

    >>> likeness_of_names("CUST_ID", "custId"), likeness_of_names("amount", "amount_cny")
    (1.0, 1.0)
    """
    one, other = _words(old), _words(new)
    whole_one, whole_other = "".join(one), "".join(other)
    if whole_one == whole_other or _is_part(one, other):
        return 1.0
    return SequenceMatcher(None, whole_one, whole_other).ratio()


def _words(name: str) -> list[str]:
    return [word for word in NO_WORD.split(name.lower()) if word]


def _is_part(one: list[str], other: list[str]) -> bool:
    """Whether one name holds all words of the other; a name without words is part of none."""
    if not one or not other:
        return False
    return set(one) <= set(other) or set(other) <= set(one)
