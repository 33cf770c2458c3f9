"""What all entries of the service desk have in common: number, subscriber, moment, and answers that come later."""

from typing import Any

import numpy as np
import pyarrow as pa

from churn_tasks.simulator.chance import Array
from churn_tasks.simulator.clock import DAY_S, HOUR_S
from churn_tasks.simulator.state import MonthState

OPEN_BETWEEN_S = (9 * HOUR_S, 19 * HOUR_S)
RECORDED_AFTER_S = (60, DAY_S)
NO_ANSWER = -1  # in place of a wait or a second


class Desk:
    """Takes down the entries of one month; all of them are drawn from one stream."""

    def __init__(self, state: MonthState) -> None:
        self.state = state
        self.chance = state.chance("care")

    def callers(self, expected: Array) -> Array:
        """Positions of the customers who call, as often as they do.

        Args:
            expected: number of calls expected of each customer in the month.
        """
        state = self.state
        is_present = state.last_day >= state.first_day
        calls = self.chance.poisson(expected * is_present)
        return np.repeat(np.arange(len(state)), calls)

    def moments(self, at: Array) -> Array:
        """Seconds of the local clock, when the desk is open, on any day on which each caller is a customer."""
        first = self.state.first_day[at]
        last = self.state.last_day[at]
        day = np.minimum(self.chance.days_between(first, last), last)
        return self.opening_hours(day)

    def opening_hours(self, day: Array) -> Array:
        """Seconds of the local clock when the desk is open on these days."""
        return day * DAY_S + self.chance.between(OPEN_BETWEEN_S, len(day))

    def entries(
        self, number: str, moment: str, subs_id: Array, second: Array
    ) -> dict[str, Any]:
        """The first columns of every table of entries.

        Args:
            number, moment: names of the columns with the entry's number and moment.
            second: of the local clock, at which each entry is made.
        """
        n, clock = len(second), self.state.clock
        recorded = second + self.chance.between(RECORDED_AFTER_S, n)
        return {
            number: self.state.numbers(n),
            "subs_id": subs_id,
            moment: clock.stamps(second),
            "rec_tm": clock.stamps(recorded),
        }

    def calls(
        self, number: str, moment: str, at: Array, columns: dict[str, Any]
    ) -> pa.Table:
        """Entries of callers that wait for no answer."""
        second = self.moments(at)
        return pa.table(self._of_callers(number, moment, at, second) | columns)

    def answered_calls(
        self,
        number: str,
        moment: str,
        at: Array,
        columns: dict[str, Any],
        answer: str,
        wait: Array,
    ) -> pa.Table:
        """Entries of callers with the moment at which the answer came.

        Args:
            answer: name of the column with that moment.
            wait: seconds from the call to the answer; ``NO_ANSWER`` where none ever comes.
        """
        second = self.moments(at)
        entries = self._of_callers(number, moment, at, second)
        answered = np.where(wait < 0, NO_ANSWER, second + wait)
        answers = {answer: self.state.clock.stamps(answered)}
        return pa.table(entries | columns | answers)

    def _of_callers(
        self, number: str, moment: str, at: Array, second: Array
    ) -> dict[str, Any]:
        return self.entries(number, moment, self.state.subs_id[at], second)
