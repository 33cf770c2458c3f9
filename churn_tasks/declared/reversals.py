"""Which rows of a contract take an amount back that another row, or another month, has charged."""

from pydantic import Field

from churn_tasks.core.closed import Closed


class Reversals(Closed):
    """How a reversal is known, and what it has in common with the line that it takes back.

    Beside the columns named here a table with reversals has ``customer_id`` and ``known_date``. The query
    ``standard/reversals`` says what becomes of either; the rules of the contract see it as ``reversal``.

    Attributes:
        takes_back: SQL condition of a row whose sign is against its kind: a charge below zero, a discount above.
        amount: the signed amount.
        item: what is charged; a reversal has the item of what it takes back.
        document: number of the bill or note that a row stands on.
        cancels: column with the document that is taken back, where the source says so.
    """

    takes_back: str
    amount: str
    item: str
    document: str
    cancels: str = Field("", description="empty: no source says so")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names."""
        named = (self.amount, self.item, self.document, self.cancels)
        return tuple(name for name in named if name)
