"""Places in a text where figures are put: ``complaints: {value} in {months} months``. Found, checked, filled."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator

from churn_tasks.core.closed import Text

SLOT = re.compile(r"\{([^{}]*)\}")
BRACE = re.compile(r"[{}]")


def slots(words: str) -> set[str]:
    """The names in braces.

    >>> sorted(slots("{value} of {months}"))
    ['months', 'value']
    """
    return set(SLOT.findall(words))


def filled(words: str, figures: Mapping[str, object]) -> str:
    """The words with a figure in each place.

    >>> filled("{value} in {months} months", {"value": 2, "months": 3})
    '2 in 3 months'

    Raises:
        KeyError: a place has no figure; :func:`refuse_slots` tells it when the text is read.
    """
    return SLOT.sub(lambda slot: str(figures[slot[1]]), words)


def refuse_slots(text: Text, allowed: Collection[str]) -> Text:
    """The text, whose places are among the allowed ones.

    Raises:
        ValueError: another name stands in braces, or a brace stands alone; with the language and what is allowed.
    """
    problems = []
    for language, words in (("en", text.en), ("zh", text.zh)):
        for wrong in _wrong(words, allowed):
            problems.append(f"{language} names {wrong} that is not there")
    if not problems:
        return text
    there = ", ".join(f"{{{name}}}" for name in allowed) or "none"
    raise ValueError(f"{'; '.join(problems)}; places for figures: {there}")


def _wrong(words: str, allowed: Collection[str]) -> Iterator[str]:
    """What stands in braces and is not allowed, and braces that belong to no place."""
    for name in sorted(slots(words) - set(allowed)):
        yield f"{{{name}}}"
    yield from BRACE.findall(SLOT.sub("", words))


def _without_slots(text: Text) -> Text:
    return refuse_slots(text, ())


# said as it stands
PlainText = Annotated[Text, AfterValidator(_without_slots)]
