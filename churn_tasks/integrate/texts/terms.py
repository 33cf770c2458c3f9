"""Where the terms of a list stand in a text.

A Chinese term of one or two characters counts as a whole word of the segmentation only, a longer one wherever it
stands: three characters hardly meet by accident. Any other term counts as whole words; ``cancel*`` takes any ending.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from churn_tasks.integrate.texts.segments import Word, is_han, is_short_han, normalised

V = TypeVar("V")
STAR = "*"


class Occurrence(NamedTuple, Generic[V]):
    """A term in a text: ``[start, end)`` and what it stands for."""

    start: int
    end: int
    meaning: V


@dataclass(frozen=True)
class Phrase(Generic[V]):
    """A term of whole words; the star of ``cancel*`` stands at the end of a word."""

    words: tuple[str, ...]
    meaning: V

    def stands_at(self, words: Sequence[Word]) -> bool:
        """Whether it is what these words say."""
        if len(words) != len(self.words):
            return False
        return all(map(_fits, words, self.words))


class Terms(Generic[V]):
    """Terms, each with what it stands for. One pass over a text finds them all, however many there are.

    Attributes:
        short: Chinese terms that count as whole words.
    """

    def __init__(self, meanings: Iterable[tuple[str, V]]) -> None:
        self.short: dict[str, list[V]] = defaultdict(list)
        self._long_by_first_sign: dict[str, list[tuple[str, V]]] = defaultdict(list)
        self._phrases_by_first_word: dict[str, list[Phrase[V]]] = defaultdict(list)
        self._phrases_by_stem: dict[str, list[Phrase[V]]] = defaultdict(list)
        for term, meaning in meanings:
            self._add(normalised(term), meaning)

    def _add(self, term: str, meaning: V) -> None:
        if is_short_han(term):
            self.short[term].append(meaning)
        elif is_han(term):
            self._long_by_first_sign[term[0]].append((term, meaning))
        else:
            self._add_phrase(Phrase(tuple(term.split()), meaning))

    def _add_phrase(self, phrase: Phrase[V]) -> None:
        first = phrase.words[0]
        if first.endswith(STAR):
            self._phrases_by_stem[first.rstrip(STAR)].append(phrase)
        else:
            self._phrases_by_first_word[first].append(phrase)

    def found(self, text: str, words: Sequence[Word]) -> Iterator[Occurrence[V]]:
        """Each term of a normalised text; terms may overlap, and come in no particular order."""
        yield from self._long_terms(text)
        for at, word in enumerate(words):
            for meaning in self.short.get(word.text, ()):
                yield Occurrence(word.start, word.end, meaning)
            for phrase in self._beginning(word.text):
                following = words[at : at + len(phrase.words)]
                if phrase.stands_at(following):
                    yield Occurrence(word.start, following[-1].end, phrase.meaning)

    def _long_terms(self, text: str) -> Iterator[Occurrence[V]]:
        for start, sign in enumerate(text):
            for term, meaning in self._long_by_first_sign.get(sign, ()):
                if text.startswith(term, start):
                    yield Occurrence(start, start + len(term), meaning)

    def _beginning(self, word: str) -> Iterator[Phrase[V]]:
        """The phrases whose first word fits."""
        yield from self._phrases_by_first_word.get(word, ())
        if word.isascii() and word.isalnum():
            for length in range(1, len(word) + 1):
                yield from self._phrases_by_stem.get(word[:length], ())


def _fits(word: Word, wanted: str) -> bool:
    if wanted.endswith(STAR):
        return word.text.startswith(wanted[:-1])
    return word.text == wanted
