"""Past months with the model of the time: decided as then, taken over after a kill, no trace in registry or lake."""

import json
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import logit
from sklearn.metrics import average_precision_score, roc_auc_score
from typer.testing import CliRunner

from churn_tasks.by_hand.backtest.kept import KeptMonths
from churn_tasks.by_hand.backtest.replay import replay
from churn_tasks.by_hand.backtest.run import (
    Backtest,
    backtest,
    backtest_dir,
    log_runs,
    ranking_of,
    with_families,
    write_page,
    write_tables,
)
from churn_tasks.cli import app
from churn_tasks.core.errors import BadInput, NotReady, SettingsError
from churn_tasks.core.modeling_section import ALL_MONTHS, CHAMPION
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.modeling.backtest import ScoredMonth, rank_correlation
from churn_tasks.modeling.backtest_season import as_shown
from churn_tasks.modeling.intervals import RankedMonth, intervals, weighted
from churn_tasks.report.backtest_page import backtest_page
from churn_tasks.runner.month_run import MonthRun
from tests.lakes import small_profile
from tests.modeling.synthetic import fill, fill_month, signals

FIRST, LAST = Month(2024, 3), Month(2024, 9)
JULY, AUGUST = Month(2024, 7), Month(2024, 8)
CUSTOMERS = 400
RAW = ("bill", "customer")
OWN = {"customer_id": "customer_id", "has_left": "false"}
NORTH = "CASE WHEN customer_id < 'c0000200' THEN 'north' ELSE 'south' END"
REGION = {**OWN, "region_code": NORTH}
ACTIVE = {**OWN, "is_active": "customer_id >= 'c0000040'", "revenue_cny": "10"}
TREE = {"name": "tree", "family": "decision_tree", "given": {"depth": 3}}


def _settings(folder: Path) -> Settings:
    model = {"name": "shop", "candidates": ["logistic_regression", TREE]}
    profile = small_profile(folder, RAW, model=model, definition="not_billed")
    return load_settings(str(profile), state_dir=folder / "state")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Backtest:
    """Seven months with features and truth, and their backtest; the first list with a model is that of July."""
    settings = _settings(tmp_path_factory.mktemp("backtest"))
    with closing(MonthRun(settings, LAST)) as run:
        months = list(months_between(FIRST, LAST + 1))
        fill(run, months, CUSTOMERS)
        for month in months:
            _write(run, "month_profile", month, REGION)
            _write(run, "month_activity", month, ACTIVE)
    return backtest(settings)


def _write(run: MonthRun, table: str, month: Month, known: dict[str, str]) -> None:
    """One partition; columns that are not named are NULL."""
    columns = []
    for name in run.registry.tables[table].column_names:
        columns.append(f'{known.get(name, "NULL")} AS "{name}"')
    people = f"(SELECT customer_id FROM cohort WHERE month = DATE '{month.start}')"
    run.engine.view("cohort")
    run.engine.write(table, month, f"SELECT {', '.join(columns)} FROM {people}")


@pytest.fixture
def settings(done: Backtest, tmp_path: Path) -> Settings:
    """The same months and what their backtest has kept, in a folder of their own."""
    shutil.copytree(done.settings.environment.state_dir, tmp_path / "state")
    return load_settings(str(done.settings.profile_dir), state_dir=tmp_path / "state")


def _files(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in sorted(folder.rglob("*.parquet"))}


def test_every_list_is_judged_and_nothing_else_changes(
    done: Backtest, settings: Settings
) -> None:
    before = _files(settings.lake_dir)
    assert backtest(settings).tables == done.tables
    assert [str(month) for month in done.months] == ["2024-07", "2024-08", "2024-09"]
    rows = done.tables["months"]
    models = {CHAMPION, "logistic_regression", "tree"}
    assert {row["model"] for row in rows} == models
    assert len(rows) == 3 * (3 + 1)
    for row in rows:
        assert 0.6 < row["auc"] <= 1
        assert row["auc_low"] < row["auc"] < row["auc_high"]
    assert _files(settings.lake_dir) == before
    assert not list(settings.state_dir.rglob("mlflow*"))


def test_the_replay_learns_from_what_was_known_then(settings: Settings) -> None:
    learnt = {}
    for replayed in replay(settings, AUGUST, KeptMonths(backtest_dir(settings))):
        for name, classifier in replayed.classifiers.items():
            learnt[str(replayed.run.month), name] = classifier.trained_on
    assert learnt["2024-07", "tree"] == ["2024-03"]
    assert learnt["2024-08", "tree"] == ["2024-03", "2024-04"]


@pytest.mark.parametrize("lost", ["nothing", "the last month", "a model file"])
def test_a_killed_backtest_goes_on_where_it_was(
    done: Backtest, settings: Settings, lost: str
) -> None:
    """Only what is not whole is decided again, and comes out the same."""
    folder = backtest_dir(settings)
    if lost == "the last month":
        (folder / "months" / "2024-09.json").unlink()
    if lost == "a model file":
        (file,) = (folder / "models" / "2024-09" / "tree").iterdir()
        file.unlink()
    again = {}
    for replayed in replay(settings, LAST, KeptMonths(folder)):
        again[str(replayed.run.month)] = replayed.taken_over
    assert again == {"2024-07": True, "2024-08": True, "2024-09": lost == "nothing"}
    assert backtest(settings).tables == done.tables


@pytest.mark.parametrize("changed", ["a label", "the gate", "the candidates"])
def test_what_decides_a_month_otherwise_is_decided_again(
    settings: Settings, changed: str
) -> None:
    """Control: with nothing changed every month is taken over (above)."""
    if changed == "a label":
        with closing(MonthRun(settings, LAST)) as run:
            fill_month(run, FIRST, CUSTOMERS - 1)
    if changed == "the gate":
        promotion = settings.promotion.model_copy(update={"min_gain": 0.5})
        settings = settings.model_copy(update={"promotion": promotion})
    if changed == "the candidates":
        settings = with_families(settings, ["tree"])
    kept = KeptMonths(backtest_dir(settings))
    taken_over = [replayed.taken_over for replayed in replay(settings, JULY, kept)]
    assert taken_over == [False]


def test_a_changed_model_file_is_not_read(settings: Settings) -> None:
    kept = KeptMonths(backtest_dir(settings))
    (july,) = list(replay(settings, JULY, kept))
    (model, *_) = july.decided.candidates
    (file,) = (kept.root / "models" / "2024-07" / model.candidate).iterdir()
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(BadInput, match="not the ones that were validated"):
        kept.read(model, ())


def test_a_rule_competes_with_the_models(settings: Settings) -> None:
    with closing(MonthRun(settings, LAST)) as run:
        up, down = signals(run)
    named = with_families(settings, ["tree", f"rule:{up}", f"rule:-{down}"])
    tested = backtest(named, last=JULY)
    rows = {row["model"]: row for row in tested.tables["months"]}
    assert set(rows) == {CHAMPION, "tree", f"rule_{up}", f"rule_{down}"}
    assert rows[f"rule_{up}"]["auc"] > 0.6
    assert rows[f"rule_{down}"]["auc"] > 0.55
    with pytest.raises(SettingsError, match="each once"):
        with_families(settings, ["tree", "tree"])


def test_who_cannot_be_judged_is_said(settings: Settings) -> None:
    with pytest.raises(NotReady, match="Those that can: 2024-07 to 2024-09"):
        backtest(settings, first=Month(2024, 10))
    with pytest.raises(NotReady, match="Those that can: 2024-07 to 2024-09"):
        backtest(settings, last=Month(2024, 6))


def test_segments_and_silent_customers_are_told_apart(done: Backtest) -> None:
    segments = done.tables["segments"]
    regions = [
        row for row in segments if row["by"] == "region" and row["month"] == ALL_MONTHS
    ]
    total = done.tables["months"][-3]
    assert (total["month"], total["model"]) == (ALL_MONTHS, CHAMPION)
    assert {row["segment"] for row in regions} == {"north", "south"}
    assert sum(row["churners"] for row in regions) == total["churners"]
    assert sum(row["at_risk"] for row in regions) == total["at_risk"]
    assert {row["by"] for row in segments} >= {"region", "tenure", "pay_mode"}
    silent, others = done.tables["silent"]
    assert 0 < silent["at_risk"] < others["at_risk"]
    assert silent["at_risk"] + others["at_risk"] == total["at_risk"]


def test_the_lists_of_two_months_are_compared(done: Backtest) -> None:
    stability = done.tables["stability"]
    assert [row["month"] for row in stability] == ["2024-08", "2024-09"]
    for row in stability:
        assert 0 <= row["overlap"] <= 1
        assert -1 <= row["factor_correlation"] <= 1


def test_files_page_and_runs(done: Backtest, settings: Settings) -> None:
    tested = replace(done, settings=settings)
    folder = write_tables(tested)
    content = json.loads((folder / "backtest.json").read_text(encoding="utf-8"))
    assert content["lists"] == ["2024-07", "2024-08", "2024-09"]
    assert (folder / "segments.csv").read_text(encoding="utf-8").startswith("month,by,")
    page = write_page(tested)
    text = page.read_text(encoding="utf-8")
    ranking = ranking_of(done.scored[-1])
    assert text == backtest_page(settings, tested.definition, tested.tables, ranking)
    assert text.count("<svg") == 5
    assert "<script" not in text and "http" not in text
    assert "c0000" not in text, "a customer stands on the page"
    for _ in range(2):  # the same again is written over the same runs
        title = log_runs(tested)
    assert _runs(settings) == {
        title: ["backtest 2024-07", "backtest 2024-08", "backtest 2024-09"]
    }


def _runs(settings: Settings) -> dict[str, list[str]]:
    """The backtests in MLflow, each with its months."""
    from churn_tasks.adapters.tracking import Tracking

    found: dict[str, list[str]] = {}
    names = {}
    tracking = Tracking(settings)
    for run in tracking.runs_where("tags.`churn.kind` = 'backtest'"):
        assert run.info.status == "FINISHED"
        tags = run.data.tags
        names[run.info.run_id] = tags["mlflow.runName"]
        parent = tags.get("mlflow.parentRunId")
        if parent is None:
            found[tags["mlflow.runName"]] = []
        else:
            assert "average_precision" in run.data.metrics
            found[names[parent]].append(tags["mlflow.runName"])
    return found


def test_calibration_and_thresholds_are_chosen_on_known_months(done: Backtest) -> None:
    """Up to August the truth of no list is in and nothing can be chosen; in September that of July is."""
    methods = {}
    for row in done.tables["calibration"]:
        methods.setdefault(row["month"], []).append(row["method"])
        assert row["gap"] == pytest.approx(abs(row["mean_score"] - row["churn_rate"]))
    assert methods["2024-07"] == methods["2024-08"] == ["window", "prior_shift", "auto"]
    assert methods["2024-09"] == ["window", "latest", "prior_shift", "auto"]
    assert {row["month"] for row in done.tables["thresholds"]} == {"2024-09"}
    for row in done.tables["thresholds"]:
        assert row["worth"] <= row["worth_of_perfect"]


@pytest.mark.parametrize("wanted", ["window", "latest", "prior_shift", "auto"])
def test_every_probability_is_the_one_that_the_list_would_have_shown(
    done: Backtest, wanted: str
) -> None:
    """The table of the months repeats that of the calibration; what a month lacks for it leaves it as it is."""
    by_method = {}
    for row in done.tables["calibration"]:
        by_method[row["month"], row["method"]] = row["mean_score"]
    shown = as_shown(done.scored, wanted)
    for month in shown:
        as_given = by_method[str(month.month), "window"]
        expected = by_method.get((str(month.month), wanted), as_given)
        at_risk = month.ranked(CHAMPION, month.everybody)
        assert at_risk.scores.mean() == pytest.approx(expected)
        assert (month.warned() == month_of(done, month.month).warned()).all()
        for model in month.scores:
            odds = logit(month.shown(model)) - logit(month.scores[model])
            assert odds == pytest.approx(month.shifts.get(model, 0.0), abs=1e-6)
    moved = [month for month in shown if any(month.shifts.values())]
    assert bool(moved) == (wanted != "window") or wanted == "auto"


def month_of(done: Backtest, month: Month) -> ScoredMonth:
    (found,) = [each for each in done.scored if each.month == month]
    return found


@pytest.fixture(params=[1, 2, 3])
def ranked(request: pytest.FixtureRequest) -> RankedMonth:
    chance = np.random.default_rng(request.param)
    scores = chance.integers(0, 30, 300) / 30  # many equal
    churned = chance.random(300) < scores / 2
    warned = scores > 0.8
    return RankedMonth(np.arange(300), scores, churned, warned)


def test_with_weights_of_one_the_figures_are_those_of_scikit_learn(
    ranked: RankedMonth,
) -> None:
    figures = weighted(ranked, np.ones((300, 1), dtype=np.float32))
    auc = roc_auc_score(ranked.churned, ranked.scores)
    precision = average_precision_score(ranked.churned, ranked.scores)
    assert figures["auc"][0] == pytest.approx(auc)
    assert figures["average_precision"][0] == pytest.approx(precision)
    hits = ranked.churned[ranked.warned].mean()
    assert figures["precision"][0] == pytest.approx(hits)


def test_a_customer_drawn_twice_is_there_twice(ranked: RankedMonth) -> None:
    chance = np.random.default_rng(0)
    counts = chance.poisson(1.0, 300)
    rows = np.repeat(np.arange(300), counts)
    figures = weighted(ranked, counts[:, None].astype(np.float32))
    auc = roc_auc_score(ranked.churned[rows], ranked.scores[rows])
    assert figures["auc"][0] == pytest.approx(auc)


def test_the_interval_holds_the_truth_and_one_month_twice_is_no_more_evidence() -> None:
    """Drawn by row instead of by customer, two equal months would give an interval narrower by a third: control."""
    chance = np.random.default_rng(7)
    scores = chance.random(600)
    churned = chance.random(600) < scores / 2
    once = RankedMonth(np.arange(600), scores, churned, scores > 0.9)
    others = RankedMonth(np.arange(600, 1200), scores, churned, scores > 0.9)
    alone = _width(intervals([once])["auc"])
    assert _width(intervals([once, once])["auc"]) == pytest.approx(alone, rel=0.02)
    assert _width(intervals([once, others])["auc"]) < 0.85 * alone


def _width(interval: object) -> float:
    return interval.high - interval.low  # type: ignore[attr-defined]


def test_without_leavers_there_is_no_interval() -> None:
    nobody = RankedMonth(np.arange(5), np.arange(5.0), np.zeros(5, bool), np.ones(5, bool))  # fmt: skip
    assert {one.low for one in intervals([nobody]).values()} == {None}


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"a": 30.0, "b": 20.0, "c": 10.0}, 1.0),
        ({"a": 1.0, "b": 2.0, "c": 3.0}, -1.0),
        ({"a": 1.0, "b": 1.0, "c": 1.0}, None),
        ({"a": 3.0, "b": 2.0}, 1.0),  # c adds nothing there
    ],
)
def test_factors_are_compared_by_rank(
    other: dict[str, float], expected: float | None
) -> None:
    assert rank_correlation({"a": 3.0, "b": 2.0, "c": 1.0}, other) == expected


def test_the_command_shows_the_table_and_says_where_the_page_is(
    done: Backtest, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHURN_STATE_DIR", str(settings.environment.state_dir))
    asked = ["backtest", "--from", "2024-08", "--to", "2024-08", "--profile"]
    shown = CliRunner().invoke(app, [*asked, str(settings.profile_dir)])
    assert shown.exit_code == 0, shown.output
    said = shown.output.replace("\n", "")
    assert "2024-08: " in said and "as decided before" in said
    assert str(backtest_dir(settings) / "backtest.html") in said
    content = json.loads((backtest_dir(settings) / "backtest.json").read_text("utf-8"))
    assert content["lists"] == ["2024-08"]
    own = [row for row in done.tables["months"] if row["month"] == "2024-08"]
    assert content["months"][: len(own)] == own
