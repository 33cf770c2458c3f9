"""The figures of a month to which rows came late: those before them with those of the late rows added.

A table of which more than ``LARGE_PART`` came late is measured again as a whole: the figures that cannot be added up
would be wrong. So is one of fewer than ``LEAST_ROWS``, which costs no more, and one whose figures before do not tell
all weights.

Figures are of rows as delivered. Where an extract gives the latest version of each row, the replaced one was delivered
too and counts beside it; ``work/late_extraction.py`` sees to it that they are few.
"""

from collections.abc import Collection, Iterable

from churn_tasks.adapters.versions import rows_of_file
from churn_tasks.checks.added_figures import added, tells_weights
from churn_tasks.checks.profile import Figure, figures, profile_sql
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.standard import standard
from churn_tasks.work.cleaning import is_added_to

LARGE_PART = 0.05  # of the rows when the table was read whole
LEAST_ROWS = 20_000


def came_as_parts(run: MonthRun, names: Iterable[str]) -> bool:
    """Whether late rows alone came of all these tables, in the form of the rows before them."""
    return all(run.lake.part(f"raw_{name}", run.month) for name in names)


def is_small_part(run: MonthRun, name: str) -> bool:
    """Whether the rows that came late since the table was read whole are few enough for figures to stand."""
    if not is_added_to(run, name):
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
    known_until = run.window.known_until
    late = run.engine.row(profile_sql(table, relation, run.month, rows, known_until))
    return added(table, before, figures(table, late))


def figures_before(run: MonthRun, names: Collection[str]) -> dict[str, list[Figure]]:
    """The figures of some tables in the version before; without tables to whose figures none can be added."""
    found = {}
    by_table = _every_figure_before(run) if names else {}
    for name in names:
        measured = by_table.get(name, [])
        if tells_weights(run.registry.raw[name], measured):
            found[name] = measured
    return found


def _every_figure_before(run: MonthRun) -> dict[str, list[Figure]]:
    """Table to its figures."""
    by_table: dict[str, list[Figure]] = {}
    if not run.lake.before().has("profile", run.month):
        return by_table
    lines = run.engine.rows_of("profile", run.month, run.lake.before())
    for row in run.engine.records(f"SELECT * FROM {lines}"):
        figure = Figure(
            table=row["table_name"],
            column=row["column_name"],
            measure=row["measure"],
            value=row["value"],
            region=row["region_code"],
            item=row["item"],
        )
        by_table.setdefault(figure.table, []).append(figure)
    return by_table
