"""Doubtful pairs of records put to people, and what they decided. Both are only added to.

The pipeline's role adds pairs and reads decisions; names and addresses are read under ``churn_reviewer`` alone.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any, Literal

from churn_tasks.adapters.warehouse.connection import Connection, Cursor, one
from churn_tasks.adapters.warehouse.rows import append, records
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month

Decision = Literal["same", "different", "undo"]


@dataclass(frozen=True)
class QueuedPair:
    """One pair as people will see it; the records are JSON of what the source had when it was queued."""

    customer_id_a: str
    customer_id_b: str
    probability: float
    reason: str
    evidence: str | None
    evidence_zh: str | None
    phone_token_a: str | None
    record_a: str
    phone_token_b: str | None
    record_b: str

    @property
    def numbers(self) -> tuple[str, str]:
        """Of the two customers."""
        return self.customer_id_a, self.customer_id_b


@dataclass(frozen=True)
class PairDecision:
    """What counts for a pair now: the latest decision that was not taken back."""

    customer_id_a: str
    customer_id_b: str
    decision: str
    decided_by: str
    revision: int


def queue(
    connection: Connection, month: Month, pairs: Sequence[QueuedPair], most: int
) -> int:
    """Add pairs that were never asked about, in the order given, until ``most`` of them were first seen in ``month``.

    Returns:
        Pairs added.
    """
    with connection.transaction("churn_loader") as cursor:
        connection.lock(cursor, "match_review")
        cursor.execute(
            "SELECT count(*) FROM match_review WHERE first_seen = %s", (month.start,)
        )
        places = max(most - int(one(cursor)[0]), 0)
        cursor.execute("SELECT customer_id_a, customer_id_b FROM match_review")
        asked = set(cursor.fetchall())
        new = [pair for pair in pairs if pair.numbers not in asked][:places]
        append(
            cursor,
            "match_review",
            ("first_seen", *(field.name for field in fields(QueuedPair))),
            [(month.start, *astuple(pair)) for pair in new],
        )
    return len(new)


_LATEST = """
SELECT DISTINCT ON (customer_id_a, customer_id_b) customer_id_a, customer_id_b, decision, decided_by, revision
FROM match_decision
ORDER BY customer_id_a, customer_id_b, revision DESC
"""


def decisions(connection: Connection) -> list[PairDecision]:
    """The decisions in force, ordered by pair."""
    with connection.transaction("churn_loader") as cursor:
        cursor.execute(_LATEST)
        return [PairDecision(*row) for row in cursor.fetchall() if row[2] != "undo"]


def pairs(
    connection: Connection,
    *,
    state: str | None = None,
    pair: tuple[str, str] | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Pairs with both records, the most probable first; phone numbers are masked.

    Args:
        state: only ``open``, ``same`` or ``different`` ones.
        pair: only this one, the smaller number first.
    """
    conditions, values = ["true"], []
    if state:
        conditions.append("state = %s")
        values.append(state)
    if pair:
        conditions.append("customer_id_a = %s AND customer_id_b = %s")
        values.extend(pair)
    with connection.transaction("churn_reviewer") as cursor:
        cursor.execute(
            f"SELECT * FROM review_queue WHERE {' AND '.join(conditions)}"
            " ORDER BY probability DESC, customer_id_a, customer_id_b LIMIT %s",
            (*values, limit),
        )
        return records(cursor)


def decide(
    connection: Connection,
    pair: tuple[str, str],
    decision: Decision,
    decided_by: str,
    why: str,
) -> bool:
    """Add a decision; one that only repeats what is in force adds nothing.

    Returns:
        Whether anything was added.

    Raises:
        BadInput: nobody was named, or the pair was never asked about.
    """
    if not decided_by.strip():
        raise BadInput("a decision needs the name of who decided")
    first, second = sorted(pair)
    with connection.transaction("churn_reviewer") as cursor:
        connection.lock(cursor, "match_decision")
        state = _state(cursor, first, second)
        if state == decision or (decision == "undo" and state == "open"):
            return False
        append(
            cursor,
            "match_decision",
            ("customer_id_a", "customer_id_b", "decision", "decided_by", "why"),
            [(first, second, decision, decided_by.strip(), why)],
        )
    return True


def _state(cursor: Cursor, first: str, second: str) -> str:
    """``open``, or what was decided last about a pair.

    Raises:
        BadInput: it was never asked about.
    """
    cursor.execute(
        "SELECT state FROM review_queue WHERE customer_id_a = %s AND customer_id_b = %s",
        (first, second),
    )
    row = cursor.fetchone()
    if row is None:
        raise BadInput(
            f"the pair {first}+{second} was never in the review queue; see: churn review list"
        )
    return str(row[0])
