"""Publishing by pointer: append under a run id, audit where the rows lie, then flip the month in one transaction.

The phases of one attempt, each a transaction of its own that holds the month's lock:

    lease   a token higher than any before; whoever holds the highest owns the month
    stage   rows appended under the run id; nobody can see them
    audit   the stored rows checked; the findings are kept
    flip    token still the highest, pointer still where the lease saw it -> the pointer moves

The run id comes from the bytes of the list, so publishing the same list again changes nothing, also when an
earlier attempt committed and its acknowledgement was lost. A restated list is a further version of its month, marked
with the date up to which it knows; a list that was published before never takes its place again.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg

from churn_tasks.adapters.warehouse.connection import Connection, one
from churn_tasks.core.errors import CheckFailed, Fenced, evidence
from churn_tasks.core.months import Month

COLUMNS = (
    "rank", "customer_id", "phone_token", "arpu_cny", "region_code", "customer_group", "churn_score",
    "action_priority", "level", "reason_1", "reason_1_en", "reason_1_zh", "reason_2", "reason_2_en", "reason_2_zh",
    "reason_3", "reason_3_en", "reason_3_zh", "strategy_en", "strategy_zh", "model_name", "model_version",
    "feature_set", "person_id", "line_count", "person_arpu_cny",
)  # fmt: skip
Row = Sequence[Any]

AUDIT = """
SELECT
    count(*) AS rows,
    count(*) FILTER (WHERE customer_id IS NULL OR customer_id = '') AS null_keys,
    count(customer_id) - count(DISTINCT customer_id) AS repeated_keys,
    count(*) FILTER (WHERE churn_score IS NULL OR NOT churn_score BETWEEN 0 AND 1) AS scores_out_of_range,
    count(*) FILTER (WHERE action_priority IS NULL OR action_priority = 'NaN') AS missing_priorities,
    count(*) FILTER (WHERE level IS NULL OR level NOT IN ('high', 'medium', 'low')) AS unknown_levels,
    count(*) FILTER (WHERE model_name IS NULL OR model_version IS NULL OR feature_set IS NULL) AS rows_without_lineage,
    greatest(count(DISTINCT (model_name, model_version, feature_set)) - 1, 0) AS further_models,
    count(*) - count(DISTINCT rank) + abs(coalesce(max(rank), 0) - count(*))
        + abs(coalesce(min(rank), 1) - 1) AS rank_gaps
FROM warning_list
WHERE month = %s AND run_id = %s
"""


@dataclass(frozen=True)
class Lease:
    """One attempt's right to publish a month, until somebody takes a higher token."""

    month: Month
    token: int
    seen_run_id: str | None  # what the month pointed to when the lease was taken


@dataclass(frozen=True)
class Knowledge:
    """What a list rests on: the rows known before a day, and whether they were read again after the month's own run."""

    known_until: date | None = None
    is_restated: bool = False


@dataclass(frozen=True)
class Published:
    """What a month points to after a publication."""

    run_id: str
    version: int
    rows: int
    is_new: bool  # False: the month pointed to this run already


def run_id_of(month: Month, list_sha256: str) -> str:
    """The run id of a list: its month and the digest of its bytes."""
    return f"{month}-{list_sha256[:16]}"


def checksum(rows: Iterable[Row]) -> str:
    """Digest of rows in their order, the same before they are sent and after they are read back."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(
            repr(
                [str(cell) if isinstance(cell, Decimal) else cell for cell in row]
            ).encode()
        )
    return digest.hexdigest()


def take_lease(connection: Connection, month: Month) -> Lease:
    """Start an attempt: every earlier attempt at this month is fenced off from now on."""
    with connection.transaction("churn_loader") as cursor:
        _lock(cursor, connection, month)
        cursor.execute(
            "INSERT INTO publish_lease (month, token) VALUES (%s, 1) ON CONFLICT (month) DO UPDATE"
            " SET token = publish_lease.token + 1, taken_at = clock_timestamp() RETURNING token",
            (month.start,),
        )
        token = one(cursor)[0]
        return Lease(month, token, (_pointer(cursor, month) or (None,))[0])


def stage(
    connection: Connection, lease: Lease, run_id: str, rows: Sequence[Row]
) -> None:
    """Append the rows under their run id; does nothing when that run is there already.

    Raises:
        Fenced: a later attempt owns the month.
    """
    with connection.transaction("churn_loader") as cursor:
        _lock(cursor, connection, lease.month)
        _refuse_stale(cursor, lease)
        cursor.execute(
            "SELECT 1 FROM run WHERE month = %s AND run_id = %s",
            (lease.month.start, run_id),
        )
        if cursor.fetchone():
            return
        cursor.execute(
            "INSERT INTO run (month, run_id, row_count, checksum, token) VALUES (%s, %s, %s, %s, %s)",
            (lease.month.start, run_id, len(rows), checksum(rows), lease.token),
        )
        with cursor.copy(
            f"COPY warning_list (month, run_id, {', '.join(COLUMNS)}) FROM STDIN"
        ) as copy:
            for row in rows:
                copy.write_row((lease.month.start, run_id, *row))


def audit(connection: Connection, lease: Lease, run_id: str) -> None:
    """Check the stored rows themselves, and keep what was found.

    Raises:
        CheckFailed: a rule is broken; the findings stay in the table ``audit``, the month points where it did.
    """
    with connection.transaction("churn_loader") as cursor:
        _lock(cursor, connection, lease.month)
        findings = _findings(cursor, lease.month, run_id)
        cursor.execute(
            "INSERT INTO audit (month, run_id, is_passed, findings) VALUES (%s, %s, %s, %s)",
            (
                lease.month.start,
                run_id,
                not findings,
                json.dumps(findings, sort_keys=True),
            ),
        )
    if findings:
        shown = ", ".join(f"{name} {count}" for name, count in sorted(findings.items()))
        raise CheckFailed(
            evidence(
                table="warning_list",
                month=lease.month,
                problem=f"run {run_id} failed its audit: {shown}",
                remedy="The month keeps its earlier list. Mend the list and publish again.",
            )
        )


def flip(
    connection: Connection,
    lease: Lease,
    run_id: str,
    knowledge: Knowledge = Knowledge(),
) -> Published:
    """Point the month to an audited run; a list that a restated one has replaced stays replaced.

    Raises:
        Fenced: a later attempt owns the month, or the pointer has moved since the lease was taken.
        CheckFailed: the run's latest audit did not pass.
    """
    with connection.transaction("churn_loader") as cursor:
        _lock(cursor, connection, lease.month)
        _refuse_stale(cursor, lease)
        rows = _audited_rows(cursor, lease.month, run_id)
        current, version = _pointer(cursor, lease.month) or (None, 0)
        if current == run_id or (
            current and _was_replaced(cursor, lease.month, run_id, knowledge)
        ):
            return Published(current, version, rows, is_new=False)
        if current != lease.seen_run_id:
            raise Fenced(
                f"warning_list {lease.month}: fenced, the month moved to run {current} during this attempt"
            )
        _move(cursor, lease, run_id, version + 1, knowledge)
        return Published(run_id, version + 1, rows, is_new=True)


def publish(
    connection: Connection,
    lease: Lease,
    run_id: str,
    rows: Sequence[Row],
    knowledge: Knowledge = Knowledge(),
) -> Published:
    """All phases of one attempt after its lease."""
    stage(connection, lease, run_id, rows)
    audit(connection, lease, run_id)
    return flip(connection, lease, run_id, knowledge)


def _lock(cursor: "psycopg.Cursor[Any]", connection: Connection, month: Month) -> None:
    """Held to the end of the transaction: one writer a month."""
    number = month.year * 12 + month.number
    cursor.execute(
        "SELECT pg_advisory_xact_lock(hashtext(%s), %s::integer)",
        (connection.schema, number),
    )


def _refuse_stale(cursor: "psycopg.Cursor[Any]", lease: Lease) -> None:
    cursor.execute(
        "SELECT token FROM publish_lease WHERE month = %s", (lease.month.start,)
    )
    newest = one(cursor)[0]
    if newest != lease.token:
        raise Fenced(
            f"warning_list {lease.month}: fenced, attempt {lease.token} is stale, attempt {newest} owns the month"
        )


def _pointer(cursor: "psycopg.Cursor[Any]", month: Month) -> tuple[str, int] | None:
    cursor.execute(
        "SELECT run_id, version FROM manifest WHERE month = %s", (month.start,)
    )
    return cursor.fetchone()


def _was_replaced(
    cursor: "psycopg.Cursor[Any]", month: Month, run_id: str, knowledge: Knowledge
) -> bool:
    """Whether the month had this list before, and has by now one that knows more."""
    cursor.execute(
        "SELECT 1 FROM manifest AS m INNER JOIN manifest_history AS h ON h.month = m.month"
        " WHERE m.month = %s AND h.run_id = %s AND m.is_restated AND m.known_until > %s",
        (month.start, run_id, knowledge.known_until),
    )
    return cursor.fetchone() is not None


def _findings(
    cursor: "psycopg.Cursor[Any]", month: Month, run_id: str
) -> dict[str, int]:
    """Rules that the stored rows break, with counts; empty when they may be published."""
    cursor.execute(
        "SELECT row_count, checksum FROM run WHERE month = %s AND run_id = %s",
        (month.start, run_id),
    )
    promised, digest = one(cursor)
    cursor.execute(AUDIT, (month.start, run_id))
    counts = dict(
        zip(
            (column.name for column in cursor.description or ()),
            one(cursor),
            strict=True,
        )
    )
    stored = counts.pop("rows")
    cursor.execute(
        f"SELECT {', '.join(COLUMNS)} FROM warning_list WHERE month = %s AND run_id = %s ORDER BY rank, customer_id",
        (month.start, run_id),
    )
    counts["empty_list"] = int(stored == 0)
    counts["rows_missing_or_extra"] = abs(stored - promised)
    counts["changed_content"] = int(checksum(cursor) != digest)
    return {name: int(count) for name, count in counts.items() if count}


def _audited_rows(cursor: "psycopg.Cursor[Any]", month: Month, run_id: str) -> int:
    cursor.execute(
        "SELECT is_passed, row_count FROM audit INNER JOIN run USING (month, run_id)"
        " WHERE month = %s AND run_id = %s ORDER BY audit_id DESC LIMIT 1",
        (month.start, run_id),
    )
    is_passed, rows = cursor.fetchone() or (False, 0)
    if not is_passed:
        raise CheckFailed(
            f"warning_list {month}: run {run_id} has not passed its audit; it was not published"
        )
    return rows


def _move(
    cursor: "psycopg.Cursor[Any]",
    lease: Lease,
    run_id: str,
    version: int,
    knowledge: Knowledge,
) -> None:
    """The pointer moves and the move is remembered; ``published_at`` is the time of this transaction."""
    values = (
        lease.month.start,
        run_id,
        version,
        lease.token,
        knowledge.known_until,
        knowledge.is_restated,
    )
    columns = "month, run_id, version, token, known_until, is_restated, published_at"
    row = "VALUES (%s, %s, %s, %s, %s, %s, now())"
    cursor.execute(
        f"INSERT INTO manifest ({columns}) {row}"
        " ON CONFLICT (month) DO UPDATE SET run_id = excluded.run_id, version = excluded.version,"
        " token = excluded.token, known_until = excluded.known_until, is_restated = excluded.is_restated,"
        " published_at = excluded.published_at",
        values,
    )
    cursor.execute(f"INSERT INTO manifest_history ({columns}) {row}", values)
