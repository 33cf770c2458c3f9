"""One table of a month from the source to ``raw_*``."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from churn_tasks.adapters.source import Source
from churn_tasks.adapters.tokens import Tokeniser, load_key
from churn_tasks.checks.delivery_drift import extract_text, refuse_harm
from churn_tasks.checks.drift import Delivered, are_unpaired, refusal
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
        is_part: only what came late was read.
    """

    name: str
    rows: int
    delivered: Delivered
    spellings: dict[tuple[str, str], int]
    is_part: bool = False


def extract_table(run: MonthRun, source: Source, name: str) -> Extracted:
    """Copy one table of the month into the lake.

    Raises:
        BadInput: its schema has changed in a way that does harm, or a row was lost on the way.
    """
    sql = rendered_sql(run.settings, run.window, name)
    tokeniser = tokeniser_of(run)
    relations = source.relations(sql)
    before = yardstick(run, name)
    refuse_harm(name, run.month, drift_below(run, name, relations, before))
    written = 0
    with source.batches(sql) as batches:
        of_this_month = of_month(relations, run.month)
        text = extract_text(run.settings, name)
        delivered = Delivered.of(batches.schema, of_this_month, text)
        findings = drift_of_result(run, name, delivered, before)
        if not refusal(findings):
            rows = tokeniser.reader(batches)
            with held_against_file(run, source, name, sql, rows) as held:
                written = run.engine.write(f"raw_{name}", run.month, held)
    if before and are_unpaired(findings):
        overlap = _overlap(run, source, name, before.month)
        findings = drift_of_result(run, name, delivered, before, overlap)
    refuse_harm(name, run.month, findings)
    account_for_rows(run, name, tokeniser, written)
    return Extracted(name, written, delivered, dict(tokeniser.spellings))


def tokeniser_of(run: MonthRun) -> Tokeniser:
    """What a table's rows pass through on their way, with the key of this installation."""
    key = load_key(run.settings.token_key_file)
    return Tokeniser(key, run.settings.phone_region)


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
