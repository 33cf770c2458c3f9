"""The figures of one table and month beside those of its accepted months: what every measure is judged by."""

import math
import statistics

from churn_tasks.checks.baseline import Baseline
from churn_tasks.checks.bounds import Learnt, Past, Scale, error_of_share
from churn_tasks.checks.column_kinds import is_number
from churn_tasks.checks.profile import Figure
from churn_tasks.declared.contracts import RawTable

OF_NUMBERS = ("mean", "p01", "p25", "p50", "p75", "p99")
SD_IN_MIDDLE_90 = (
    3.3  # standard deviations between the 5th and the 95th percentile of a bell ...
)
SD_IN_MIDDLE_98 = 4.65  # ... and between the 1st and the 99th


class MonthFigures:
    """A table's figures of the month, and what the accepted months say of each."""

    def __init__(
        self, table: RawTable, figures: list[Figure], baseline: Baseline
    ) -> None:
        self.table = table
        self.figures = figures
        self.baseline = baseline
        self.quality = baseline.quality
        self._by_name = {
            (figure.column, figure.measure): figure
            for figure in figures
            if not figure.region and not figure.item
        }
        self.rows = self.value("", "rows")

    @property
    def are_enough(self) -> bool:
        """Whether the month has rows enough to say anything but their number."""
        return self.rows >= self.quality.min_rows

    def has(self, column: str, measure: str) -> bool:
        return (column, measure) in self._by_name

    def value(self, column: str, measure: str) -> float:
        """The figure of the month, 0 where it has none. ``column`` is empty for the table."""
        figure = self._by_name.get((column, measure))
        return figure.value if figure else 0.0

    def usual(self, column: str, measure: str) -> float:
        """The middle of the accepted months: a fault of this month must not widen its own bounds."""
        past = self.past(column, measure).values
        return statistics.median(past) if past else self.value(column, measure)

    def past(
        self, column: str, measure: str, error: float = 0.0, unit: float = 0.0
    ) -> Past:
        """The figure in the accepted months; ``error`` and ``unit`` as in :class:`Past`."""
        figure = self._by_name.get((column, measure))
        return self.baseline.past(figure, error, unit) if figure else Past(())

    def learn(
        self, column: str, measure: str, past: Past, scale: Scale, *, stops: bool = True
    ) -> Learnt | None:
        """The learnt bounds of a measure, or None where it has none."""
        name = self._setting_name(column, measure)
        return self.baseline.learn(name, past, scale, stops=stops)

    def is_ignored(self, column: str, measure: str) -> bool:
        """Whether the settings want nothing learnt of a measure."""
        return self.baseline.is_ignored(self._setting_name(column, measure))

    def _setting_name(self, column: str, measure: str) -> str:
        parts = [part for part in (self.table.table, column, measure) if part]
        return ".".join(parts)

    def learn_share(self, measure: str) -> Learnt | None:
        """The learnt bounds of a share of the table's rows, which never stop the month."""
        if not self.are_enough:
            return None
        error = error_of_share(self.value("", measure), self.rows)
        past = self.past("", measure, error)
        return self.learn("", measure, past, "share", stops=False)

    def rows_before(self) -> float | None:
        """Rows of the month right before, if that was accepted."""
        return self.baseline.whole(self.table.table, "rows").get(
            self.baseline.month - 1
        )

    def shapes(self) -> dict[str, float]:
        """Of each shape of a customer's number the share of rows."""
        return {
            figure.item: figure.value
            for figure in self.figures
            if figure.measure == "shape_share"
        }

    def shapes_before(self) -> dict[str, float]:
        """The same in the latest accepted month."""
        months = self.baseline.months(self.table.table)
        parts = self.baseline.parts(self.table.table, "customer_id", "shape_share")
        if not months:
            return {}
        return {
            item: by_month[months[-1]]
            for (_, item), by_month in parts.items()
            if months[-1] in by_month
        }

    def is_the_month_before(self) -> bool:
        """Whether every figure of every number is that of the accepted month before: the same rows once more."""
        numbers = {column.name for column in self.table.columns if is_number(column)}
        same = 0
        for figure in self.figures:
            is_asked = figure.column in numbers and figure.measure in OF_NUMBERS
            if figure.region or not is_asked:
                continue
            by_month = self.baseline.of_figure(figure)
            if by_month.get(self.baseline.month - 1) != figure.value:
                return False
            same += 1
        return same > 0 and self.rows_before() == self.rows

    def filled(self, column: str) -> float:
        """Kept rows with a value."""
        return self.value("", "kept") * (1 - self.value(column, "null_share"))

    def error_of_mean(self, column: str) -> float:
        """Standard error, from the usual quantiles, as if the values were spread like a bell between them."""
        middle_90 = self.usual(column, "p95") - self.usual(column, "p05")
        middle_98 = self.usual(column, "p99") - self.usual(column, "p01")
        deviation = max(middle_90 / SD_IN_MIDDLE_90, middle_98 / SD_IN_MIDDLE_98)
        return deviation / math.sqrt(max(self.filled(column), 1.0))

    def are_as_closely_looked_at(self) -> bool:
        """Whether as large a part of the rows was looked at closely as in the accepted months."""
        now = parts_of_which_one(self.value("", "close_share"))
        by_month = self.baseline.whole(self.table.table, "close_share")
        months = self.baseline.months(self.table.table)
        then = [by_month[month] for month in months if month in by_month]
        return all(parts_of_which_one(share) == now for share in then)


def parts_of_which_one(share: float) -> int:
    """Of how many parts one was looked at: a share of 0.0157 means 64.

    >>> parts_of_which_one(1.0), parts_of_which_one(0.0157), parts_of_which_one(0.0)
    (1, 64, 0)
    """
    if share <= 0:
        return 0
    return int(2 ** round(-math.log2(share)))
