"""raw_* profiled, and judged by Great Expectations: a bad month stops here, before anything is built on it.

Three outcomes: pass; warn (outside what the accepted months show: recorded and shown, the month goes on); stop. Only a
month that does not stop is written to ``profile_accepted``, from which later months learn their bounds.
"""

import logging
from dataclasses import replace

import pyarrow as pa

from churn_tasks.checks.baseline import Baseline, baseline_sql
from churn_tasks.checks.data_docs import Site
from churn_tasks.checks.drift_notes import note_drift
from churn_tasks.checks.gate import Failure, Verdict, judge, stop_on_failures
from churn_tasks.checks.history import history_sql, write_history
from churn_tasks.checks.measures import measured_rules, rules_behind
from churn_tasks.checks.profile import (
    Figure,
    figures,
    profile_sql,
    region_figures,
    regions_sql,
)
from churn_tasks.checks.raw_suite import raw_suite
from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.privacy import masked
from churn_tasks.declared.contracts import RawTable
from churn_tasks.runner.month_run import MonthRun, StepReport

log = logging.getLogger("churn.check_raw")


def run(run: MonthRun) -> StepReport:
    """Profile every raw table, hold it against its bounds, and stop the month when an allowed bound is broken."""
    report = StepReport("check_raw", str(run.month))
    run.require_all(
        [f"raw_{name}" for name in run.registry.raw], [run.month], "extract"
    )
    drift_notes = note_drift(run)
    site = Site(run.settings.data_docs_dir, run.edition, "raw")
    measured = _with_news(run)
    profiles = {name: profiled(run, name) for name in measured}
    verdict = _judged(run, profiles, site)
    kept = [name for name in run.registry.raw if name not in measured]
    report.rows = {
        "profile": _write_profile(run, "profile", profiles, kept),
        "check_result": _write_results(run, verdict, kept),
        "drift": drift_notes,
    }
    if not verdict.failures:
        report.rows["profile_accepted"] = _write_profile(
            run, "profile_accepted", profiles, kept
        )
    _show_history(run)
    for warning in verdict.warnings:
        log.warning("%s %s", run.month, warning)
    failures = tuple(_with_rows(run, failure) for failure in verdict.failures)
    report.facts = {
        "evaluated": verdict.evaluated,
        "failed": len(failures),
        "warned": len(verdict.warnings),
    }
    stop_on_failures(replace(verdict, failures=failures), site)
    return report


def _with_news(run: MonthRun) -> list[str]:
    """The tables to measure: all of them, in a restated run those that came anew, unless none did (a replay)."""
    tables = list(run.registry.raw)
    have = run.lake.has("profile", run.month) and run.lake.has(
        "check_result", run.month
    )
    changed = [name for name in tables if run.has_news([f"raw_{name}"], [run.month])]
    return changed if have and changed else tables


def _judged(run: MonthRun, profiles: dict[str, list[Figure]], site: Site) -> Verdict:
    baseline = _baseline(run)
    suites = [
        raw_suite(run.registry.raw[name], found, baseline)
        for name, found in profiles.items()
    ]
    values = {name: value for _, named in suites for name, value in named.items()}
    return judge([suite for suite, _ in suites], values, site)


def profiled(run: MonthRun, name: str) -> list[Figure]:
    """The figures of one raw table of the month, taken by DuckDB where it lies.

    Raises:
        BadInput: DuckDB cannot read the rows in their declared types.
    """
    import duckdb

    table = run.registry.raw[name]
    try:
        relation = run.standard(name)
        rows = run.lake.rows(f"raw_{name}", run.month)
        found = figures(
            table, run.engine.row(profile_sql(table, relation, run.month, rows))
        )
        by_region = regions_sql(table, relation, _master(run))
        return found + (
            region_figures(table, run.engine.records(by_region)) if by_region else []
        )
    except duckdb.DataError as error:  # its text may show values
        problem = f"rows cannot be read in the declared types ({type(error).__name__})"
        remedy = "Compare what was delivered with the contract: churn check-source names the columns."
        raise BadInput(
            evidence(
                table=f"raw_{name}", month=run.month, problem=problem, remedy=remedy
            )
        ) from None


def _master(run: MonthRun) -> str | None:
    """The month's customers as delivered, where the profile has them with a region."""
    master = run.registry.raw.get("customer")
    wanted = {"customer_id", "region_code"}
    return (
        run.standard("customer")
        if master and wanted.issubset(master.column_names)
        else None
    )


def _baseline(run: MonthRun) -> Baseline:
    quality = run.settings.quality
    run.engine.view("profile_accepted")
    return Baseline.of(
        run.month,
        quality,
        run.engine.records(baseline_sql(run.month, max(quality.max_months, 12))),
    )


def _write_profile(
    run: MonthRun, table: str, profiles: dict[str, list[Figure]], kept: list[str]
) -> int:
    """Write the figures; those of the tables ``kept`` stay as they were."""
    found = [figure for each in profiles.values() for figure in each]
    columns = {
        "table_name": [figure.table for figure in found],
        "column_name": [figure.column for figure in found],
        "region_code": [figure.region for figure in found],
        "measure": [figure.measure for figure in found],
        "item": [figure.item for figure in found],
        "value": [figure.value for figure in found],
    }
    return run.write_beside(table, pa.table(columns), kept)


def _write_results(run: MonthRun, verdict: Verdict, kept: list[str]) -> int:
    lines = [
        (result.table, line) for result in verdict.results for line in result.lines
    ]
    columns = {
        "table_name": [table.removeprefix("raw_") for table, _ in lines],
        "column_name": [line.measure.column for _, line in lines],
        "measure": [
            line.measure.name.removeprefix(f"{line.measure.column}.")
            for _, line in lines
        ],
        "value": pa.array([line.value for _, line in lines], pa.float64()),
        "usual_low": pa.array(
            [line.measure.usual_lowest for _, line in lines], pa.float64()
        ),
        "usual_high": pa.array(
            [line.measure.usual_highest for _, line in lines], pa.float64()
        ),
        "allowed_low": pa.array(
            [line.measure.lowest for _, line in lines], pa.float64()
        ),
        "allowed_high": pa.array(
            [line.measure.highest for _, line in lines], pa.float64()
        ),
        "learnt_months": pa.array(
            [line.measure.learnt_months for _, line in lines], pa.int64()
        ),
        "verdict": [line.outcome for _, line in lines],
    }
    return run.write_beside("check_result", pa.table(columns), kept)


def _show_history(run: MonthRun) -> None:
    run.engine.views("check_result", "profile")
    write_history(
        run.settings.data_docs_dir, run.registry.raw, run.engine.records(history_sql())
    )


def _with_rows(run: MonthRun, failure: Failure) -> Failure:
    """The failure with the number of rows that it is about and the keys of the first five, where it is about rows."""
    name = failure.table.removeprefix("raw_")
    table = run.registry.raw[name]
    condition = _rows_of(table, failure.measure)
    if condition is None:
        return failure
    key = (*table.key, *table.column_names)[0]
    broken = f"FROM {run.standard(name)} WHERE {condition}"
    count = run.engine.row(f"SELECT count(*) AS rows {broken}")["rows"]
    examples = run.engine.records(
        f'SELECT DISTINCT "{key}"::VARCHAR AS example {broken} ORDER BY 1 LIMIT 5'
    )
    shown = tuple(f"{key} {_shown(table, key, row['example'])}" for row in examples)
    return replace(
        failure,
        rows=count,
        examples=shown,
        meaning=failure.meaning + _columns(run, name, failure.measure),
    )


def _columns(run: MonthRun, name: str, measure: str) -> str:
    """How many rows each column has on its account, where a measure takes the same rule of many columns together."""
    rules = rules_behind(run.registry.raw[name], measure)
    if not rules:
        return ""
    counts = ", ".join(
        f'count(*) FILTER ({rule.reject_when}) AS "{rule.name}"' for rule in rules
    )
    found = run.engine.row(f"SELECT {counts} FROM {run.standard(name)}")
    return (
        " By rule: "
        + ", ".join(f"{rule} {rows:,}" for rule, rows in found.items() if rows)
        + "."
    )


def _rows_of(table: RawTable, measure: str) -> str | None:
    """The rows that make up a measure, as SQL; None where it is not about single rows."""
    if rule := measured_rules(table).get(measure):
        return rule.reject_when
    column, _, name = measure.rpartition(".")
    return (
        f'"{column}" IS NULL'
        if name == "null_share"
        else f'"{column}" < 0'
        if name == "negative_share"
        else None
    )


def _shown(table: RawTable, key: str, value: str | None) -> str:
    """A key for a message: numbers and names of people never, customers by the operator's own number."""
    pii = next(column.pii for column in table.columns if column.name == key)
    return (
        "***"
        if pii in ("direct", "token")
        else "(empty)"
        if value is None
        else masked(value)
    )
