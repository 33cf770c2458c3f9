"""Why those on the list are there: causes apart from symptoms, counted over the whole list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from churn_tasks.core.closed import Text

Row = Mapping[str, Any]
PLACES = (1, 2, 3)


@dataclass(frozen=True)
class ReasonShare:
    """How often one reason is given.

    Attributes:
        role: cause, symptom or profile.
        first: listed customers whose first reason it is.
        given: listed customers who have it among their reasons.
        expected: of a cause, part of the listed who would leave over it, seen or not: the mean of its probabilities.
    """

    title: Text
    role: str
    first: int
    given: int
    expected: float | None


def reason_shares(
    listed: Sequence[Row], causes: Sequence[Row], titles: Mapping[str, Text]
) -> list[ReasonShare]:
    """Causes first, the likeliest before the others; then what was given most often.

    Args:
        listed: rows of ``out_warning_list``.
        causes: rows of ``score_cause`` of the same month.
        titles: reason group -> its short title.
    """
    sums: dict[str, float] = {}
    for row in causes:
        cause = row["cause"]
        sums[cause] = sums.get(cause, 0.0) + row["probability"]
    first: dict[str, int] = {}
    given = dict.fromkeys(sums, 0)
    roles = dict.fromkeys(sums, "cause")
    for row in listed:
        for place in PLACES:
            group = row[f"reason_{place}"]
            if group:
                roles[group] = row[f"reason_{place}_role"]
                given[group] = given.get(group, 0) + 1
                first[group] = first.get(group, 0) + (place == 1)
    shares = []
    for group in sorted(given):
        expected = sums[group] / len(listed) if group in sums else None
        shares.append(
            ReasonShare(
                titles[group],
                roles[group],
                first.get(group, 0),
                given[group],
                expected,
            )
        )
    return sorted(shares, key=lambda share: (-(share.expected or 0), -share.given))
