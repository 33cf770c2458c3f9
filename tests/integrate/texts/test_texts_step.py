"""The step ``texts``: which complaints it reads, what it writes, and that no word of them stays anywhere."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from churn_tasks.core.errors import NotReady, SettingsError
from churn_tasks.core.months import Month
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import put, rows, small_profile, small_run

SECRET = "密码八八六"
THREAT = f"再不解决就转网，{SECRET}"


def complaint(
    number: int, customer: str, day: str, text: str | None, known: str = ""
) -> dict[str, Any]:
    return {
        "complaint_id": f"T{number}", "customer_id": customer, "event_date": day, "known_date": known or day,
        "category": "price", "channel": "app", "complaint_text": text,
    }  # fmt: skip


MARCH = [
    complaint(1, "threatens", "2024-03-02", "月租太贵，非常不满意"),
    complaint(2, "threatens", "2024-03-30", THREAT),
    complaint(3, "threatens", "2024-03-31", "无"),
    complaint(4, "silent", "2024-03-05", None),
    complaint(5, "known_in_time", "2024-03-31", "信号差", known="2024-04-05"),
    complaint(6, "known_too_late", "2024-03-31", "信号差", known="2024-04-06"),
    complaint(7, "of_april", "2024-04-01", "信号差"),
    complaint(8, "of_february", "2024-02-29", "信号差"),
    complaint(9, "thanks", "2024-03-09", "问题已解决，非常感谢"),
]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[MonthRun]:
    one = small_run(tmp_path, "2024-03", raw=["bill", "complaint"])
    put(one, "clean_complaint", "2024-03", MARCH)
    yield one
    one.close()


def test_what_was_written_and_known_in_the_month_is_read(run: MonthRun) -> None:
    report = run_on("texts", run)
    made = {row["customer_id"]: row for row in rows(run, "month_complaint_text")}
    assert set(made) == {"threatens", "known_in_time", "thanks"}
    assert report.rows == {"month_complaint_text": 3} and report.facts == {"texts": 4}
    threatens = made["threatens"]
    assert (
        threatens["text_count"],
        threatens["price_text_count"],
        threatens["leaving_text_count"],
    ) == (2, 1, 1)
    assert (
        str(threatens["last_leaving_date"])
        == str(threatens["last_text_date"])
        == "2024-03-30"
    )
    assert (threatens["lowest_tone_ratio"], threatens["positive_points"]) == (-1, 0)
    assert threatens["character_count"] == len("月租太贵，非常不满意") + len(THREAT)
    assert (
        made["thanks"]["last_tone_ratio"] > 0
        and made["known_in_time"]["network_text_count"] == 1
    )


def test_the_last_tone_is_of_the_latest_text_that_has_one(run: MonthRun) -> None:
    later = complaint(10, "thanks", "2024-03-20", "账单")
    put(
        run,
        "clean_complaint",
        "2024-03",
        [*MARCH, later, complaint(11, "thanks", "2024-03-10", "极差")],
    )
    run_on("texts", run)
    thanks = next(
        row
        for row in rows(run, "month_complaint_text")
        if row["customer_id"] == "thanks"
    )
    assert thanks["last_tone_ratio"] == thanks["lowest_tone_ratio"] == -1
    assert str(thanks["last_text_date"]) == "2024-03-20"


def test_the_order_of_rows_and_a_second_run_change_no_byte(run: MonthRun) -> None:
    run_on("texts", run)
    first = run.lake.sha256("month_complaint_text", run.month)
    put(run, "clean_complaint", "2024-03", MARCH[::-1])
    run_on("texts", run)
    assert run.lake.sha256("month_complaint_text", run.month) == first


def test_no_word_of_a_text_is_written_or_said(
    run: MonthRun, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        report = run_on("texts", run)
    assert SECRET not in str(rows(run, "month_complaint_text"))
    assert SECRET not in caplog.text and SECRET not in str(report)
    assert SECRET in str(rows(run, "clean_complaint")), "control: it can be found"


def test_a_month_without_complaints_is_an_empty_table(run: MonthRun) -> None:
    put(run, "clean_complaint", "2024-03", [])
    assert run_on("texts", run).rows == {"month_complaint_text": 0}
    assert run.lake.has("month_complaint_text", run.month)


def test_it_waits_for_the_complaints(run: MonthRun) -> None:
    run.lake.remove("clean_complaint", run.month)
    with pytest.raises(NotReady, match="churn step integrate"):
        run_on("texts", run)


def test_a_profile_without_complaints_has_neither_table_nor_features(
    tmp_path: Path,
) -> None:
    run = small_run(tmp_path, "2024-03", raw=["bill"])
    assert run_on("texts", run).outcome == "skipped"
    assert "month_complaint_text" not in run.registry.tables
    assert "month_complaint_text" in run.registry.absent
    assert "feat_complaint_text" not in {
        query.output.table for query in run.registry.queries["features"]
    }
    with_them = small_run(tmp_path, "2024-03", raw=["bill", "complaint"]).registry
    assert "feat_complaint_text" in {
        query.output.table for query in with_them.queries["features"]
    }


def test_a_restated_month_is_read_again_only_when_its_complaints_were_restated(
    run: MonthRun,
) -> None:
    run_on("texts", run)
    day = run.settings.calendar.window(Month(2024, 4)).known_until
    again = MonthRun(run.settings, run.month, day, delivered_again=("bill",))
    assert run_on("texts", again).outcome == "skipped"
    assert not again.lake.restated_at(day)
    put(again, "clean_complaint", "2024-03", MARCH, checked=False)
    again = MonthRun(run.settings, run.month, day, delivered_again=("complaint",))
    assert run_on("texts", again).rows == {"month_complaint_text": 4}, (
        "what was known too late is in it"
    )
    assert run.lake.rows("month_complaint_text", run.month) == 3, (
        "and the first version stays"
    )
    again.close()


def test_a_class_without_a_column_is_refused(tmp_path: Path) -> None:
    profile = small_profile(tmp_path, ["bill", "complaint"])
    (profile / "text").mkdir()
    words = {"classes": {"weather": {"title": {"en": "x", "zh": "x"}, "terms": ["雨"]}}}
    (profile / "text" / "classes.yaml").write_text(
        yaml.safe_dump(words), encoding="utf-8"
    )
    run = small_run(tmp_path, "2024-03", profile=profile)
    put(run, "clean_complaint", "2024-03", MARCH)
    with pytest.raises(
        SettingsError,
        match=r"only the first has \['weather'\], only the second \['billing'",
    ):
        run_on("texts", run)
    run.close()
