"""The lake of the daily watch: the running month in an area of its own, settled months where their runs keep them.

Nothing is written to the lake of the months, so that a month's run makes the same bytes whether or not it was watched.
"""

from dataclasses import dataclass, field

from churn_tasks.adapters.lake import Lake
from churn_tasks.adapters.versions import Version
from churn_tasks.core.months import Month


@dataclass(frozen=True)
class DayLake(Lake):
    """Reads two lakes as one, and writes to the first.

    Attributes:
        settled: the lake of the months, as it could be read on the day.
        running: the first month that had not been run by the day; it and later ones lie below ``root``.
    """

    settled: Lake = field(kw_only=True)
    running: Month = field(kw_only=True)

    def version(self, table: str, month: Month) -> Version | None:
        if month < self.running:
            return self.settled.version(table, month)
        return super().version(table, month)

    def versions(self, table: str) -> dict[Month, Version]:
        found = self.settled.versions(table)
        settled = {each: found[each] for each in found if each < self.running}
        return settled | super().versions(table)
