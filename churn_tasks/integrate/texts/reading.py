"""One complaint read: the classes that it names, and how it sounds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from churn_tasks.integrate.texts.rules import Graded, TextRules, Tone
from churn_tasks.integrate.texts.segments import Segmenter, Word, normalised
from churn_tasks.integrate.texts.terms import Occurrence, Terms

REACH = 3  # words before a term in which a negation or a degree counts
PLAIN = 2  # points of a term of strength 1 without a word of degree


class Mark(NamedTuple):
    """What a word does to the tone: ``amount`` is its strength, below 0 for a bad one."""

    kind: Literal["tone", "degree", "negation", "break", "none"]
    amount: int = 0


class Unit(NamedTuple):
    """A stretch of the text with one mark: a term of several words, or a single word."""

    start: int
    end: int
    mark: Mark


Occurrences = Sequence[Occurrence[Mark | str]]  # marks of the tone, names of classes
Units = Sequence[Unit]
NOTHING, BREAK, NEGATION = Mark("none"), Mark("break"), Mark("negation")


@dataclass(frozen=True)
class TextReading:
    """What is kept of a text; nothing of its wording.

    Attributes:
        classes: names of the classes it touches, in the order of the rules.
        positive, negative: points of feeling, 0 and more.
        characters: length without spaces.
    """

    classes: tuple[str, ...]
    positive: int
    negative: int
    characters: int

    @property
    def tone(self) -> float | None:
        """-1 all bad to 1 all good; None without a word of feeling."""
        points = self.positive + self.negative
        if not points:
            return None
        return round((self.positive - self.negative) / points, 4)


class TextReader:
    """Reads texts by one set of rules. The same text gives the same reading."""

    def __init__(self, rules: TextRules) -> None:
        self._placeholders = {normalised(text) for text in rules.classes.placeholders}
        self._classes = rules.classes.classes
        self._terms: Terms[Mark | str] = Terms([*_marks(rules.tone), *_names(rules)])
        self._segmenter = Segmenter(self._terms.short)

    def read(self, text: str | None) -> TextReading | None:
        """None where nothing is written: no text, no letter in it, or a placeholder."""
        plain = normalised(text or "")
        if plain in self._placeholders or not _has_letters(plain):
            return None
        words = self._segmenter.words(plain)
        occurrences = list(self._terms.found(plain, words))
        units = _units(occurrences, words)
        positive, negative = _feeling(units)
        return TextReading(
            classes=self._touched(occurrences, units),
            positive=positive,
            negative=negative,
            characters=len("".join(plain.split())),
        )

    def _touched(self, occurrences: Occurrences, units: Units) -> tuple[str, ...]:
        """The classes that some term names; a denied one only where its rules say that it counts all the same."""
        touched = set()
        for occurrence in occurrences:
            name = occurrence.meaning
            if isinstance(name, str):
                may_be_denied = not self._classes[name].not_when_negated
                if may_be_denied or not _is_negated(units, occurrence.start):
                    touched.add(name)
        return tuple(name for name in self._classes if name in touched)


def _has_letters(text: str) -> bool:
    return any(sign.isalnum() for sign in text)


def _names(rules: TextRules) -> Iterator[tuple[str, str]]:
    """Every term of the classes with the name of its class."""
    for name, text_class in rules.classes.classes.items():
        for term in text_class.terms:
            yield term, name


def _marks(tone: Tone) -> Iterator[tuple[str, Mark]]:
    """Every term of the tone; of one that is listed twice the first listed counts."""
    for term in tone.breaks:
        yield term, BREAK
    for term, strength in _graded(tone.degrees):
        yield term, Mark("degree", strength)
    for term in tone.negations:
        yield term, NEGATION
    for term, strength in _graded(tone.positive):
        yield term, Mark("tone", strength)
    for term, strength in _graded(tone.negative):
        yield term, Mark("tone", -strength)


def _graded(terms: Graded) -> Iterator[tuple[str, int]]:
    for strength, listed in terms.items():
        for term in listed:
            yield term, strength


def _units(occurrences: Occurrences, words: Sequence[Word]) -> list[Unit]:
    """The text as a row of units: marked terms first, the longest where they overlap, then the other words."""
    units = _marked(occurrences)
    covered: set[int] = set()
    for unit in units:
        covered.update(range(unit.start, unit.end))
    for word in words:
        if covered.isdisjoint(range(word.start, word.end)):
            units.append(Unit(word.start, word.end, _mark_of(word)))
    return sorted(units)


def _marked(occurrences: Occurrences) -> list[Unit]:
    marked = []
    for start, end, meaning in occurrences:
        if isinstance(meaning, Mark):
            marked.append(Unit(start, end, meaning))
    units: list[Unit] = []
    reached = 0
    for unit in sorted(marked, key=lambda unit: (unit.start, -unit.end)):
        if unit.start >= reached:
            units.append(unit)
            reached = unit.end
    return units


def _mark_of(word: Word) -> Mark:
    """Of a word that no term holds."""
    if word.ends_clause:
        return BREAK
    return NOTHING


def _feeling(units: Units) -> tuple[int, int]:
    """The points of good and of bad feeling, both 0 and more."""
    positive = negative = 0
    for at, unit in enumerate(units):
        if unit.mark.kind == "tone":
            points = _points(units, at)
            positive += max(points, 0)
            negative += max(-points, 0)
    return positive, negative


def _before(units: Units, at: int) -> list[Mark]:
    """Marks of the words right before a unit, nearest first, as far as its clause reaches."""
    marks: list[Mark] = []
    for unit in reversed(units[max(at - REACH, 0) : at]):
        if unit.mark.kind == "break":
            break
        marks.append(unit.mark)
    return marks


def _points(units: Units, at: int) -> int:
    """Points of a term of feeling: strength x degree, turned round by a negation; half of it where bad is denied."""
    before = _before(units, at)
    degrees = (mark.amount for mark in before if mark.kind == "degree")
    points = units[at].mark.amount * max(degrees, default=PLAIN)
    if not _turned(before):
        return points
    if points > 0:
        return -points
    return -points // 2


def _is_negated(units: Units, start: int) -> bool:
    """Whether a negation stands right before the place of a term."""
    for at, unit in enumerate(units):
        if unit.end > start:
            return _turned(_before(units, at))
    return _turned(_before(units, len(units)))


def _turned(marks: Sequence[Mark]) -> bool:
    """Whether negations turn the meaning round; two of them do not."""
    negations = sum(mark.kind == "negation" for mark in marks)
    return negations % 2 == 1
