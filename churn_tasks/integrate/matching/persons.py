"""Numbers of persons that stay: a line keeps the person it was given, month after month, unless somebody says no.

A person is called after its first line, ``P`` and that line's number. Nothing but this month's groups and the numbers
of the month before decide, so the months may be run again in order and give the same numbers.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

PREFIX = "P"


def person_ids(
    groups: Iterable[Iterable[str]], before: Mapping[str, str]
) -> dict[str, str]:
    """The person of each line.

    * A group all of whose known lines had one person keeps it, new lines join it.
    * Where a group joins lines of several persons, the smallest of their numbers goes on.
    * Where a person's lines are now in several groups, the number stays with the line it is called after; if that is in
      none, with the group that has most of them, then with the smallest line. The others get a new number.

    Args:
        groups: lines of one person each; no line is in two.
        before: person of each line in the month before.

    >>> person_ids([["a", "c"], ["b"]], {"a": "Pa", "b": "Pa"})
    {'a': 'Pa', 'c': 'Pa', 'b': 'Pb'}
    """
    ordered = sorted((sorted(group) for group in groups), key=lambda group: group[0])
    kept: dict[int, list[str]] = defaultdict(list)
    for person, number in _owners(ordered, before).items():
        kept[number].append(person)
    taken = set(before.values())
    given: dict[str, str] = {}
    for number, group in enumerate(ordered):
        person = min(kept[number]) if number in kept else _new(group, taken)
        taken.add(person)
        given.update(dict.fromkeys(group, person))
    return given


def _owners(groups: list[list[str]], before: Mapping[str, str]) -> dict[str, int]:
    """Which group may go on using each number of the month before."""
    claims: dict[str, list[tuple[bool, int, int]]] = defaultdict(list)
    for number, group in enumerate(groups):
        held: dict[str, int] = defaultdict(int)
        for line in group:
            if line in before:
                held[before[line]] += 1
        for person, count in held.items():
            is_called_after = person.removeprefix(PREFIX) in group
            claims[person].append((not is_called_after, -count, number))
    return {person: min(found)[-1] for person, found in claims.items()}


def _new(group: list[str], taken: set[str]) -> str:
    """The first number that nobody has: after one of the group's lines, else with a count behind it."""
    for line in group:
        if PREFIX + line not in taken:
            return PREFIX + line
    count = 2
    while f"{PREFIX}{group[0]}-{count}" in taken:
        count += 1
    return f"{PREFIX}{group[0]}-{count}"
