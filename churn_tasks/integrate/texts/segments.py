"""Text to words: one spelling, Chinese cut by jieba's dictionary, everything else at spaces and punctuation."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import rjieba

MOST_CHARACTERS = 4_000  # a pasted log says nothing more in what follows
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
    folded = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS]).lower()
    straight = folded.replace("’", "'")
    printable = "".join(map(_blank_if_control, straight))
    return BETWEEN_HAN.sub("", " ".join(printable.split()))


def _blank_if_control(sign: str) -> str:
    if unicodedata.category(sign)[0] in "CZ":
        return " "
    return sign


class Segmenter:
    """Cuts text into words; ``terms`` are kept whole where the dictionary would cut them."""

    def __init__(self, terms: Iterable[str] = ()) -> None:
        whole = {term for term in terms if is_short_han(term) and len(term) > 1}
        self.terms = sorted(whole)

    @cached_property
    def _jieba(self) -> "rjieba.Jieba":
        import rjieba

        jieba = rjieba.Jieba()
        for term in self.terms:
            uncut_from = jieba.suggest_freq(term)  # the frequency that keeps it whole
            jieba.add_word(term, uncut_from, "n")
        return jieba

    def words(self, text: str) -> list[Word]:
        """The words of a normalised text, with their places."""
        words = []
        for piece in PIECE.finditer(text):
            start = piece.start()
            for part in self._cut(piece[0]):
                end = start + len(part)
                words.append(Word(part, start, end))
                start = end
        return words

    def _cut(self, piece: str) -> Sequence[str]:
        if is_han(piece):
            return self._jieba.cut(piece, False)
        return [piece]


def is_han(text: str) -> bool:
    """Whether a piece of text begins with a Chinese character."""
    return "\u3400" <= text[0] <= "\u9fff"


def is_short_han(term: str) -> bool:
    """Whether a term is so short that other words would hold it by accident."""
    return len(term) < 3 and all(is_han(sign) for sign in term)
