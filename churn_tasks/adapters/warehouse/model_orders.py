"""What people order about a model version, from a month on. Orders are only added: the latest one counts.

``retire``  it is never in force again; the version before it is, or none
``pin``     it is in force whatever the gate finds
``approve`` it may go live if it passes the gate, where a person is asked
"""

from dataclasses import astuple, dataclass, fields
from typing import Literal

from churn_tasks.adapters.warehouse.connection import Connection, Cursor
from churn_tasks.adapters.warehouse.rows import append
from churn_tasks.core.months import Month

Kind = Literal["retire", "pin", "approve"]


@dataclass(frozen=True)
class ModelOrder:
    """One person's order about one version.

    Attributes:
        decided_by, why: kept for ever; never empty.
    """

    kind: Kind
    model_name: str
    model_version: int
    decided_by: str
    why: str

    @property
    def model(self) -> tuple[str, int]:
        """The version it is about."""
        return self.model_name, self.model_version


@dataclass(frozen=True)
class DatedOrder:
    """An order with the month that it began in, ``YYYY-MM``."""

    order: ModelOrder
    from_month: str


_LATEST = """
SELECT kind, model_name, model_version, decided_by, why, to_char(from_month, 'YYYY-MM')
FROM (
    SELECT DISTINCT ON (kind, model_name, model_version) *
    FROM model_order
    WHERE from_month <= %s
    ORDER BY kind, model_name, model_version, order_id DESC
) AS latest
WHERE is_in_force
ORDER BY order_id
"""


def in_force(cursor: Cursor, month: Month) -> list[DatedOrder]:
    """The orders that hold in a month, in the order in which they were given."""
    cursor.execute(_LATEST, (month.start,))
    return [DatedOrder(ModelOrder(*row[:-1]), row[-1]) for row in cursor.fetchall()]


def retired(cursor: Cursor, month: Month) -> set[tuple[str, int]]:
    """Name and version of what must not be in force in a month."""
    return _ordered(cursor, month, "retire")


def _ordered(cursor: Cursor, month: Month, kind: Kind) -> set[tuple[str, int]]:
    found = set()
    for dated in in_force(cursor, month):
        if dated.order.kind == kind:
            found.add(dated.order.model)
    return found


def pinned(cursor: Cursor, month: Month) -> DatedOrder | None:
    """The version that people want in force in a month; of several the one that was pinned last."""
    without = retired(cursor, month)
    latest = None
    for dated in in_force(cursor, month):
        if dated.order.kind == "pin" and dated.order.model not in without:
            latest = dated
    return latest


def record(
    connection: Connection, month: Month, order: ModelOrder, *, is_in_force: bool
) -> bool:
    """Add an order from a month on, or take it back; False when it was so already."""
    with connection.transaction("churn_loader") as cursor:
        connection.lock(cursor, "model_order")
        if _holds(cursor, month, order) is is_in_force:
            return False
        names = [field.name for field in fields(ModelOrder)]
        row = (month.start, is_in_force, *astuple(order))
        append(cursor, "model_order", ("from_month", "is_in_force", *names), [row])
    return True


def _holds(cursor: Cursor, month: Month, order: ModelOrder) -> bool:
    """Whether a version is retired, approved, or is the one that is pinned."""
    if order.kind != "pin":
        return order.model in _ordered(cursor, month, order.kind)
    now = pinned(cursor, month)
    return now is not None and now.order.model == order.model
