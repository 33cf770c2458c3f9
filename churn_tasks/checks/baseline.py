"""The accepted months, measure by measure: what a new month is compared with.

Only a month that passed the gate is in it, as it looked when it passed (``profile_accepted``). A month that is
tried again and refused again leaves it as it is, and no month is ever its own yardstick.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from churn_tasks.checks.bounds import YEAR, Learnt, Past, Scale, learnt
from churn_tasks.checks.profile import Figure
from churn_tasks.core.months import Month
from churn_tasks.core.sections import Quality, Widths
from churn_tasks.declared.query import load_question
from churn_tasks.declared.sql_engine import SqlEngine

About = tuple[str, str, str]  # table, column, measure
Part = tuple[str, str]  # region, item; both empty for the whole
WHOLE: Part = ("", "")
ByMonth = Mapping[Month, float]
Outcomes = tuple[Widths | None, Widths | None]  # for a warning, and for a stop


@dataclass(frozen=True)
class Baseline:
    """Figures of the accepted months before ``month``, at most ``quality.max_months`` and a year ago."""

    month: Month
    quality: Quality
    figures: Mapping[About, Mapping[Part, ByMonth]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, month: Month, quality: Quality, records: Iterable[Mapping[str, Any]]
    ) -> "Baseline":
        """A baseline from the rows of ``profile/accepted_figures``."""
        figures: dict[About, dict[Part, dict[Month, float]]] = {}
        for row in records:
            about = (row["table_name"], row["column_name"], row["measure"])
            part = (row["region_code"], row["item"])
            parts = figures.setdefault(about, defaultdict(dict))
            parts[part][Month.of(row["month"])] = row["value"]
        return cls(month, quality, figures)

    @classmethod
    def read(cls, engine: SqlEngine, month: Month, quality: Quality) -> "Baseline":
        """The baseline of a month from the lake's ``profile_accepted``."""
        question = load_question("profile", "accepted_figures")
        dates = _dates(month, _months_back(quality))
        return cls.of(month, quality, engine.ask(question, dates))

    def without(self, columns: Collection[tuple[str, str]]) -> "Baseline":
        """The same months without what they teach of some columns, each given with its table."""
        kept = {}
        for about, parts in self.figures.items():
            table, column, _ = about
            if (table, column) not in columns:
                kept[about] = parts
        return replace(self, figures=kept)

    def of_figure(self, figure: Figure) -> ByMonth:
        """The figure in every accepted month that has it."""
        parts = self.parts(figure.table, figure.column, figure.measure)
        return parts.get((figure.region, figure.item), {})

    def parts(
        self, table: str, column: str, measure: str
    ) -> Mapping[Part, Mapping[Month, float]]:
        """A measure by region and item, then by month."""
        return self.figures.get((table, column, measure), {})

    def whole(self, table: str, measure: str) -> ByMonth:
        """A measure of the whole table by month."""
        return self.parts(table, "", measure).get(WHOLE, {})

    def months(self, table: str) -> list[Month]:
        """Accepted months of a table that teach, earliest first."""
        accepted = self.whole(table, "rows")
        return sorted(accepted)[-self.quality.max_months :]

    def past(self, figure: Figure, error: float = 0.0, unit: float = 0.0) -> Past:
        """What is known of a figure from the accepted months of its table."""
        by_month = self.of_figure(figure)
        months = [month for month in self.months(figure.table) if month in by_month]
        values = [by_month[month] for month in months]
        year_ago = by_month.get(self.month - YEAR)
        return Past(values, year_ago, error, unit)

    def learn(
        self, name: str, past: Past, scale: Scale, *, stops: bool = True
    ) -> Learnt | None:
        """The learnt bounds of a measure, or None where it has none.

        Args:
            name: ``<table>.<column>.<measure>``, for the patterns of the settings.
            stops: whether a breach may stop the month, unless the settings say otherwise.
        """
        if self.is_ignored(name):
            return None
        warn, stop = self._widths(name, stops=stops)
        return learnt(past, scale, self.quality, warn, stop)

    def is_ignored(self, name: str) -> bool:
        """Whether the settings want nothing learnt of a measure."""
        return any(fnmatchcase(name, pattern) for pattern in self.quality.ignore)

    def _widths(self, name: str, *, stops: bool) -> Outcomes:
        """The first exception of the settings that fits counts, else what holds for all."""
        stop = self.quality.stop if stops else None
        return self.quality.widths_of(name, self.quality.warn, stop)


def baseline_sql(month: Month, months: int) -> str:
    """``profile/accepted_figures`` of the ``months`` before, its dates written in: for callers that bind nothing."""
    sql = load_question("profile", "accepted_figures").sql
    for name, day in _dates(month, months).items():
        sql = sql.replace(f"${name}", f"DATE '{day}'")
    return sql


def _dates(month: Month, months: int) -> dict[str, Any]:
    return {"month": month.start, "first_month": (month - months).start}


def _months_back(quality: Quality) -> int:
    """As far as anything teaches: the same month of last year always does."""
    return max(quality.max_months, YEAR)
