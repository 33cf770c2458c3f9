"""The accepted months, measure by measure: what a new month is compared with.

Only a month that passed the gate is in it, as it looked when it passed (``profile_accepted``). A month that is
tried again and refused again leaves it as it is, and no month is ever its own yardstick.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from churn_tasks.checks.bounds import Learnt, Past, Scale, learnt
from churn_tasks.checks.profile import Figure
from churn_tasks.core.months import Month
from churn_tasks.core.sections import Quality, Widths

Measured = tuple[str, str, str]  # table, column, measure
Part = tuple[str, str]  # region, item; both empty for the whole


def baseline_sql(month: Month, months: int) -> str:
    """The accepted figures of the months before, the present one left out."""
    return (
        "SELECT month, table_name, column_name, region_code, measure, item, value FROM profile_accepted"
        f" WHERE month < DATE '{month.start}' AND month >= DATE '{(month - months).start}' ORDER BY ALL"
    )


@dataclass(frozen=True)
class Baseline:
    """Figures of the accepted months before ``month``, at most ``quality.max_months`` and a year ago."""

    month: Month
    quality: Quality
    figures: Mapping[Measured, Mapping[Part, Mapping[Month, float]]] = field(
        default_factory=dict
    )

    @classmethod
    def of(
        cls, month: Month, quality: Quality, records: Iterable[Mapping[str, Any]]
    ) -> "Baseline":
        """A baseline from the rows of :func:`baseline_sql`."""
        figures: dict[Measured, dict[Part, dict[Month, float]]] = defaultdict(
            lambda: defaultdict(dict)
        )
        for row in records:
            parts = figures[row["table_name"], row["column_name"], row["measure"]]
            parts[row["region_code"], row["item"]][Month.of(row["month"])] = row[
                "value"
            ]
        return cls(
            month,
            quality,
            {measured: dict(parts) for measured, parts in figures.items()},
        )

    def found(self, figure: Figure) -> Mapping[Month, float]:
        """The figure in every accepted month that has it."""
        return self.parts(figure.table, figure.column, figure.measure).get(
            (figure.region, figure.item), {}
        )

    def parts(
        self, table: str, column: str, measure: str
    ) -> Mapping[Part, Mapping[Month, float]]:
        """A measure by region and item, then by month."""
        return self.figures.get((table, column, measure), {})

    def months(self, table: str) -> list[Month]:
        """Accepted months of a table that teach, earliest first."""
        accepted = self.parts(table, "", "rows").get(("", ""), {})
        return sorted(accepted)[-self.quality.max_months :]

    def past(self, figure: Figure, error: float = 0.0, unit: float = 0.0) -> Past:
        """What is known of a figure from the accepted months of its table."""
        found = self.found(figure)
        values = [found[month] for month in self.months(figure.table) if month in found]
        return Past(values, found.get(self.month - 12), error, unit)

    def learn(
        self, name: str, past: Past, scale: Scale, *, stops: bool = True
    ) -> Learnt | None:
        """The learnt bounds of a measure, or None where it has none.

        Args:
            name: ``<table>.<column>.<measure>``, for the patterns of the settings.
            stops: whether a breach may stop the month, unless the settings say otherwise.
        """
        if any(fnmatchcase(name, pattern) for pattern in self.quality.ignore):
            return None
        warn: Widths | None = self.quality.warn
        stop = self.quality.stop if stops else None
        for exception in self.quality.exceptions:
            if fnmatchcase(name, exception.measures):
                warn, stop = exception.warn, exception.stop
                break
        return learnt(past, scale, self.quality, warn, stop)
