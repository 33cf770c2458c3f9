"""A restatement makes the rows again of whom something has changed, and has the bytes of one that makes all of them."""

import random
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from churn_tasks.adapters.engine import Engine
from churn_tasks.core.months import Month, months_between
from churn_tasks.declared.query import Query
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.touched import Touched
from churn_tasks.walks.graph import run_on
from tests.lakes import another_month, pour, raw_tables, small_run
from tests.random_lake import CUSTOMERS, fill, persons
from tests.random_lake import _rows as random_rows

JANUARY, MARCH, APRIL = Month(2024, 1), Month(2024, 3), Month(2024, 4)
DAY = date(2024, 5, 20)
NEWCOMER = "n00"
STEPS = {MARCH: ("texts", "summarise", "features"), APRIL: ("features", "labels")}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MonthRun]:
    """Four months up to April, each run in its turn."""
    folder = tmp_path_factory.mktemp("touched")
    windows = {"observe": 2, "delay": 0, "predict": 1}
    run = small_run(folder, str(APRIL), raw=raw_tables(), windows=windows)
    months = list(months_between(JANUARY, APRIL + 1))
    fill(run, months)
    for month in months:
        each = another_month(run, str(month))
        for step in ("texts", "summarise", "features", "labels"):
            run_on(step, each)
    yield run
    run.close()


@pytest.fixture
def late(lake: MonthRun, tmp_path: Path) -> Iterator[MonthRun]:
    """A copy of the lake as the restatement of March finds it."""
    copy = small_run(tmp_path, str(MARCH), profile=lake.settings.profile_dir)
    shutil.copytree(lake.lake.root, copy.lake.root)
    run = MonthRun(copy.settings, MARCH, DAY, delivered_again=())
    yield run
    run.close()


def come_late(run: MonthRun, tables: Iterable[str], seed: int) -> MonthRun:
    """New clean tables of March with other rows of three customers, none of a fourth, and somebody new."""
    chance = random.Random(seed)
    touched = []
    for table in tables:
        customers = chance.sample(CUSTOMERS, 4)
        other = list(random_rows(run.registry.raw[table], MARCH, random.Random(seed)))
        with run.engine.registered("other_rows", pa.Table.from_pylist(other)):
            _correct(run, f"clean_{table}", customers)
        for customer in (*customers, NEWCOMER):
            touched.append((table, customer, DAY))
    names = ("table_name", "customer_id", "restated_until")
    rows = [dict(zip(names, row, strict=True)) for row in touched]
    with run.engine.registered("touched_rows", pa.Table.from_pylist(rows)):
        pour(run, "touched_customer", MARCH, "touched_rows")
    return replace(run, delivered_again=tuple(tables), shared={})


def _correct(run: MonthRun, table: str, customers: list[str]) -> None:
    """Other rows of these customers, but of the last none at all; and those of the first once more for a newcomer."""
    columns = run.registry.columns_sql(table)
    listed = ", ".join(f"'{customer}'" for customer in customers)
    run.engine.view(table)
    pour(
        run,
        table,
        MARCH,
        f"""(
        SELECT {columns} FROM {table} WHERE month = DATE '{MARCH.start}' AND customer_id NOT IN ({listed})
        UNION ALL BY NAME
        SELECT {columns} FROM other_rows WHERE customer_id IN ({listed}) AND customer_id <> '{customers[-1]}'
        UNION ALL BY NAME
        SELECT {columns} FROM (SELECT * REPLACE ('{NEWCOMER}' AS customer_id) FROM other_rows
            WHERE customer_id = '{customers[0]}'))""",
    )


def restate(run: MonthRun, *, only_late: bool) -> dict[str, str]:
    """What a restatement of March makes of March and April: partition to digest."""
    for month, steps in STEPS.items():
        again = run.delivered_again if month == MARCH else None
        each = MonthRun(run.settings, month, DAY, again, only_late=only_late)
        for step in steps:
            run_on(step, each)
        each.close()
    made = {}
    for table, month in run.lake.restated_at(DAY):
        if not table.startswith(("clean_", "touched_", "customer_line")):
            made[f"{table} {month}"] = run.lake.sha256(table, month)
            run.lake.discard(table, month, DAY)
    return made


@pytest.mark.parametrize("seed", range(4))
def test_a_restatement_has_the_bytes_of_one_that_makes_everything_again(
    late: MonthRun, seed: int
) -> None:
    """Rows that came late, were corrected or deleted, of one table, of some or of all; and lines that change hands."""
    chance = random.Random(seed)
    of_customers = [
        name
        for name, table in late.registry.raw.items()
        if "customer_id" in table.column_names
    ]
    tables = chance.sample(of_customers, [1, 3, 6, len(of_customers)][seed])
    run = come_late(late, tables, seed)
    if seed % 2:
        persons(run, [MARCH], shift=1)
    whole, narrow = restate(run, only_late=False), restate(run, only_late=True)
    assert narrow == whole
    assert len(whole) > 2, "control: the late rows do change something"


def test_only_queries_that_compare_customers_are_made_whole(
    late: MonthRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Top-ups came late: their summary and the features made of it are made again for those whom it touches."""
    run = come_late(late, ["recharge"], seed=5)
    whole, again = [], []
    make, make_again = Engine.run, Engine.run_again

    def made_whole(engine: Engine, query: Query, *rest: object) -> int:
        whole.append(query)
        return make(engine, query, *rest)

    def made_again(engine: Engine, query: Query, *rest: object) -> int:
        again.append(query.output.table)
        return make_again(engine, query, *rest)

    monkeypatch.setattr(Engine, "run", made_whole)
    monkeypatch.setattr(Engine, "run_again", made_again)
    restate(run, only_late=True)
    assert {"month_billing", "feat_balance"} <= set(again)
    narrow = [q.name for q in whole if not q.output.across_customers]
    assert [name for name in narrow if name != "left"] == []
    monkeypatch.undo()
    assert restate(run, only_late=False), "control: they do change something"


def test_an_answer_that_became_known_touches_its_customer(late: MonthRun) -> None:
    """The outcome of a complaint came late, where no row did; another table of the query had late rows."""
    run = come_late(late, ["fault"], seed=6)
    again = Touched(run).again("month_care", MARCH, ["clean_complaint", "clean_fault"])
    run.engine.view("clean_complaint")
    first = run.settings.calendar.window(MARCH).known_until
    answered = run.engine.frame(
        "SELECT DISTINCT customer_id FROM clean_complaint WHERE month = $month"
        " AND outcome_known_date >= $first AND outcome_known_date < $until",
        {"month": MARCH.start, "first": first, "until": DAY},
    )
    made = run.engine.frame("SELECT customer_id FROM made_again")
    assert again and again.local == ("clean_complaint", "clean_fault")
    assert len(answered) > 3
    assert set(answered["customer_id"]) <= set(made["customer_id"])
    assert 0 < again.customers == len(made) <= len(CUSTOMERS) + 1


def test_a_restatement_that_was_broken_off_leaves_nothing_to_go_on_from(
    late: MonthRun,
) -> None:
    """Between the version before and this one clean rows have changed that nobody summed up: made whole."""
    broken = MonthRun(late.settings, MARCH, DAY - timedelta(days=1))
    come_late(broken, ["recharge"], seed=7)
    broken.close()
    run = come_late(late, ["recharge"], seed=8)
    assert Touched(run).again("month_billing", MARCH, ["clean_recharge"]) is None
    for table in ("clean_recharge", "touched_customer"):
        run.lake.discard(table, MARCH, DAY - timedelta(days=1))
    assert Touched(run).again("month_billing", MARCH, ["clean_recharge"]), "control"
