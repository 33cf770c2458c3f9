"""Each query folder keeps its word: what the SQL says (parsed by SQLGlot) is what its YAML declares."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from sqlglot import exp

from churn_tasks.core.settings import INCLUDE
from churn_tasks.core.windows import Window
from churn_tasks.declared.contracts import Column, FeatureColumn
from churn_tasks.declared.query import Query
from churn_tasks.declared.trajectory.file import TrajectoryFile
from tests.sql.queries import (
    columns_out,
    label,
    missing_bounds,
    parameters_in,
    queries_below,
    shipped_queries,
    sources_in,
    text_problem,
    tree,
)

QUERIES = shipped_queries()
PLANTED = Path(__file__).parent / "planted"
each_query = pytest.mark.parametrize("query", QUERIES, ids=label)

# The last of these words in a name says what the column is measured in.
UNITS = {
    "cny": "CNY",
    "gbp": "GBP",
    "inr": "INR",
    "min": "min",
    "mb": "MB",
    "count": "count",
    "days": "days",
    "months": "months",
    "years": "years",
    "hours": "h",
    "share": "share",
    "index": "index",
    "pct": "%",
    "ratio": "ratio",
    "generation": "G",
    "score": ("1-5", "0-10"),
    "tier": "1-4",
    "stage": "1-4",
    "per": "",
    "sum": "",
}


def test_the_number_of_queries_is_known() -> None:
    """Exact, so that no test of this folder passes on nothing; change it with the query you add."""
    counted = Counter(query.family for query in queries_below(INCLUDE / "sql"))
    assert counted == {"month": 19, "cohort": 3, "features": 37, "labels": 1}


@each_query
def test_parameters_are_the_declared_ones(query: Query) -> None:
    assert parameters_in(tree(query)) == set(query.output.params)
    assert set(query.output.params) <= set(Window.__annotations__)


@each_query
def test_sources_are_the_declared_ones(query: Query) -> None:
    assert sources_in(tree(query)) == {*query.output.reads, *query.output.optional}


@each_query
def test_columns_are_the_declared_ones_in_order(query: Query) -> None:
    assert columns_out(tree(query)) == query.output.column_names


@each_query
def test_every_read_is_bounded(query: Query) -> None:
    assert missing_bounds(tree(query)) == []


def test_the_bounds_of_planted_leaks_are_missed() -> None:
    """Control: reading the SQL alone already finds each of the four planted leaks."""
    found = {
        query.name: missing_bounds(tree(query))
        for leak in ("future", "late", "answer", "master")
        for query in queries_below(PLANTED / leak)
        if "Leak:" in query.sql
    }
    assert found == {
        "future_usage": ["month_usage: month < as_of"],
        "late_complaints": ["clean_complaint: known_date < known_until"],
        "early_answers": ["outcome: outcome_known_date < known_until"],
        "master_in_place": ["clean_customer: month = month"],
    }


GENERATED = [query for query in QUERIES if query.generated]


@pytest.mark.parametrize("query", GENERATED, ids=label)
def test_measures_are_of_columns_that_the_month_tables_have(query: Query) -> None:
    """An expression of trajectory.yaml is checked for its aliases when it is loaded, and for its columns here."""
    content = yaml.safe_load(
        (query.folder / "trajectory.yaml").read_text(encoding="utf-8")
    )
    made: dict[str, set[str]] = {}
    for other in QUERIES:
        made.setdefault(other.output.table, set()).update(other.output.column_names)
    asked = {
        (alias, name)
        for one in TrajectoryFile(**content).measures.values()
        for alias, name in one.columns
    }
    assert asked
    assert {
        (alias, name)
        for alias, name in asked
        if name not in made[content["sources"][alias]]
    } == set()


@pytest.mark.parametrize("query", GENERATED, ids=label)
def test_each_month_of_the_window_is_read_at_most_once(query: Query) -> None:
    """One pass: a join for each source and month, bounded where it stands, and nothing grouped but by region."""
    statement = tree(query)
    sources = yaml.safe_load(
        (query.folder / "trajectory.yaml").read_text(encoding="utf-8")
    )["sources"]
    joins = [
        table.alias_or_name
        for table in statement.find_all(exp.Table)
        if table.name.startswith("month_")
    ]
    assert len(joins) == len(set(joins)) <= 3 * len(sources) + 1
    groups = [group.sql() for group in statement.find_all(exp.Group)]
    assert groups in ([], ["GROUP BY region_code"])
    assert not list(statement.find_all(exp.Window))


@each_query
def test_a_query_is_short_and_opens_with_a_comment(query: Query) -> None:
    lines = query.sql.splitlines()
    assert len(lines) < 120 or query.generated
    assert lines[0].startswith("-- "), "say in a comment what the query is about"


def _unit_problem(column: Column) -> str:
    """What is wrong with the unit of a column, or nothing."""
    if (
        column.type in ("text", "date", "boolean", "timestamp")
        or column.name == "revenue_cny"
    ):
        return ""  # the revenue of month_activity keeps its name in every currency; its unit names the currency
    if column.name.startswith(("is_", "has_")):
        return "" if column.unit == "0/1" else "a flag has unit 0/1"
    words = [word for word in re.split("_", column.name) if word in UNITS]
    if not words:
        return "no word of the name says the unit"
    return (
        ""
        if column.unit and column.unit.startswith(UNITS[words[-1]])
        else f"{words[-1]} but {column.unit!r}"
    )


@each_query
def test_names_end_in_their_unit(query: Query) -> None:
    problems = {column.name: _unit_problem(column) for column in query.output.columns}
    problems.pop("customer_id", None)
    assert {name: problem for name, problem in problems.items() if problem} == {}


@each_query
def test_meanings_say_more_than_the_name(query: Query) -> None:
    problems = {column.name: text_problem(column) for column in query.output.columns}
    assert {name: problem for name, problem in problems.items() if problem} == {}


def test_units_and_meanings_of_bad_columns_are_refused() -> None:
    """Control: each rule above finds the column that breaks it."""
    bad = {
        "bill": ("CNY", "no word of the name says the unit"),
        "bill_cny": ("USD", "cny but 'USD'"),
        "is_gone": ("", "a flag has unit 0/1"),
    }
    for name, (unit, problem) in bad.items():
        assert (
            _unit_problem(Column(name=name, type="decimal", unit=unit, en="x", zh="x"))
            == problem
        )
    texts = {
        ("Bill count", "账单数"): "English",
        ("Number of 账单", "账单数"): "Chinese in",
        ("Bills so far", "n"): "not",
    }
    for (en, zh), problem in texts.items():
        assert problem in text_problem(
            Column(name="bill_count", type="integer", en=en, zh=zh)
        )


def test_feature_names_are_unique_in_each_profile() -> None:
    """Models join all feature partitions, so a name may stand for one thing only."""
    for folder in [INCLUDE / "sql", *(INCLUDE / "profiles").glob("*/sql")]:
        names = [
            column.name
            for root in {INCLUDE / "sql", folder}
            for query in queries_below(root)
            for column in query.output.columns
            if isinstance(column, FeatureColumn)
        ]
        shared = {name for name, count in Counter(names).items() if count > 1}
        assert shared == set(), folder


def test_every_reason_group_has_a_text_for_callers() -> None:
    known = set(
        yaml.safe_load(
            (INCLUDE / "playbook" / "reasons.yaml").read_text(encoding="utf-8")
        )["groups"]
    )
    used = {
        column.group
        for query in QUERIES
        for column in query.output.columns
        if isinstance(column, FeatureColumn)
    }
    assert len(used) >= 10
    assert used <= known


def test_all_three_families_of_attributes_are_there() -> None:
    """D1: basic attributes, service attributes, consumption behaviour."""
    telecom = [
        column
        for query in queries_below(INCLUDE / "sql")
        for column in query.output.columns
        if isinstance(column, FeatureColumn)
    ]
    counted = Counter(column.family for column in telecom)
    assert len(telecom) == 420
    assert set(counted) == {"basic", "service", "consumption"}
    assert min(counted.values()) >= 10
