"""The profile of a month's raw tables: measured, judged, kept for later months to learn from."""

import logging
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import duckdb
import pyarrow as pa

from churn_tasks.checks.baseline import Baseline, baseline_sql
from churn_tasks.checks.data_docs import Site
from churn_tasks.checks.exceptions import with_stated
from churn_tasks.checks.gate import Failure, Verdict, judge, stop_on_failures
from churn_tasks.checks.history import history_rows, write_history
from churn_tasks.checks.measures import measured_rules, rules_behind
from churn_tasks.checks.profile import (
    FATES,
    Figure,
    are_keys_repeated,
    close_rows_sql,
    figures,
    kept_rows_sql,
    profile_sql,
    region_figures,
    regions_sql,
)
from churn_tasks.checks.raw_suite import raw_suite
from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.months import Month
from churn_tasks.core.privacy import masked
from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.declared.contracts import RawTable
from churn_tasks.integrate.doubles import (
    fate_counts_sql,
    repeated_keys_sql,
    row_fates_sql,
    told_apart_by,
)
from churn_tasks.integrate.standardise.commas import refuse_doubtful
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.protocol import is_restated
from churn_tasks.runner.standard import standard, standard_columns, standard_view
from churn_tasks.work.acceptances import acceptances_of
from churn_tasks.work.deliveries import left_outside
from churn_tasks.work.file_lines import damaged_lines
from churn_tasks.work.judged_lines import JUDGED, judged_line
from churn_tasks.work.late_profile import (
    figures_before,
    is_small_part,
    late_figures,
)
from churn_tasks.work.replaced_lines import replace_lines

log = logging.getLogger("churn.check_raw")

Profiles = dict[str, list[Figure]]  # raw table -> its figures
RESULTS = pa.schema({"table_name": pa.string(), "column_name": pa.string(), **JUDGED})
REGION_OF = ("customer_id", "region_code")
LONGEST_SEASON = 12  # months that a baseline looks back at least


def profiled_tables(run: MonthRun, names: Iterable[str]) -> Profiles:
    """The figures of raw tables of the month.

    Raises:
        BadInput: DuckDB cannot read the rows of one in their declared types.
    """
    profiles = {}
    small = [name for name in names if is_small_part(run, name)]
    before = figures_before(run, small)
    late_shares = _late_shares(run)
    forgotten = _forgotten_shares(run)
    damaged = damaged_lines(run)
    for name in names:
        with _in_declared_types(run, name):
            if name in before:
                profiles[name] = late_figures(run, name, before[name])
            else:
                profiles[name] = profiled(run, name)
                if late_shares[name]:
                    late = Figure(name, "", "late_share", late_shares[name])
                    profiles[name].append(late)
                if forgotten.get(name):
                    outside = Figure(name, "", "forgotten_share", forgotten[name])
                    profiles[name].append(outside)
        if name in damaged:
            lines, of_all = damaged[name]
            share = Figure(name, "", "damaged_share", lines / of_all)
            profiles[name].append(share)
    return profiles


def _forgotten_shares(run: MonthRun) -> dict[str, float]:
    """Of what was delivered the share of rows of people who were taken out, which stayed outside; by table."""
    shares = {}
    for name, (forgotten, rows) in left_outside(run).items():
        shares[name] = forgotten / (forgotten + rows)
    return shares


@contextmanager
def _in_declared_types(run: MonthRun, name: str) -> Iterator[None]:
    try:
        yield
    except duckdb.DataError as error:  # its text may show values
        raise BadInput(
            evidence(
                table=f"raw_{name}",
                month=run.month,
                problem=f"rows cannot be read in the declared types ({type(error).__name__})",
                remedy="Compare what was delivered with the contract: churn check-source names the columns.",
            )
        ) from None


def tables_to_measure(run: MonthRun) -> list[str]:
    """All raw tables; in a restated run those that came anew, unless none did by hand (a replay)."""
    tables = list(run.registry.raw)
    if not (
        run.lake.has("profile", run.month) and run.lake.has("check_result", run.month)
    ):
        return tables
    changed = [n for n in tables if is_restated(run, f"raw_{n}", [run.month])]
    if run.only_late:
        return changed
    return changed or tables


def profiled(run: MonthRun, name: str) -> list[Figure]:
    """The figures of one raw table of the month, taken by DuckDB where it lies.

    Raises:
        BadInput: the numbers of a column can be read in two ways.
    """
    table = run.registry.raw[name]
    relation = standard(run, name)
    refuse_doubtful(table, standard_view(run, name).delivery.undecided)
    rows = run.lake.rows(f"raw_{name}", run.month)
    known_until = run.window.known_until
    profile = profile_sql(table, relation, run.month, rows, known_until)
    whole = run.engine.row(profile)
    if are_keys_repeated(whole):
        whole |= _fates(run, table, close_rows_sql(table, relation, rows))
    by_region = regions_sql(table, relation, _master(run))
    regions = run.engine.records(by_region) if by_region else []
    return figures(table, whole) + region_figures(table, regions)


def _late_shares(run: MonthRun) -> dict[str, float]:
    """How many rows of an earlier month this run found late, against those with which that month was made; by table."""
    shares = dict.fromkeys(run.registry.raw, 0.0)
    if run.restated_until or not run.lake.has("late_rows", run.month):
        return shares
    for found in run.rows_of_month("late_rows").itertuples():
        name, late = found.table_name, found.new_rows
        in_time = run.lake.rows(f"raw_{name}", Month.of(found.late_month))
        shares[name] = max(shares.get(name, 0.0), late / (in_time + late))
    return shares


def _fates(run: MonthRun, table: RawTable, close_rows: str) -> dict[str, int]:
    """How many of the rows that are looked at closely are doubles, replaced, lines or in conflict, by ``|<fate>``."""
    accepted = kept_rows_sql(table, close_rows)
    repeated = f"({repeated_keys_sql(table, close_rows)})"
    fates = row_fates_sql(table, accepted, repeated)
    counts = run.engine.row(fate_counts_sql(f"({fates})"))
    return {f"|{fate}": rows for fate, rows in counts.items()}


def _master(run: MonthRun) -> str | None:
    """The month's customers as delivered, with their region where the profile has it; None where it has no master.

    A restated month, which judges and cleans late customers alone, reads of all others no more than the region.
    """
    master = run.registry.raw.get("customer")
    if master is None:
        return None
    if not set(REGION_OF) <= set(master.column_names):
        relation = standard(run, "customer")
        return f"(SELECT customer_id, NULL::VARCHAR AS region_code FROM {relation})"
    if run.only_late:
        return standard_columns(run, "customer", REGION_OF)
    return standard(run, "customer")


def judge_profiles(run: MonthRun, profiles: Profiles, site: Site) -> Verdict:
    """Hold the figures against the stated bounds and those learnt from accepted months."""
    baseline = _baseline(run)
    suites, values = [], {}
    for name, of_table in profiles.items():
        suite, measures = raw_suite(run.registry.raw[name], of_table, baseline)
        suites.append(with_stated(suite, run.settings.quality))
        values.update(measures)
    verdict = judge(suites, values, site, acceptances_of(run))
    for warning in verdict.warnings:
        log.warning("%s %s", run.month, warning)
    return verdict


def _baseline(run: MonthRun) -> Baseline:
    quality = run.settings.quality
    run.engine.view("profile_accepted")
    months = max(quality.max_months, LONGEST_SEASON)
    rows = run.engine.records(baseline_sql(run.month, months))
    odd = _accepted_before(run)
    teaching = [row for row in rows if (row["table_name"], row["month"]) not in odd]
    baseline = Baseline.of(run.month, quality, teaching)
    if run.restated_until is None:
        return baseline
    return baseline.without(_answers(run))


def _accepted_before(run: MonthRun) -> set[tuple[str, date]]:
    """Table and month of what somebody accepted although it would have stopped: it was right, and it is no rule."""
    run.engine.view("check_result")
    sql = "SELECT DISTINCT table_name, month FROM check_result WHERE verdict = 'accepted' AND month < $month"
    rows = run.engine.records(sql, {"month": run.month.start})
    return {(row["table_name"], row["month"]) for row in rows}


def _answers(run: MonthRun) -> set[tuple[str, str]]:
    """Table and column of every answer: a restated month knows more of them than the accepted months did."""
    answers = set()
    for name, table in run.registry.raw.items():
        for column in table.answer_columns:
            answers.add((name, column))
    return answers


def write_profiles(run: MonthRun, table: str, profiles: Profiles) -> int:
    """Write the figures; those of tables that were not measured stay as they were."""
    every = [figure for of_table in profiles.values() for figure in of_table]
    lines = pa.table(
        {
            "table_name": [figure.table for figure in every],
            "column_name": [figure.column for figure in every],
            "region_code": [figure.region for figure in every],
            "measure": [figure.measure for figure in every],
            "item": [figure.item for figure in every],
            "value": [figure.value for figure in every],
        }
    )
    return replace_lines(run, table, lines, _not_measured(run, profiles))


def _not_measured(run: MonthRun, profiles: Profiles) -> list[str]:
    return [name for name in run.registry.raw if name not in profiles]


def write_results(run: MonthRun, verdict: Verdict, profiles: Profiles) -> int:
    """Write ``check_result``; what was said of tables that were not measured stays as it was."""
    rows = []
    for result in verdict.results:
        name = result.table.removeprefix("raw_")
        for line in result.lines:
            of_column = {"table_name": name, "column_name": line.measure.column}
            rows.append({**of_column, **judged_line(line)})
    kept = _not_measured(run, profiles)
    lines = pa.Table.from_pylist(rows, RESULTS)
    return replace_lines(run, "check_result", lines, kept)


def show_history(run: MonthRun, measured: Collection[str]) -> None:
    """Draw the measures of these tables over the months, and what moved most among all tables."""
    latest = max(run.lake.months("profile"))
    rows = history_rows(run.engine, latest, measured)
    write_history(run.settings.data_docs_dir, run.registry.raw, measured, rows)


def stop_on_bad_rows(run: MonthRun, verdict: Verdict, site: Site) -> None:
    """Stop the month where an allowed bound is broken, with the rows that break it.

    Raises:
        CheckFailed: a bound is broken.
    """
    failures = tuple(_with_rows(run, failure) for failure in verdict.failures)
    stop_on_failures(replace(verdict, failures=failures), site)


def _with_rows(run: MonthRun, failure: Failure) -> Failure:
    """The failure with the number of rows that it is about and the keys of the first five, where it is about rows."""
    name = failure.table.removeprefix("raw_")
    table = run.registry.raw[name]
    condition = _rows_of(run, table, failure.measure)
    if condition is None:
        return failure
    key = (*table.key, *table.column_names)[0]
    broken = f"FROM {standard(run, name)} WHERE {condition}"
    count = run.engine.row(f"SELECT count(*) AS rows {broken}")["rows"]
    keys = run.engine.records(
        f"SELECT DISTINCT {identifier(key)}::VARCHAR AS example {broken} ORDER BY 1 LIMIT 5"
    )
    examples = tuple(f"{key} {_shown(table, key, row['example'])}" for row in keys)
    meaning = failure.meaning + _by_rule(run, name, failure.measure)
    return replace(failure, rows=count, examples=examples, meaning=meaning)


def _by_rule(run: MonthRun, name: str, measure: str) -> str:
    """How many rows each column has on its account, where a measure takes the same rule of many columns together."""
    rules = rules_behind(run.registry.raw[name], measure)
    if not rules:
        return ""
    counts = [
        f"count(*) FILTER ({rule.reject_when}) AS {identifier(rule.name)}"
        for rule in rules
    ]
    rows_by_rule = run.engine.row(
        f"SELECT {', '.join(counts)} FROM {standard(run, name)}"
    )
    broken = [f"{rule} {rows:,}" for rule, rows in rows_by_rule.items() if rows]
    return f" By rule: {', '.join(broken)}."


def _rows_of(run: MonthRun, table: RawTable, measure: str) -> str | None:
    """The rows that make up a measure, as SQL; None where it is not about single rows."""
    fate = measure.removesuffix("_share")
    if fate in FATES:
        return _rows_of_keys(table, standard(run, table.table), fate)
    if measure == "not_yet_known_share":
        return f"known_date >= DATE '{run.window.known_until}'"
    rule = measured_rules(table).get(measure)
    if rule:
        return rule.reject_when
    column, _, name = measure.rpartition(".")
    conditions = {
        "null_share": f"{identifier(column)} IS NULL",
        "negative_share": f"{identifier(column)} < 0",
    }
    return conditions.get(name)


def _rows_of_keys(table: RawTable, relation: str, fate: str) -> str:
    """The rows of all keys under which some row has a fate."""
    repeated = f"({repeated_keys_sql(table, relation)})"
    fates = row_fates_sql(table, kept_rows_sql(table, relation), repeated)
    keys = f"SELECT key_hash FROM ({fates}) WHERE fate = {literal(fate)}"
    return f"hash({told_apart_by(table).sql}) IN ({keys})"


def _shown(table: RawTable, key: str, value: str | None) -> str:
    """A key for a message: numbers and names of people never, customers by the operator's own number."""
    column = next(column for column in table.columns if column.name == key)
    if column.pii in ("direct", "token"):
        return "***"
    return "(empty)" if value is None else masked(value)
