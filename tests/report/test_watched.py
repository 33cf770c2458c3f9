"""The part of the page about the model in force: a line a month, and what stands out in this one."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from churn_tasks.core.settings import load_settings
from churn_tasks.declared.registry import load_registry
from churn_tasks.report.content import MonthContent
from churn_tasks.report.gather import gather
from churn_tasks.report.page import month_page
from churn_tasks.report.watched import (
    MEASURES,
    findings_of,
    shadow_months,
    watched_months,
)
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from churn_tasks.warning.playbook import load_playbook
from tests.lakes import put
from tests.scored_lake import scored_run

LATEST = "2024-08"
JULY, AUGUST = dt.date(2024, 7, 1), dt.date(2024, 8, 1)


def found(
    subject: str, measure: str, value: float, status: str = "ok", note: str = ""
) -> dict[str, object]:
    about = {"subject": subject, "measure": measure, "value": value}
    return {**about, "bound": 0.25, "status": status, "note": note}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> MonthRun:
    """July was quiet; in August the scores moved, and two thirds of the truth came out otherwise."""
    run = scored_run(tmp_path_factory.mktemp("watched"), LATEST)
    run_on("warn", run)
    put(run, "model_watch", "2024-07", [found("churn_score", "psi", 0.011)])
    august = [
        found("active_last_days", "psi", 0.41, "notice", "without a value: 0.0%"),
        found("bill_to_past_ratio", "psi", 0.02),
        found("churn_score", "psi", 0.377, "alarm"),
        found("churn_score", "calibration_gap", -0.054, "alarm"),
        found("inputs", "moved_share", 0.125),
    ]
    put(run, "model_watch", LATEST, august)
    return run


def beside(measure: str, value: float, bound: float) -> dict[str, object]:
    return {**found("shadow", measure, value, note="version 7"), "bound": bound}


def test_a_challenger_has_a_line_a_month_beside_the_champion(run: MonthRun) -> None:
    """Control: a page whose months know of none has no such part."""
    heading = "The challenger in the shadow"
    assert heading not in page_of(run)
    rows = [
        {**beside("list_overlap", 0.625, 0.0), "month": JULY},
        {**beside("average_precision", 0.311, 0.298), "month": AUGUST},
        {**beside("list_precision", 0.25, 0.27), "month": AUGUST},
        {**found("churn_score", "psi", 0.01), "month": AUGUST},
    ]
    july, august = shadow_months(rows)
    assert (july.overlap["value"], july.precision) == (0.625, None)
    assert (august.average_precision["bound"], august.overlap) == (0.298, None)
    page = month_page(replace(content_of(run), watched=rows))
    assert heading in page
    for figure in ("0.625", "0.311", "0.298", "0.250", "0.270"):
        assert f">{figure}<" in page


def page_of(run: MonthRun) -> str:
    return month_page(content_of(run))


def content_of(run: MonthRun) -> MonthContent:
    groups = load_playbook(run.settings).reasons.groups
    titles = {group: reason.title for group, reason in groups.items()}
    return gather(run.engine, run.settings, run.month, titles)


def section(page: str) -> str:
    return page.partition("模型监控")[2].partition("</section>")[0]


def test_the_page_names_alarms_first_and_every_month_on_a_line(run: MonthRun) -> None:
    shown = section(page_of(run))
    assert "Watching the model in force" in shown
    places = [shown.index(part) for part in ("0.377", "-0.054", "active_last_days")]
    assert places == sorted(places)
    for part in ("告警", "提示", "mean score less the share that left", "0.011"):
        assert part in shown
    assert "bill_to_past_ratio" not in shown, "what is within its bound is not listed"


def test_a_quiet_month_says_so_and_one_without_a_watch_says_nothing(
    tmp_path: Path,
) -> None:
    run = scored_run(tmp_path, LATEST)
    run_on("warn", run)
    assert "模型监控" not in page_of(run)
    put(run, "model_watch", LATEST, [found("churn_score", "psi", 0.011)])
    assert "within their bounds" in section(page_of(run))


def test_lines_hold_what_was_judged(run: MonthRun) -> None:
    run.engine.view("model_watch")
    rows = run.engine.records("SELECT * FROM model_watch")
    july, august = watched_months(rows)
    assert (july.alarms, august.alarms) == (0, 2)
    assert july.calibration_gap is None
    assert august.calibration_gap is not None
    assert august.calibration_gap["value"] == -0.054
    assert len(findings_of(rows, august.month)) == 3
    assert findings_of(rows, july.month) == []


def test_every_measure_has_words_in_both_languages() -> None:
    table = load_registry(load_settings("telecom")).tables["model_watch"]
    (column,) = [column for column in table.columns if column.name == "measure"]
    for measure, (zh, en) in MEASURES.items():
        assert measure in column.en and measure in column.zh
        assert zh and en and zh != en
