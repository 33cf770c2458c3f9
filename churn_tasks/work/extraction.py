"""One table of a month from the source to ``raw_*``."""

import logging
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

import pyarrow as pa

from churn_tasks.adapters.forgotten import Door, read_forgotten
from churn_tasks.adapters.source import Source, read_again
from churn_tasks.adapters.source.aside import FileAside
from churn_tasks.adapters.tokens import Tokeniser, load_key
from churn_tasks.checks.delivery_drift import Yardstick, extract_text, refuse_harm
from churn_tasks.checks.disposals import is_too_much_damage
from churn_tasks.checks.drift import Delivered, Finding, are_unpaired, refusal
from churn_tasks.checks.relation_drift import of_month
from churn_tasks.core.errors import BadInput, evidence
from churn_tasks.core.months import Month
from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.extract_sql import rendered_sql
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.work.drift import drift_below, drift_of_result, yardstick
from churn_tasks.work.left_out import held_against_file

log = logging.getLogger("churn.extract")


@dataclass(frozen=True)
class Extracted:
    """One table as it came.

    Attributes:
        rows: all that the month holds now.
        delivered: the schemas behind the rows.
        spellings: column and form of a number, as written, to rows.
        forgotten: rows of people who were taken out, which stayed outside.
        is_part: only what came late was read.
        asides: of files that were read line by line, what is no row.
    """

    name: str
    rows: int
    delivered: Delivered
    spellings: dict[tuple[str, str], int]
    forgotten: int = 0
    is_part: bool = False
    asides: list[FileAside] = field(default_factory=list)


def extract_table(run: MonthRun, source: Source, name: str) -> Extracted:
    """Copy one table of the month into the lake.

    Raises:
        BadInput: its schema has changed in a way that does harm, too much of its files is damaged, or a row was lost on
            the way.
    """
    return read_again(lambda: _extracted(run, source, name))


def _extracted(run: MonthRun, source: Source, name: str) -> Extracted:
    sql = rendered_sql(run.settings, run.window, name)
    relations = source.relations(sql)
    asides = source.asides(sql)
    refuse_damage(run, name, asides)
    before = yardstick(run, name)
    refuse_harm(name, run.month, drift_below(run, name, relations, before))
    of_month_alone = Delivered({}, of_month(relations, run.month))
    taken = _taken(run, source, name, sql, of_month_alone, before)
    empty = _without_a_value(source, sql, taken.findings)
    if empty:
        known = replace(of_month_alone, empty=empty)
        taken = _taken(run, source, name, sql, known, before)
    findings = taken.findings
    if before and are_unpaired(findings):
        overlap = _overlap(run, source, name, before.month)
        findings = drift_of_result(run, name, taken.delivered, before, overlap)
    refuse_harm(name, run.month, findings)
    tokeniser = taken.door.tokeniser
    account_for_rows(run, name, tokeniser, taken.rows)
    delivered = taken.remembered(before.delivered if before else None)
    spellings, forgotten = dict(tokeniser.spellings), taken.door.turned_away
    return Extracted(name, taken.rows, delivered, spellings, forgotten, asides=asides)


def refuse_damage(run: MonthRun, name: str, asides: Iterable[FileAside]) -> None:
    """Hold the damaged lines of a table's files against what its contract allows; a few are set aside and told.

    Raises:
        BadInput: more of a file is damaged.
    """
    table = run.registry.raw[name]
    for aside in asides:
        damaged = len(aside.damaged)
        if not damaged:
            continue
        said = evidence(
            table=f"raw_{name}",
            month=run.month,
            problem=f"source.files.{aside.relation}: {aside.told()}",
            count=damaged,
            remedy="churn quarantine list shows them; have the file corrected. churn check-source says whether a"
            " setting of source.files makes rows of them.",
        )
        lines = aside.rows + damaged
        if is_too_much_damage(table, run.settings.quality, damaged, aside.rows):
            share = damaged / lines
            allowed = math.ceil(share * 100) / 100
            raise BadInput(
                f"{said} These are {share:.1%} of its lines, more than disposals: {{damaged:"
                f" {table.disposals.damaged}}} of the contract allows. If the month shall go on without them:"
                f" quality: {{exceptions: [{{measures: {name}.damaged_share, allowed: [0, {allowed}]}}]}}"
            )
        log.warning(said)


@dataclass(frozen=True)
class Taken:
    """The rows of one query, written unless a finding is harmful.

    Attributes:
        filled: columns, as the source names them, that hold a value.
    """

    delivered: Delivered
    findings: list[Finding]
    door: Door
    rows: int
    filled: set[str]

    def remembered(self, before: Delivered | None) -> Delivered:
        """What is kept of the delivery: a column without a value has the type that it had."""
        empty = self.delivered.columns.keys() - self.filled
        return self.delivered.remembering(empty, before)


def _taken(
    run: MonthRun,
    source: Source,
    name: str,
    sql: str,
    known: Delivered,
    before: Yardstick | None,
) -> Taken:
    """Read the rows, and write them unless they have drifted in a way that does harm.

    Args:
        known: what is known of the delivery: the relations, and columns that hold no value.
    """
    door, rows = door_of(run, name), 0
    filled: set[str] = set()
    with source.batches(sql) as batches:
        text = extract_text(run.settings, name)
        schemas = Delivered.of(batches.schema, known.relations, text)
        delivered = replace(schemas, empty=known.empty)
        findings = drift_of_result(run, name, delivered, before)
        if not refusal(findings):
            noted = _noting_values(batches, filled)
            with held_against_file(run, source, name, sql, noted) as held:
                rows = run.engine.write(f"raw_{name}", run.month, door.reader(held))
    return Taken(delivered, findings, door, rows, filled)


def _noting_values(
    batches: pa.RecordBatchReader, filled: set[str]
) -> pa.RecordBatchReader:
    """The same batches; columns in which a value has come are added to ``filled``."""

    def noted() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for name in set(batch.schema.names).difference(filled):
                if batch.column(name).null_count < batch.num_rows:
                    filled.add(name)
            yield batch

    return pa.RecordBatchReader.from_batches(batches.schema, noted())


def _without_a_value(
    source: Source, sql: str, findings: Iterable[Finding]
) -> tuple[str, ...]:
    """Those of the columns that have a wrong type and hold no value of it, so that nothing can be lost."""
    retyped = [one.column for one in findings if one.kind == "retyped" and one.harmful]
    if not retyped:
        return ()
    columns = [f"count({identifier(name)}) AS {identifier(name)}" for name in retyped]
    counts = ", ".join(columns)
    try:
        with source.batches(f"SELECT {counts} FROM (\n{sql}\n) delivered") as batches:
            (row,) = zip(*batches.read_all().to_pydict().values(), strict=True)
    except BadInput:  # in the dialect of some database it is no question
        return ()
    counted = zip(retyped, row, strict=True)
    return tuple(name for name, count in counted if count == 0)


def door_of(run: MonthRun, name: str) -> Door:
    """What a table's rows pass on their way in, with the key of this installation and the list of who was taken out."""
    key = load_key(run.settings.token_key_file)
    forgotten = read_forgotten(run.settings.forgotten_file, key)
    tokeniser = Tokeniser(key, run.settings.phone_region)
    return Door(forgotten, run.registry.tables[f"raw_{name}"], tokeniser)


def account_for_rows(
    run: MonthRun, name: str, tokeniser: Tokeniser, written: int
) -> None:
    """Every row that passed has arrived; the numbers of customers among them go to the vault.

    Raises:
        BadInput: a row was lost on the way.
    """
    if written != tokeniser.rows:
        problem = f"{tokeniser.rows} rows came from the source, {written} were written"
        raise BadInput(evidence(table=f"raw_{name}", month=run.month, problem=problem))
    if tokeniser.pairs:
        run.warehouse.store_numbers(tokeniser.pairs.items())
    log.info("%s %s: %d rows", name, run.edition, written)


def _overlap(
    run: MonthRun, source: Source, name: str, earlier: Month
) -> Callable[[str, str], float]:
    """The share of the values of a column that is gone which a new column holds now, over the first rows of both."""
    sql = rendered_sql(run.settings, run.window, name)
    with source.batches(sql) as batches:
        sample = next(iter(batches), None)
    raw = run.engine.rows_of(f"raw_{name}", earlier)

    def share(gone: str, new: str) -> float:
        if sample is None or gone.endswith("_token"):
            return 0.0
        column = identifier(gone)
        rows = run.engine.records(
            f"SELECT DISTINCT {column}::VARCHAR AS value FROM {raw}"
            f" WHERE {column} IS NOT NULL LIMIT 1000"
        )
        then = {row["value"] for row in rows}
        now = {str(value) for value in sample.column(new).to_pylist()}
        return len(then & now) / len(then) if then else 0.0

    return share
