"""Numbers of persons that stay: a line keeps the person it was given, month after month, unless somebody says no.

A person is called after its first line, ``P`` and that line's number. Nothing but this month's groups and the numbers
of the month before decide, so the months may be run again in order and give the same numbers.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

PREFIX = "P"
Group = list[str]  # the lines of one person, in order


class Claim(NamedTuple):
    """A group that holds lines of a person of the month before; the least claim goes on with the number."""

    is_another: bool  # the line that the person is called after is not in the group
    minus_lines: int  # more lines of the person come first
    group: int  # place in order of the smallest line


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
    ordered = sorted(sorted(group) for group in groups)
    kept = _kept_persons(ordered, before)
    taken = set(before.values())
    person_of: dict[str, str] = {}
    for number, group in enumerate(ordered):
        person = min(kept[number]) if number in kept else _new_person(group, taken)
        taken.add(person)
        person_of.update(dict.fromkeys(group, person))
    return person_of


def _kept_persons(
    groups: Sequence[Group], before: Mapping[str, str]
) -> dict[int, list[str]]:
    """The persons of the month before whose numbers each group may go on using."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    for number, group in enumerate(groups):
        held = Counter(before[line] for line in group if line in before)
        for person, count in held.items():
            is_another = person.removeprefix(PREFIX) not in group
            claims[person].append(Claim(is_another, -count, number))
    kept: dict[int, list[str]] = defaultdict(list)
    for person, claiming in claims.items():
        kept[min(claiming).group].append(person)
    return kept


def _new_person(group: Group, taken: set[str]) -> str:
    """The first number that nobody has: after one of the group's lines, else with a count behind it."""
    for line in group:
        if PREFIX + line not in taken:
            return PREFIX + line
    first, count = PREFIX + group[0], 2
    while f"{first}-{count}" in taken:
        count += 1
    return f"{first}-{count}"
