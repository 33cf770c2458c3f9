"""SQL for the lines of a month: the records that are compared, the links between them, and what each line is then.

Named here in the order of use; the queries lie in ``include/sql/matching``. Temp tables: ``match_source`` (the latest
record of each line), ``match_records`` and ``match_scored`` of :mod:`scoring`, ``match_lines`` (every line known),
``match_links`` (every pair to be judged) and ``match_persons`` (line to person).
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.declared.composer import composed
from churn_tasks.declared.sql_expressions import all_of, any_of, case, list_of
from churn_tasks.declared.sql_parts import (
    Condition,
    Expression,
    Name,
    Names,
    Order,
    Relation,
    subquery,
    union,
)
from churn_tasks.integrate.matching.plan import (
    Comparison,
    Guard,
    Language,
    LevelsByComparison,
    MatchingPlan,
)

SEPARATOR: dict[Language, str] = {"en": "; ", "zh": "；"}
NO_TEXT = "CAST(NULL AS VARCHAR)"
query = partial(composed, "matching")


def records_sql(columns: Sequence[str]) -> str:
    """The latest record of each line within ``$from_month`` to ``$month``, as known by then; gone lines too."""
    decisive = ("month", "event_date", "known_date", *columns)
    return query(
        "latest_records",
        columns=Names(tuple(columns)),
        latest_first=Order.latest_first(decisive),
    )


def lines_sql(columns: Iterable[str]) -> str:
    """Every line known: those of ``match_source`` (this month's records and a few months back), and earlier ones."""
    there = set(columns)
    opened, closed = "NULL::DATE", "false"
    if "joined_date" in there:
        opened = "joined_date"
    if "service_status" in there:
        closed = "coalesce(service_status = 'closed', false)"
    return query(
        "known_lines", opened_date=Expression(opened), is_closed=Condition(closed)
    )


def links_sql(plan: MatchingPlan) -> str:
    """Every pair to be judged, with what the month before and people made of it.

    Compared now at ``$lower`` or above, or of the kind that is always asked about; merged before while one record is no
    longer there to be compared; or decided.
    """
    return query(
        "links",
        guard=Expression(guard_sql(plan.guards, plan)),
        asked=Expression(guard_sql(plan.ask, plan)),
        evidence=Expression(evidence_sql(plan, "en")),
        evidence_zh=Expression(evidence_sql(plan, "zh")),
    )


def evidence_sql(plan: MatchingPlan, language: Language) -> str:
    """What agrees and what differs, level by level, in words; a value that is not known is passed over."""
    if not plan.compare:
        return NO_TEXT
    separator = literal(SEPARATOR[language])
    said = (_in_words(comparison, language) for comparison in plan.compare)
    return f"concat_ws({list_of([separator, *said])})"


def _in_words(comparison: Comparison, language: Language) -> str:
    words = []
    for number, level in enumerate(reversed(comparison.levels)):
        words.append((str(number), literal(level.said(language))))
    return case(words, of=level_column(comparison.name))


def guard_sql(guards: Iterable[Guard], plan: MatchingPlan) -> str:
    """The name of the first of these guards that a pair runs into, NULL for none."""
    return case((_stopped_by(guard, plan), literal(guard.name)) for guard in guards)


def _stopped_by(guard: Guard, plan: MatchingPlan) -> str:
    stops = all_of(_at_levels(guard.when, plan))
    spared = any_of(_at_levels(guard.unless, plan))
    return f"{stops} AND NOT ({spared})"


def _at_levels(named: LevelsByComparison, plan: MatchingPlan) -> Iterator[str]:
    """For each comparison whether a pair is at one of its levels; false when the comparison is not known."""
    for name, labels in named.items():
        comparison = plan.comparison(name)
        numbers = list_of(str(comparison.number(label)) for label in labels)
        yield f"coalesce({level_column(name)} IN ({numbers}), false)"


def level_column(comparison: str) -> str:
    """The quoted column of ``match_scored`` that holds the level of a comparison."""
    return identifier(f"level_{comparison}")


def links_to_judge_sql() -> str:
    """What decides about each link: the fields of :class:`~.clusters.Link` in their order."""
    return query("links_to_judge")


def single_values_sql(column: str) -> str:
    """Line and value of a compared column of which a person has one, for the lines of ``match_links``."""
    return query("single_values", column=Name(column))


def judged_pairs_sql() -> str:
    """The table ``match_pair`` from ``match_links`` and the registered ``verdict_rows``."""
    return query("judged_pairs")


def persons_before_sql() -> str:
    """Line and person of the month ``$before``, where the number may have to be chosen anew."""
    return query("persons_before")


def customer_line_sql() -> str:
    """The table ``customer_line`` from ``match_lines`` and ``match_persons``; ``$rotation_days`` 0: no successors."""
    return query("lines_of_persons")


def lines_alone_sql(clean_tables: Iterable[str]) -> str:
    """The table ``customer_line`` of ``$month`` where no names can be compared: each number is a person of its own.

    Args:
        clean_tables: the tables with a ``customer_id``; at least one.
    """
    seen = (query("lines_seen", clean=Relation(name)) for name in clean_tables)
    return query("lines_alone", lines=subquery(union(seen)))
