"""Publishing by pointer: append under a run id, audit where the rows lie, then flip the month in one transaction.

The phases of one attempt, each a transaction of its own that holds the month's lock:

    lease   a token higher than any before; whoever holds the highest owns the month
    stage   rows appended under the run id; nobody can see them
    audit   the stored rows checked; the findings are kept
    flip    token still the highest, pointer still where the lease saw it -> the pointer moves

The triggers of the month lie beside its list under the same run id, so that one flip shows both; the list names the
digest of them (``trigger_set``).

The run id comes from the bytes of the list, so publishing the same list again changes nothing, also when an
earlier attempt committed and its acknowledgement was lost. A restated list is a further version of its month, marked
with the date up to which it knows; a list that was published before never takes its place again.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from churn_tasks.adapters.warehouse import audit_rules
from churn_tasks.adapters.warehouse.audit_rules import COLUMNS, TRIGGER_COLUMNS
from churn_tasks.adapters.warehouse.connection import Connection, Cursor, one
from churn_tasks.adapters.warehouse.pointer import (
    FIRST_LIST,
    Knowledge,
    Pointer,
    move,
    pointer,
    was_replaced,
)
from churn_tasks.adapters.warehouse.rows import Row, append
from churn_tasks.core.errors import CheckFailed, Fenced, evidence
from churn_tasks.core.months import Month


@dataclass(frozen=True)
class Lease:
    """One attempt's right to publish a month, until somebody takes a higher token."""

    month: Month
    token: int
    seen_run_id: str | None  # what the month pointed to when the lease was taken


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
        return Lease(month, token, pointer(cursor, month).run_id)


def stage(
    connection: Connection,
    lease: Lease,
    run_id: str,
    rows: Sequence[Row],
    taken_out: int = 0,
    triggers: Iterable[Row] = (),
) -> None:
    """Append the rows under their run id; does nothing when that run is there already.

    Args:
        taken_out: rows that the list had when it was made and that were taken out of it since.
        triggers: rows in the order of ``TRIGGER_COLUMNS``, of customers on the list and beside it.

    Raises:
        Fenced: a later attempt owns the month.
    """
    with connection.transaction("churn_loader") as cursor:
        _lock(cursor, connection, lease.month)
        _refuse_stale(cursor, lease)
        run = (lease.month.start, run_id)
        cursor.execute("SELECT 1 FROM run WHERE month = %s AND run_id = %s", run)
        if cursor.fetchone():
            return
        made = len(rows) + taken_out
        promise = (*run, made, taken_out, audit_rules.checksum(rows), lease.token)
        append(
            cursor,
            "run",
            ("month", "run_id", "row_count", "taken_out", "checksum", "token"),
            [promise],
        )
        append(
            cursor,
            "warning_list",
            ("month", "run_id", *COLUMNS),
            ((*run, *row) for row in rows),
        )
        append(
            cursor,
            "raised_trigger",
            ("month", "run_id", *TRIGGER_COLUMNS),
            ((*run, *row) for row in triggers),
        )


def audit(connection: Connection, lease: Lease, run_id: str) -> None:
    """Check the stored rows themselves, and keep what was found.

    Raises:
        CheckFailed: a rule is broken; the findings stay in the table ``audit``, the month points where it did.
    """
    with connection.transaction("churn_loader") as cursor:
        _lock(cursor, connection, lease.month)
        findings = audit_rules.findings(cursor, lease.month, run_id)
        kept = json.dumps(findings, sort_keys=True)
        append(
            cursor,
            "audit",
            ("month", "run_id", "is_passed", "findings"),
            [(lease.month.start, run_id, not findings, kept)],
        )
    if findings:
        shown = ", ".join(f"{rule} {count}" for rule, count in sorted(findings.items()))
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
    knowledge: Knowledge = FIRST_LIST,
) -> Published:
    """Point the month to an audited run; a list that a restated one has replaced stays replaced.

    Raises:
        Fenced: a later attempt owns the month, or the pointer has moved since the lease was taken.
        CheckFailed: the run's latest audit did not pass.
    """
    month = lease.month
    with connection.transaction("churn_loader") as cursor:
        _lock(cursor, connection, month)
        _refuse_stale(cursor, lease)
        rows = _audited_rows(cursor, month, run_id)
        now = pointer(cursor, month)
        if now.run_id is not None and (
            now.run_id == run_id or was_replaced(cursor, month, run_id, knowledge)
        ):
            return Published(now.run_id, now.version, rows, is_new=False)
        if now.run_id != lease.seen_run_id:
            raise Fenced(
                f"warning_list {month}: fenced, the month moved to run {now.run_id} during this attempt"
            )
        version = now.version + 1
        move(cursor, month, Pointer(run_id, version), lease.token, knowledge)
        return Published(run_id, version, rows, is_new=True)


def publish(
    connection: Connection,
    lease: Lease,
    run_id: str,
    rows: Sequence[Row],
    knowledge: Knowledge = FIRST_LIST,
    taken_out: int = 0,
    triggers: Iterable[Row] = (),
) -> Published:
    """All phases of one attempt after its lease."""
    stage(connection, lease, run_id, rows, taken_out, triggers)
    audit(connection, lease, run_id)
    return flip(connection, lease, run_id, knowledge)


def _lock(cursor: Cursor, connection: Connection, month: Month) -> None:
    """Held to the end of the transaction: one writer a month."""
    number = month.year * 12 + month.number
    cursor.execute(
        "SELECT pg_advisory_xact_lock(hashtext(%s), %s::integer)",
        (connection.schema, number),
    )


def _refuse_stale(cursor: Cursor, lease: Lease) -> None:
    cursor.execute(
        "SELECT token FROM publish_lease WHERE month = %s", (lease.month.start,)
    )
    newest = one(cursor)[0]
    if newest != lease.token:
        raise Fenced(
            f"warning_list {lease.month}: fenced, attempt {lease.token} is stale, attempt {newest} owns the month"
        )


def _audited_rows(cursor: Cursor, month: Month, run_id: str) -> int:
    """Rows of a run whose latest audit passed.

    Raises:
        CheckFailed: it did not, or there was none.
    """
    cursor.execute(
        "SELECT is_passed, row_count FROM audit INNER JOIN run USING (month, run_id)"
        " WHERE month = %s AND run_id = %s ORDER BY audit_id DESC LIMIT 1",
        (month.start, run_id),
    )
    is_passed, row_count = cursor.fetchone() or (False, 0)
    if not is_passed:
        raise CheckFailed(
            f"warning_list {month}: run {run_id} has not passed its audit; it was not published"
        )
    return int(row_count)
