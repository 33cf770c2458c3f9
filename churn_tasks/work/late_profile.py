"""The figures of a month to which rows came late: those before them and those of the late rows, taken together.

Counts are added up; shares and means are weighed by the rows that they are about; the least and the greatest value are
that of either. Distinct values, quantiles, frequent values, doubles and regions cannot be had from two halves: they
stand as they were. A table of which more than ``LARGE_PART`` came late is measured again as a whole, and so is one of
fewer than ``LEAST_ROWS``, which costs no more, and one whose figures before do not tell all weights.

Figures are of rows as delivered. Where an extract gives the latest version of each row, the replaced one was delivered
too and counts beside it; ``work/late_extraction.py`` sees to it that they are few.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from churn_tasks.adapters.lake import rows_of_file
from churn_tasks.checks.column_kinds import is_number
from churn_tasks.checks.measures import measured_rules
from churn_tasks.checks.profile import Figure, figures, profile_sql
from churn_tasks.declared.contracts import RawTable
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.standard import standard
from churn_tasks.work.cleaning import is_added_to

LARGE_PART = 0.05  # share of the rows before: with more late rows the figures that stand would be wrong
LEAST_ROWS = 20_000
COUNTS = ("rows", "kept", "summed")
EXTREMES = ("min", "max")
OF_SUMMED_ROWS = ("mean", "negative_share")


@dataclass(frozen=True)
class Part:
    """The figures of some of a table's rows, each by what it is about."""

    figures: dict[tuple[str, ...], Figure]

    @classmethod
    def of(cls, every: Iterable[Figure]) -> "Part":
        return cls({figure.about: figure for figure in every})

    def weight(self, figure: Figure) -> float:
        """How many rows of this part a share or a mean is about."""
        column, counted = "", "rows"
        if figure.measure in OF_SUMMED_ROWS:
            column, counted = figure.column, "summed"
        return self.figures[figure.table, column, "", counted, ""].value


def came_as_parts(run: MonthRun, names: Iterable[str]) -> bool:
    """Whether late rows alone came of all these tables, in the form of the rows before them."""
    return all(run.lake.part(f"raw_{name}", run.month) for name in names)


def is_small_part(run: MonthRun, name: str) -> bool:
    """Whether the rows that came late since the table was read whole are few enough for figures to stand."""
    if not is_added_to(run, name) or not run.lake.before().has("profile", run.month):
        return False
    version = run.lake.version(f"raw_{name}", run.month)
    if version is None:
        return False
    whole = rows_of_file(version.whole)
    late = version.rows - whole
    return whole >= LEAST_ROWS and late <= LARGE_PART * whole


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
    """The figures of some tables in the version before; without tables to whose figures none can be added."""
    by_table: dict[str, list[Figure]] = {name: [] for name in names}
    if by_table:
        for figure in _every_figure_before(run):
            if figure.table in by_table:
                by_table[figure.table].append(figure)
    return {
        name: before
        for name, before in by_table.items()
        if tells_weights(run.registry.raw[name], before)
    }


def _every_figure_before(run: MonthRun) -> Iterator[Figure]:
    lines = run.engine.rows_of("profile", run.month, run.lake.before())
    for row in run.engine.records(f"SELECT * FROM {lines}"):
        yield Figure(
            table=row["table_name"],
            column=row["column_name"],
            measure=row["measure"],
            value=row["value"],
            region=row["region_code"],
            item=row["item"],
        )


def tells_weights(table: RawTable, before: Iterable[Figure]) -> bool:
    """Whether figures tell how many rows each is about, and the share of every rule of today.

    Those that an older release has measured, or that were measured by an older contract, do not.
    """
    told = {(figure.column, figure.measure) for figure in before if not figure.region}
    needed = {("", "rows"), ("", "kept")}
    needed |= {("", rule) for rule in measured_rules(table)}
    needed |= {(column.name, "summed") for column in table.columns if is_number(column)}
    return needed <= told


def merged(
    table: RawTable, before: Iterable[Figure], late: Iterable[Figure]
) -> list[Figure]:
    """The figures of both together; what cannot be had from two halves is that of ``before``.

    Args:
        before: of the version before; they tell weights.
        late: of the rows that came late.
    """
    whole, part = Part.of(before), Part.of(late)
    measures = {*COUNTS, *EXTREMES, *OF_SUMMED_ROWS, "null_share"}
    measures |= set(measured_rules(table))
    made = dict(whole.figures)
    for about, figure in part.figures.items():
        then = whole.figures.get(about)
        if figure.measure not in measures or figure.region:
            continue
        if then is None:  # no row before had a value
            made[about] = figure
        else:
            weights = whole.weight(figure), part.weight(figure)
            made[about] = _together(then, figure, weights)
    return list(made.values())


def _together(then: Figure, late: Figure, weights: tuple[float, float]) -> Figure:
    """One figure of both parts; weights are those of the part before and of the late one."""
    values = (then.value, late.value)
    if then.measure in COUNTS:
        value = sum(values)
    elif then.measure == "min":
        value = min(values)
    elif then.measure == "max":
        value = max(values)
    else:
        value = _weighed(values, weights)
    return replace(then, value=value)


def _weighed(values: tuple[float, float], weights: tuple[float, float]) -> float:
    """The mean of two values, each as heavy as its weight; of nothing the first."""
    total = sum(weights)
    if not total:
        return values[0]
    heavy, light = values[0] * weights[0], values[1] * weights[1]
    return (heavy + light) / total
