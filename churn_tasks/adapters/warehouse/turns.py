"""One process at a time trains and decides a month: a lock of the session, gone with the process that held it."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from churn_tasks.adapters.warehouse.connection import Connection, one
from churn_tasks.core.errors import NotReady
from churn_tasks.core.months import Month

log = logging.getLogger("churn")

POLL_SECONDS = 1
MOST_POLLS = 7200  # the time limit of the task that trains


@contextmanager
def in_turn(connection: Connection, month: Month) -> Iterator[None]:
    """Wait until no other process trains or decides the month, and keep others waiting meanwhile.

    Who comes second finds what the first has registered and takes it over, so that there is one decision.

    Raises:
        NotReady: the other has not come to an end.
    """
    _wait(connection, month)
    try:
        yield
    finally:
        _ask(connection, "pg_advisory_unlock", month)


def _wait(connection: Connection, month: Month) -> None:
    for poll in range(MOST_POLLS):
        if _ask(connection, "pg_try_advisory_lock", month):
            return
        if poll == 0:
            log.warning("%s is trained by another process: waiting for it", month)
        time.sleep(POLL_SECONDS)
    raise NotReady(
        f"{month} is trained by another process, which has not come to an end in {MOST_POLLS * POLL_SECONDS} seconds."
        " End it, or wait for it; then run the month again."
    )


def _ask(connection: Connection, function: str, month: Month) -> bool:
    number = month.year * 12 + month.number
    with connection.transaction("churn_loader") as cursor:
        cursor.execute(
            f"SELECT {function}(hashtext(%s), %s::integer)",
            (f"{connection.schema} training", number),
        )
        return bool(one(cursor)[0])
