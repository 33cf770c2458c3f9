"""One complaint read: the classes that it names, and how it sounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from churn_tasks.integrate.texts.rules import Graded, TextRules
from churn_tasks.integrate.texts.segments import Segmenter, Word, normalised
from churn_tasks.integrate.texts.terms import Found, Terms

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


NOTHING, BREAK = Mark("none"), Mark("break")


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
        return round((self.positive - self.negative) / points, 4) if points else None


class TextReader:
    """Reads texts by one set of rules. The same text gives the same reading."""

    def __init__(self, rules: TextRules) -> None:
        self._placeholders = {normalised(text) for text in rules.classes.placeholders}
        self._classes = rules.classes.classes
        self._terms: Terms[Mark | str] = Terms(
            [
                *_marks(rules),
                *(
                    (term, name)
                    for name, one in self._classes.items()
                    for term in one.terms
                ),
            ]
        )
        self._segmenter = Segmenter(self._terms.short)

    def read(self, text: str | None) -> TextReading | None:
        """None where nothing is written: no text, no letter in it, or a placeholder."""
        plain = normalised(text or "")
        if plain in self._placeholders or not any(sign.isalnum() for sign in plain):
            return None
        words = self._segmenter.words(plain)
        found = list(self._terms.found(plain, words))
        units = _units(found, words)
        touched = {
            term.meaning
            for term in found
            if isinstance(term.meaning, str) and self._counts(term, units)
        }
        points = [
            _points(units, at)
            for at, unit in enumerate(units)
            if unit.mark.kind == "tone"
        ]
        return TextReading(
            classes=tuple(name for name in self._classes if name in touched),
            positive=sum(point for point in points if point > 0),
            negative=-sum(point for point in points if point < 0),
            characters=sum(not sign.isspace() for sign in plain),
        )

    def _counts(self, term: Found[Mark | str], units: Sequence[Unit]) -> bool:
        return not (
            self._classes[str(term.meaning)].not_when_negated
            and _is_negated(units, term.start)
        )


def _units(found: Sequence[Found[Mark | str]], words: Sequence[Word]) -> list[Unit]:
    """The text as a row of units: marked terms first, the longest where they overlap, then the other words."""
    marked = [
        Unit(term.start, term.end, term.meaning)
        for term in found
        if isinstance(term.meaning, Mark)
    ]
    units: list[Unit] = []
    for unit in sorted(marked, key=lambda unit: (unit.start, -unit.end)):
        if not units or unit.start >= units[-1].end:
            units.append(unit)
    covered = {place for unit in units for place in range(unit.start, unit.end)}
    rest = (word for word in words if covered.isdisjoint(range(word.start, word.end)))
    return sorted(
        [
            *units,
            *(
                Unit(word.start, word.end, BREAK if word.ends_clause else NOTHING)
                for word in rest
            ),
        ]
    )


def _marks(rules: TextRules) -> list[tuple[str, Mark]]:
    """Every term of the tone; of one that is listed twice the first listed counts."""
    tone = rules.tone
    marks = [(term, Mark("break")) for term in tone.breaks]
    marks += [
        (term, Mark("degree", strength)) for term, strength in _graded(tone.degrees)
    ]
    marks += [(term, Mark("negation")) for term in tone.negations]
    marks += [
        (term, Mark("tone", strength)) for term, strength in _graded(tone.positive)
    ]
    return marks + [
        (term, Mark("tone", -strength)) for term, strength in _graded(tone.negative)
    ]


def _graded(terms: Graded) -> list[tuple[str, int]]:
    return [(term, strength) for strength, listed in terms.items() for term in listed]


def _before(units: Sequence[Unit], at: int) -> list[Mark]:
    """Marks of the words right before a unit, nearest first, as far as its clause reaches."""
    found: list[Mark] = []
    for unit in reversed(units[max(at - REACH, 0) : at]):
        if unit.mark.kind == "break":
            break
        found.append(unit.mark)
    return found


def _points(units: Sequence[Unit], at: int) -> int:
    """Points of a term of feeling: strength x degree, turned round by a negation; half of it where bad is denied."""
    before = _before(units, at)
    degree = max(
        (mark.amount for mark in before if mark.kind == "degree"), default=PLAIN
    )
    points = units[at].mark.amount * degree
    if sum(mark.kind == "negation" for mark in before) % 2 == 0:
        return points
    return -points if points > 0 else -points // 2


def _is_negated(units: Sequence[Unit], start: int) -> bool:
    """Whether a negation stands right before the place of a term."""
    at = next(
        (number for number, unit in enumerate(units) if unit.end > start), len(units)
    )
    return sum(mark.kind == "negation" for mark in _before(units, at)) % 2 == 1
