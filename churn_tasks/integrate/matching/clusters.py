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
Verdict = Literal["merged", "review", "same_by_person", "different_by_person"]


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

    a: str
    b: str
    probability: float
    guard: str | None = None
    was_merged: bool = False
    decision: Decision | None = None
    revision: int = 0


@dataclass(frozen=True)
class Judged:
    """A link with what was made of it, and which rule said so."""

    link: Link
    verdict: Verdict
    reason: str


@dataclass
class Groups:
    """Lines joined so far; only lines of some link are in here.

    Attributes:
        one_value: for each thing of which a person has one, the value of each line that has it.
        most_lines: lines of one person, at most.
    """

    one_value: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    most_lines: int = 200
    _parent: dict[str, str] = field(default_factory=dict)
    _members: dict[str, list[str]] = field(default_factory=dict)
    _enemies: dict[str, set[str]] = field(default_factory=dict)

    def of(self, line: str) -> str:
        """The line that stands for the group: the smallest number in it."""
        parent = self._parent.setdefault(line, line)
        while parent != self._parent.setdefault(parent, parent):
            self._parent[line] = self._parent[parent]
            line, parent = parent, self._parent[parent]
        return parent

    @property
    def lines(self) -> list[str]:
        """Every line that was ever asked for."""
        return list(self._parent)

    def members(self, line: str) -> list[str]:
        return self._members.get(self.of(line), [line])

    def part(self, a: str, b: str) -> None:
        """From now on nothing joins these two."""
        self._enemies.setdefault(self.of(a), set()).add(b)
        self._enemies.setdefault(self.of(b), set()).add(a)

    def obstacle(self, a: str, b: str, *, by_person: bool = False) -> str | None:
        """Why the two groups may not be joined; a person's decision is only held back by another decision."""
        ours, theirs = self.of(a), self.of(b)
        if ours == theirs:
            return None
        if any(self.of(enemy) == theirs for enemy in self._enemies.get(ours, ())):
            return "decided_different"
        if by_person:
            return None
        for name, values in self.one_value.items():
            if (
                len(
                    {
                        values[line]
                        for group in (a, b)
                        for line in self.members(group)
                        if line in values
                    }
                )
                > 1
            ):
                return f"two_{name}"
        return (
            "too_many_lines"
            if len(self.members(a)) + len(self.members(b)) > self.most_lines
            else None
        )

    def join(self, a: str, b: str) -> None:
        first, second = sorted((self.of(a), self.of(b)))
        if first == second:
            return
        self._members[first] = [*self.members(first), *self.members(second)]
        self._members.pop(second, None)
        self._enemies[first] = self._enemies.get(first, set()) | self._enemies.pop(
            second, set()
        )
        self._parent[second] = first


def resolve(links: Iterable[Link], groups: Groups, upper: float) -> list[Judged]:
    """Judge every link and join the groups of those that hold. The order in which links are given does not matter.

    Args:
        upper: probability from which a pair is merged without being asked; a pair merged the month before stays
            merged below it, for as long as it is given at all.
    """
    ordered = sorted(
        links, key=lambda link: (-link.revision, -link.probability, link.a, link.b)
    )
    judged = [
        Judged(link, "different_by_person", "decided")
        for link in ordered
        if link.decision == "different"
    ]
    newest_first = [link for link in ordered if link.decision]
    for link in newest_first:
        if link.decision == "different":
            if groups.of(link.a) != groups.of(link.b):
                groups.part(link.a, link.b)
        else:
            judged.append(_decided_same(link, groups))
    judged += [_automatic(link, groups, upper) for link in ordered if not link.decision]
    judged = [_settled(each, groups) for each in judged]
    return sorted(judged, key=lambda each: (each.link.a, each.link.b))


def _settled(judged: Judged, groups: Groups) -> Judged:
    """Nobody needs to be asked about two lines that other links have made one person."""
    link = judged.link
    if (
        judged.verdict == "review"
        and not link.decision
        and groups.of(link.a) == groups.of(link.b)
    ):
        return Judged(link, "merged", "through_other_lines")
    return judged


def _decided_same(link: Link, groups: Groups) -> Judged:
    obstacle = groups.obstacle(link.a, link.b, by_person=True)
    if obstacle:
        return Judged(link, "review", "contradicts_a_later_decision")
    groups.join(link.a, link.b)
    return Judged(link, "same_by_person", "decided")


def _automatic(link: Link, groups: Groups, upper: float) -> Judged:
    if link.guard:
        return Judged(link, "review", link.guard)
    if link.probability < upper and not link.was_merged:
        return Judged(link, "review", "between_the_thresholds")
    obstacle = groups.obstacle(link.a, link.b)
    if obstacle:
        return Judged(link, "review", obstacle)
    groups.join(link.a, link.b)
    return Judged(
        link,
        "merged",
        "above_the_upper_threshold" if link.probability >= upper else "merged_before",
    )
