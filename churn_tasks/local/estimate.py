"""How long the demo will take, and what that is based on.

Before anything ran: what it took on two quiet cores (``benchmarks/results/demo.md``). While months run: the same, times
how much longer the work so far took than it did there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from churn_tasks.local.backfill import FINISHED, MonthState
from churn_tasks.walks.tasks import TASKS

READY_S = 25.0  # services started and operator simulated
MONTH_S = 8.0  # of any operator, however small
MONTH_S_PER_CUSTOMER = 0.0007
TRAINING_BEGINS = 8  # months before the first that fits models
TRAINED_MONTH = 1.3  # times a month without
MINUTE_S = 60
LITTLE_S = 90


@dataclass
class Estimate:
    """Of one demo.

    Attributes:
        customers: of the simulated operator; None for data that nobody has measured.
        months: in all.
        before: work that had been done when the first look was taken.
        began: when that was, in seconds of the display.
    """

    customers: int | None
    months: int
    before: float | None = None
    began: float = 0.0

    def at_start(self) -> str:
        """Of the whole demo, before it begins."""
        if self.customers is None:
            return "how long it takes is told once months are done"
        seconds = READY_S + sum(self._month_s(k) for k in range(self.months))
        return f"about {_minutes(seconds)} on two quiet cores"

    def to_go(self, states: Sequence[MonthState], now: float) -> str:
        """Of what is left.

        Args:
            states: every month, the earliest first.
            now: seconds on the clock by which the caller calls.
        """
        done = left = 0.0
        for k, state in enumerate(states):
            share = _share_done(state)
            done += share * self._month_s(k)
            left += (1 - share) * self._month_s(k)
        if self.before is None:
            self.before, self.began = done, now
        if left == 0:
            return "nothing"
        work = done - self.before
        ended = sum(state.state in FINISHED for state in states)
        if ended == 0 or work == 0:
            if self.customers is None:
                return "told once months are done"
            return f"about {_minutes(left)}, as on two quiet cores"
        pace = (now - self.began) / work
        said = f"about {_minutes(left * pace)}, at the pace of the months so far"
        if self.customers is None:
            return said
        return f"{said} ({pace:.1f} times what two quiet cores need)"

    def _month_s(self, k: int) -> float:
        """Seconds of the month after ``k`` others on two quiet cores; of unmeasured data only their ratio counts."""
        seconds = MONTH_S + MONTH_S_PER_CUSTOMER * (self.customers or 0)
        if k >= TRAINING_BEGINS:
            seconds *= TRAINED_MONTH
        return seconds


def _share_done(state: MonthState) -> float:
    """Part of a month's tasks that have ended."""
    if state.state == "success":
        return 1.0
    ended = 0
    for task in (state.tasks or {}).values():
        if task in ("success", "skipped"):
            ended += 1
    return ended / len(TASKS)


def _minutes(seconds: float) -> str:
    if seconds < LITTLE_S:
        return "a minute"
    return f"{seconds / MINUTE_S:.0f} min"
