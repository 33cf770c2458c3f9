"""Text to words: one spelling, Chinese cut by jieba's dictionary, everything else at spaces and punctuation."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import rjieba

MOST_CHARACTERS = (
    4_000  # of a longer text the rest is not read: a pasted log says nothing more
)
HAN = "\u3400-\u4dbf\u4e00-\u9fff"
PIECE = re.compile(rf"[{HAN}]+|[a-z0-9]+(?:'[a-z]+)*|[^\s]")
BETWEEN_HAN = re.compile(rf"(?<=[{HAN}])\s+(?=[{HAN}])")


class Word(NamedTuple):
    """A word or mark of the normalised text and where it stands."""

    text: str
    start: int
    end: int

    @property
    def ends_clause(self) -> bool:
        """Whether it is punctuation."""
        return not self.text[0].isalnum()


def normalised(text: str) -> str:
    """One spelling: full width and case folded, control characters out, single spaces, none between Chinese."""
    folded = (
        unicodedata.normalize("NFKC", text[:MOST_CHARACTERS]).lower().replace("’", "'")
    )
    printable = "".join(
        " " if unicodedata.category(sign)[0] in "CZ" else sign for sign in folded
    )
    return BETWEEN_HAN.sub("", " ".join(printable.split()))


class Segmenter:
    """Cuts text into words; ``terms`` are kept whole where the dictionary would cut them."""

    def __init__(self, terms: Iterable[str] = ()) -> None:
        self.terms = sorted(
            {term for term in terms if is_short_han(term) and len(term) > 1}
        )

    @cached_property
    def _jieba(self) -> "rjieba.Jieba":
        import rjieba

        jieba = rjieba.Jieba()
        for term in self.terms:
            jieba.add_word(
                term, jieba.suggest_freq(term), "n"
            )  # the frequency from which it is not cut
        return jieba

    def words(self, text: str) -> list[Word]:
        """The words of a normalised text, with their places."""
        found = []
        for piece in PIECE.finditer(text):
            start = piece.start()
            for part in (
                self._jieba.cut(piece[0], False) if is_han(piece[0]) else [piece[0]]
            ):
                found.append(Word(part, start, start + len(part)))
                start += len(part)
        return found


def is_han(text: str) -> bool:
    """Whether a piece of text begins with a Chinese character."""
    return "\u3400" <= text[0] <= "\u9fff"


def is_short_han(term: str) -> bool:
    """Whether a term is so short that other words would hold it by accident."""
    return len(term) < 3 and all(is_han(sign) for sign in term)
