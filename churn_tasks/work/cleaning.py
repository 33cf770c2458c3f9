"""Raw tables of a month judged by their contract, the accepted rows merged and treated."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property

from churn_tasks.adapters.versions import LATE, REPLACING
from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.taken_out import taken_out_of
from churn_tasks.declared.composer import composed
from churn_tasks.declared.contracts import RawTable
from churn_tasks.declared.row_rules import DAMAGE
from churn_tasks.declared.sql_parts import Relation
from churn_tasks.integrate.clean import (
    LATE_CLEAN,
    LATE_DOUBLES,
    accepted_sql,
    added_sql,
    doubles_sql,
    judged_counts_sql,
    judged_sql,
    kept_sql,
    replacing_sql,
)
from churn_tasks.integrate.doubles import (
    FateCounts,
    conflicting_sql,
    fate_counts_sql,
    repeated_keys_sql,
    row_fates_sql,
)
from churn_tasks.integrate.quarantine import (
    damaged_lines_sql,
    quarantine_sql,
    release_count_sql,
    released_sql,
)
from churn_tasks.integrate.standardise.counts import Line, standardised_lines
from churn_tasks.integrate.standardise.mappings import UNMAPPED
from churn_tasks.integrate.treat import (
    Earlier,
    learnt_limits_sql,
    limits_of,
    outlier_rules,
    treated_sql,
)
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import observed_before
from churn_tasks.runner.protocol import is_restated
from churn_tasks.runner.standard import standard, standard_view
from churn_tasks.work.file_lines import damaged_lines

Limits = dict[str, tuple[float | None, float | None]]  # column -> lowest, highest
MOST_SHOWN = 5  # values of a column that a mapping table lacks


@dataclass(frozen=True)
class RowCount:
    """What was done with the rows of one table: rows_in = rows_out + quarantined + merged.

    Attributes:
        replaced: merged rows that said something else and gave way to a row of their key learnt later.
        added_up: merged rows whose amounts went into another line of their key.
    """

    table: str
    rows_in: int
    rows_out: int
    quarantined: int = 0
    merged: int = 0
    replaced: int = 0
    added_up: int = 0


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


@dataclass(frozen=True)
class JudgedTable:
    """One table of which ``judged_<name>`` was made.

    Attributes:
        limits: of its outliers, as far as they are stated or could be learnt.
        is_late: only the rows that came late were judged; those before them stay as they are.
        total, quarantined: rows that were judged, and those of them that break a rule.
        fates: accepted rows of repeated keys by what becomes of them; None where no key is repeated.
    """

    name: str
    limits: Limits
    earlier: Earlier
    total: int
    quarantined: int
    is_late: bool = False
    fates: FateCounts | None = None


def judge_tables(run: MonthRun) -> list[JudgedTable]:
    """Make ``judged_<name>`` of every raw table; where rows came late, of these rows alone.

    What people have released since may be any row of the month: then every table is judged as a whole.
    """
    run.engine.view("quarantine_release")
    day = run.restated_until
    judged = []
    for name in run.registry.raw:
        is_late = run.only_late and not _was_released_since(run)
        if not is_late:
            judged.append(_judge(run, name, is_late=False))
        elif day and run.lake.has_version(f"raw_{name}", run.month, day):
            judged.append(_judge(run, name, is_late=is_added_to(run, name)))
    return judged


def _was_released_since(run: MonthRun) -> bool:
    """Whether people have decided otherwise of set-aside rows since the version before."""
    return is_restated(run, "quarantine_release", [run.month])


def is_added_to(run: MonthRun, name: str) -> bool:
    """Whether the late rows of a raw table lie beside a version that was cleaned, whose rows they leave as they are."""
    if not run.lake.part(f"raw_{name}", run.month):
        return False
    if not run.lake.before().has(f"clean_{name}", run.month):
        return False
    return not _takes_back(run, name)


def _takes_back(run: MonthRun, name: str) -> bool:
    """Whether a late row takes back what an earlier one has charged: then that one is judged with it."""
    reversals = run.registry.raw[name].reversals
    if reversals is None:
        return False
    late = standard(run, name, late=True)
    sql = f"SELECT count(*) AS rows FROM {late} WHERE {reversals.takes_back}"
    return run.engine.row(sql)["rows"] > 0


def _judge(run: MonthRun, name: str, *, is_late: bool) -> JudgedTable:
    table = run.registry.raw[name]
    earlier = _earlier(run, name, is_late)
    sql = learnt_limits_sql(table, earlier)
    limits = limits_of(table, run.engine.row(sql) if sql else {})
    delivered = standard(run, name, late=is_late)
    judged = judged_sql(table, delivered, outlier_rules(table, limits))
    judged = _released(run, table, judged)
    _make_judged(run, name, judged)
    fates = None
    if _are_repeated(run, table, delivered):
        fates = _set_conflicts_aside(run, table, judged)
    rows = run.engine.row(judged_counts_sql(f"judged_{name}"))
    return JudgedTable(
        name, limits, earlier, rows["total"], rows["quarantined"], is_late, fates
    )


def _make_judged(run: MonthRun, name: str, judged: str) -> None:
    run.engine.connection.execute(
        f"CREATE OR REPLACE TEMP VIEW judged_{name} AS {judged}"
    )


def _released(run: MonthRun, table: RawTable, judged: str) -> str:
    """The judged rows, those that people have accepted without a rule."""
    if _has_releases(run, table.table):
        return released_sql(table, f"({judged})")
    return judged


def _are_repeated(run: MonthRun, table: RawTable, delivered: str) -> bool:
    """Make the hashes of the repeated keys; whether there are any."""
    repeated = f"repeated_{table.table}"
    run.engine.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {repeated} AS {repeated_keys_sql(table, delivered)}"
    )
    return run.engine.row(f"SELECT count(*) AS keys FROM {repeated}")["keys"] > 0


def _set_conflicts_aside(run: MonthRun, table: RawTable, judged: str) -> FateCounts:
    """What becomes of the rows of repeated keys, once those in conflict break a rule.

    Args:
        judged: SQL of the view ``judged_<name>``, which is made anew where there are conflicts.
    """
    name = table.table
    accepted = f"(SELECT * FROM judged_{name} WHERE rule IS NULL)"
    fates = row_fates_sql(table, accepted, f"repeated_{name}")
    run.engine.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE fates_{name} AS {fates}"
    )
    counts = FateCounts(**run.engine.row(fate_counts_sql(f"fates_{name}")))
    if not counts.conflict:
        return counts
    judged = conflicting_sql(table, f"({judged})", f"fates_{name}")
    _make_judged(run, name, _released(run, table, judged))
    return FateCounts(**run.engine.row(fate_counts_sql(f"({fates})")))


def _has_releases(run: MonthRun, name: str) -> bool:
    asked = {"month": run.month.start, "table_name": name}
    return run.engine.row(release_count_sql(), asked)["release_count"] > 0


def _earlier(run: MonthRun, name: str, is_late: bool) -> Earlier:
    """Rows of the window's earlier months that passed the checks.

    Late rows are treated like those beside them: what may be learnt from is what that version saw.
    """
    lake = run.lake
    if is_late:
        lake = run.lake.as_seen_by(f"clean_{name}", run.month)
    rows = []
    for month in observed_before(run):
        if lake.has(f"clean_{name}", month) and lake.has("profile_accepted", month):
            of_month = run.engine.rows_of(f"clean_{name}", month, lake)
            rows.append(f"SELECT * FROM {of_month}")
    if not rows:
        return Earlier(None)
    return Earlier(f"({' UNION ALL BY NAME '.join(rows)})")


def write_quarantine(run: MonthRun, judged: Sequence[JudgedTable]) -> None:
    """Write the rejected rows of every judged table, of one with late rows beside those before, and damaged lines."""
    rejected = []
    asked: dict[str, object] = {}
    for one in judged:
        if one.quarantined or not one.is_late:
            table = run.registry.raw[one.name]
            rejected.append(quarantine_sql(table, f"judged_{one.name}"))
    if damaged_lines(run):
        rejected.append(damaged_lines_sql())
        asked |= {"month": run.month.start, "damage": list(DAMAGE)}
    if run.only_late:
        whole = [one.name for one in judged if not one.is_late]
        before = run.engine.rows_of("quarantine", run.month, run.lake.before())
        rejected.append(
            composed("quarantine", "rejected_before", before=Relation(before))
        )
        asked |= {"judged": whole, "damage": list(DAMAGE)}
    every = " UNION ALL BY NAME ".join(rejected)
    run.engine.write("quarantine", run.month, every, asked or None)


def clean_tables(run: MonthRun, judged: Sequence[JudgedTable]) -> Cleaned:
    """Write ``clean_<name>`` of every judged table; where rows came late, the part that they make."""
    counts, lines = [], []
    before = counts_before(run) if run.only_late else {}
    for one in judged:
        if one.is_late:
            _clean_late_rows(run, one)
            counts.append(_with_late_rows(run, one, before[one.name]))
        else:
            counts.append(_clean(run, one))
        view = standard_view(run, one.name, late=one.is_late)
        lines += standardised_lines(run.engine.connection, view)
    return Cleaned(counts, lines)


def _clean(run: MonthRun, judged: JudgedTable) -> RowCount:
    """Write one clean table.

    Raises:
        BadInput: the rows do not balance.
    """
    name = judged.name
    cleaned = _cleaned_sql(run, judged)
    rows_out = run.engine.write(f"clean_{name}", run.month, cleaned)
    total, quarantined = judged.total, judged.quarantined
    merged = total - quarantined - rows_out
    fates = judged.fates or FateCounts()
    count = RowCount(
        name, total, rows_out, quarantined, merged, fates.replaced, fates.added_up
    )
    return _balanced(run, count)


def _cleaned_sql(run: MonthRun, judged: JudgedTable) -> str:
    """The accepted rows, doubles merged, values treated."""
    table = run.registry.raw[judged.name]
    accepted = f"({accepted_sql(f'judged_{judged.name}')})"
    kept = kept_sql(table, accepted, are_repeated=judged.fates is not None)
    return treated_sql(table, kept, judged.limits, judged.earlier)


def _clean_late_rows(run: MonthRun, judged: JudgedTable) -> None:
    """Write the parts that late rows make of a clean table: some are new, some replace a row of the same key."""
    clean = f"clean_{judged.name}"
    table = run.registry.raw[judged.name]
    columns = run.registry.columns_sql(clean)
    before = run.engine.rows_of(clean, run.month, run.lake.before())
    cleaned = f"SELECT {columns} FROM ({_cleaned_sql(run, judged)})"
    with ExitStack() as held:
        held.enter_context(run.engine.held(LATE_CLEAN, cleaned))
        run.lake.remove(clean, run.month)
        doubles = doubles_sql(table, before)
        held.enter_context(run.engine.held(LATE_DOUBLES, doubles))
        if run.engine.row(f"SELECT count(*) AS rows FROM {LATE_DOUBLES}")["rows"]:
            replacing = replacing_sql(table)
            run.engine.write_part(clean, run.month, REPLACING, replacing)
        run.engine.write_part(clean, run.month, LATE, added_sql(table))


def _with_late_rows(run: MonthRun, judged: JudgedTable, before: RowCount) -> RowCount:
    """The account of a table: what the version before says, and the late rows.

    Raises:
        BadInput: the rows do not balance.
    """
    rows_out = run.lake.rows(f"clean_{judged.name}", run.month)
    rows_in = before.rows_in + judged.total
    quarantined = before.quarantined + judged.quarantined
    merged = rows_in - quarantined - rows_out
    fates = judged.fates or FateCounts()
    replaced = 0
    if run.registry.raw[judged.name].key:
        replaced = merged - before.merged - fates.double - fates.added_up
    count = RowCount(
        judged.name,
        rows_in,
        rows_out,
        quarantined,
        merged,
        before.replaced + replaced,
        before.added_up + fates.added_up,
    )
    return _balanced(run, count)


def counts_before(run: MonthRun) -> dict[str, RowCount]:
    """What the version before says of each table.

    The books of a month stay as they were when people were taken out of it; its rows are counted again then.
    """
    counts = {}
    is_recounted = taken_out_of(run.settings.taken_out_file, run.month).requests
    audit = run.engine.rows_of("audit_rows", run.month, run.lake.before())
    for row in run.engine.records(f"SELECT * FROM {audit} WHERE step = 'integrate'"):
        name = row["table_name"]
        counts[name] = RowCount(
            name,
            row["rows_in"] - (row["forgotten"] or 0),
            row["rows_out"],
            row["quarantined"],
            row["merged"],
            row["replaced"] or 0,
            row["added_up"] or 0,
        )
        if is_recounted:
            counts[name] = _recounted(run, counts[name])
    return counts


def _recounted(run: MonthRun, noted: RowCount) -> RowCount:
    """The account of a table as its rows lie in the version before; how they were merged nobody can tell again."""
    before, name = run.lake.before(), noted.table
    rows_in = before.rows(f"raw_{name}", run.month)
    rows_out = before.rows(f"clean_{name}", run.month)
    rejected = run.engine.rows_of("quarantine", run.month, before)
    counted = run.engine.row(
        f"SELECT coalesce(sum(row_count), 0)::BIGINT AS rows FROM {rejected} WHERE table_name = $name",
        {"name": name},
    )
    merged = rows_in - rows_out - counted["rows"]
    return replace(
        noted,
        rows_in=rows_in,
        rows_out=rows_out,
        quarantined=counted["rows"],
        merged=merged,
        replaced=min(noted.replaced, merged),
        added_up=min(noted.added_up, merged),
    )


def _balanced(run: MonthRun, count: RowCount) -> RowCount:
    """The account of a table.

    Raises:
        BadInput: it is not about as many rows as were delivered, or more rows came out than went in.
    """
    delivered = run.lake.rows(f"raw_{count.table}", run.month)
    if delivered != count.rows_in or count.merged < 0:
        problem = f"{delivered} rows do not balance: {count}"
        raise BadInput(
            evidence(table=f"raw_{count.table}", month=run.month, problem=problem)
        )
    return count
