"""The figures of two parts of a table taken together, where they can be had from those of each.

Counts are added up; shares and means are weighed by the rows that they are about; the least and the greatest value are
that of either. Distinct values, quantiles, frequent values, doubles and regions cannot be had from two halves: they
stand as they were in the first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from churn_tasks.checks.column_kinds import is_number
from churn_tasks.checks.measures import measured_rules
from churn_tasks.checks.profile import Figure
from churn_tasks.declared.contracts import RawTable

About = tuple[str, str, str, str, str]  # as Figure.about
COUNTS = ("rows", "kept", "summed")
EXTREMES = ("min", "max")
OF_SUMMED_ROWS = ("mean", "negative_share")
OF_ALL_ROWS = (
    "null_share",
    "night_share",
    "midnight_share",
    "not_yet_known_share",
    "set_aside_share",
)  # and the share of every rule


@dataclass(frozen=True)
class Part:
    """The figures of some of a table's rows, each by what it is about."""

    figures: Mapping[About, Figure]

    @classmethod
    def of(cls, every: Iterable[Figure]) -> "Part":
        return cls({figure.about: figure for figure in every})

    def weight(self, figure: Figure) -> float:
        """How many rows of this part a share or a mean is about."""
        if figure.measure in OF_SUMMED_ROWS:
            return self._count(figure.table, figure.column, "summed")
        return self._count(figure.table, "", "rows")

    def _count(self, table: str, column: str, measure: str) -> float:
        return self.figures[table, column, "", measure, ""].value


@dataclass(frozen=True)
class Weighed:
    """A figure of one part with the rows that it is about."""

    value: float
    weight: float

    def together(self, other: "Weighed") -> float:
        """The mean of both, each as heavy as its weight; of no rows at all the first."""
        rows = self.weight + other.weight
        if rows == 0:
            return self.value
        total = self.value * self.weight + other.value * other.weight
        return total / rows


def tells_weights(table: RawTable, figures: Iterable[Figure]) -> bool:
    """Whether figures tell how many rows each is about, and the share of every rule of today.

    Those that an older release has measured, or that were measured by an older contract, do not.
    """
    told = {figure.about for figure in figures}
    measures = ["rows", "kept", *measured_rules(table)]
    needed = {Figure(table.table, "", measure, 0).about for measure in measures}
    for column in table.columns:
        if is_number(column):
            summed = Figure(table.table, column.name, "summed", 0)
            needed.add(summed.about)
    return needed <= told


def added(
    table: RawTable, before: Iterable[Figure], late: Iterable[Figure]
) -> list[Figure]:
    """The figures of both parts together; what cannot be had from two halves is that of ``before``.

    Args:
        before: of the rows before; they tell weights.
        late: of the rows that came late.
    """
    whole, part = Part.of(before), Part.of(late)
    made = dict(whole.figures)
    for about, figure in part.figures.items():
        if not _can_be_added(table, figure):
            continue
        if about in whole.figures:
            made[about] = _together(figure, part, whole)
        else:  # no row before had a value
            made[about] = figure
    return list(made.values())


def _can_be_added(table: RawTable, figure: Figure) -> bool:
    if figure.region:
        return False
    measures = (*COUNTS, *EXTREMES, *OF_SUMMED_ROWS, *OF_ALL_ROWS)
    return figure.measure in measures or figure.measure in measured_rules(table)


def _together(figure: Figure, part: Part, whole: Part) -> Figure:
    """A figure of the late part and the one before it that is about the same."""
    then = whole.figures[figure.about]
    if figure.measure in COUNTS:
        value = then.value + figure.value
    elif figure.measure == "min":
        value = min(then.value, figure.value)
    elif figure.measure == "max":
        value = max(then.value, figure.value)
    else:
        before = Weighed(then.value, whole.weight(then))
        late = Weighed(figure.value, part.weight(figure))
        value = before.together(late)
    return replace(figure, value=value)
