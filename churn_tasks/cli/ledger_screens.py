"""Tables for a terminal: entries of the ledger, and rows that are set aside."""

from contextlib import closing

from rich.table import Table

from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.cli.tables import NOT_KNOWN, table
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.effect.contract import said

SHOWN = (
    "ledger_id", "month", "customer_id", "arm", "contact_day", "channel", "attempt", "agent", "outcome", "cost_cny",
    "recall_day",
)  # fmt: skip
HEADS = (
    "entry", "list", "customer", "arm", "day", "channel", "attempt", "agent", "outcome", "cost", "recall",
)  # fmt: skip


def entries_screen(
    settings: Settings, month: Month | None, customer: str | None, top: int
) -> Table:
    """Entries as they stand, the latest day first."""
    statement = (
        f"SELECT {', '.join(SHOWN)} FROM bi_ledger WHERE (%s::date IS NULL OR month = %s)"
        " AND (%s::text IS NULL OR customer_id = %s) ORDER BY contact_day DESC, ledger_id DESC LIMIT %s"
    )
    start = month.start if month else None
    with closing(Warehouse(settings)) as warehouse:
        rows = warehouse.read(statement, (start, start, customer, customer, top))
    if not rows:
        return table("", "No contact is on record 没有联系记录")
    screen = table("Ledger 联系记录", *HEADS)
    for row in rows:
        cells = []
        for name in SHOWN:
            value = row[name]
            cells.append(NOT_KNOWN if value is None else str(value))
        screen.add_row(*cells)
    return screen


def rejected_screen(settings: Settings, top: int) -> Table:
    """Rows that are set aside, in the order in which they came."""
    with closing(Warehouse(settings)) as warehouse:
        rows = warehouse.ledger_waiting()
    if not rows:
        return table("", "No row is set aside 没有被隔离的行")
    screen = table(
        f"Rows set aside 隔离的行: {len(rows):,}",
        "source",
        "row",
        "customer",
        folded=["why"],
    )
    for row in rows[:top]:
        customer = row["customer_id"] or NOT_KNOWN
        why = said(row["rules"].split(", "))
        cells = (row["source"], str(row["line"]), customer, why)
        screen.add_row(*cells)
    return screen
