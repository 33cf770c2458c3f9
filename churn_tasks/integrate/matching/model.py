"""The model behind the probabilities: splink on DuckDB, trained without labels.

splink writes what it does to its own logger; records pass through it, so the logger is silenced here.
"""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import duckdb

from churn_tasks.core.sections import Matching
from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.composer import composed
from churn_tasks.declared.sql_expressions import all_of, any_of
from churn_tasks.declared.sql_parts import Columns, Condition, Names, Relation, Value
from churn_tasks.integrate.matching.plan import (
    NOT_KNOWN,
    Comparison,
    Level,
    MatchingPlan,
)
from churn_tasks.integrate.matching.tables import (
    PAIRS,
    RECORDS,
    counted,
    first_row,
    make_table,
)

FEWEST_TRAINING_PAIRS = 100  # below it the shares of the plan stay as they are
TRAINED_ON = 1_000_000  # pairs of one training rule, at most
DIGITS = 6
VANISHED = "is below the minimum allowed value"  # splink 5, of a share under 1e-300
NEVER = 1e-7  # a share of nothing would forbid what merely has not been seen
query = partial(composed, "matching")
log = logging.getLogger("churn.match")
Rule = tuple[str, ...]  # columns on which the pairs agree that teach


@dataclass(frozen=True)
class Trained:
    """splink's settings with the shares that the records taught, and these shares level by level."""

    settings: dict[str, Any]
    learnt: list[dict[str, Any]]


def trained(
    connection: duckdb.DuckDBPyConnection, plan: MatchingPlan, settings: Matching
) -> Trained:
    """The model with what the records themselves say, rounded; a level that training never saw keeps its start."""
    rules = list(plan.train)
    linker, useless = _taught(connection, plan, settings, rules)
    while useless is not None:  # what splink has left half done is thrown away
        rules.remove(useless)
        _forget(linker)
        linker, useless = _taught(connection, plan, settings, rules)
    model = linker.misc.save_model_to_json()
    _forget(linker)
    records = counted(connection, RECORDS)
    sampled = min(settings.sampled_pairs, records * (records - 1) // 2)
    return _settled(model, plan, sampled)


def _taught(
    connection: duckdb.DuckDBPyConnection,
    plan: MatchingPlan,
    settings: Matching,
    rules: Sequence[Rule],
) -> tuple[Any, Rule | None]:
    """A linker that these training rules have taught, and the first rule that cannot; then it is of no use."""
    from splink import block_on

    linker = _linker(connection, _untrained(plan))
    if any(_agreeing(connection, names) for names in plan.certain):
        linker.training.estimate_probability_two_random_records_match(
            [block_on(*names) for names in plan.certain], recall=plan.certain_share
        )
    linker.training.estimate_u_using_random_sampling(
        max_pairs=settings.sampled_pairs,
        seed=settings.seed,
        min_count_per_level=None,
        num_chunks=1,
    )
    for names in rules:
        has_pairs = _agreeing(connection, names) >= FEWEST_TRAINING_PAIRS
        if has_pairs and not teaches(linker, names):
            return linker, names
    return linker, None


def teaches(linker: Any, names: Rule) -> bool:
    """Let the pairs that agree on these columns teach; whether they do.

    Where nearly all of them are alike, the shares of some levels shrink with every step, until splink refuses one that
    it cannot hold as a number. Such pairs teach nothing: without them the shares stay as other rules or the plan say.

    Raises:
        ValueError: splink refused something else.
    """
    from splink import block_on

    try:
        linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(*names),
            max_pairs=TRAINED_ON,
            estimate_without_term_frequencies=True,
        )
    except ValueError as error:
        if VANISHED not in str(error):
            raise
        log.warning("pairs that agree on %s teach nothing: all alike", ", ".join(names))
        return False
    return True


def predict(
    connection: duckdb.DuckDBPyConnection, plan: MatchingPlan, trained: Trained
) -> int:
    """Make ``match_scored``; gives the number of pairs."""
    linker = _linker(connection, trained.settings)
    predictions = linker.inference.predict(warning_mode="never")
    levels = {}
    for comparison in plan.compare:
        levels[f"level_{comparison.name}"] = _level_if_known(comparison.name)
    scored = query(
        "scored_pairs",
        predictions=Relation(predictions.physical_name),
        digits=Value(DIGITS),
        levels=Columns.of_texts(levels),
    )
    pairs = make_table(connection, PAIRS, scored)
    _forget(linker)
    return pairs


def _level_if_known(comparison: str) -> str:
    level = identifier(f"gamma_{comparison}")
    return f"CASE WHEN {level} <> {NOT_KNOWN} THEN {level} END"


def _untrained(plan: MatchingPlan) -> dict[str, Any]:
    """splink's settings; blocking is by the columns ``block_<n>``."""
    from splink import block_on

    blocks = map(block_on, plan.block_columns)
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "customer_id",
        "comparisons": list(map(_comparison, plan.compare)),
        "blocking_rules_to_generate_predictions": [
            block.create_blocking_rule_dict("duckdb") for block in blocks
        ],
        "retain_matching_columns": True,  # and with them the levels; dropped right after
        "retain_intermediate_calculation_columns": False,
        "max_iterations": 50,
        "linker_uid": "matching",
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    not_known = {
        "sql_condition": _something_missing(comparison.needs),
        "label_for_charts": "not known",
        "is_null_level": True,
    }
    return {
        "output_column_name": comparison.name,
        "comparison_levels": [not_known, *map(_level, comparison.levels)],
    }


def _something_missing(names: Sequence[str]) -> str:
    conditions = []
    for name in names:
        conditions.append(f"{identifier(name + '_l')} IS NULL")
        conditions.append(f"{identifier(name + '_r')} IS NULL")
    return any_of(conditions)


def _level(level: Level) -> dict[str, Any]:
    declared: dict[str, Any] = {
        "sql_condition": level.when,
        "label_for_charts": level.en,
        "m_probability": level.same,
    }
    if level.rare:
        declared["tf_adjustment_column"] = level.rare
    return declared


def _linker(connection: duckdb.DuckDBPyConnection, settings: dict[str, Any]) -> Any:
    from splink import DuckDBAPI, Linker

    records = DuckDBAPI(connection=connection).register(RECORDS)
    return Linker(records, settings, log_level=None, validate_settings=False)


def _agreeing(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> int:
    """Pairs that agree on all these columns."""
    all_given = all_of(f"{identifier(name)} IS NOT NULL" for name in names)
    agreeing = query(
        "agreeing_pairs", names=Names(tuple(names)), all_given=Condition(all_given)
    )
    return int(first_row(connection, agreeing)["pair_count"])


def _settled(model: dict[str, Any], plan: MatchingPlan, sampled: int) -> Trained:
    """Round what was learnt and fill what was not seen; changes ``model``.

    Agreement that no sampled pair showed is put at half a pair in all that were sampled: little data, weak evidence.
    """
    rarest = 0.5 / max(sampled, 1)
    prior = "probability_two_random_records_match"
    model[prior] = _rounded(model[prior])
    for _comparison, level, shares in _levels(model, plan):
        same = _share(shares.get("m_probability"), level.same)
        chance = _share(shares.get("u_probability"), rarest)
        shares |= {"m_probability": same, "u_probability": chance}
    return trained_before(model, plan)


def trained_before(model: dict[str, Any], plan: MatchingPlan) -> Trained:
    """What was learnt by settled settings of splink that were kept; nothing is learnt again."""
    learnt = []
    for comparison, level, shares in _levels(model, plan):
        same, chance = shares["m_probability"], shares["u_probability"]
        told = {"comparison": comparison.name, "level": level.en}
        learnt.append(told | {"same": same, "chance": chance})
    return Trained(model, learnt)


def _levels(
    model: dict[str, Any], plan: MatchingPlan
) -> Iterator[tuple[Comparison, Level, dict[str, Any]]]:
    """Each level of the plan with what splink's settings say of it."""
    for comparison, modelled in zip(plan.compare, model["comparisons"], strict=True):
        _not_known, *known = modelled["comparison_levels"]
        for level, shares in zip(comparison.levels, known, strict=True):
            yield comparison, level, shares


def _share(learnt: float | str | None, start: float) -> float:
    """What was learnt, never nothing; splink says in words that a level was not seen, and then the start holds."""
    if learnt is None or isinstance(learnt, str):
        return _rounded(start)
    return _rounded(max(float(learnt), NEVER))


def _rounded(share: float) -> float:
    return float(f"{share:.{DIGITS}g}")


def _forget(linker: Any) -> None:
    """Drop what splink left in the connection: it holds names and addresses."""
    linker.table_management.delete_tables_created_by_splink_from_db()


@contextmanager
def quiet() -> Iterator[None]:
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
