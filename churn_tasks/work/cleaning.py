"""Raw tables of a month judged by their contract, the accepted rows merged and treated."""

from dataclasses import dataclass
from functools import cached_property

from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.months import Month
from churn_tasks.integrate.clean import (
    ExactDoubles,
    accepted_sql,
    judged_counts_sql,
    judged_sql,
)
from churn_tasks.integrate.quarantine import (
    quarantine_sql,
    release_count_sql,
    released_sql,
)
from churn_tasks.integrate.standardise.counts import Line, standardised_lines
from churn_tasks.integrate.standardise.mappings import UNMAPPED
from churn_tasks.integrate.treat import (
    Earlier,
    earlier_sql,
    learnt_limits_sql,
    limits_of,
    outlier_rules,
    treated_sql,
)
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import observed_before
from churn_tasks.runner.standard import standard, standard_view

Limits = dict[str, tuple[float | None, float | None]]  # column -> lowest, highest
MOST_SHOWN = 5  # values of a column that a mapping table lacks


@dataclass(frozen=True)
class RowCount:
    """What was done with the rows of one table: rows_in = rows_out + quarantined + merged."""

    table: str
    rows_in: int
    rows_out: int
    quarantined: int = 0
    merged: int = 0


@dataclass(frozen=True)
class Cleaned:
    """What was found out on the way, for the books."""

    counts: list[RowCount]
    lines: list[Line]

    def facts(self) -> dict[str, object]:
        """Sums, and the values that a mapping table lacks: the most frequent five of each column."""
        facts: dict[str, object] = {
            "quarantined": sum(count.quarantined for count in self.counts),
            "merged": sum(count.merged for count in self.counts),
        }
        for where, values in self._unmapped.items():
            facts[where] = ", ".join(values[:MOST_SHOWN])
        return facts

    @cached_property
    def _unmapped(self) -> dict[str, list[str]]:
        values: dict[str, list[str]] = {}
        for table, column, rule, value, rows, _ in self.lines:
            if rule == UNMAPPED:
                where = f"unmapped {table}.{column}"
                values.setdefault(where, []).append(f"{value} {rows}")
        return values


def judge_tables(run: MonthRun) -> dict[str, Limits]:
    """Make ``judged_<name>`` of every raw table.

    Returns:
        Table to the limits of its outliers, as far as they are stated or could be learnt.
    """
    run.engine.view("quarantine_release")
    return {name: _judge(run, name) for name in run.registry.raw}


def _judge(run: MonthRun, name: str) -> Limits:
    table = run.registry.raw[name]
    sql = learnt_limits_sql(table, _earlier(run, name))
    limits = limits_of(table, run.engine.row(sql) if sql else {})
    judged = judged_sql(table, standard(run, name), outlier_rules(table, limits))
    if _has_releases(run, name):
        judged = released_sql(table, f"({judged})")
    run.engine.connection.execute(
        f"CREATE OR REPLACE TEMP VIEW judged_{name} AS {judged}"
    )
    return limits


def _has_releases(run: MonthRun, name: str) -> bool:
    asked = {"month": run.month.start, "table_name": name}
    return run.engine.row(release_count_sql(), asked)["release_count"] > 0


def _earlier(run: MonthRun, name: str) -> Earlier:
    """Rows of the window's earlier months that passed the checks."""
    months = [m for m in observed_before(run) if _is_accepted(run, name, m)]
    if not months:
        return Earlier(None)
    run.engine.view(f"clean_{name}")
    days = [month.start for month in months]
    return Earlier(f"({earlier_sql(f'clean_{name}', days)})")


def _is_accepted(run: MonthRun, name: str, month: Month) -> bool:
    is_clean = run.lake.has(f"clean_{name}", month)
    return is_clean and run.lake.has("profile_accepted", month)


def write_quarantine(run: MonthRun) -> None:
    """Write the rejected rows of every judged table."""
    rejected = [
        quarantine_sql(table, f"judged_{name}")
        for name, table in run.registry.raw.items()
    ]
    run.engine.write("quarantine", run.month, " UNION ALL ".join(rejected))


def clean_tables(run: MonthRun, limits: dict[str, Limits]) -> Cleaned:
    """Write ``clean_<name>`` of every judged table."""
    counts, lines = [], []
    for name in run.registry.raw:
        counts.append(_clean(run, name, limits[name]))
        view = standard_view(run, name)
        lines += standardised_lines(run.engine.connection, view)
    return Cleaned(counts, lines)


def _clean(run: MonthRun, name: str, limits: Limits) -> RowCount:
    """Write one clean table.

    Raises:
        BadInput: the rows do not balance.
    """
    table = run.registry.raw[name]
    accepted = f"({accepted_sql(f'judged_{name}')})"
    kept = ExactDoubles().kept_sql(table, accepted)
    treated = treated_sql(table, kept, limits, _earlier(run, name))
    rows_out = run.engine.write(f"clean_{name}", run.month, treated)
    judged = run.engine.row(judged_counts_sql(f"judged_{name}"))
    total, quarantined = judged["total"], judged["quarantined"]
    merged = total - quarantined - rows_out
    count = RowCount(name, total, rows_out, quarantined, merged)
    delivered = run.lake.rows(f"raw_{name}", run.month)
    if delivered != total or merged < 0:
        problem = f"{delivered} rows do not balance: {count}"
        raise BadInput(evidence(table=f"raw_{name}", month=run.month, problem=problem))
    return count
