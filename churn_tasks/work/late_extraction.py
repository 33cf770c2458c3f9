"""What became known of a table since its month was read, from the source to a part beside the version before.

One query a table brings the late rows and nothing else. A table is extracted whole after all where a part cannot say
what came:

* the delivery has another form than the one before, or the source gave rows before they were known;
* an answer came late (an outcome, a repair): the row that waited for it lies in the version before;
* what came late took another row away (an extract that gives the latest version of each customer may drop one), or
  replaced more than ``REPLACED_AT_MOST`` of them: the profile counts a replaced row beside its later version;
* nobody can tell of some row when it became known;
* the table has no key: rows that differ may be equal once they are treated.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain

import pyarrow as pa

from churn_tasks.adapters.forgotten import Door
from churn_tasks.adapters.source import Source, read_again
from churn_tasks.adapters.source.errors import DamageSetAside
from churn_tasks.adapters.versions import LATE
from churn_tasks.checks.delivery_drift import DIALECTS
from churn_tasks.checks.drift import Delivered
from churn_tasks.core.errors import BadInput, NotReady
from churn_tasks.declared.composer import composed
from churn_tasks.declared.contracts import KNOWN
from churn_tasks.declared.extract_sql import (
    late_rows_sql,
    rendered_sql,
    row_count_sql,
)
from churn_tasks.declared.row_by_row import is_row_by_row
from churn_tasks.declared.sql_parts import Names, Relation
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.protocol import is_restated
from churn_tasks.work.deliveries import OnRecord, on_record
from churn_tasks.work.extraction import (
    Extracted,
    account_for_rows,
    door_of,
    extract_table,
    refuse_damage,
)
from churn_tasks.work.known_since import known_since
from churn_tasks.work.late_search import LateSearch, unreadable_rows

log = logging.getLogger("churn.extract")

REPLACED_AT_MOST = (
    0.05  # of the rows that the source gives; more would count as a larger volume
)


def extract_late_rows(run: MonthRun, source: Source) -> list[Extracted]:
    """Take in what came late of every table; those of which nothing did are not among them."""
    before = on_record(run, run.month, run.lake.before())
    extracted = []
    for name in run.registry.raw:
        known = before.get(name)
        table = read_again(partial(late_rows_of, run, source, name, known))
        if table:
            extracted.append(table)
    return extracted


def tables_taken_in(run: MonthRun) -> list[str]:
    """The tables that have a version of this restatement, be it of an earlier try whose source was put away since."""
    names = run.registry.raw
    return [n for n in names if is_restated(run, f"raw_{n}", [run.month])]


def late_rows_of(
    run: MonthRun,
    source: Source,
    name: str,
    before: OnRecord | None,
    *,
    must_tell: bool = False,
) -> Extracted | None:
    """What came late of one table; None where nothing did, or nothing can be told.

    Args:
        must_tell: refuse a source that cannot tell, instead of going on without its late rows.

    Raises:
        BadInput: see above.
    """
    since = known_since(run, run.month, name)
    search, door = LateSearch(run, name, since), door_of(run, name)
    added = None
    with _searched(run, source, search, before, must_tell) as batches:
        if batches is None:
            return None
        late = door.allowed(search.late_rows(batches))
        first = next(late, None)
        if first and before and _can_be_added(search, batches.schema, before):
            rows = chain([first], late)
            reader = pa.RecordBatchReader.from_batches(batches.schema, rows)
            added = _add(run, name, reader, before.delivered, door)
            added = replace(added, asides=source.asides(search.sql))
    unreadable = _has_more_unreadable(run, search)
    if first is None and not unreadable:
        _forget(run, source, name)
        return None
    is_changed = search.answers > 0 or unreadable
    forgotten = door.turned_away + (before.forgotten if before else 0)
    is_added_alone = added is not None and not is_changed
    if is_added_alone and not _took_rows_in_exchange(run, source, name, forgotten):
        return added
    return extract_table(run, source, name)


def _can_be_added(search: LateSearch, schema: pa.Schema, before: OnRecord) -> bool:
    """Whether late rows have the form of the delivery before, which held none that was not known yet.

    Such a row, read again, would be taken for a new one. So would, of a table without a key, one that is equal to
    another once both are treated.
    """
    if not search.table.key:
        return False
    if before.delivered.columns != Delivered.of(schema, {}).columns:
        return False
    if before.known_up_to is None:
        return before.row_count == 0
    return before.known_up_to < search.since


def _has_more_unreadable(run: MonthRun, search: LateSearch) -> bool:
    """Whether the source gives more rows than are on record of which nobody can tell when they became known."""
    if not search.unreadable:
        return False
    files = run.lake.before().files(f"raw_{search.name}", run.month)
    known = unreadable_rows(run, search.name, run.month, files)
    if search.unreadable.total() <= known:
        return False
    log.warning("extract %s: %s", run.edition, search.complaint())
    return True


def _forget(run: MonthRun, source: Source, name: str) -> None:
    """Remove what an earlier try of this run took in, unless the files of the month were put away since."""
    if not is_restated(run, f"raw_{name}", [run.month]):
        return
    may_be_put_away = run.settings.source.kind == "files"
    if may_be_put_away and not _row_count(run, source, name):
        log.warning("extract %s: the files give no %s any more", run.edition, name)
    else:
        run.lake.remove(f"raw_{name}", run.month)


def _row_count(run: MonthRun, source: Source, name: str) -> int:
    """The rows of the month that the source gives, counted there."""
    with source.batches(row_count_sql(run.settings, run.window, name)) as batches:
        return batches.read_all().column("row_count")[0].as_py()


@contextmanager
def _searched(
    run: MonthRun,
    source: Source,
    search: LateSearch,
    before: OnRecord | None,
    must_tell: bool,
) -> Iterator[pa.RecordBatchReader | None]:
    """Rows with the late ones among them; None where the source cannot tell: a file drop may have put its files away.

    The types on record say whether the source can compare days; where it gives others now, it is asked for every row.
    """
    known = _known_types(search, before.delivered.columns) if before else {}
    refusal = ""
    for types in (known, {}):
        sql = late_rows_sql(run.settings, run.window, search.name, search.since, types)
        search.sql = sql
        with ExitStack() as opened:
            try:
                batches = opened.enter_context(source.batches(sql))
                refuse_damage(run, search.name, source.asides(sql))
            except DamageSetAside:
                raise
            except (BadInput, NotReady) as error:
                refusal = str(error)
                continue
            now = _known_types(search, Delivered.of(batches.schema, {}).columns)
            if KNOWN not in now:
                refusal = f"it has no {KNOWN}"
            elif not types or now == types:
                yield batches
                return
    what = f"{search.name} of {run.month} cannot be searched for late rows"
    if must_tell:
        raise BadInput(f"{what}: {refusal}")
    log.warning("extract %s: %s: %s", run.edition, what, refusal)
    yield None


def _known_types(search: LateSearch, columns: Mapping[str, str]) -> dict[str, str]:
    """The columns that say when something became known, with the types as which they are delivered."""
    names = search.table.known_columns
    return {name: columns[name] for name in names if name in columns}


def _took_rows_in_exchange(
    run: MonthRun, source: Source, name: str, forgotten: int
) -> bool:
    """Whether the source, now that it knows of the late rows, no longer gives a row that it gave before.

    One that gives it in a later version is no such row, unless there are many of them.
    """
    settings, window = run.settings, run.window
    dialect = DIALECTS.get(settings.source.kind, "")
    if is_row_by_row(rendered_sql(settings, window, name), dialect):
        return False
    key = run.registry.raw[name].key
    rows = Relation(run.engine.rows_of(f"raw_{name}", run.month))
    known = composed("extraction", "different_keys", key=Names(tuple(key)), rows=rows)
    keys = run.engine.row(known)["key_count"]
    replaced = run.lake.rows(f"raw_{name}", run.month) - keys
    given = _row_count(run, source, name) - forgotten
    return given != keys or replaced > REPLACED_AT_MOST * given


def _add(
    run: MonthRun,
    name: str,
    late: pa.RecordBatchReader,
    before: Delivered,
    door: Door,
) -> Extracted:
    """Write the late rows beside the version before.

    Raises:
        BadInput: a row was lost on the way.
    """
    raw = f"raw_{name}"
    with (
        run.engine.laid_aside(door.reader(late)) as rows,
        run.engine.registered("late_rows_read", rows),
    ):
        select = "SELECT * FROM late_rows_read"
        written = run.engine.write_part(raw, run.month, LATE, select)
    account_for_rows(run, name, door.tokeniser, written)
    whole = run.lake.rows(raw, run.month)
    spellings, forgotten = dict(door.tokeniser.spellings), door.turned_away
    return Extracted(name, whole, before, spellings, forgotten, is_part=True)
