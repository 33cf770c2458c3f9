"""Who of a list is not contacted, so that the effect of contacts can be seen (H5).

Each person on a list has one arm, whatever the number of lines:

    treat      called
    hold_out   not called, drawn by lot
    panel      not called in any month, drawn by lot once and for all (``panel_share``)
    exempt     called, and in no comparison: a key account (``exempt_key_accounts``)

Those who are drawn are put in order by level of the warning, third of the person's revenue, likeliest cause, and a lot.
The lot is a digest of seed, month and person, so that it never changes. Going down that order, every tenth is held out
(of a share of 0.1), from a place that depends on seed and month alone: a systematic sample, in which everybody has the
same chance and each stratum gives its share to within one person (Cochran, Sampling Techniques, 1977, chapter 8).

A draw stands until the window of its list has ended: who is on the next list as well keeps the arm, so that nobody who
was held out of one list is called from the next while it is still open whether they stay. The effect of a list is told
by those whose arm was drawn for it (``arm_month``): whoever was on an earlier list may be on this one because of a
contact.

Example (delay 1, predict 1): who is drawn for 2024-03 keeps the arm on the list of 2024-04, and is drawn again for
2024-05, when May, the predict window of 2024-03, has ended.
"""

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from churn_tasks.core.hold_out_section import HoldOut
from churn_tasks.core.months import Month

TREAT, HOLD_OUT, PANEL, EXEMPT = "treat", "hold_out", "panel", "exempt"
ARMS = (TREAT, HOLD_OUT, PANEL, EXEMPT)
CALLED = (TREAT, EXEMPT)
STRATA = ["level", "value", "cause_1"]
VALUES = 3  # bands of revenue, equally many persons in each


@dataclass(frozen=True)
class Arm:
    """One arm and the list that it was drawn for; None where nothing was drawn."""

    name: str
    drawn_for: Month | None = None


@dataclass(frozen=True)
class Standing:
    """The arms that hold already.

    Attributes:
        by_line, by_person: customer's number, and person's number, to the arm.
        is_second: the list of the month was made before: it may have been called.
    """

    by_line: Mapping[str, Arm] = field(default_factory=dict)
    by_person: Mapping[str, Arm] = field(default_factory=dict)
    is_second: bool = False

    def of(self, lines: Iterable[str], person: str) -> Arm | None:
        """The arm of a person, by any line first: persons are renumbered when matching learns more.

        Where lines of two arms have become one person, the person is not called.
        """
        found = [self.by_line[line] for line in lines if line in self.by_line]
        if not found:
            return self.by_person.get(person)
        for arm in found:
            if arm.name not in CALLED:
                return arm
        return found[0]


def lot(seed: int, *names: object) -> float:
    """A number from 0 to below 1 that depends on these names alone.

    >>> lot(1, "2024-03", "P7") == lot(1, "2024-03", "P7"), 0 <= lot(1, "2024-03", "P8") < 1
    (True, True)
    """
    text = "\x1f".join(map(str, (seed, *names)))
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def with_arms(
    listed: pd.DataFrame,
    month: Month,
    limits: HoldOut,
    standing: Standing,
    key_accounts: Collection[str] = (),
) -> pd.DataFrame:
    """The list with ``arm`` and ``arm_month``.

    Args:
        listed: ranked rows with ``customer_id``, ``person_id``, ``person_arpu_cny``, ``level`` and ``cause_1``.
        standing: arms that hold already, of this list's first version and of the lists before.
        key_accounts: lines that are always contacted, and with them all lines of their persons.
    """
    arms: dict[str, Arm] = {}
    lines_of: dict[str, list[str]] = {}
    for line, person in zip(listed["customer_id"], listed["person_id"], strict=True):
        lines_of.setdefault(person, []).append(line)
    for person, lines in lines_of.items():
        is_key = any(line in key_accounts for line in lines)
        arm = standing.of(lines, person)
        arm = arm or _without_lot(person, limits, is_key=is_key)
        if arm:
            arms[person] = arm
    persons = listed.drop_duplicates("person_id")  # by the line of the highest rank
    waiting = persons[~persons["person_id"].isin(arms)]
    for person in waiting["person_id"]:
        arms[person] = Arm(TREAT, month)
    for person in _drawn(waiting, month, limits, standing):
        arms[person] = Arm(HOLD_OUT, month)
    chosen = [arms[person] for person in listed["person_id"]]
    starts = [arm.drawn_for.start if arm.drawn_for else None for arm in chosen]
    return listed.assign(
        arm=[arm.name for arm in chosen],
        arm_month=pd.Series(starts, index=listed.index, dtype="object"),
    )


def _without_lot(person: str, limits: HoldOut, *, is_key: bool) -> Arm | None:
    """The arm of whom no lot decides; None of everybody else."""
    if not limits.share and not limits.panel_share:
        return Arm(TREAT)
    if is_key:
        return Arm(EXEMPT)
    if lot(limits.seed, "panel", person) < limits.panel_share:
        return Arm(PANEL)
    return None


def _drawn(
    waiting: pd.DataFrame, month: Month, limits: HoldOut, standing: Standing
) -> Sequence[str]:
    """The persons who are held out of a list."""
    lots = [lot(limits.seed, month, person) for person in waiting["person_id"]]
    numbered = waiting.assign(lot=lots)
    if standing.is_second:
        # the others have their arms: who comes anew is drawn alone
        return list(numbered.loc[numbered["lot"] < limits.share, "person_id"])
    order = numbered.assign(
        value=_thirds(waiting["person_arpu_cny"]), cause_1=waiting["cause_1"].fillna("")
    ).sort_values([*STRATA, "lot", "person_id"], kind="stable")
    start = lot(limits.seed, month)
    drawn = []
    for place, person in enumerate(order["person_id"]):
        before = math.floor(start + place * limits.share)
        if math.floor(start + (place + 1) * limits.share) > before:
            drawn.append(person)
    return drawn


def _thirds(revenue: pd.Series) -> pd.Series:
    """0 for the third of lowest revenue, 2 for the highest; unknown revenue counts as none."""
    known = revenue.astype("float64").fillna(0.0)
    places = known.rank(method="first") - 1
    return (places * VALUES // max(len(known), 1)).astype(int)
