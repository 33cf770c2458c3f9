"""The steps ``score`` and ``watch`` on a lake with a known truth, MLflow and a real warehouse."""

import logging
from pathlib import Path

import pytest

from churn_tasks.core.errors import CheckFailed
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import put, rows, small_profile, telecom_tables
from tests.modeling.synthetic import fill

FIRST_FEATURES, JULY, AUGUST = Month(2024, 3), Month(2024, 7), Month(2024, 8)
LATER = Month(2024, 9)  # in whose run the truth of July comes in
CUSTOMERS = 600
TEXT = "home_area"  # of the values north, south, west and none
TEXT_YAML = """
table: feat_home
key: [customer_id]
meaning: {en: Where the customer lives, zh: 客户所在地}
reads: [cohort]
columns:
  - {name: customer_id, type: text, required: true, pii: quasi, en: Subscriber number, zh: 用户编号}
  - {name: home_area, type: text, family: basic, group: market, expect: none, en: Part of the country, zh: 地区}
"""
TEXT_SQL = "SELECT customer_id, CAST(NULL AS VARCHAR) AS home_area FROM cohort\n"
CHANGES = {  # kind of change: what is made of a text column
    "case": "upper({})",
    "width": "' ' || {}",
    "new": "CASE WHEN {} = 'west' THEN 'isles' ELSE {} END",
}


def _run(road: Path, month: Month, **settings: object) -> MonthRun:
    url = (road / "warehouse").read_text()
    profile = small_profile(
        road, telecom_tables(), definition="not_billed", features={"pin": [TEXT]}
    )
    query = profile / "sql" / "features" / "home"
    query.mkdir(parents=True)
    (query / "query.yaml").write_text(TEXT_YAML, encoding="utf-8")
    (query / "query.sql").write_text(TEXT_SQL, encoding="utf-8")
    return MonthRun(
        load_settings(
            str(profile), state_dir=road / "state", warehouse_url=url, **settings
        ),
        month,
    )


@pytest.fixture(scope="module")
def road(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that learnt in July and scored July, August and September."""
    folder = tmp_path_factory.mktemp("watched")
    (folder / "warehouse").write_text(postgres.create_database("watched"))
    run = _run(folder, JULY)
    months = list(months_between(FIRST_FEATURES, LATER + 1))
    fill(run, months, CUSTOMERS, levels=TEXT)
    for step in ("train", "promote"):
        run_on(step, run)
    run.close()
    for month in (JULY, AUGUST, LATER):
        scoring = _run(folder, month)
        put_decision(scoring)
        run_on("score", scoring)
        (folder / f"scored {month}").write_text(
            scoring.lake.sha256("score_churn", month)
        )
        scoring.close()
    return folder


def put_decision(run: MonthRun) -> None:
    """The months after July keep its model."""
    if run.month == JULY:
        return
    decision = {"decision": "kept", "model_name": "small", "model_version": 1}
    put(run, "out_promotion", str(run.month), [{**decision, "why": "nothing better"}])


def changed(run: MonthRun, change: str) -> None:
    """Write a text of every customer of the month otherwise."""
    (table,) = (
        query.output.table
        for query in run.registry.queries["features"]
        if TEXT in query.output.column_names
    )
    run.engine.view(table)
    value = CHANGES[change].replace("{}", f'"{TEXT}"')
    before = run.engine.rows_of(table, run.month)
    with run.engine.held("before", f"SELECT * EXCLUDE month FROM {before}"):
        run.engine.write(
            table, run.month, f'SELECT * REPLACE ({value} AS "{TEXT}") FROM before'
        )


def test_the_watch_is_written_recorded_once_and_quiet(road: Path) -> None:
    run = _run(road, LATER)
    report = run_on("watch", run)
    assert report.facts["alarms"] == ""
    found = rows(run, "model_watch")
    assert report.rows["model_watch"] == len(found) == report.facts["recorded"]
    measured = {(row["subject"], row["measure"]) for row in found}
    assert {
        ("inputs", "moved_share"),
        ("churn_score", "psi"),
        ("churn_score", "calibration_gap"),
        ("churn_score", "average_precision"),
    } <= measured
    assert run_on("watch", run).facts["recorded"] == 0, "the same again adds nothing"
    told = run.warehouse.read("SELECT * FROM bi_model_watch ORDER BY subject, measure")
    assert len(told) == len(found)
    assert {row["revision"] for row in told} == {1}
    assert {row["model_version"] for row in told} == {
        row["model_version"] for row in rows(run, "score_churn")
    }
    run.close()


def test_in_the_first_month_no_truth_is_in_and_inputs_alone_are_watched(
    road: Path,
) -> None:
    run = _run(road, JULY)
    assert run_on("watch", run).outcome == "done"
    measures = {row["measure"] for row in rows(run, "model_watch")}
    assert measures == {"psi", "moved_share"}
    run.close()


@pytest.mark.parametrize("change", ["case", "width"])
def test_a_spelling_that_changed_stops_before_anybody_is_scored(
    road: Path, change: str
) -> None:
    run = _run(road, AUGUST)
    scored = (road / f"scored {AUGUST}").read_text()
    fill(run, [AUGUST], CUSTOMERS, levels=TEXT)
    changed(run, change)
    with pytest.raises(CheckFailed) as stopped:
        run_on("score", run)
    said = str(stopped.value)
    for part in (TEXT, "2024-08", "learnt as north", "watch.respelled_share"):
        assert part in said
    run.close()
    bounds = {"respelled_share": 1.0, "moved_share": 1.0}
    naive = _run(road, AUGUST, watch=bounds)  # the control: scored as something unknown
    assert run_on("score", naive).outcome == "done"
    assert naive.lake.sha256("score_churn", AUGUST) != scored
    naive.close()


def test_a_value_nobody_knew_is_logged_before_the_scores_and_told_as_an_alarm(
    road: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = _run(road, AUGUST)
    fill(run, [AUGUST], CUSTOMERS, levels=TEXT)
    changed(run, "new")
    with caplog.at_level(logging.WARNING, logger="churn.watch"):
        assert run_on("score", run).outcome == "done"
    assert f"{TEXT}: new_value_share" in caplog.text
    assert "isles: " in caplog.text
    alarms = run_on("watch", run).facts["alarms"]
    assert alarms.startswith(f"{TEXT}: new_value_share 0.2")
    run.close()
