"""The bounds of a stage's measures as rows of one long frame, one row an end: what the judge is given."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from churn_tasks.checks.measures import Measure, Suite
from churn_tasks.core.sections import Limits

Severity = Literal["critical", "warning"]  # in the words of Great Expectations
STOP: Severity = "critical"
WARN: Severity = "warning"
SEVERITIES = (STOP, WARN)


class BoundRow(NamedTuple):
    """One end of a measure's bounds: kept where ``larger`` is at least ``smaller``; one of the two is the figure."""

    table: str
    measure: str
    end: Literal["lowest", "highest"]
    larger: float
    smaller: float

    @property
    def is_finite(self) -> bool:
        """Whether both are numbers: nothing lies outside infinity, and nothing can be said of NaN."""
        return math.isfinite(self.larger) and math.isfinite(self.smaller)


def bound_rows(
    suites: Iterable[Suite], figures: Mapping[str, float], severity: Severity
) -> list[BoundRow]:
    """A row for each end that a measure of any table has; an open end has none, so every row can fail.

    Args:
        figures: ``<table>.<measure>`` to its value.
        severity: bounds that stop the month (critical), or those that warn.
    """
    rows: list[BoundRow] = []
    for suite in suites:
        for measure, name in zip(suite.measures, suite.figure_names, strict=True):
            rows += _ends(suite.table, measure, figures[name], severity)
    return rows


def _ends(
    table: str, measure: Measure, value: float, severity: Severity
) -> Iterator[BoundRow]:
    lowest, highest = limits(measure, severity)
    if lowest is not None:
        yield BoundRow(table, measure.name, "lowest", value, lowest)
    if highest is not None:
        yield BoundRow(table, measure.name, "highest", highest, value)


def limits(measure: Measure, severity: Severity) -> Limits:
    """The inclusive bounds of a severity; None leaves an end open."""
    if severity == STOP:
        return measure.lowest, measure.highest
    return measure.usual_lowest, measure.usual_highest
