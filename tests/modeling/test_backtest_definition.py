"""Lists of past months held against another definition of leaving than the one that their models learnt."""

import json
from contextlib import closing

import pytest

from churn_tasks.by_hand.backtest.run import (
    Backtest,
    backtest,
    shown_dir,
    write_page,
    write_tables,
)
from churn_tasks.by_hand.definitions import compare
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.runner.month_run import MonthRun
from tests.lakes import small_profile
from tests.modeling.synthetic import fill

FIRST, LAST = Month(2024, 3), Month(2024, 8)
SUMMED = list(months_between(Month(2024, 1), Month(2024, 12)))
CUSTOMERS = 400
TREE = {"name": "tree", "family": "decision_tree", "given": {"depth": 3}}
SILENT, ORDERED = "no_activity_in_window", "orders_less"
ORDERS_LESS = """meaning: {en: No activity in some month, zh: 某月无交易}
population: active_any_month
signs:
  - {event: inactive_month}
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Labels drawn by chance; activity by which every tenth customer stays away from some month on."""
    folder = tmp_path_factory.mktemp("judged")
    model = {"name": "shop", "candidates": [TREE]}
    profile = small_profile(
        folder, ("bill", "customer"), model=model, definition="not_billed"
    )
    (profile / "definitions").mkdir()
    own = profile / "definitions" / f"{ORDERED}.yaml"
    own.write_text(ORDERS_LESS, encoding="utf-8")
    settings = load_settings(str(profile), state_dir=folder / "state")
    with closing(MonthRun(settings, LAST)) as run:
        fill(run, list(months_between(FIRST, LAST + 1)), CUSTOMERS)
        for number, month in enumerate(SUMMED, start=1):
            people = f"(SELECT format('c{{:07d}}', range) AS id, range AS n FROM range({CUSTOMERS}))"
            stays = f"n % 10 <> 3 OR n // 10 % 11 >= {number}"
            _write(run, "month_activity", month, people, {"is_active": stays})
            _write(run, "month_profile", month, people, {"has_left": "false"})
    return settings


def _write(
    run: MonthRun, table: str, month: Month, people: str, known: dict[str, str]
) -> None:
    known = {"customer_id": "id", "revenue_cny": "10", **known}
    columns = []
    for name in run.registry.tables[table].column_names:
        columns.append(f'{known.get(name, "NULL")} AS "{name}"')
    run.engine.write(table, month, f"SELECT {', '.join(columns)} FROM {people}")


@pytest.fixture(scope="module")
def adopted(settings: Settings) -> Backtest:
    return backtest(settings)


@pytest.fixture(scope="module", params=[SILENT, ORDERED])
def judged(settings: Settings, adopted: Backtest, request) -> Backtest:
    return backtest(settings, definition=request.param)


def _left(tested: Backtest) -> dict[str, int]:
    left = {}
    for row in tested.tables["months"]:
        if row["model"] == "champion" and row["month"] != "all":
            left[row["month"]] = row["churners"]
    return left


def test_its_truth_is_that_of_the_comparison_of_definitions(
    settings: Settings, adopted: Backtest, judged: Backtest
) -> None:
    """Control: by the adopted definition others have left."""
    name = judged.definition
    figures = compare(settings, [name], 0.03)["definitions"][name]["months"]
    compared = {row["month"]: row["churned"] for row in figures}
    left = _left(judged)
    assert list(left) == [str(month) for month in judged.months] != []
    for month, churners in left.items():
        assert churners == compared[month] > 0
    assert left != _left(adopted)


def test_models_and_gate_are_those_of_the_adopted_definition(
    adopted: Backtest, judged: Backtest
) -> None:
    names = {str(month) for month in judged.months}
    decided = [row for row in adopted.tables["decisions"] if row["month"] in names]
    assert judged.tables["decisions"] == decided


def test_its_page_lies_beside_that_of_the_adopted_one(
    adopted: Backtest, judged: Backtest
) -> None:
    for tested in (adopted, judged):
        write_tables(tested)
        write_page(tested)
    own = json.loads((shown_dir(judged) / "backtest.json").read_text("utf-8"))
    assert (own["learnt"], own["definition"]) == ("not_billed", judged.definition)
    first = json.loads((shown_dir(adopted) / "backtest.json").read_text("utf-8"))
    assert first["definition"] == first["learnt"] == "not_billed"
    said = f"Judged by another definition of leaving: {judged.definition}"
    assert said in (shown_dir(judged) / "backtest.html").read_text("utf-8")
    assert said not in (shown_dir(adopted) / "backtest.html").read_text("utf-8")


def test_a_definition_that_there_is_not_is_refused_with_those_there_are(
    settings: Settings,
) -> None:
    with pytest.raises(SettingsError, match=r"no definitions/leaves\.yaml.*not_billed"):
        backtest(settings, definition="leaves")
