"""Train, promote and score on a lake with a known truth, MLflow and a real warehouse."""

import datetime as dt
from contextlib import AbstractContextManager
from pathlib import Path

import mlflow
import pytest

from churn_tasks.adapters.engine import Engine, Parameters
from churn_tasks.adapters.warehouse import PromotionRow
from churn_tasks.core.errors import BadInput, CheckFailed, NotReady
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.modeling.family import trusted_types
from churn_tasks.modeling.frames import Sample
from churn_tasks.modeling.selection import Selection, select
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from churn_tasks.work.promotion import is_told
from tests.lakes import rows, small_profile, telecom_tables
from tests.modeling.synthetic import blank, fill, fill_month, signals

FIRST_FEATURES, JULY, AUGUST = Month(2024, 3), Month(2024, 7), Month(2024, 8)
TABLES = ("out_validation", "score_churn", "score_factor")


def _run(road: Path, month: Month, **settings: object) -> MonthRun:
    """One month over the lake below ``road``; settings replace sections of the profile."""
    url = (road / "warehouse").read_text()
    profile = small_profile(
        road, telecom_tables(), **{"definition": "not_billed", **settings}
    )
    return MonthRun(
        load_settings(str(profile), state_dir=road / "state", warehouse_url=url), month
    )


def _model_month(run: MonthRun) -> dict[str, str]:
    """The three steps; digests of what they wrote."""
    for step in ("train", "promote", "score"):
        assert run_on(step, run).outcome == "done"
    return {table: run.lake.sha256(table, run.month) for table in TABLES}


@pytest.fixture(scope="module")
def road(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of 600 customers, and the model months 2024-07 (first champion) and 2024-08 already run."""
    folder = tmp_path_factory.mktemp("model")
    (folder / "warehouse").write_text(postgres.create_database("model_steps"))
    july = _run(folder, JULY)
    fill(july, list(months_between(FIRST_FEATURES, AUGUST + 1)), 600)
    digests = _model_month(july)
    july.close()
    august = _run(folder, AUGUST)
    _model_month(august)
    august.close()
    (folder / "july").write_text(repr(digests))
    return folder


def test_candidates_are_judged_on_a_month_none_of_them_learnt_from(road: Path) -> None:
    run = _run(road, AUGUST)
    judged = {row["candidate"]: row for row in rows(run, "out_validation")}
    assert set(judged) == {"champion", "lightgbm", "logistic_regression"}
    assert sum(row["is_selected"] for row in judged.values()) == 1
    for row in judged.values():
        assert str(row["tested_month"]) == "2024-06-01"
        assert (
            str(row["train_to"]) <= "2024-04-01"
        )  # known at the end of 2024-06: two months on
        assert (row["customers"], row["warned"], row["list_size"]) == (600, 30, 30)
        assert row["auc"] > 0.7
    assert str(judged["champion"]["train_to"]) == "2024-03-01"
    assert judged["champion"]["mlflow_run_id"] is None


def test_what_was_learnt_from_is_on_record_with_the_reason_for_every_column(
    road: Path,
) -> None:
    run = _run(road, AUGUST)
    chosen = {row["feature"]: row for row in rows(run, "feature_selection")}
    assert set(chosen) == {feature.name for feature in run.registry.features}
    kept = {name for name, row in chosen.items() if row["is_kept"]}
    assert set(signals(run)) <= kept and 10 <= len(kept) < len(chosen)
    assert all(
        row["reason"] in ("tells", "pinned")
        for name, row in chosen.items()
        if name in kept
    )
    versions = {
        row["candidate"]: row["model_version"] for row in rows(run, "out_validation")
    }
    version = versions["lightgbm"]
    files = run.warehouse.model_files(run.settings.model.name, version)
    assert (
        set(
            run.tracking.load(
                run.settings.model.name, version, files, trusted_types()
            ).features
        )
        == kept
    )
    parent = mlflow.search_runs(
        [run.tracking.experiment_id], "tags.`churn.month` = '2024-08'"
    )
    assert any(
        "selection.json" in str(tags) for tags in parent["tags.mlflow.loggedArtifacts"]
    )
    assert (
        max(row["row_count"] for row in chosen.values()) < 600 * 2 + 1
    )  # rows of March and April, not of June


def test_a_month_that_runs_again_gives_the_same_bytes_and_no_second_version(
    road: Path,
) -> None:
    run = _run(road, JULY)
    before = run.tracking.client.search_model_versions(
        f"name = '{run.settings.model.name}'"
    )
    aliases, decided = run.tracking.aliases(), run.warehouse.promotions()
    assert repr(_model_month(run)) == (road / "july").read_text()
    after = run.tracking.client.search_model_versions(
        f"name = '{run.settings.model.name}'"
    )
    assert len(after) == len(before) == 4  # two candidates in each of two months
    assert run.tracking.aliases() == aliases  # an earlier month never turns them back
    assert run.warehouse.promotions() == decided
    runs = mlflow.search_runs(
        [run.tracking.experiment_id], "tags.`churn.month` = '2024-07'"
    )
    assert sorted(runs["status"]) == ["FINISHED"] * 3


def test_training_reads_what_it_learns_from_once_and_what_it_is_judged_on_once(
    road: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The leak probe, the selection and both candidates share one frame; candidates and champion share the others."""
    run = _run(road, AUGUST)
    run.lake.remove("feature_selection", AUGUST)
    read: list[list[dt.date]] = []
    held = Engine.held

    def noted(
        engine: Engine, name: str, select: str, parameters: Parameters
    ) -> AbstractContextManager[None]:
        read.append(parameters["months"])
        return held(engine, name, select, parameters)

    monkeypatch.setattr(Engine, "held", noted)
    assert run_on("train", run).outcome == "done"
    learnt, tested = [FIRST_FEATURES, FIRST_FEATURES + 1], [JULY - 1]
    between = [JULY - 2]
    assert read == [
        [month.start for month in months] for months in (learnt, tested, between)
    ]


def test_a_month_that_runs_again_takes_its_selection_over_unless_an_input_changed(
    road: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = []

    def noted(rows: Sample, *others: object) -> Selection:
        looked_at.append(len(rows))
        return select(rows, *others)

    monkeypatch.setattr("churn_tasks.work.chosen_columns.select", noted)
    run = _run(road, AUGUST)
    before = run.lake.sha256("feature_selection", AUGUST)
    assert run_on("train", run).outcome == "done"
    assert looked_at == []
    assert run.lake.sha256("feature_selection", AUGUST) == before
    pinned = _run(road, AUGUST, features={"pin": [signals(run)[0]]})
    try:
        assert run_on("train", pinned).outcome == "done"
        assert len(looked_at) == 1
        assert run.lake.sha256("feature_selection", AUGUST) != before
    finally:
        _model_month(_run(road, AUGUST))
    assert run.lake.sha256("feature_selection", AUGUST) == before


def test_everybody_is_scored_by_the_pinned_version_and_the_listed_have_reasons(
    road: Path,
) -> None:
    run = _run(road, AUGUST)
    champion = run.warehouse.champion(AUGUST)
    scored = rows(run, "score_churn")
    assert len(scored) == 600
    assert {row["model_version"] for row in scored} == {champion.version}
    assert all(0 < row["churn_score"] < 1 for row in scored)
    listed = {
        row["customer_id"]
        for row in sorted(scored, key=lambda row: -row["churn_score"])[:30]
    }
    factors = rows(run, "score_factor")
    assert {row["customer_id"] for row in factors} == listed
    assert min(row["contribution"] for row in factors) > 0
    assert signals(run)[0] in {row["feature"] for row in factors}


def test_who_lacks_a_figure_is_scored_without_it_and_marked(road: Path) -> None:
    """25 of 600 customers, less than one in twenty; a score in the middle of those who have the figure."""
    run = _run(road, AUGUST)
    up = signals(run)[0]
    scored = {row["customer_id"]: row for row in rows(run, "score_churn")}
    assert {row["unknown_features"] for row in scored.values()} == {None}
    blank(run, AUGUST, up, 25)
    try:
        assert run_on("score", run).facts["with_unknown"] == 25
        without = {row["customer_id"]: row for row in rows(run, "score_churn")}
        marked = {who for who, row in without.items() if row["unknown_features"]}
        assert len(marked) == 25 and max(marked) == "c0000024"
        assert {without[who]["unknown_features"] for who in marked} == {up}
        for who in without.keys() - marked:
            assert without[who] == scored[who]
        changed = [without[who]["churn_score"] for who in sorted(marked)]
        every = sorted(row["churn_score"] for row in scored.values())
        assert every[60] < min(changed) and max(changed) < every[-10]
        factors = [
            (row["customer_id"], row["feature"]) for row in rows(run, "score_factor")
        ]
        assert up in {feature for _, feature in factors}
        assert not {(who, up) for who in marked} & set(factors)
    finally:
        fill_month(run, AUGUST, 600)
        run_on("score", run)
    assert {row["customer_id"]: row for row in rows(run, "score_churn")} == scored


@pytest.mark.parametrize(("lacking", "share"), [(31, "5.2%"), (600, "100.0%")])
def test_a_figure_that_many_lack_stops_the_scoring_by_name(
    road: Path, lacking: int, share: str
) -> None:
    run = _run(road, AUGUST)
    up, down = signals(run)
    try:
        table = blank(run, AUGUST, up, lacking)
        said = rf"{table} 2024-08, column {up}: unknown for {share} of the customers, for 0.0% when"
        with pytest.raises(
            CheckFailed, match=rf"{said}.*{lacking} rows; e.g. c0000000"
        ):
            run_on("score", run)
        blank(run, AUGUST, down, 40)
        with pytest.raises(CheckFailed, match=rf"so are ({up}|{down}) \(1 more\)"):
            run_on("score", run)
        model = {**run.settings.model.model_dump(), "max_unknown_rise": 1.0}
        assert run_on("score", _run(road, AUGUST, model=model)).outcome == "done"
    finally:
        fill_month(run, AUGUST, 600)
    assert run_on("score", run).outcome == "done"


def test_the_decision_is_recorded_and_the_aliases_follow_it(road: Path) -> None:
    run = _run(road, AUGUST)
    decision = run.warehouse.promotion(AUGUST)
    assert "tested on 2024-06" in decision.why
    assert (
        run.tracking.aliases()["champion"]
        == decision.model_version
        == run.warehouse.champion(AUGUST).version
    )
    assert run.warehouse.promotion(JULY).promoted
    assert run.warehouse.promotion(JULY).metrics["tested_month"] == "2024-05"


def test_the_gate_rests_on_every_month_that_neither_has_learnt_from(road: Path) -> None:
    """In August the champion has learnt from March and the candidates up to April: May and June are left."""
    run = _run(road, AUGUST)
    judged = rows(run, "out_gate")
    assert {str(row["judged_month"])[:7] for row in judged} == {"2024-05", "2024-06"}
    assert {row["candidate"] for row in judged} == {"lightgbm", "logistic_regression"}
    for row in rows(run, "out_validation"):
        of_model = [each for each in judged if each["candidate"] == row["candidate"]]
        if row["candidate"] == "champion":
            assert of_model == [] and not is_told(row["gain"])
            continue
        in_june = next(row for row in of_model if "2024-06" in str(row["judged_month"]))
        assert in_june["average_precision"] == pytest.approx(row["average_precision"])
        assert row["gain_months"] == 2
        assert row["gain_churners"] == sum(each["churners"] for each in of_model) > 100
        assert row["gain_low"] < row["gain"] < row["gain_high"]


def test_the_decision_keeps_the_interval_that_it_rests_on_and_what_was_missed(
    road: Path,
) -> None:
    run = _run(road, AUGUST)
    july, august = run.warehouse.promotion(JULY), run.warehouse.promotion(AUGUST)
    assert july.promoted and "on chance, there being no champion" in july.why
    (selected,) = (row for row in rows(run, "out_validation") if row["is_selected"])
    figures = august.metrics[selected["candidate"]]
    assert august.promoted is (figures["gain_low"] > 0)
    for name in ("gain", "gain_low", "gain_high", "gain_churners"):
        assert figures[name] == selected[name]
    champion = august.metrics["champion"]
    assert "gain" not in champion
    missed = figures["average_precision"] - champion["average_precision"]
    assert august.metrics["judged_version"] == july.model_version
    assert august.metrics["missed"] == pytest.approx(missed)
    assert august.metrics["regret"] == pytest.approx(missed)


def test_what_is_ahead_and_not_surely_keeps_the_champion(road: Path) -> None:
    """A bar between the gain and the lower end of its interval; control: one below that end is passed."""
    run = _run(road, AUGUST)
    (selected,) = (row for row in rows(run, "out_validation") if row["is_selected"])
    between = (selected["gain_low"] + selected["gain"]) / 2
    below = selected["gain_low"] / 2
    assert 0 < below < between
    try:
        for bar, promoted in ((between, False), (below, True)):
            report = run_on("promote", _run(road, AUGUST, promotion={"min_gain": bar}))
            assert report.facts["promoted"] is promoted
    finally:
        run_on("promote", _run(road, AUGUST))


def test_few_leavers_keep_the_champion_by_name(road: Path) -> None:
    run = _run(road, AUGUST, promotion={"min_churners": 5_000})
    try:
        report = run_on("promote", run)
        assert report.facts["promoted"] is False
        assert "at least 5000 leavers are wanted" in report.facts["why"]
    finally:
        run_on("promote", _run(road, AUGUST))


def test_a_high_bar_keeps_the_champion(road: Path) -> None:
    run = _run(road, AUGUST, promotion={"min_gain": 0.9})
    kept = run.warehouse.champion(JULY).version
    try:
        report = run_on("promote", run)
        assert report.facts["promoted"] is False
        assert run.warehouse.champion(AUGUST).version == kept
        assert run.tracking.aliases()["champion"] == kept
    finally:
        run_on("promote", _run(road, AUGUST))


def test_a_changed_model_file_stops_scoring(road: Path) -> None:
    run = _run(road, AUGUST)
    version = run.warehouse.champion(AUGUST).version
    source = run.tracking.client.get_model_version(
        run.settings.model.name, str(version)
    ).source
    stored = next(
        (road / "state" / "mlflow").rglob(
            f"*{source.rpartition('/')[2]}*/**/model.skops"
        )
    )
    content = stored.read_bytes()
    stored.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        with pytest.raises(BadInput, match="not the ones that were validated"):
            run_on("score", run)
    finally:
        stored.write_bytes(content)
    assert run_on("score", run).outcome == "done"


@pytest.mark.slow
def test_a_leaking_column_stops_training_and_is_named(road: Path) -> None:
    run = _run(road, AUGUST + 1)
    leak = signals(run)[1]
    fill_month(run, AUGUST + 1, 600)
    for month in months_between(FIRST_FEATURES, JULY):
        fill_month(run, month, 600, leak=leak)
    try:
        with pytest.raises(CheckFailed, match=leak):
            run_on("train", run)
        assert not run.lake.has("out_validation", run.month)
        banned = _run(road, AUGUST + 1, features={"ban": [leak]})
        assert run_on("train", banned).outcome == "done"
    finally:
        fill(run, list(months_between(FIRST_FEATURES, JULY)), 600)


def test_short_history_is_skipped_and_missing_labels_are_waited_for(road: Path) -> None:
    assert run_on("train", _run(road, JULY - 1)).outcome == "skipped"
    assert (
        run_on("score", _run(road, JULY - 1)).outcome == "skipped"
    )  # no decision is in force yet
    run = _run(road, AUGUST + 1)
    label = run.lake.path("label", JULY)
    aside = label.rename(label.with_suffix(".aside"))
    try:
        with pytest.raises(
            NotReady,
            match=r"needs label of 2024-07. Run first: churn step labels --month 2024-09",
        ):
            run_on("train", run)
    finally:
        aside.rename(label)


def test_a_month_waits_until_the_month_before_has_decided(road: Path) -> None:
    """Else a champion would be compared, and then overtaken, by a decision that comes later for an earlier month."""
    with pytest.raises(
        NotReady,
        match=r"needs out_promotion of 2024-11, unless model\.train_from .*Run first: churn step promote",
    ):
        run_on("train", _run(road, Month(2024, 12)))
    with pytest.raises(
        NotReady, match=r"needs out_promotion of 2024-12. Run first: churn step promote"
    ):
        run_on("score", _run(road, Month(2024, 12)))


def test_features_that_are_gone_are_named(road: Path) -> None:
    run = _run(road, AUGUST)
    queries = run.registry.queries["features"]
    (gone,) = (
        query for query in queries if signals(run)[0] in query.output.column_names
    )
    queries.remove(gone)
    with pytest.raises(BadInput, match="needs features that are gone"):
        run_on("score", run)
    assert gone.output.table


def test_without_any_champion_nothing_is_decided_for_chance(road: Path) -> None:
    run = _run(road, JULY, promotion={"min_gain": 0.95})
    assert run.lake.has("out_validation", JULY)
    before = run.warehouse.promotion(JULY)
    assert run_on("promote", run).facts["promoted"] is False
    assert isinstance(before, PromotionRow)
    assert run.warehouse.promotion(JULY) == before


def test_other_families_are_registered_with_what_they_show_of_themselves(
    road: Path,
) -> None:
    """Last, because it judges August anew with other candidates."""
    rule = {"column": signals(_run(road, AUGUST))[0]}
    candidates = [
        "logistic_statistical",
        {"name": "drawn", "family": "decision_tree", "given": {"depth": 3}},
        {"name": "rule", "given": rule},
    ]
    model = {"name": "small_churn", "candidates": candidates}
    run = _run(road, AUGUST, model=model)
    assert run_on("train", run).outcome == "done"
    judged = {row["candidate"]: row for row in rows(run, "out_validation")}
    assert set(judged) == {"logistic_statistical", "drawn", "rule", "champion"}
    client = run.tracking.client
    shown = {}
    for name in ("logistic_statistical", "drawn", "rule"):
        run_id = judged[name]["mlflow_run_id"]
        shown[name] = {file.path for file in client.list_artifacts(run_id)}
        told = client.get_run(run_id).data.params
        assert (told["train_from"], told["tested_month"]) == ("2024-03", "2024-06")
        assert int(told["model_version"]) == judged[name]["model_version"]
        assert "curves.png" in shown[name]
    assert "coefficients.json" in shown["logistic_statistical"]
    assert "tree.png" in shown["drawn"]
    assert client.get_run(judged["drawn"]["mlflow_run_id"]).data.params["depth"] == "3"
    again = _run(road, AUGUST, model=model)
    before = run.lake.sha256("out_validation", AUGUST)
    assert run_on("train", again).outcome == "done"
    assert again.lake.sha256("out_validation", AUGUST) == before
