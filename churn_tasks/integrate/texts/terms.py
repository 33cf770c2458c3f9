"""Where the terms of a list stand in a text.

A Chinese term of one or two characters counts as a whole word of the segmentation only, a longer one wherever it
stands: three characters hardly meet by accident. Any other term counts as whole words; ``cancel*`` takes any ending.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from churn_tasks.integrate.texts.segments import Word, is_han, is_short_han, normalised

V = TypeVar("V")


class Found(NamedTuple, Generic[V]):
    """A term in a text: ``[start, end)`` and what it stands for."""

    start: int
    end: int
    meaning: V


class Terms(Generic[V]):
    """Terms, each with what it stands for. One pass over a text finds them all, however many there are."""

    def __init__(self, meanings: Iterable[tuple[str, V]]) -> None:
        self.short: dict[str, list[V]] = defaultdict(list)  # whole words
        self._long: dict[str, list[tuple[str, V]]] = defaultdict(
            list
        )  # by first character
        self._phrases: dict[str, list[tuple[list[str], V]]] = defaultdict(
            list
        )  # by first word
        self._stems: dict[str, list[tuple[list[str], V]]] = defaultdict(
            list
        )  # by first word that has a star
        for term, meaning in meanings:
            self._add(normalised(term), meaning)

    def _add(self, term: str, meaning: V) -> None:
        words = term.split()
        if is_short_han(term):
            self.short[term].append(meaning)
        elif is_han(term):
            self._long[term[0]].append((term, meaning))
        elif words[0].endswith("*"):
            self._stems[words[0].rstrip("*")].append((words, meaning))
        else:
            self._phrases[words[0]].append((words, meaning))

    def found(self, text: str, words: Sequence[Word]) -> Iterator[Found[V]]:
        """Each term of a normalised text; terms may overlap, and come in no particular order."""
        for start, sign in enumerate(text):
            for term, meaning in self._long.get(sign, ()):
                if text.startswith(term, start):
                    yield Found(start, start + len(term), meaning)
        for at, word in enumerate(words):
            for meaning in self.short.get(word.text, ()):
                yield Found(word.start, word.end, meaning)
            for phrase, meaning in self._beginning(word.text):
                following = words[at : at + len(phrase)]
                if len(following) == len(phrase) and all(map(_fits, following, phrase)):
                    yield Found(word.start, following[-1].end, meaning)

    def _beginning(self, word: str) -> Iterator[tuple[list[str], V]]:
        """The phrases whose first word fits."""
        yield from self._phrases.get(word, ())
        for length in (
            range(1, len(word) + 1) if word.isascii() and word.isalnum() else ()
        ):
            yield from self._stems.get(word[:length], ())


def _fits(word: Word, wanted: str) -> bool:
    return (
        word.text.startswith(wanted[:-1])
        if wanted.endswith("*")
        else word.text == wanted
    )
