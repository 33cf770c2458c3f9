"""Probabilities that two records are one person: splink on DuckDB, trained without labels.

The same records give the same numbers on any number of threads: chance agreement is measured on a sample that a digest
of the record's number draws, what training learnt is rounded before it is used, and so is each probability.
splink writes what it does to its own logger; records pass through it, so the logger is silenced here.
"""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from churn_tasks.core.errors import BadInput
from churn_tasks.core.sections import Matching
from churn_tasks.integrate.matching.plan import NOT_KNOWN, Comparison, MatchingPlan

FEWEST_TRAINING_PAIRS = 100  # below it the shares of the plan stay as they are
TRAINED_ON = 1_000_000  # pairs of one training rule, at most
DIGITS = 6
NEVER = 1e-7  # a share of nothing would forbid what merely has not been seen
RECORDS = "match_records"
MACROS = """
CREATE OR REPLACE TEMP MACRO one_character_apart(a, b) AS
    (left(a, 1) = left(b, 1) OR right(a, 1) = right(b, 1))
    AND CASE length(a) - length(b)
        WHEN 0 THEN list_sum(list_transform(range(1, length(a) + 1),
            lambda i: CAST(substr(a, i, 1) <> substr(b, i, 1) AS INTEGER))) = 1
        WHEN 1 THEN list_bool_or(list_transform(range(1, length(a) + 1),
            lambda i: left(a, i - 1) || substr(a, i + 1) = b))
        WHEN -1 THEN list_bool_or(list_transform(range(1, length(b) + 1),
            lambda i: left(b, i - 1) || substr(b, i + 1) = a))
        ELSE false END
"""
PAIRS = "match_scored"


@dataclass(frozen=True)
class Scored:
    """What scoring did, in figures.

    Attributes:
        records, pairs: records and the pairs of them that agree on a blocking rule (the table ``match_scored``).
        left_out: records of groups too large to be compared pair by pair, by rule.
        levels: what was learnt: comparison, level, share among pairs of one person and among pairs by chance.
    """

    records: int
    pairs: int
    left_out: dict[str, int]
    levels: list[dict[str, Any]]


@contextmanager
def _no_values_in_errors() -> Iterator[None]:
    """DuckDB's errors about values repeat them; those about the SQL itself do not, and say what to mend."""
    try:
        yield
    except (
        duckdb.BinderException,
        duckdb.CatalogException,
        duckdb.ParserException,
    ) as error:
        raise BadInput(
            f"matching/customer.yaml: the SQL does not work: {str(error).splitlines()[0]}"
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
    described = connection.execute(f"SELECT * FROM ({records_sql}) LIMIT 0").description
    available = [column[0] for column in described]
    delivered = {
        name: column
        for name, column in plan.columns.items()
        if column.is_delivered(available)
    }
    columns = ", ".join(
        f'{column.expression(available)} AS "{name}"'
        for name, column in delivered.items()
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {RECORDS} AS SELECT customer_id, {columns or 'NULL AS nothing'}"
        f" FROM ({records_sql}) ORDER BY customer_id"
    )
    counts = (
        ", ".join(f'count("{name}") AS "{name}"' for name in delivered)
        or "0 AS nothing"
    )
    cursor = connection.execute(f"SELECT {counts} FROM {RECORDS}")
    names = [column[0] for column in cursor.description]
    (values,) = cursor.fetchall()
    return plan.within(
        name
        for name, count in zip(names, values, strict=True)
        if count and name in delivered
    )


@_no_values_in_errors()
def score(
    connection: duckdb.DuckDBPyConnection, plan: MatchingPlan, settings: Matching
) -> Scored:
    """Make the temp table ``match_scored`` from ``match_records``: customer_id_a < customer_id_b, probability, levels.

    Each comparison is a column ``level_<name>`` with the number of the level: 0 the weakest, NULL when not known.
    """
    if not plan.block or not plan.compare:
        return _no_pairs(connection, plan, {})
    records = _one(connection, f"SELECT count(*) FROM {RECORDS}")
    left_out = _block_columns(connection, plan)
    any_block = " OR ".join(
        f"block_{number} IS NOT NULL" for number in range(len(plan.block))
    )
    if not _one(connection, f"SELECT count(*) FROM {RECORDS} WHERE {any_block}"):
        return _no_pairs(connection, plan, left_out)
    with _quiet():
        model, levels = _trained(connection, plan, settings)
        _predicted(connection, plan, model)
    return Scored(
        records, _one(connection, f"SELECT count(*) FROM {PAIRS}"), left_out, levels
    )


def _no_pairs(
    connection: duckdb.DuckDBPyConnection, plan: MatchingPlan, left_out: dict[str, int]
) -> Scored:
    """The result of :func:`score` where there is nothing to compare."""
    levels = "".join(
        f', NULL::INTEGER AS "level_{comparison.name}"' for comparison in plan.compare
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {PAIRS} AS SELECT NULL::VARCHAR AS customer_id_a,"
        f" NULL::VARCHAR AS customer_id_b, NULL::DOUBLE AS probability{levels} WHERE false"
    )
    return Scored(_one(connection, f"SELECT count(*) FROM {RECORDS}"), 0, left_out, [])


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.execute(sql).fetchall()[0][0])


def _block_columns(
    connection: duckdb.DuckDBPyConnection, plan: MatchingPlan
) -> dict[str, int]:
    """Add ``block_<n>`` for each blocking rule: the group's key, NULL where it is missing or the group is too large."""
    most = int((1 + (1 + 8 * plan.most_pairs) ** 0.5) / 2)
    columns, left_out = [], {}
    for number, names in enumerate(plan.block):
        key = " || '|' || ".join(f'CAST("{name}" AS VARCHAR)' for name in names)
        columns.append(
            f"CASE WHEN count(*) OVER (PARTITION BY {key}) BETWEEN 2 AND {most} THEN {key} END AS block_{number}"
        )
        left_out["+".join(names)] = _one(
            connection,
            f"SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM {RECORDS} WHERE {key} IS NOT NULL"
            f" GROUP BY {key} HAVING count(*) > {most})",
        )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {RECORDS} AS SELECT *, {', '.join(columns)} FROM {RECORDS} ORDER BY customer_id"
    )
    return {rule: count for rule, count in left_out.items() if count}


def _level(comparison: Comparison, number: int) -> dict[str, Any]:
    level = comparison.levels[number]
    made: dict[str, Any] = {
        "sql_condition": level.when,
        "label_for_charts": level.en,
        "m_probability": level.same,
    }
    if level.rare:
        made |= {"tf_adjustment_column": level.rare}
    return made


def _comparison(comparison: Comparison) -> dict[str, Any]:
    missing = " OR ".join(
        f'"{name}_l" IS NULL OR "{name}_r" IS NULL' for name in comparison.needs
    )
    not_known = {
        "sql_condition": missing,
        "label_for_charts": "not known",
        "is_null_level": True,
    }
    levels = [_level(comparison, number) for number in range(len(comparison.levels))]
    return {
        "output_column_name": comparison.name,
        "comparison_levels": [not_known, *levels],
    }


def _model(plan: MatchingPlan) -> dict[str, Any]:
    """splink's settings; blocking is by the columns ``block_<n>``."""
    from splink import block_on

    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "customer_id",
        "comparisons": [_comparison(comparison) for comparison in plan.compare],
        "blocking_rules_to_generate_predictions": [
            block_on(f"block_{number}").create_blocking_rule_dict("duckdb")
            for number in range(len(plan.block))
        ],
        "retain_matching_columns": True,  # and with them the levels; dropped right after
        "retain_intermediate_calculation_columns": False,
        "max_iterations": 50,
        "linker_uid": "matching",
    }


def _linker(connection: duckdb.DuckDBPyConnection, model: dict[str, Any]) -> Any:
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(connection=connection)
    return Linker(api.register(RECORDS), model, log_level=None, validate_settings=False)


def _trained(
    connection: duckdb.DuckDBPyConnection, plan: MatchingPlan, settings: Matching
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The model with what the records themselves say, rounded; a level that training never saw keeps its start."""
    from splink import block_on

    linker = _linker(connection, _model(plan))
    certain = [block_on(*names) for names in plan.certain]
    if any(_agreeing(connection, names) for names in plan.certain):
        linker.training.estimate_probability_two_random_records_match(
            certain, recall=plan.certain_share
        )
    linker.training.estimate_u_using_random_sampling(
        max_pairs=settings.sampled_pairs,
        seed=settings.seed,
        min_count_per_level=None,
        num_chunks=1,
    )
    for names in plan.train:
        if _agreeing(connection, names) >= FEWEST_TRAINING_PAIRS:
            linker.training.estimate_parameters_using_expectation_maximisation(
                block_on(*names),
                max_pairs=TRAINED_ON,
                estimate_without_term_frequencies=True,
            )
    model = linker.misc.save_model_to_json()
    _forget(linker)
    records = _one(connection, f"SELECT count(*) FROM {RECORDS}")
    return model, _settled(
        model, plan, min(settings.sampled_pairs, records * (records - 1) // 2)
    )


def _agreeing(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> int:
    """Pairs that agree on all these columns."""
    key = ", ".join(f'"{name}"' for name in names)
    there = " AND ".join(f'"{name}" IS NOT NULL' for name in names)
    return _one(
        connection,
        f"SELECT coalesce(sum(n * (n - 1) // 2), 0)::BIGINT FROM"
        f" (SELECT count(*) AS n FROM {RECORDS} WHERE {there} GROUP BY {key})",
    )


def _settled(
    model: dict[str, Any], plan: MatchingPlan, sampled: int
) -> list[dict[str, Any]]:
    """Round what was learnt and fill what was not seen; changes ``model`` and says what it now holds.

    Agreement that no sampled pair showed is put at half a pair in all that were sampled: little data, weak evidence.
    """
    rarest = 0.5 / max(sampled, 1)
    said = []
    model["probability_two_random_records_match"] = float(
        f"{model['probability_two_random_records_match']:.{DIGITS}g}"
    )
    for comparison, made in zip(plan.compare, model["comparisons"], strict=True):
        known = [
            level
            for level in made["comparison_levels"]
            if not level.get("is_null_level")
        ]
        for level, learnt in zip(comparison.levels, known, strict=True):
            for share, start in (
                ("m_probability", level.same),
                ("u_probability", rarest),
            ):
                value = learnt.get(share)
                value = (
                    start
                    if value is None or isinstance(value, str)
                    else max(float(value), NEVER)
                )
                learnt[share] = float(f"{value:.{DIGITS}g}")
            shares = {
                "same": learnt["m_probability"],
                "chance": learnt["u_probability"],
            }
            said.append({"comparison": comparison.name, "level": level.en, **shares})
    return said


def _predicted(
    connection: duckdb.DuckDBPyConnection, plan: MatchingPlan, model: dict[str, Any]
) -> None:
    linker = _linker(connection, model)
    found = linker.inference.predict(warning_mode="never")
    levels = "".join(
        f', CASE WHEN "gamma_{c.name}" <> {NOT_KNOWN} THEN "gamma_{c.name}" END AS "level_{c.name}"'
        for c in plan.compare
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {PAIRS} AS"
        " SELECT least(customer_id_l, customer_id_r) AS customer_id_a,"
        " greatest(customer_id_l, customer_id_r) AS customer_id_b,"
        f" round(match_probability, {DIGITS}) AS probability{levels}"
        f" FROM {found.physical_name} ORDER BY ALL"
    )
    _forget(linker)


def _forget(linker: Any) -> None:
    """Drop what splink left in the connection: it holds names and addresses."""
    linker.table_management.delete_tables_created_by_splink_from_db()


@contextmanager
def _quiet() -> Iterator[None]:
    """splink says nothing, on its logger or by warnings."""
    logger = logging.getLogger("splink")
    before = (logger.level, logger.propagate, logger.disabled)
    logger.setLevel(logging.CRITICAL + 1)
    logger.propagate = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logger.level, logger.propagate, logger.disabled = before
