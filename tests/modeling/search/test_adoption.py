"""A found formula becomes a feature folder that the loader, the step ``features`` and the contracts' tests accept."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml

from churn_tasks.by_hand.pattern_search import FORMULAS, adopt
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.declared.registry import load_registry
from churn_tasks.modeling.search.adoption import nested
from churn_tasks.modeling.search.described import name_of
from churn_tasks.modeling.search.formula import Formula, feature, joined, values
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import another_month, rows, small_run
from tests.random_lake import fill
from tests.sql.queries import columns_out, missing_bounds, sources_in, tree

MONTHS = list(months_between(Month(2024, 1), Month(2024, 4)))
NAME = "bill_times_found_ratio"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MonthRun]:
    """Bills of three months of thirty customers, with their features."""
    run = small_run(
        tmp_path_factory.mktemp("adopted"), "2024-03", raw=("bill", "balance")
    )
    fill(run, MONTHS)
    for month in MONTHS:
        run_on("summarise", another_month(run, str(month)))
    run_on("features", run)
    yield run
    run.close()


@pytest.fixture(scope="module")
def formula(lake: MonthRun) -> Formula:
    """A ratio of differences of decimals over two feature tables."""
    money = [
        column
        for column in lake.registry.features
        if column.unit == "CNY" and column.type == "decimal"
    ]
    tables = {
        column.name: query.output.table
        for query in lake.registry.queries["features"]
        for column in query.output.columns
    }
    first = [
        column.name for column in money if tables[column.name] == tables[money[0].name]
    ][:3]
    other = next(
        column.name for column in money if tables[column.name] != tables[money[0].name]
    )
    a, b, c, d = (feature(name) for name in (*first, other))
    return joined("/", joined("-", a, b), joined("-", c, d))


def _searched(settings: Settings, formula: Formula, month: str = "2024-03") -> None:
    """What a search would have left behind."""
    folder = settings.state_dir / "search" / month
    folder.mkdir(parents=True, exist_ok=True)
    one = {
        "name": NAME, "tree": nested(formula), "unit": "ratio", "family": "consumption", "group": "spend_drop",
        "expect": "none", "en": f"Found in {month}: one fall over another", "zh": "一项下降与另一项下降之比",
    }  # fmt: skip
    (folder / FORMULAS).write_text(
        yaml.safe_dump({"formulas": [one]}, allow_unicode=True), encoding="utf-8"
    )


@pytest.fixture(scope="module")
def adopted(lake: MonthRun, formula: Formula) -> MonthRun:
    """The same month after the formula was adopted and ``features`` ran again."""
    _searched(lake.settings, formula)
    folder = adopt(lake.settings, NAME)
    assert folder == lake.settings.profile_dir / "sql" / "features" / NAME
    settings = load_settings(
        str(lake.settings.profile_dir), state_dir=lake.settings.environment.state_dir
    )
    run = MonthRun(settings, Month(2024, 3))
    run_on("features", run)
    return run


def test_the_adopted_column_is_the_formula_row_by_row(
    adopted: MonthRun, formula: Formula
) -> None:
    made = {row["customer_id"]: row[NAME] for row in rows(adopted, f"feat_{NAME}")}
    parts = _parts(adopted, formula)
    expected = values(formula, parts["columns"])
    assert len(made) == len(expected) > 10
    got = np.array(
        [
            np.nan if made[customer] is None else made[customer]
            for customer in parts["customers"]
        ]
    )
    assert np.allclose(got, expected, rtol=1e-12, equal_nan=True)
    assert np.isfinite(expected).sum() > 0


def _parts(run: MonthRun, formula: Formula) -> dict:
    columns, customers = {}, [row["customer_id"] for row in rows(run, "cohort")]
    for query in run.registry.queries["features"]:
        for name in set(formula.leaves()) & set(query.output.column_names):
            found = {
                row["customer_id"]: row[name] for row in rows(run, query.output.table)
            }
            columns[name] = np.array(
                [np.nan if found[c] is None else float(found[c]) for c in customers]
            )
    return {"customers": customers, "columns": columns}


def test_it_runs_after_the_tables_that_it_reads(adopted: MonthRun) -> None:
    names = [query.output.table for query in adopted.registry.queries["features"]]
    query = next(
        query for query in adopted.registry.queries["features"] if query.name == NAME
    )
    read = [table for table in query.output.reads if table.startswith("feat_")]
    assert len(read) == 2
    assert all(names.index(table) < names.index(query.output.table) for table in read)
    assert adopted.registry.features[-1].name == NAME


def test_it_keeps_the_rules_of_every_query(adopted: MonthRun) -> None:
    query = next(
        query for query in adopted.registry.queries["features"] if query.name == NAME
    )
    assert sources_in(tree(query)) == set(query.output.reads)
    assert columns_out(tree(query)) == query.output.column_names
    assert missing_bounds(tree(query)) == []
    assert query.sql.startswith("-- ")
    assert any(
        "month = month" in bound
        for bound in missing_bounds(tree_without_bounds(query.sql))
    )


def tree_without_bounds(sql: str):
    """Control: the same query that reads features of every month."""
    import sqlglot

    return sqlglot.parse_one(
        sql.replace(".month = $month", ".month IS NOT NULL"), read="duckdb"
    )


def test_a_name_is_adopted_once(adopted: MonthRun) -> None:
    with pytest.raises(
        BadInput, match=f"there is a feature or folder {NAME} already.*--as"
    ):
        adopt(adopted.settings, NAME)
    assert adopt(adopted.settings, NAME, called="second_ratio").name == "second_ratio"


def test_banned_parts_and_unknown_names_are_refused(
    lake: MonthRun, formula: Formula, tmp_path: Path
) -> None:
    banned = next(formula.leaves())
    settings = lake.settings.model_copy(
        update={
            "features": lake.settings.features.model_copy(update={"ban": (banned,)})
        }
    )
    with pytest.raises(BadInput, match=f"{banned} is banned"):
        adopt(settings, NAME, called="third_ratio")
    with pytest.raises(BadInput, match=f"no formula 'other'; there are {NAME}"):
        adopt(lake.settings, "other")
    with pytest.raises(BadInput, match=r"no search has found anything.*churn search"):
        adopt(lake.settings, NAME, Month(2023, 1))


def test_the_latest_search_is_taken(lake: MonthRun, formula: Formula) -> None:
    _searched(lake.settings, formula, "2024-02")
    declared = adopt(lake.settings, NAME, called="fourth_ratio") / "query.yaml"
    assert "Found in 2024-03" in declared.read_text(encoding="utf-8")
    settings = load_settings(
        str(lake.settings.profile_dir), state_dir=lake.settings.environment.state_dir
    )
    assert "fourth_ratio" in {
        column.name for column in load_registry(settings).features
    }


def test_names_end_in_their_unit_and_stay_short() -> None:
    a, b = (
        feature("value_added_fee_since_first_cny"),
        feature("voice_out_since_first_min"),
    )
    assert (
        name_of(joined("/", a, b), "CNY/min", ())
        == "value_added_fee_since_first_over_voice_out_since_first_ratio"
    )
    long = joined("/", joined("-", a, b), joined("-", a, b))
    name = "value_added_fee_since_fi_to_voice_out_since_first_of_4_ratio"
    assert name_of(long, "ratio", ()) == name
    assert name_of(long, "ratio", {name}).endswith("_of_4_2_ratio")
