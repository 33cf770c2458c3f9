"""Which queries compare customers: every other one gives a customer the same row beside all others and without them.

A restatement stands on it: it shows a query those customers alone of whom something has changed. Over a random lake
every query of the repository and of its profiles is run for some customers and the rest taken from the whole.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from churn_tasks.adapters.merged_rows import narrowed
from churn_tasks.core.definition import Sign
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import INCLUDE
from churn_tasks.declared.labels.events import Event, known_events
from churn_tasks.declared.query import Query, read_query
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import Row, another_month, raw_tables, small_run
from tests.random_lake import CUSTOMERS, fill

APRIL = Month(2024, 4)
MONTHS = list(months_between(Month(2024, 1), APRIL + 1))
DAY = date(2024, 6, 6)
STRUCK_BY_MOST = {"share": 0.9}  # where an event has such a threshold
RANK = """-- Whose revenue is the highest.
SELECT cohort.customer_id, rank() OVER (ORDER BY made.revenue_cny, cohort.customer_id) AS revenue_rank
FROM cohort
LEFT JOIN month_activity AS made ON made.customer_id = cohort.customer_id AND made.month = $month
WHERE cohort.month = $month
"""
RANKED = """table: feat_planted
key: [customer_id]
meaning: {en: Place by revenue, zh: 收入排名}
params: [month]
reads: [cohort, month_activity]
columns:
  - {name: customer_id, type: text, en: Subscriber, zh: 用户编号}
  - {name: revenue_rank, type: integer, family: basic, group: tenure, en: Place among all, zh: 收入名次}
"""


def made(run: MonthRun) -> MonthRun:
    """The lake with the summaries of four months and the features of those with a whole window."""
    fill(run, MONTHS)
    for month in MONTHS:
        for step in ("texts", "summarise"):
            run_on(step, another_month(run, str(month)))
    for month in MONTHS[run.settings.windows.observe - 1 :]:
        run_on("features", another_month(run, str(month)))
    return run


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MonthRun]:
    """All tables that there are, up to the label of January."""
    folder = tmp_path_factory.mktemp("across")
    windows = {"observe": 2, "delay": 0, "predict": 1}
    run = made(small_run(folder, str(APRIL), raw=raw_tables(), windows=windows))
    run_on("labels", run)
    yield run
    run.close()


def some_customers(seed: int) -> list[str]:
    """A third of them, in no order."""
    return random.Random(seed).sample(CUSTOMERS, len(CUSTOMERS) // 3)


def looks_across(run: MonthRun, query: Query, customers: Iterable[str]) -> bool:
    """Whether some of these customers get another row when the query is shown them alone."""
    month = run.month
    if query.family == "labels":
        (month,) = run.lake.months("label")[-1:]
    table, spec = query.output.table, run.registry.tables
    local = [
        source
        for source in query.output.sources
        if source in spec
        and "customer_id" in spec[source].column_names
        and source not in query.output.across_customers
    ]
    later = MonthRun(run.settings, run.month, DAY)
    later.__dict__["registry"] = run.registry
    wanted = pa.table({"customer_id": list(customers)})
    with later.engine.registered("made_again", wanted):
        before = run.lake.path(table, month)
        dates = run.window_of(month).parameters()
        later.engine.run_again(query, month, dates, before, local)
    differs = later.lake.has_version(table, month, DAY)
    later.lake.discard(table, month, DAY)
    later.close()
    return differs


def queries_of(run: MonthRun) -> list[Query]:
    """The queries that make a table of customers."""
    families = run.registry.queries.values()
    queries = [query for family in families for query in family]
    there = [query for query in queries if run.lake.months(query.output.table)]
    return [query for query in there if "customer_id" in query.output.key]


@pytest.mark.parametrize("seed", range(3))
def test_a_query_that_does_not_say_so_compares_no_customers(
    lake: MonthRun, seed: int
) -> None:
    queries = queries_of(lake)
    assert len(queries) > 40
    across = [
        query.name
        for query in queries
        if looks_across(lake, query, some_customers(seed))
    ]
    assert across == []


@pytest.mark.parametrize("profile", ["retail", "telecom_wide"])
def test_nor_does_one_of_a_profile(profile: str, tmp_path: Path) -> None:
    whole = INCLUDE / "profiles" / profile
    run = made(small_run(tmp_path, str(APRIL), profile=whole))
    across = [
        q.name for q in queries_of(run) if looks_across(run, q, some_customers(1))
    ]
    run.close()
    assert across == []


def test_queries_that_compare_customers_say_so(lake: MonthRun) -> None:
    """Negative control: without their word each of them is found, and so is a planted one."""
    saying = [query for query in queries_of(lake) if query.output.across_customers]
    assert {query.name for query in saying} >= {"contacts", "city", "region", "value"}
    found = set()
    for query in saying:
        silent = query.output.model_copy(update={"across_customers": ()})
        blind = replace(query, output=silent)
        if any(looks_across(lake, blind, some_customers(seed)) for seed in range(3)):
            found.add(query.output.table)
    assert found == {query.output.table for query in saying}


def test_a_planted_query_that_compares_customers_is_found(
    lake: MonthRun, tmp_path: Path
) -> None:
    folder = tmp_path / "planted"
    folder.mkdir()
    (folder / "query.sql").write_text(RANK, encoding="utf-8")
    (folder / "query.yaml").write_text(RANKED, encoding="utf-8")
    (planted,) = read_query("features", folder, months=2)
    lake.registry.tables["feat_planted"] = planted.output
    lake.make(planted, lake.month)
    assert looks_across(lake, planted, some_customers(0))
    told = planted.output.model_copy(update={"across_customers": ("month_activity",)})
    honest = replace(planted, output=told)
    assert looks_across(lake, honest, some_customers(0)), "the cohort counts as well"
    told = planted.output.model_copy(
        update={"across_customers": planted.output.sources}
    )
    assert not looks_across(lake, replace(planted, output=told), some_customers(0))


@pytest.mark.parametrize("event", known_events([INCLUDE]), ids=lambda event: event.name)
def test_an_event_that_does_not_say_so_compares_no_customers(
    lake: MonthRun, event: Event
) -> None:
    """Labels are composed of events; control: those that say so do."""
    names = {parameter.name for parameter in event.output.parameters}
    given = {name: value for name, value in STRUCK_BY_MOST.items() if name in names}
    sign = Sign(event=event.name, given=given)
    sql = event.text(sign, "$as_of", lake.settings.windows.observe)
    dates = lake.window_of(lake.month - 1).parameters()
    asked = {name: day for name, day in dates.items() if f"${name}" in sql}
    lake.engine.views(*event.output.sources)
    whole = lake.engine.records(sql, asked)
    differing = 0
    for seed in range(30):
        customers = some_customers(seed)
        with lake.engine.registered("made_again", pa.table({"customer_id": customers})):
            alone = lake.engine.records(narrowed(sql, event.output.sources), asked)
        expected = [row for row in whole if row["customer_id"] in customers]
        differing += _sorted(alone) != _sorted(expected)
    assert bool(differing) == bool(event.output.across_customers)


def _sorted(rows: list[Row]) -> list[tuple[str, str]]:
    return sorted((row["customer_id"], str(row["event_date"])) for row in rows)
