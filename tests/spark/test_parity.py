"""Every query of the catalogue on both engines: the same rows, whoever made them.

Keys, integers, decimals, texts, dates and NULLs must be identical, doubles within 1e-9. The lakes are random, so that
nothing is so regular that a wrong rule gives the right answer; the control leaves our rules out and must be caught.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from churn_tasks.adapters.spark import engine as spark_engine
from churn_tasks.adapters.spark.session import Started
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import INCLUDE
from churn_tasks.declared.query import Query
from churn_tasks.runner.month_run import MonthRun
from tests.lakes import query_named, raw_tables, small_run
from tests.spark.lakes import filled, naive_sql, on_spark, shipped_profile
from tests.spark.parity import differences, made_by_both

pytestmark = pytest.mark.slow

MONTH = "2024-03"
DEFINITIONS = sorted(path.stem for path in (INCLUDE / "definitions").glob("*.yaml"))


@pytest.fixture(scope="module")
def telecom(
    tmp_path_factory: pytest.TempPathFactory, started: Started
) -> Iterator[MonthRun]:
    """Every raw contract of the repository, from the observe window to the end of the longest predict window."""
    run = small_run(
        tmp_path_factory.mktemp("telecom"),
        MONTH,
        raw=raw_tables(),
        first_month="2023-12",
    )
    last = Month.parse(MONTH) + 4
    yield filled(
        on_spark(run, started),
        months_between(run.settings.calendar.observed_months(run.month)[0], last),
    )
    run.engine.close()


def _compare(run: MonthRun, queries: list[Query], month: Month) -> dict[str, list[str]]:
    """What differs of each table; every table must have rows, or the comparison would be of nothing."""
    found: dict[str, list[str]] = {}
    for query in queries:
        ours, theirs, _ = made_by_both(run, query, month)
        found[query.output.table] = [
            *differences(ours, theirs, query.output.key),
            *([] if ours.num_rows else ["no row"]),
        ]
    return {table: problems for table, problems in found.items() if problems}


@pytest.mark.parametrize("family", ["month", "features"])
def test_the_whole_catalogue_is_the_same(telecom: MonthRun, family: str) -> None:
    cohort = query_named(telecom, "cohort", telecom.settings.definition.population)
    telecom.engine.run(cohort, telecom.month, telecom.window.parameters())
    queries = telecom.registry.queries[family]
    assert len(queries) >= 17
    assert _compare(telecom, queries, telecom.month) == {}


@pytest.mark.parametrize(
    "population", ["active_every_month", "active_any_month", "active_last_month"]
)
def test_every_population_is_the_same(
    telecom: MonthRun, started: Started, population: str
) -> None:
    folder = telecom.settings.state_dir.parents[2]
    run = small_run(
        folder,
        MONTH,
        raw=raw_tables(),
        first_month="2023-12",
        definition={"population": population},
    )
    assert (
        _compare(on_spark(run, started), run.registry.queries["cohort"], run.month)
        == {}
    )
    run.engine.close()


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_every_definition_of_leaving_is_the_same(
    telecom: MonthRun, started: Started, definition: str
) -> None:
    """On a cohort that DuckDB made; every label has both values of churned, or it would be no test."""
    folder = telecom.settings.state_dir.parents[2]
    run = small_run(
        folder, MONTH, raw=raw_tables(), first_month="2023-12", definition=definition
    )
    for query in run.registry.queries["cohort"]:
        run.engine.run(query, run.month, run.window.parameters())
    assert (
        _compare(on_spark(run, started), run.registry.queries["labels"], run.month)
        == {}
    )
    run.engine.close()


@pytest.mark.parametrize(
    ("profile", "month"), [("retail", "2010-06"), ("telecom_wide", "2014-08")]
)
def test_the_queries_of_the_other_profiles_are_the_same(
    profile: str, month: str, tmp_path: Path, started: Started
) -> None:
    run = on_spark(shipped_profile(tmp_path, profile, month), started)
    first = run.settings.calendar.observed_months(run.month)[0]
    filled(run, months_between(first, run.month + 4))
    queries = [
        query
        for family in ("month", "cohort", "features", "labels")
        for query in run.registry.queries[family]
    ]
    assert len(queries) >= 8
    assert _compare(run, queries, run.month) == {}
    run.engine.close()


def test_grammar_alone_is_not_enough(
    telecom: MonthRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without our rules these queries quietly give other figures (tests/spark/test_rules.py has each rule)."""
    monkeypatch.setattr(spark_engine, "spark_sql", naive_sql)
    outcomes = {}
    for family, name in (("month", "contract_terms"), ("features", "lifetime")):
        try:
            problems = _compare(
                telecom, [query_named(telecom, family, name)], telecom.month
            )
        except BadInput:
            outcomes[name] = "refused"
        else:
            outcomes[name] = "differs" if problems else "same"
    assert outcomes == {"contract_terms": "differs", "lifetime": "differs"}
