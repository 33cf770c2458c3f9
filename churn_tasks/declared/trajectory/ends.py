"""The first and the latest month of a measure: the two figures with which a change can be told to anybody."""

import re
from collections.abc import Iterable

from churn_tasks.declared.trajectory.file import TrajectoryFile
from churn_tasks.declared.trajectory.sql import join_of, select_of, value_of

FIRST, LAST = "first", "last"


def end_of(measure: str, end: str) -> str:
    """The column with one end of a measure.

    >>> end_of("voice_out", FIRST)
    'voice_out_first'
    """
    return f"{measure}_{end}"


def ends_sql(file: TrajectoryFile, measures: Iterable[str], months: int) -> str:
    """SELECT of both ends of some measures for the customers in ``listed``, as numbers.

    Args:
        measures: of the file; none of dates.
        months: of the observe window.
    """
    columns = ["cohort.customer_id"]
    for name in measures:
        for end, ago in ((FIRST, months - 1), (LAST, 0)):
            value = value_of(file.measures[name], ago)
            columns.append(f"CAST({value} AS DOUBLE) AS {end_of(name, end)}")
    read = " ".join(columns)
    joins = []
    for alias, table in file.sources.items():
        for ago in sorted({months - 1, 0}):
            month = f"{alias}_{ago}"
            if re.search(rf"\b{month}\.", read):
                joins.append(join_of(table, month, ago))
    return select_of(
        columns, "FROM listed AS cohort", *joins, "ORDER BY cohort.customer_id"
    )
