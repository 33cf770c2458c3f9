"""Days as integers (days since 1970-01-01), seconds of the local clock, and one stream of chance a topic and month."""

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churn_tasks.core.months import Month
from churn_tasks.simulator.chance import Array, Chance, stream
from churn_tasks.simulator.settings import SimulationSettings

NEVER = 10_000_000  # a day after every other day
HOUR_S = 3_600
DAY_S = 24 * HOUR_S
SECOND_US = 1_000_000
MONTHS_BEYOND = 12  # whose first days are known beyond the last simulated month

Days = TypeVar("Days", int, Array)


@dataclass(frozen=True)
class Clock:
    """The months of one simulation by their number, 0 being the first."""

    settings: SimulationSettings

    def month(self, k: int) -> Month:
        return self.settings.first_month + k

    def cycle(self, k: int) -> int:
        """Month ``k`` as the operator's systems write it: 202403."""
        month = self.month(k)
        return month.year * 100 + month.number

    def month_of_year(self, k: int) -> int:
        """Position of month ``k`` in tables by calendar month: 0 is January."""
        return self.month(k).number - 1

    def start(self, k: int) -> int:
        """First day of month ``k``; ``start(k + 1)`` is its end."""
        first = np.datetime64(self.month(k).start, "D")
        return int(first.astype(int))

    @cached_property
    def starts(self) -> Array:
        """First days of all months and of those beyond."""
        months = self.settings.months + MONTHS_BEYOND + 1
        return np.array([self.start(k) for k in range(months)])

    @property
    def end(self) -> int:
        """Day after the last simulated month."""
        return self.start(self.settings.months)

    def chance(self, topic: str, k: int = 0) -> Chance:
        """A stream of its own for each topic and month: months can be made in any order, or alone."""
        number = zlib.crc32(topic.encode())
        return stream(self.settings.seed, number, k)

    def stamps(self, seconds: Array) -> pa.Array:
        """Instants from seconds of the local clock since 1970-01-01; a negative number stands for none."""
        given = np.asarray(seconds, dtype=np.int64)
        local = pa.array(given * SECOND_US, mask=given < 0)
        return pc.assume_timezone(
            local.cast(pa.timestamp("us")), self.settings.time_zone
        )


def moment(day: Days, hour: int) -> Days:
    """Second of the local clock at a full hour of a day."""
    return day * DAY_S + hour * HOUR_S


def within(days: Array, start: int, end: int) -> Array:
    """Whether days lie from ``start`` to the day before ``end``."""
    return (days >= start) & (days < end)
