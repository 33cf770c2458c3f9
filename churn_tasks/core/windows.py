"""The windows of a month and the calendar of label maturity: the only code that computes them.

Worked example (observe 3, delay 1, predict 1, truth_after 1, settle 5 days), for the month 2024-03::

      2024-01   2024-02   2024-03 | 2024-04 | 2024-05 |   2024-06   |
    [------- observe -----------) [ delay ) [ predict ) [ truth_after )
                                  ^ as_of = 2024-04-01: features see events before it
                                     ^ known_until = 2024-04-06: ... that were known before it
                                                      ^ predict_end = 2024-06-01: whose day of leaving lies before it
                                                                    ^ label_known = 2024-07-01: the label is mature

Who is billed for May and not for June has left in May, and only June's bills tell. So the label of 2024-03 comes in
with the run of 2024-06. The first run that has a model is that of 2024-09: it is judged on 2024-06, and learnt from
2024-03, which is what was known at as_of of 2024-06. A definition whose signs show in the window itself has truth_after
0: its label is mature at predict_end, and the first model is that of 2024-07.

With delay 0 the predict window starts at as_of. With lead_days 3 it starts on 2024-04-09, three days after the list of
2024-03 is out, and goes on through the delay: whoever can still be called counts. All intervals are half-open.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.months import Month, months_between

LENGTHS = {  # shortest and longest; settle_days in days, the others in months
    "observe": (1, 60),
    "delay": (0, 60),
    "predict": (1, 60),
    "truth_after": (0, 12),
    "settle_days": (0, 27),
}

SHORTEST_MONTH = 28  # days


@dataclass(frozen=True)
class Window:
    """The dates of one month. For 2024-03 in the example above:"""

    month: Month  # 2024-03
    history_start: date  # first day of the history that the source holds
    observe_start: date  # 2024-01-01
    as_of: date  # 2024-04-01, end of observe, start of delay
    known_until: date  # 2024-04-06
    predict_start: date  # 2024-05-01, end of delay; 2024-04-09 with lead_days 3
    predict_end: date  # 2024-06-01
    label_known: date  # 2024-07-01, first day on which the label is known

    def in_time_from(self, lead_days: int) -> date:
        """First day on which a leaving could still have been prevented: so many days after the list is out.

        2024-04-09 for 3 days in the example above.
        """
        return self.known_until + timedelta(days=lead_days)

    def known_by(self, day: date) -> "Window":
        """The same month with what was known before another day: a restatement's window."""
        return replace(self, known_until=day)

    def parameters(self) -> dict[str, date]:
        """Every date under the name that SQL may ask for."""
        return {
            "month": self.month.start,
            "history_start": self.history_start,
            "observe_start": self.observe_start,
            "as_of": self.as_of,
            "known_until": self.known_until,
            "predict_start": self.predict_start,
            "predict_end": self.predict_end,
            "label_known": self.label_known,
        }


@dataclass(frozen=True)
class Calendar:
    """Answers, for one history and one set of window lengths, what is known when (C2, F1).

    Attributes:
        first_month: first month of history that the source holds.
        observe: months that features look back, the run's own month included; at least 1.
        delay: months left to act between as_of and the predict window; 0 or more.
        predict: months in which leaving counts; at least 1.
        truth_after: months after the predict window that must have ended before the truth is known; 0 or more.
        settle_days: days after the month's end on which billing has closed; 0 to 27.
        lead_days: days after the list is out on which the predict window starts, in place of the end of the delay; 0 to
            60, and before the window's end. None: the delay passes first (C2).
        train_from: month with whose run training begins; None: as soon as history allows.

    Raises:
        SettingsError: a length is out of its range.
    """

    first_month: Month
    observe: int = 3
    delay: int = 1
    predict: int = 1
    truth_after: int = 0
    settle_days: int = 5
    lead_days: int | None = None
    train_from: Month | None = None

    def __post_init__(self) -> None:
        for name, (lowest, highest) in LENGTHS.items():
            length = getattr(self, name)
            if not lowest <= length <= highest:
                raise SettingsError(
                    f"windows.{name} is {length}; allowed are {lowest} to {highest}"
                )
        self._refuse_late_start()

    def _refuse_late_start(self) -> None:
        """Refuse a predict window that would start when the shortest one has ended."""
        if self.lead_days is None:
            return
        starts = self.settle_days + self.lead_days
        ends = SHORTEST_MONTH * (self.delay + self.predict)
        if self.lead_days < 0 or starts >= ends:
            raise SettingsError(
                f"warning_list.lead_days is {self.lead_days}: with windows.predict_from: list the predict window would"
                f" start {starts} days after the month, and it may end after {ends}; allowed are 0 to"
                f" {ends - 1 - self.settle_days}"
            )

    def window(self, month: Month) -> Window:
        """The dates of one month; see the drawing at the top."""
        after = month + 1
        first_predicted = after + self.delay
        first_after = first_predicted + self.predict
        known_until = after.start + timedelta(days=self.settle_days)
        predict_start = first_predicted.start
        if self.lead_days is not None:
            predict_start = known_until + timedelta(days=self.lead_days)
        return Window(
            month=month,
            history_start=self.first_month.start,
            observe_start=(after - self.observe).start,
            as_of=after.start,
            known_until=known_until,
            predict_start=predict_start,
            predict_end=first_after.start,
            label_known=(first_after + self.truth_after).start,
        )

    def observed_months(self, month: Month) -> list[Month]:
        """Months whose summaries the features of ``month`` read, earliest first."""
        return list(months_between(month + 1 - self.observe, month + 1))

    def has_features(self, month: Month) -> bool:
        """Whether history is long enough for the whole observe window."""
        return month + 1 - self.observe >= self.first_month

    @property
    def months_apart(self) -> int:
        """Months from a cohort to the first one in whose predict window none of its leavings lies: 1."""
        if self.lead_days is None:
            return self.predict
        return self.delay + self.predict

    @property
    def label_lag(self) -> int:
        """Months from a cohort to the run in which its truth comes in: 3."""
        return self.delay + self.predict + self.truth_after

    def label_month(self, run_month: Month) -> Month:
        """The month whose label becomes mature exactly at as_of of ``run_month``: 2024-03 for 2024-06."""
        return run_month - self.label_lag

    def mature_months(self, month: Month) -> list[Month]:
        """Months with features whose label is known at as_of of ``month``: all that may train a model for it.

        For 2024-07 with history from 2024-01: 2024-03 and 2024-04.
        """
        first_with_features = self.first_month + self.observe - 1
        return list(months_between(first_with_features, self.label_month(month) + 1))

    def tested_month(self, run_month: Month) -> Month | None:
        """The latest month that ``run_month`` can judge models on, or None while there is none.

        It must have a mature label itself, and at least one month must be mature at *its* as_of,
        so that what is judged was trained only on what was known then. For 2024-09: 2024-06.
        Before ``train_from`` nothing is judged.
        """
        if self.train_from and run_month < self.train_from:
            return None
        tested = self.label_month(run_month)
        if self.has_features(tested) and self.mature_months(tested):
            return tested
        return None
