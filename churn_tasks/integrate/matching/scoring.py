"""Probabilities that two records are one person: what is compared, in which groups, and how probable each pair is.

The same records give the same numbers on any number of threads: chance agreement is measured on a sample that a digest
of the record's number draws, what training learnt is rounded before it is used, and so is each probability. Training
and prediction are splink's (:mod:`.model`); the queries lie in ``include/sql/matching``.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import duckdb

from churn_tasks.core.errors import BadInput
from churn_tasks.core.sections import Matching
from churn_tasks.core.settings import INCLUDE
from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.composer import composed
from churn_tasks.declared.sql_expressions import any_of
from churn_tasks.declared.sql_parts import (
    Columns,
    Condition,
    Expression,
    Value,
    subquery,
)
from churn_tasks.integrate.matching import model
from churn_tasks.integrate.matching.plan import MatchingPlan
from churn_tasks.integrate.matching.tables import (
    PAIRS,
    RECORDS,
    counted,
    first_row,
    make_table,
)

MACROS = (INCLUDE / "matching" / "comparing.sql").read_text(encoding="utf-8")
NOTHING = Columns.of_texts({"nothing": "NULL"})  # where a plan has no column left
query = partial(composed, "matching")


@dataclass(frozen=True)
class Scored:
    """What scoring did, in figures.

    Attributes:
        records, pairs: records and the pairs of them that agree on a blocking rule (the table ``match_scored``).
        left_out: records of groups too large to be compared pair by pair, by rule.
        levels: what was learnt: comparison, level, share among pairs of one person and among pairs by chance.
        model: splink's settings with it; None where there was nothing to compare.
    """

    records: int
    pairs: int
    left_out: dict[str, int]
    levels: list[dict[str, Any]]
    model: dict[str, Any] | None = None


@contextmanager
def _no_values_in_errors() -> Iterator[None]:
    """DuckDB's errors about values repeat them; those about the SQL itself do not, and say what to mend."""
    try:
        yield
    except (
        duckdb.BinderException,
        duckdb.CatalogException,
        duckdb.ParserException,
        ValueError,
    ) as error:
        reason = str(error).splitlines()[0]
        raise BadInput(
            f"matching/customer.yaml: the SQL does not work: {reason}"
        ) from None
    except duckdb.Error as error:
        raise BadInput(
            f"matching/customer.yaml: {type(error).__name__} while records were compared; the SQL of a column or level"
            " does not fit the values. The message is left out, it would repeat them."
        ) from None


@_no_values_in_errors()
def prepare(
    connection: duckdb.DuckDBPyConnection, plan: MatchingPlan, records_sql: str
) -> MatchingPlan:
    """Make the temp table ``match_records`` from a SELECT of ``customer_id`` and the contract's columns.

    Returns:
        The part of the plan whose columns have values at all; the rest has nothing to compare.

    Raises:
        BadInput: the SQL of a column does not work; the message repeats no value.
    """
    connection.execute(MACROS)
    records = subquery(records_sql)
    available = connection.sql(f"FROM {records.sql}").columns
    expressions = plan.expressions(available)
    make_table(
        connection,
        RECORDS,
        query(
            "compared_records",
            records=records,
            columns=Columns.of_texts(expressions) if expressions else NOTHING,
        ),
    )
    return plan.within(_columns_with_values(connection, list(expressions)))


def _columns_with_values(
    connection: duckdb.DuckDBPyConnection, names: Sequence[str]
) -> list[str]:
    if not names:
        return []
    counts = {name: f"count({identifier(name)})" for name in names}
    values_given = query("values_given", counts=Columns.of_texts(counts))
    given = first_row(connection, values_given)
    return [name for name, count in given.items() if count]


@_no_values_in_errors()
def score(
    connection: duckdb.DuckDBPyConnection,
    plan: MatchingPlan,
    settings: Matching,
    learnt: dict[str, Any] | None = None,
) -> Scored:
    """Make the temp table ``match_scored`` from ``match_records``: customer_id_a < customer_id_b, probability, levels.

    Each comparison is a column ``level_<name>`` with the number of the level: 0 the weakest, NULL when not known.

    Args:
        learnt: the ``model`` of an earlier scoring by the same plan, to be taken over; None: these records teach.
    """
    if not plan.block or not plan.compare:
        _make_no_pairs(connection, plan)
        return Scored(counted(connection, RECORDS), 0, {}, [])
    left_out = _make_groups(connection, plan)
    records, in_a_group = _records_in_groups(connection, plan)
    if not in_a_group:
        _make_no_pairs(connection, plan)
        return Scored(records, 0, left_out, [])
    with model.quiet():
        trained = _trained(connection, plan, settings, learnt)
        pairs = model.predict(connection, plan, trained)
    return Scored(records, pairs, left_out, trained.learnt, trained.settings)


def _trained(
    connection: duckdb.DuckDBPyConnection,
    plan: MatchingPlan,
    settings: Matching,
    learnt: dict[str, Any] | None,
) -> model.Trained:
    if learnt:
        return model.trained_before(learnt, plan)
    return model.trained(connection, plan, settings)


def _make_no_pairs(connection: duckdb.DuckDBPyConnection, plan: MatchingPlan) -> None:
    """``match_scored`` where there is nothing to compare."""
    columns = {
        "customer_id_a": "NULL::VARCHAR",
        "customer_id_b": "NULL::VARCHAR",
        "probability": "NULL::DOUBLE",
    }
    for comparison in plan.compare:
        columns[f"level_{comparison.name}"] = "NULL::INTEGER"
    empty = query("no_pairs", columns=Columns.of_texts(columns))
    make_table(connection, PAIRS, empty)


def _make_groups(
    connection: duckdb.DuckDBPyConnection, plan: MatchingPlan
) -> dict[str, int]:
    """Add ``block_<n>`` for each blocking rule: the group's key, NULL where it is missing or the group is too large.

    Returns:
        The records that each rule leaves out because of the size of their group, where there are any.
    """
    most = plan.most_in_a_group
    blocks, left_out = {}, {}
    for column, names in zip(plan.block_columns, plan.block, strict=True):
        key = _group_key(names)
        blocks[column] = (
            f"CASE WHEN count(*) OVER (PARTITION BY {key}) BETWEEN 2 AND {most} THEN {key} END"
        )
        large = query("large_groups", key=Expression(key), most=Value(most))
        if count := first_row(connection, large)["record_count"]:
            left_out["+".join(names)] = int(count)
    grouped = query("blocked_records", blocks=Columns.of_texts(blocks))
    make_table(connection, RECORDS, grouped)
    return left_out


def _group_key(names: Sequence[str]) -> str:
    texts = (f"CAST({identifier(name)} AS VARCHAR)" for name in names)
    return " || '|' || ".join(texts)


def _records_in_groups(
    connection: duckdb.DuckDBPyConnection, plan: MatchingPlan
) -> tuple[int, int]:
    """All records, and those that some group holds together with another."""
    some_block = any_of(f"{column} IS NOT NULL" for column in plan.block_columns)
    sizes = query("records_in_groups", in_a_group=Condition(some_block))
    row = first_row(connection, sizes)
    return row["record_count"], row["grouped_count"]
