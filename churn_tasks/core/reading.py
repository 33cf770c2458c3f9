"""Which version of a partition a run reads: the only code that decides it.

A partition has a first version, made by the regular run of its month, and may have restated ones, each under the date
it was made with: everything known before that date is in it. Three rules (``docs/adr/0007-restatement.md``):

* A regular run reads first versions, so that training, validation and scores stand on what was known at the time.
* Only of earlier months' summaries (``month_*``) it reads the latest version that is not later than its own
  ``known_until``: what came late is in the features of the months after, as it was known by then.
* A restated run reads the latest version up to its date everywhere. Lists of earlier months stay the first ones also
  there: they are the lists that were called, and are judged as such.

The run of 2024-03 (known until 2024-04-06) never sees what was restated under a later date, so running it again gives
the same bytes, however often its months have been restated since.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from churn_tasks.core.months import Month

SUMMARIES = "month_"
GONE_OUT = "out_"  # lists, and what was decided and found when they were made


@dataclass(frozen=True)
class Reading:
    """What a run of ``month`` reads when it may know what was known before ``known_until``.

    Attributes:
        is_restated: the run restates its month under the date ``known_until``.
    """

    month: Month
    known_until: date
    is_restated: bool = False

    def cutoff(self, table: str, month: Month) -> date | None:
        """The latest date of a restated version that may be read; None where only the first may."""
        is_earlier = month < self.month
        if self.is_restated:
            may_read_restated = not (is_earlier and table.startswith(GONE_OUT))
        else:
            may_read_restated = is_earlier and table.startswith(SUMMARIES)
        return self.known_until if may_read_restated else None

    @property
    def writes(self) -> date | None:
        """The date of the versions that the run writes; None for first versions."""
        return self.known_until if self.is_restated else None

    def day_before(self) -> "Reading":
        """What could be read on the day before: every version but those of this run."""
        return replace(self, known_until=self.known_until - timedelta(days=1))

    def of_version(self, day: date | None) -> "Reading":
        """What the run could read that made a version of the month: restated under a day, or (None) the first."""
        if day is None:
            return replace(self, is_restated=False)
        return replace(self, known_until=day)
