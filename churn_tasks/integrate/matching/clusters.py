"""From pairs to persons: which links hold, and what happens where they contradict each other.

Links are taken one after another, what people decided first (the latest decision first), then by falling probability.
A link joins two groups of lines unless that would put into one person

1. two lines that somebody has decided are different persons,
2. two different values of something of which a person has one (an identity document),
3. more lines than the settings allow one person.

A link that does not hold for one of these reasons goes to review. So a chain ``a - b - c`` with ``a`` and ``c`` decided
different breaks at its weaker link, always the same one, and nobody is merged through a third record.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Decision = Literal["same", "different"]
LinkVerdict = Literal["merged", "review", "same_by_person", "different_by_person"]
Line = str  # the number of a line
ValueOfLine = Mapping[Line, str]


@dataclass(frozen=True)
class Link:
    """One pair that may be one person.

    Attributes:
        a, b: the two lines, the smaller number first.
        probability: 0 to 1, from the month the pair was last compared in.
        guard: name of the guard that forbids an automatic merge, if any.
        was_merged: the pair was merged in the month before.
        decision, revision: what a person decided last, and the number of that decision.
    """

    a: Line
    b: Line
    probability: float
    guard: str | None = None
    was_merged: bool = False
    decision: Decision | None = None
    revision: int = 0


@dataclass(frozen=True)
class Judged:
    """A link with what was made of it, and which rule said so."""

    link: Link
    verdict: LinkVerdict
    reason: str


@dataclass
class Groups:
    """Lines joined so far; only lines of some link are in here.

    Attributes:
        one_value: for each thing of which a person has one, the value of each line that has it.
        most_lines: lines of one person, at most.
    """

    one_value: Mapping[str, ValueOfLine] = field(default_factory=dict)
    most_lines: int = 200
    _parent: dict[Line, Line] = field(default_factory=dict)
    _members: dict[Line, list[Line]] = field(default_factory=dict)
    _enemies: dict[Line, set[Line]] = field(default_factory=dict)

    def of(self, line: Line) -> Line:
        """The line that stands for the group: the smallest number in it."""
        parent = self._parent.setdefault(line, line)
        while parent != self._parent.setdefault(parent, parent):
            self._parent[line] = self._parent[parent]
            line, parent = parent, self._parent[parent]
        return parent

    @property
    def lines(self) -> list[Line]:
        """Every line that was ever asked for."""
        return list(self._parent)

    def members(self, line: Line) -> list[Line]:
        """The lines of a line's group, itself among them."""
        return self._members.get(self.of(line), [line])

    def are_one(self, a: Line, b: Line) -> bool:
        """Whether both are in one group."""
        return self.of(a) == self.of(b)

    def part(self, a: Line, b: Line) -> None:
        """From now on nothing joins these two."""
        self._enemies.setdefault(self.of(a), set()).add(b)
        self._enemies.setdefault(self.of(b), set()).add(a)

    def obstacle(self, a: Line, b: Line, *, by_person: bool = False) -> str | None:
        """Why the two groups may not be joined; a person's decision is only held back by another decision."""
        if self.are_one(a, b):
            return None
        if self._are_parted(a, b):
            return "decided_different"
        if by_person:
            return None
        together = [*self.members(a), *self.members(b)]
        for name, value_of in self.one_value.items():
            values = {value_of[line] for line in together if line in value_of}
            if len(values) > 1:
                return f"two_{name}"
        if len(together) > self.most_lines:
            return "too_many_lines"
        return None

    def _are_parted(self, a: Line, b: Line) -> bool:
        enemies = self._enemies.get(self.of(a), ())
        return any(self.are_one(enemy, b) for enemy in enemies)

    def join(self, a: Line, b: Line) -> None:
        """Make the groups of both one."""
        if self.are_one(a, b):
            return
        first, second = sorted((self.of(a), self.of(b)))
        self._members[first] = [*self.members(first), *self.members(second)]
        self._members.pop(second, None)
        enemies = self._enemies.setdefault(first, set())
        enemies.update(self._enemies.pop(second, set()))
        self._parent[second] = first


def resolve(links: Iterable[Link], groups: Groups, upper: float) -> list[Judged]:
    """Judge every link and join the groups of those that hold. The order in which links are given does not matter.

    Args:
        upper: probability from which a pair is merged without being asked; a pair merged the month before stays
            merged below it, for as long as it is given at all.
    """
    judged = []
    for link in sorted(links, key=_precedence):
        if link.decision:
            judged.append(_by_decision(link, groups))
        else:
            judged.append(_automatic(link, groups, upper))
    settled = [_settled(each, groups) for each in judged]
    return sorted(settled, key=lambda each: (each.link.a, each.link.b))


def _precedence(link: Link) -> tuple[bool, int, float, Line, Line]:
    """Decisions first, the latest before others, then the most probable, then by number."""
    is_open = link.decision is None
    return is_open, -link.revision, -link.probability, link.a, link.b


def _by_decision(link: Link, groups: Groups) -> Judged:
    if link.decision == "different":
        if not groups.are_one(link.a, link.b):
            groups.part(link.a, link.b)
        return Judged(link, "different_by_person", "decided")
    if groups.obstacle(link.a, link.b, by_person=True):
        return Judged(link, "review", "contradicts_a_later_decision")
    groups.join(link.a, link.b)
    return Judged(link, "same_by_person", "decided")


def _automatic(link: Link, groups: Groups, upper: float) -> Judged:
    if link.guard:
        return Judged(link, "review", link.guard)
    is_sure = link.probability >= upper
    if not is_sure and not link.was_merged:
        return Judged(link, "review", "between_the_thresholds")
    obstacle = groups.obstacle(link.a, link.b)
    if obstacle:
        return Judged(link, "review", obstacle)
    groups.join(link.a, link.b)
    if is_sure:
        return Judged(link, "merged", "above_the_upper_threshold")
    return Judged(link, "merged", "merged_before")


def _settled(judged: Judged, groups: Groups) -> Judged:
    """Nobody needs to be asked about two lines that other links have made one person."""
    link = judged.link
    is_asked = judged.verdict == "review" and not link.decision
    if is_asked and groups.are_one(link.a, link.b):
        return Judged(link, "merged", "through_other_lines")
    return judged
