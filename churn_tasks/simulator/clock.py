"""Days as integers (days since 1970-01-01) and the reproducible streams of chance."""

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churn_tasks.core.months import Month
from churn_tasks.simulator.settings import SimulationSettings

NEVER = 10_000_000  # a day after every other day
DAY_S = 86_400

Array = np.ndarray


@dataclass(frozen=True)
class Clock:
    """The months of one simulation by their number, 0 being the first."""

    settings: SimulationSettings

    def month(self, k: int) -> Month:
        return self.settings.first_month + k

    def start(self, k: int) -> int:
        """First day of month ``k``; ``start(k + 1)`` is its end."""
        return int(np.datetime64(self.month(k).start, "D").astype(int))

    @cached_property
    def starts(self) -> Array:
        """First days of all months and of the twelve after them."""
        return np.array([self.start(k) for k in range(self.settings.months + 13)])

    def number_of(self, days: Array) -> Array:
        """Month number of each day: -1 for every day before the first month."""
        return np.searchsorted(self.starts, days, side="right") - 1

    def chance(self, topic: str, k: int = 0) -> np.random.Generator:
        """A stream of its own for each topic and month: months can be made in any order, or alone."""
        return np.random.default_rng(
            [self.settings.seed, zlib.crc32(topic.encode()), k]
        )

    def stamps(self, seconds: Array) -> pa.Array:
        """Instants from seconds of the local clock since 1970-01-01; -1 stands for none."""
        local = pa.array(
            np.asarray(seconds, dtype=np.int64) * 1_000_000,
            mask=np.asarray(seconds) < 0,
        )
        return pc.assume_timezone(
            local.cast(pa.timestamp("us")), self.settings.time_zone
        )


def dates(days: Array) -> pa.Array:
    """Calendar dates from day numbers; ``NEVER`` stands for none."""
    days = np.asarray(days)
    return pa.array(
        np.where(days >= NEVER, 0, days).astype(np.int32), mask=days >= NEVER
    ).cast(pa.date32())
