"""What customers say when they complain: subject, mood, other operators, and the slips of whoever typed it.

A text is an opening, one or two statements on the subject, sometimes a word about another operator, and an ending
(``complaint_phrases.yaml``). Mood rises with distress: the calm are polite or plain, the distressed often furious, and
those whom another operator tempts speak of it. Both only lean that way, so that a text is a sign and no proof. No text
holds a telephone number.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from churn_tasks.core.closed import Closed
from churn_tasks.declared.yaml_file import read_declaration
from churn_tasks.simulator.chance import Array, Chance

PHRASES = Path(__file__).parent / "complaint_phrases.yaml"
SUBJECTS = ("price", "network", "service", "billing", "porting")
FURIOUS, FURIOUS_IN_DISTRESS = 0.07, 0.5  # chance, and what full distress adds
POLITE = 0.3  # of those who are not furious
RIVAL_NAMED, RIVAL_NAMED_WHEN_TEMPTED = 0.03, 0.45
LEAVING_NAMED, LEAVING_NAMED_IN_DISTRESS = 0.02, 0.15  # twice as often when tempted
LONG_SHARE, LONG_STATEMENTS = 0.03, 5
TWO_STATEMENTS_SHARE = 0.3  # of those that are not long
MISTYPED_SHARE = 0.12
EMPTY, IN_ENGLISH, TERSE = 0.01, 0.02, 0.05  # shares of texts that say little
# by the name of the place in a statement
AMOUNTS = {"a": (12, 300), "b": (300, 600), "n": (2, 40)}


class Phrases(Closed):
    """The parts of which texts are made.

    Attributes:
        statements, short, english: by subject.
        openings, endings: by manner.
        slips: misspelt words by the right ones.
    """

    statements: dict[str, list[str]]
    short: dict[str, list[str]]
    english: dict[str, str]
    openings: dict[str, list[str]]
    endings: dict[str, list[str]]
    rivals: list[str]
    leaving: list[str]
    slips: dict[str, str]


class Mood(NamedTuple):
    """How one complaint sounds: the manner, whether another operator is named, and whether leaving is."""

    manner: str
    names_rival: bool
    threatens: bool


@cache
def phrases() -> Phrases:
    """All phrases, read once."""
    return read_declaration(Phrases, PHRASES)


def complaint_texts(
    subject: Array, distress: Array, tempted: Array, chance: Chance
) -> pa.Array:
    """What each customer said.

    Args:
        subject: position in ``SUBJECTS``.
        distress: 0 to 1.
        tempted: whether another operator is what draws the customer away.
    """
    complaints = zip(subject.tolist(), distress.tolist(), tempted.tolist(), strict=True)
    texts = []
    for number, level, is_tempted in complaints:
        mood = _mood(level, is_tempted, chance)
        texts.append(_text(SUBJECTS[number], mood, chance))
    return pa.array(texts, pa.string())


def _mood(distress: float, tempted: bool, chance: Chance) -> Mood:
    furious, polite, rival, leaving = chance.random(4).tolist()
    manner = "plain"
    if polite < POLITE:
        manner = "polite"
    if furious < FURIOUS + FURIOUS_IN_DISTRESS * distress:
        manner = "furious"
    tempting = RIVAL_NAMED_WHEN_TEMPTED * distress * tempted
    threatening = LEAVING_NAMED_IN_DISTRESS * distress * (1 + tempted)
    return Mood(
        manner=manner,
        names_rival=rival < RIVAL_NAMED + tempting,
        threatens=leaving < LEAVING_NAMED + threatening,
    )


def _text(subject: str, mood: Mood, chance: Chance) -> str | None:
    """Nothing, a word in English, a hurried note, or what was really said."""
    form = chance.random()
    if form < EMPTY:
        return None
    if form < EMPTY + IN_ENGLISH:
        return phrases().english[subject]
    if form < EMPTY + IN_ENGLISH + TERSE:
        return _one(phrases().short[subject], chance)
    return _typed(_said(subject, mood, chance), chance)


def _said(subject: str, mood: Mood, chance: Chance) -> str:
    """Opening, statements, what is threatened, ending."""
    said = phrases()
    body = _statements(said.statements[subject], chance)
    amounts = {place: chance.integers(*span) for place, span in AMOUNTS.items()}
    threats = ""
    if mood.names_rival:
        threats += _one(said.rivals, chance)
    if mood.threatens:
        threats += _one(said.leaving, chance)
    opening = _one(said.openings[mood.manner], chance)
    ending = _one(said.endings[mood.manner], chance)
    return f"{opening}{body.format(**amounts)}{threats}{ending}"


def _statements(choices: list[str], chance: Chance) -> str:
    """One or two of them, or many."""
    count = _number_of_statements(chance)
    order = chance.permutation(len(choices)).tolist()
    return "，".join(choices[number] for number in order[:count])


def _number_of_statements(chance: Chance) -> int:
    if chance.random() < LONG_SHARE:
        return LONG_STATEMENTS
    if chance.random() < TWO_STATEMENTS_SHARE:
        return 2
    return 1


def _typed(text: str, chance: Chance) -> str:
    """As it was typed: now and then with one word misspelt."""
    slips = phrases().slips
    words = [word for word in slips if word in text]
    if not words or chance.random() >= MISTYPED_SHARE:
        return text
    word = _one(words, chance)
    return text.replace(word, slips[word], 1)


def _one(choices: list[str], chance: Chance) -> str:
    return choices[chance.integers(len(choices))]
