"""The one way in which every step runs: ready? changed? work, or leave nothing behind.

::

    nothing to do for this month -> what an earlier try made is removed, skipped
    a table it needs is missing  -> NotReady, with the step that makes it
    people decide something      -> what they have decided is frozen with the month
    restated, nothing changed    -> what an earlier try made is removed, skipped
    restated, of no account      -> the same (a step that is restated by hand alone)
    else                         -> the work, timed; only declared tables can be read and written
"""

import logging
import time
from collections.abc import Callable, Iterable

from churn_tasks.adapters.access import Access
from churn_tasks.adapters.engine_errors import is_out_of_memory
from churn_tasks.core.errors import NotReady, SettingsError
from churn_tasks.core.months import Month
from churn_tasks.core.reading import GONE_OUT
from churn_tasks.declared.query import Query
from churn_tasks.declared.registry import Registry
from churn_tasks.runner.frozen import freeze
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.step import Made, Read, Step, StepReport
from churn_tasks.runner.touched import CUSTOMER, Touched

log = logging.getLogger("churn")

Owner = Callable[[str, Registry], Step]  # a table -> the step that makes it
UNCHANGED = "nothing that it reads was restated"
ONLY_BY_HAND = "it is restated by hand alone"
NOT_RUN_YET = "the month itself has not been run yet"


def run_step(step: Step, run: MonthRun, owner: Owner) -> StepReport:
    """Run one step on an opened month, timed and logged.

    Raises:
        NotReady: a table that the step needs has not been made yet.
        SettingsError: memory has ended.
        ChurnError: what the work raised.
    """
    log.info("%s %s begins (profile %s)", step.name, run.edition, run.settings.profile)
    started = time.monotonic()
    try:
        made = _made(step, run, owner)
    except Exception as error:
        seconds, kind = time.monotonic() - started, type(error).__name__
        log.error("%s %s failed after %.2fs: %s", step.name, run.edition, seconds, kind)
        if is_out_of_memory(error):
            raise SettingsError(_memory_ended(step, run)) from error
        raise
    report = StepReport(step.name, run.edition, rows=made.rows, facts=made.facts)
    report.outcome = "skipped" if made.idle else "done"
    report.reason = made.idle or made.note
    report.seconds = round(time.monotonic() - started, 2)
    said = (step.name, run.edition, report.outcome, report.reason, report.rows)
    log.info("%s %s %s %s rows=%s %.2fs", *said, report.seconds)
    return report


def _memory_ended(step: Step, run: MonthRun) -> str:
    resources = run.settings.resources
    given = resources.memory_limit
    told = f"resources.memory: {resources.memory}"
    if resources.memory == "auto":
        told = f"resources.memory: auto, a quarter of what there is: {given}"
    return (
        f"{step.name} {run.edition}: memory has ended. DuckDB may take {given} with {resources.threads} threads"
        f" ({told}). Raise resources.memory in the profile's settings.yaml, or set resources.threads: 1. Training needs"
        " memory beside it, about 7 kB a row: lower model.max_train_rows. What does not fit into memory is written to"
        f" {run.lake.root / '.spill'}, which needs room on its disk. Then run the step again."
    )


def _made(step: Step, run: MonthRun, owner: Owner) -> Made:
    why = step.idle(run) or _of_no_account(step, run) or _not_run_yet(step, run)
    if not why:
        require_reads(step, run, owner)
        for decision in step.decisions:
            freeze(run, decision)
        if step.restated in ("again", "by_hand") and not has_news(step, run):
            why = UNCHANGED
    made = Made(idle=why) if why else _worked(step, run)
    if made.idle:
        remove(step, run, kept=made.rows)
    return made


def _worked(step: Step, run: MonthRun) -> Made:
    """The work, with declared tables alone in sight."""
    declared = access(step, run.registry)
    with run.engine.only(declared):
        return step.work(run)


def access(step: Step, registry: Registry) -> Access:
    """What the work of a step may look at and write."""
    reads = [read.tables for read in step.reads]
    writes = step.tables(registry)
    return Access(step.name, (*reads, *writes), tuple(writes))


def _of_no_account(step: Step, run: MonthRun) -> str:
    return ONLY_BY_HAND if run.only_late and step.restated == "by_hand" else ""


def _not_run_yet(step: Step, run: MonthRun) -> str:
    if run.restated_until is None or not step.after:
        return ""
    is_there = run.lake.has(step.after, step.partition(run))
    return "" if is_there else NOT_RUN_YET


def require_reads(step: Step, run: MonthRun, owner: Owner) -> None:
    """Refuse to go on before everything is there that a step needs.

    Raises:
        NotReady: a table lacks a month, with the command that makes it.
    """
    for read in step.reads:
        if read.is_needed(run):
            for table in tables_of(step, read, run):
                require(run, table, read.of(run), owner, read.otherwise)


def require(
    run: MonthRun,
    table: str,
    months: Iterable[Month],
    owner: Owner,
    otherwise: str = Read.otherwise,
) -> None:
    """Refuse to go on before earlier work is done.

    Raises:
        NotReady: the table lacks one of the months, with the command that makes it.
    """
    missing = [month for month in months if not run.lake.has(table, month)]
    if not missing:
        return
    maker = owner(table, run.registry)
    made_in = missing[0] + maker.lag(run.settings.calendar)
    listed = ", ".join(str(month) for month in missing)
    problem = otherwise.format(table=table, months=listed)
    remedy = f"Run first: churn step {maker.name} --month {made_in}"
    raise NotReady(f"{run.month} {problem}. {remedy}")


def tables_of(step: Step, read: Read, run: MonthRun) -> list[str]:
    """The tables of a profile that one read of a step stands for, in order of their names."""
    names = set(run.registry.tables)
    is_family = "*" in read.tables
    if is_family and step.queries:
        names &= _read_by_queries(step, run)
    return sorted(name for name in names if read.names(name))


def _read_by_queries(step: Step, run: MonthRun) -> set[str]:
    names: set[str] = set()
    for family in step.queries:
        for query in run.registry.queries[family]:
            names.update(query.output.sources)
    return names


def has_news(step: Step, run: MonthRun) -> bool:
    """Whether anything that a step is made of has a version of this restatement; always so in a month's own run."""
    if run.restated_until is None:
        return True
    renewing = [read for read in step.reads if read.renews]
    return any(
        is_restated(run, table, read.of(run))
        for read in renewing
        for table in tables_of(step, read, run)
    )


def is_restated(run: MonthRun, table: str, months: Iterable[Month]) -> bool:
    """Whether a table has a version of this restatement in one of the months; always so in a month's own run.

    The clean tables of what was delivered again count as changed in any case: of the rows in them more may be looked at
    by now.
    """
    day = run.restated_until
    if day is None:
        return True
    for month in months:
        if month == run.month and table in _delivered_again(run):
            return True
        if run.lake.has_version(table, month, day):
            return True
    return False


def _delivered_again(run: MonthRun) -> set[str]:
    again = run.delivered_again
    names = run.registry.raw if again is None else again
    return {f"clean_{name}" for name in names}


def make_queries(
    step: Step,
    run: MonthRun,
    check: Callable[[MonthRun, Query], None] | None = None,
    *,
    whole: bool = False,
) -> dict[str, int]:
    """Run every active query of a step's families whose tables have news; the others leave nothing of an earlier try.

    A restated run makes the rows again of whom something has changed (``runner/touched.py``).

    Args:
        check: looks at what each query has made.
        whole: also a restated run makes every row again, because telling whose would take longer.

    Returns:
        Table to rows made.
    """
    rows: dict[str, int] = {}
    month = step.partition(run)
    touched = Touched(run) if run.can_merge and not whole else None
    for family in step.queries:
        for query in run.registry.queries[family]:
            table = query.output.table
            made = None
            if _query_has_news(step, run, query):
                made = _made_by(query, run, month, touched)
            if made is None:
                run.lake.remove(table, month)
                continue
            rows[table] = made
            if check:
                check(run, query)
    return rows


def _made_by(
    query: Query, run: MonthRun, month: Month, touched: Touched | None
) -> int | None:
    """Rows of the partition that a query makes; None where no customer's row can have changed."""
    again = None
    if touched and CUSTOMER in query.output.key:
        output = query.output
        again = touched.again(
            output.table, month, output.sources, output.across_customers
        )
    if again is None:
        return run.make(query, month)
    if not again.customers:
        return None
    return run.make_again(query, month, again.before, again.local)


def _query_has_news(step: Step, run: MonthRun, query: Query) -> bool:
    if run.restated_until is None:
        return True
    renewing = [read for read in step.reads if read.renews]
    for table in query.output.sources:
        for read in renewing:
            if read.names(table) and is_restated(run, table, read.of(run)):
                return True
    return False


def remove(step: Step, run: MonthRun, kept: Iterable[str] = ()) -> None:
    """Remove what a step would write in this run: of a restatement its version and no other, of a month's own run the
    first version with those that restate it.

    A list that has gone out, and what was found when it was made, stays with its restatements: a month's own run that
    has nothing to do today (its model was withdrawn) does not take it back.

    Args:
        kept: tables that it has written after all.
    """
    names = step.named_tables
    if names is None:
        names = step.tables(run.registry)
    for table in set(names).difference(kept):
        has_gone_out = run.restated_until is None and table.startswith(GONE_OUT)
        if not has_gone_out:
            run.lake.remove(table, step.partition(run))


def undo(step: Step, run: MonthRun) -> None:
    """Remove the versions that a step made of a month whose restatement is refused.

    What it wrote under another month (a label) is not of the refused month and stays.
    """
    if run.restated_until is None or step.partition(run) != run.month:
        return
    for table in step.tables(run.registry):
        run.lake.discard(table, run.month, run.restated_until)
