"""raw_* -> clean_*: values in standard form, bad rows set aside, doubles merged, gaps treated, the books balanced."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.months import Month, months_between
from churn_tasks.integrate.clean import ExactDoubles, judged_sql
from churn_tasks.integrate.quarantine import quarantine_sql, released_sql
from churn_tasks.integrate.standardise.counts import COLUMNS, Line, standardised_lines
from churn_tasks.integrate.standardise.mappings import UNMAPPED
from churn_tasks.integrate.treat import (
    Earlier,
    learnt_limits_sql,
    limits_of,
    outlier_rules,
    treated_sql,
)
from churn_tasks.integrate.treatments import COLUMNS as TREATMENT_COLUMNS
from churn_tasks.integrate.treatments import Seen, empty_sql, marks_sql, treatment_lines
from churn_tasks.runner.month_run import MonthRun, RowCount, StepReport

Limits = dict[str, tuple[float | None, float | None]]


@dataclass
class Done:
    """What was found out on the way, for the books."""

    limits: dict[str, Limits] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)


def run(run: MonthRun) -> StepReport:
    """Clean every raw table of the month and account for every row and every changed value."""
    report = StepReport("integrate", str(run.month))
    names = list(run.registry.raw)
    run.require_all([f"raw_{name}" for name in names], [run.month], "extract")
    run.freeze("quarantine_release", lambda warehouse: warehouse.releases(run.month))
    run.engine.view("quarantine_release")
    done = Done()
    for name in names:
        done.limits[name] = _judge(run, name)
    rejected = " UNION ALL ".join(
        quarantine_sql(run.registry.raw[name], f"judged_{name}") for name in names
    )
    run.engine.write("quarantine", run.month, rejected)
    counts = [_clean(run, name, done) for name in names]
    run.write_counts("integrate", counts)
    report.rows = {f"clean_{count.table}": count.rows_out for count in counts}
    report.rows |= {
        "standardised": _write_standardised(run, done.lines),
        "treatment": _write_treatments(run, counts),
    }
    report.facts = {
        "quarantined": sum(count.quarantined for count in counts),
        "merged": sum(count.merged for count in counts),
        **_unmapped(done.lines),
    }
    return report


def _judge(run: MonthRun, name: str) -> Limits:
    """Make ``judged_<name>``; returns the limits of outliers, as far as they are stated or could be learnt."""
    table, earlier = run.registry.raw[name], _earlier(run, name)
    sql = learnt_limits_sql(table, earlier)
    limits = limits_of(table, run.engine.row(sql) if sql else {})
    judged = judged_sql(table, run.standard(name), outlier_rules(table, limits))
    if _has_releases(run, name):
        judged = released_sql(table, f"({judged})")
    run.engine.connection.execute(
        f"CREATE OR REPLACE TEMP VIEW judged_{name} AS {judged}"
    )
    return limits


def _has_releases(run: MonthRun, name: str) -> bool:
    asked = {"month": run.month.start, "name": name}
    found = "SELECT count(*) AS n FROM quarantine_release WHERE month = $month AND table_name = $name"
    return bool(run.engine.row(found, asked)["n"])


def _earlier(run: MonthRun, name: str) -> Earlier:
    """Rows of the window's earlier months that passed the checks."""
    first = Month.parse(str(run.window.observe_start)[:7])
    months = [
        month
        for month in months_between(first, run.month)
        if _is_accepted(run, name, month)
    ]
    if not months:
        return Earlier(None)
    run.engine.view(f"clean_{name}")
    dates = ", ".join(f"DATE '{month.start}'" for month in months)
    return Earlier(f"(SELECT * FROM clean_{name} WHERE month IN ({dates}))")


def _is_accepted(run: MonthRun, name: str, month: Month) -> bool:
    return run.lake.has(f"clean_{name}", month) and run.lake.has(
        "profile_accepted", month
    )


def _clean(run: MonthRun, name: str, done: Done) -> RowCount:
    table = run.registry.raw[name]
    accepted = f"(SELECT * EXCLUDE (rule, unreadable, formula, delivered) FROM judged_{name} WHERE rule IS NULL)"
    kept = ExactDoubles().kept_sql(table, accepted)
    treated = treated_sql(table, kept, done.limits[name], _earlier(run, name))
    rows_out = run.engine.write(f"clean_{name}", run.month, treated)
    done.lines += standardised_lines(run.engine.connection, run.standard_view(name))
    seen = run.engine.row(
        f"SELECT count(*) AS total, count(rule) AS quarantined FROM judged_{name}"
    )
    merged = seen["total"] - seen["quarantined"] - rows_out
    count = RowCount(name, seen["total"], rows_out, seen["quarantined"], merged)
    delivered = run.lake.rows(f"raw_{name}", run.month)
    if delivered != count.rows_in or merged < 0:
        raise BadInput(
            evidence(
                table=f"raw_{name}",
                month=run.month,
                problem=f"{delivered} rows do not balance: {count}",
            )
        )
    return count


def _write_standardised(run: MonthRun, lines: list[Line]) -> int:
    """Write ``standardised``: what was counted here, and how the numbers stood that became tokens at the door."""
    run.engine.view("number_spelling")
    numbers = (
        " UNION ALL SELECT table_name, column_name, rule, NULL AS unmapped, row_count, NULL AS examples"
        f" FROM number_spelling WHERE month = DATE '{run.month.start}'"
    )
    return _write_lines(run, "standardised", lines, COLUMNS, numbers)


def _write_treatments(run: MonthRun, counts: list[RowCount]) -> int:
    run.engine.view("quarantine")
    lines = [
        line
        for count in counts
        for line in treatment_lines(run.registry.raw[count.table], _seen(run, count))
    ]
    return _write_lines(run, "treatment", lines, TREATMENT_COLUMNS)


def _seen(run: MonthRun, count: RowCount) -> Seen:
    """What the clean table and the quarantine hold of one raw table."""
    clean = f"clean_{count.table}"
    run.engine.view(clean)
    month = {"month": run.month.start}
    marks = marks_sql(run.registry.raw[count.table], f"{clean} WHERE month = $month")
    broken = (
        "SELECT rule AS name, CAST(sum(row_count) AS BIGINT) AS rows FROM quarantine"
    )
    broken += f" WHERE month = $month AND table_name = '{count.table}' GROUP BY rule ORDER BY rule"
    return Seen(
        count.rows_in,
        count.rows_out,
        empty=_counted(
            run.engine.records(empty_sql(str(run.lake.path(clean, run.month))))
        ),
        marks=_counted(run.engine.records(marks, month)) if marks else {},
        broken=_counted(run.engine.records(broken, month)),
    )


def _counted(rows: list[dict[str, Any]]) -> dict[str, int]:
    return {row["name"]: row["rows"] for row in rows}


def _write_lines(
    run: MonthRun,
    table: str,
    lines: Sequence[tuple[Any, ...]],
    columns: Sequence[str],
    also: str = "",
) -> int:
    """Write lines made in Python as the month's partition, with what a SELECT adds to them."""
    types = {"row_count": pa.int64(), "share": pa.float64()}
    values = list(zip(*lines, strict=True)) or [()] * len(columns)
    arrays = {
        name: pa.array(list(v), types.get(name, pa.string()))
        for name, v in zip(columns, values, strict=True)
    }
    with run.engine.registered("found_lines", pa.table(arrays)):
        return run.engine.write(table, run.month, f"SELECT * FROM found_lines{also}")


def _unmapped(lines: list[Line]) -> dict[str, str]:
    """Values that a mapping table lacks, the most frequent five of each column, for the step's report."""
    found: dict[str, list[str]] = {}
    for table, column, rule, value, rows, _ in lines:
        if rule == UNMAPPED:
            found.setdefault(f"unmapped {table}.{column}", []).append(f"{value} {rows}")
    return {where: ", ".join(values[:5]) for where, values in found.items()}
