"""The figures of a month to which rows came late: those before them and those of the late rows, taken together.

Counts are added up; shares and means are weighed by the rows that they are about; the least and the greatest value are
that of either. Distinct values, quantiles, frequent values and regions cannot be had from two halves: they stand as
they were. A table of which more than ``LARGE_PART`` came late is measured again as a whole, and so is one of fewer than
``LEAST_ROWS``, which costs no more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from churn_tasks.checks.measures import measured_rules
from churn_tasks.checks.profile import Figure, figures, profile_sql
from churn_tasks.declared.contracts import RawTable
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.standard import standard
from churn_tasks.work.cleaning import is_added_to

LARGE_PART = 0.05  # share of the rows before: with more late rows the figures that stand would be wrong
LEAST_ROWS = 20_000
COUNTS = ("rows", "kept")


@dataclass(frozen=True)
class Measured:
    """The figures of the whole table and of each column, and what their weights are told by."""

    figures: Mapping[tuple[str, ...], Figure]

    @classmethod
    def of(cls, every: Iterable[Figure]) -> "Measured":
        return cls({figure.about: figure for figure in every})

    def weight(self, figure: Figure) -> float:
        """How many rows a share or mean is about."""
        if figure.measure in ("mean", "negative_share"):
            filled = 1 - self._value(figure, figure.column, "null_share")
            return self._value(figure, "", "kept") * filled
        return self._value(figure, "", "rows")

    def _value(self, figure: Figure, column: str, measure: str) -> float:
        found = self.figures.get((figure.table, column, "", measure, ""))
        return found.value if found else 0.0


def came_as_parts(run: MonthRun, names: Iterable[str]) -> bool:
    """Whether late rows alone came of all these tables, in the form of the rows before them."""
    return all(run.lake.part(f"raw_{name}", run.month) for name in names)


def is_small_part(run: MonthRun, name: str) -> bool:
    """Whether the late rows of a table are few enough for the figures that cannot be added up to stand."""
    if not is_added_to(run, name) or not run.lake.before().has("profile", run.month):
        return False
    raw = f"raw_{name}"
    before = run.lake.before().rows(raw, run.month)
    late = run.lake.rows(raw, run.month) - before
    return before >= LEAST_ROWS and late <= LARGE_PART * before


def late_figures(run: MonthRun, name: str, before: Iterable[Figure]) -> list[Figure]:
    """The figures of a table to which a few rows came late.

    Args:
        before: its figures in the version before.
    """
    table = run.registry.raw[name]
    rows = run.lake.rows(f"raw_{name}", run.month)
    relation = standard(run, name, late=True)
    late = run.engine.row(profile_sql(table, relation, run.month, rows))
    return merged(table, before, figures(table, late))


def figures_before(run: MonthRun, names: Iterable[str]) -> dict[str, list[Figure]]:
    """The figures of some tables in the version before."""
    by_table: dict[str, list[Figure]] = {name: [] for name in names}
    if not by_table:
        return by_table
    lines = run.engine.rows_of("profile", run.month, run.lake.before())
    for row in run.engine.records(f"SELECT * FROM {lines}"):
        if row["table_name"] in by_table:
            figure = Figure(
                table=row["table_name"],
                column=row["column_name"],
                measure=row["measure"],
                value=row["value"],
                region=row["region_code"],
                item=row["item"],
            )
            by_table[figure.table].append(figure)
    return by_table


def merged(
    table: RawTable, before: Iterable[Figure], late: Iterable[Figure]
) -> list[Figure]:
    """The figures of both together.

    Args:
        before: of the version before.
        late: of the rows that came late.
    """
    whole, part = Measured.of(before), Measured.of(late)
    weighed = {"null_share", "negative_share", "mean", *measured_rules(table)}
    made = dict(whole.figures)
    for about, figure in part.figures.items():
        then = whole.figures.get(about)
        if figure.measure in COUNTS and then:
            made[about] = replace(then, value=then.value + figure.value)
        elif figure.measure in ("min", "max"):
            made[about] = _extreme(figure, then)
        elif figure.measure in weighed:
            weights = part.weight(figure), whole.weight(figure)
            made[about] = _weighed(figure, then, *weights)
    return list(made.values())


def _extreme(figure: Figure, then: Figure | None) -> Figure:
    if then is None:
        return figure
    choose = min if figure.measure == "min" else max
    return replace(figure, value=choose(figure.value, then.value))


def _weighed(figure: Figure, then: Figure | None, late: float, before: float) -> Figure:
    if then is None or late + before == 0:
        return figure
    value = (figure.value * late + then.value * before) / (late + before)
    return replace(figure, value=value)
