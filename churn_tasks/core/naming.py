"""Names that somebody wrote into a file: those written twice, and those that nothing has."""

from collections.abc import Collection, Iterable
from typing import TypeVar

Name = TypeVar("Name", str, int)


def given_twice(names: Iterable[Name]) -> list[Name]:
    """The names that stand there more than once, each once and in order.

    >>> given_twice(["fault", "bill", "fault", "bill", "fault"])
    ['bill', 'fault']
    """
    seen: set[Name] = set()
    twice: set[Name] = set()
    for name in names:
        if name in seen:
            twice.add(name)
        seen.add(name)
    return sorted(twice)


def not_among(names: Iterable[str], known: Collection[str]) -> list[str]:
    """The names that are not known, as they were given.

    >>> not_among(["bill", "bil", "fault"], known=["bill", "fault"])
    ['bil']
    """
    return [name for name in names if name not in known]
