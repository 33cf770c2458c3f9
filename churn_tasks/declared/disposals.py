"""Ways on which rows leave a month, and how many may: bounds that hold from the first month on."""

from typing import Literal

from pydantic import Field

from churn_tasks.core.closed import Closed

Fate = Literal["double", "replaced", "added_up", "conflict"]


class Disposals(Closed):
    """The largest share of a table's rows that may leave on each way; above it the month stops.

    Attributes:
        left_out: rows of a month's own file that the WHERE of its extract does not take.
        damaged: lines of its files that became no row: too many fields, an open quote, bytes that are no text.
        doubles: rows that equal another in every column; one of them stays.
        replaced: rows whose key stands in a row learnt on a later day: that one is the correction.
        conflicts: rows of one key that were learnt on one day and say different things; they are set aside.
        added_up: rows whose amount went into another line of their key: nothing is lost, but where most do, the key is
            none.
        set_aside: rows that break any rule, all rules together. None: what the rule with the largest share may set
            aside, and no less than ``LEAST_SET_ASIDE``.
        not_yet_known: rows that were delivered although they became known after the month is read; no query sees them.
        forgotten: rows of people who were taken out (``churn forget``), delivered all the same, which stay outside.
    """

    left_out: float = Field(0.6, ge=0, le=1)
    damaged: float = Field(0.02, ge=0, le=1)
    doubles: float = Field(0.1, ge=0, le=1)
    replaced: float = Field(0.05, ge=0, le=1)
    conflicts: float = Field(0.02, ge=0, le=1)
    added_up: float = Field(0.4, ge=0, le=1)
    set_aside: float | None = Field(None, ge=0, le=1)
    not_yet_known: float = Field(0.05, ge=0, le=1)
    forgotten: float = Field(0.05, ge=0, le=1)


LEAST_SET_ASIDE = 0.1
