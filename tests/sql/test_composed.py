"""Queries with gaps keep the word of their YAML once the samples fill them, as those without gaps do."""

import re
from collections import Counter
from pathlib import Path

import pytest

from churn_tasks.core.settings import INCLUDE
from churn_tasks.declared.composer import ComposedFile, with_samples
from churn_tasks.declared.query import Query
from churn_tasks.declared.sql_parts import Columns, Names, Relation
from churn_tasks.declared.yaml_file import read_declaration
from tests.sql.queries import (
    columns_out,
    label,
    missing_bounds,
    parameters_in,
    parsed,
    sources_in,
    text_problem,
)

FAMILIES = (
    "catalogue",
    "checks",
    "extraction",
    "matching",
    "quarantine",
    "restatement",
    "standard",
    "texts",
    "treatment",
)
DOCS = Path(__file__).parents[2] / "docs"
PLANTED = Path(__file__).parent / "planted" / "composed"


def composed_below(folder: Path) -> list[Query]:
    """Every query folder of the families with gaps below a ``sql`` folder."""
    return [
        Query(family, file.parent, read_declaration(ComposedFile, file))
        for family in FAMILIES
        for file in sorted((folder / family).glob("*/query.yaml"))
    ]


COMPOSED = composed_below(INCLUDE / "sql")
each_query = pytest.mark.parametrize("query", COMPOSED, ids=label)


def problems(query: Query) -> list[str]:
    """Where the SQL, its gaps filled with the samples, is not what the declaration says."""
    declared = query.output
    assert isinstance(declared, ComposedFile)
    tree = parsed(with_samples(query))
    fillings = [gap.filled for gap in declared.parts.values()]
    relations = {
        source
        for filling in fillings
        if isinstance(filling, Relation)
        for source in sources_in(parsed(f"SELECT * FROM {filling.sql}"))
    }
    joined = {
        join.relation.sql
        for gap in declared.parts.values()
        if gap.kind == "joins"
        for join in gap.filled.joins
    }
    given = [name for filling in fillings for name in _names(filling)]
    fixed = [name for name in columns_out(tree) if name not in {*given, "*"}]
    wanted = {
        "parameters": (parameters_in(tree), set(declared.params)),
        "sources": (sources_in(tree), {*declared.reads, *relations, *joined}),
        "columns": (fixed, declared.column_names),
        "passes on": ("*" in columns_out(tree), bool(declared.passes_on)),
        "passed on": (
            set(declared.passes_on) - {*declared.reads, *declared.parts},
            set(),
        ),
    }
    return [
        f"{what}: {shown}, declared {said}"
        for what, (shown, said) in wanted.items()
        if shown != said
    ]


def _names(filling: object) -> list[str]:
    if isinstance(filling, Names):
        return list(filling.names)
    if isinstance(filling, Columns):
        return list(filling.values)
    return []


def test_the_number_of_queries_is_known() -> None:
    """Exact, so that no test here passes on nothing."""
    counted = Counter(query.family for query in COMPOSED)
    assert counted == {
        "catalogue": 1,
        "checks": 7,
        "extraction": 8,
        "matching": 25,
        "quarantine": 19,
        "restatement": 7,
        "standard": 14,
        "texts": 2,
        "treatment": 7,
    }


def test_the_manual_of_matching_names_each_of_its_queries() -> None:
    manual = (DOCS / "matching.md").read_text(encoding="utf-8")
    section = manual.split("## Where the SQL lies")[1].split("## ")[0]
    named = Counter(re.findall("`([a-z_]+)`", section.split("| --- | --- |")[1]))
    assert named == Counter(q.name for q in COMPOSED if q.family == "matching")


@each_query
def test_a_query_keeps_its_word(query: Query) -> None:
    assert problems(query) == []


@each_query
def test_a_query_is_short_and_opens_with_a_comment(query: Query) -> None:
    lines = query.sql.splitlines()
    assert len(lines) < 120
    assert lines[0].startswith("-- "), "say in a comment what the query is about"


@each_query
def test_meanings_say_more_than_the_name(query: Query) -> None:
    by_name = {column.name: text_problem(column) for column in query.output.columns}
    assert {name: problem for name, problem in by_name.items() if problem} == {}


@each_query
def test_every_read_of_the_lake_is_bounded(query: Query) -> None:
    """A table that Python chooses is no table of the SQL: its sample is looked at as well."""
    assert missing_bounds(parsed(with_samples(query))) == KNOWN_BOUNDS.get(
        label(query), []
    )


# Read by the partition alone, on purpose, and why.
KNOWN_BOUNDS = {
    # who stands in rows of which a restatement sees more than the run before it: the days are in the gap's condition
    "restatement/touched_customers": [
        "clean_bill: event_date < as_of",
        "clean_bill: known_date < known_until",
    ],
    # whose numbers a month's partition holds; no value of any row is read
    "matching/lines_seen": [
        "clean_bill: event_date < as_of",
        "clean_bill: known_date < known_until",
    ],
    # earlier months of the window that were accepted: their days are in the condition that fills the gap
    "treatment/earlier_rows": [
        "clean_bill: event_date < as_of",
        "clean_bill: known_date < known_until",
        "clean_bill: month = month",
    ],
    # counts marks in the partition that the step has just written
    "treatment/marks": [
        "clean_bill: event_date < as_of",
        "clean_bill: known_date < known_until",
        "clean_bill: month = month",
    ],
}


def test_planted_breaches_are_found() -> None:
    """Control: a query that says another thing than its SQL does is found out, word by word."""
    found = {query.name: problems(query) for query in composed_below(PLANTED)}
    assert {
        name: [one.split(":")[0] for one in what] for name, what in found.items()
    } == {
        "another_column": ["columns"],
        "another_parameter": ["parameters"],
        "another_source": ["sources"],
        "silent_star": ["passes on"],
        "unbounded_records": [],
    }


def test_a_planted_leak_misses_its_bounds() -> None:
    """Control: reading the SQL alone finds a record that was learnt too late."""
    (leak,) = (q for q in composed_below(PLANTED) if q.name == "unbounded_records")
    tree = parsed(with_samples(leak))
    assert missing_bounds(tree) == ["clean_customer: known_date < known_until"]
