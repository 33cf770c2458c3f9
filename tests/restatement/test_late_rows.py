"""Late rows rebuild what depends on them, and nothing else; what was learnt from stays what it was."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import Settings
from churn_tasks.modeling.frames import feature_set
from churn_tasks.report.outcome import list_outcomes
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.month import run_step
from churn_tasks.work.customer_rows import customer_rows
from tests.restatement.conftest import Road, Trace, digests, run_month, trace
from tests.restatement.late_bills import AUGUST, FIRST, JULY, LATE_BILLS, profile

MAY = Month(2024, 5)
DAY = "2024-09-06"  # known_until of August
# What July's late bills change: its own tables from the delivery to the list, and the label of May, whose window
# (June to act, July to leave) holds July. Complaints did not come late: their tables stay, and so do the triggers, of
# which the late bills make none.
REBUILT = {
    *(f"{table}/month=2024-07-01/restated={DAY}.parquet" for table in (
        "delivery", "profile", "check_result", "profile_accepted", "audit_rows", "treatment", "touched_customer",
        "customer_line", "month_activity", "month_billing", "cohort", "feat_spend", "feat_care",
        "feat_bill_items", "feat_complaint_answers", "feat_complaint_text",
        "score_churn", "score_factor", "score_cause", "score_watch", "out_warning_list",
        "touched_customer",
    )),
    *(f"{table}/month=2024-07-01/late={DAY}.parquet" for table in ("raw_bill", "clean_bill")),  # the twelve rows alone
    f"label/month=2024-05-01/restated={DAY}.parquet",
}  # fmt: skip


def _new(before: Trace, after: Trace) -> set[str]:
    """New files apart from what August makes of itself: its own partitions, and the label of June, just come of age."""
    own = {name for name in after if "month=2024-08-01" in name} | {
        "label/month=2024-06-01/data.parquet"
    }
    return after.keys() - before.keys() - own


def _training_rows(run: MonthRun) -> pd.DataFrame:
    """All that September's training could read: cohort, features and labels of the months before August."""
    features = feature_set(run.registry.queries["features"])
    months = months_between(FIRST + 2, JULY + 1)
    return customer_rows(run, features, months, labelled=True)


def test_august_finds_the_late_bills_of_july(road: Road) -> None:
    run = MonthRun(road.settings, AUGUST)
    found = run.rows_of_month("late_rows").drop(columns="month").to_dict("records")
    assert [
        (row["table_name"], row["late_rows"], str(row["known_from"])[:10])
        for row in found
    ] == [("bill", LATE_BILLS, "2024-08-20")]
    assert run.lake.rows("raw_bill", JULY) + LATE_BILLS == road_rows(road, "raw_bill")
    run.close()


def road_rows(road: Road, table: str) -> int:
    restated = MonthRun(
        road.settings, JULY, road.settings.calendar.window(AUGUST).known_until
    )
    return restated.lake.rows(table, JULY)


def test_exactly_what_depends_on_them_is_rebuilt(road: Road) -> None:
    assert _new(road.before, road.after) == REBUILT
    touched = {name for name in road.before if road.after[name] != road.before[name]}
    assert touched == set(), (
        "bytes, inode and time of every earlier file are as they were"
    )
    assert len(road.before) > 100


def test_both_deliveries_are_on_record(road: Road) -> None:
    restated = MonthRun(
        road.settings, JULY, road.settings.calendar.window(AUGUST).known_until
    )
    rows = restated.rows_of_month("delivery").sort_values(["table_name", "known_until"])
    told = [
        (r.table_name, str(r.known_until)[:10], bool(r.is_restated), int(r.late_rows))
        for r in rows.itertuples()
    ]
    assert told == [
        ("bill", "2024-08-06", False, 0),
        ("bill", DAY, True, LATE_BILLS),
        ("complaint", "2024-08-06", False, 0),
    ]
    assert rows.row_count.iloc[1] - rows.row_count.iloc[0] == LATE_BILLS
    assert list(rows.sha256)[1] == restated.lake.sha256("raw_bill", JULY)
    restated.close()


def test_nothing_late_writes_nothing(road: Road) -> None:
    """Each month before August looked through the month before it, and found nothing."""
    for month in months_between(FIRST, AUGUST):
        day = road.settings.calendar.window(month).known_until
        assert MonthRun(road.settings, month).lake.restated_at(day) == []
    assert not [name for name in road.before if "data.parquet" not in name]


def test_august_itself_knows_the_late_bills(road: Road) -> None:
    """Its features read July as it was known by then; the first version of July lacks the twelve."""
    run = MonthRun(road.settings, AUGUST)
    run.engine.view("month_activity")
    july = run.engine.row(
        f"SELECT count(*) AS n FROM month_activity WHERE month = DATE '{JULY.start}'"
    )["n"]
    first = MonthRun(road.settings, JULY).lake.rows("month_activity", JULY)
    assert july == first + LATE_BILLS
    run.close()


def test_the_restated_list_is_a_version_of_its_own_and_marked(road: Road) -> None:
    run = MonthRun(road.settings, JULY)
    versions = [
        row for row in run.warehouse.publications() if row["month"] == JULY.start
    ]
    assert [
        (row["version"], row["is_restated"], str(row["known_until"]), row["is_current"])
        for row in versions
    ] == [
        (1, False, "2024-08-06", False),
        (2, True, DAY, True),
    ]
    published = run.warehouse.published(JULY)
    assert {
        (row["is_restated"], row["version"], row["model_version"]) for row in published
    } == {(True, 2, run.warehouse.champion(JULY).version)}
    august = run.warehouse.published(AUGUST)
    assert {(row["is_restated"], str(row["known_until"])) for row in august} == {
        (False, DAY)
    }
    run.close()


def test_the_page_says_so_in_both_languages(road: Road) -> None:
    pages = {
        month: (road.settings.report_dir / f"{month}.html").read_text()
        for month in (JULY, AUGUST)
    }
    assert f"everything that had become known before {DAY}" in pages[JULY]
    assert f"本页依据 {DAY} 之前获悉的数据重新生成" in pages[JULY]
    assert "重新生成" not in pages[AUGUST]


def test_lists_are_judged_as_they_were_called(road: Road) -> None:
    """The customers of July's first list are counted as warned, by a run that may know everything of August."""
    first, restated = (
        set(
            MonthRun(road.settings, JULY, day)
            .rows_of_month("out_warning_list", ["customer_id"])
            .customer_id
        )
        for day in (None, road.settings.calendar.window(AUGUST).known_until)
    )
    assert first != restated
    judging = MonthRun(road.settings, AUGUST).as_known()
    judging.engine.view("out_warning_list")
    judged = judging.engine.frame(
        f"SELECT customer_id FROM out_warning_list WHERE month = DATE '{JULY.start}'"
    )
    assert set(judged.customer_id) == first
    assert (
        list_outcomes(judging.engine, road.settings, AUGUST) == []
    )  # no truth about July's list before September
    judging.close()


def test_training_and_validation_keep_the_first_versions(road: Road) -> None:
    """Negative control: the naive way, which puts the late rows in the place of the first, changes what is learnt."""
    run = MonthRun(road.settings, AUGUST + 1)
    learnt = _training_rows(run)
    run.close()
    first_only = MonthRun(road.settings, JULY)
    assert learnt.equals(_training_rows(first_only))
    first_only.close()
    naive = _overwritten(road)
    assert not learnt.equals(_training_rows(naive))
    naive.close()


def _overwritten(road: Road) -> MonthRun:
    """The lake of somebody who overwrites a month with what came late."""
    copy = profile(road.folder, road.data, state="naive")
    shutil.copytree(
        road.settings.lake_dir, copy.lake_dir, ignore=shutil.ignore_patterns(".spill")
    )
    for path in sorted(copy.lake_dir.glob(f"*/month=*/restated={DAY}.parquet")):
        path.replace(path.with_name("data.parquet"))
    return MonthRun(copy, AUGUST + 1)


@pytest.mark.slow
def test_august_twice_gives_the_same_bytes_and_no_further_version(road: Road) -> None:
    run = MonthRun(road.settings, JULY)
    versions, pages = run.warehouse.publications(), _pages(road.settings)
    run_month(road.settings, AUGUST)
    assert digests(road.settings) == {
        name: digest for name, (digest, *_) in road.after.items()
    }
    assert run.warehouse.publications() == versions
    assert _pages(road.settings) == pages
    run.close()


def test_july_run_again_is_july_and_its_restated_list_stays(road: Road) -> None:
    run = MonthRun(road.settings, JULY)
    versions, pages = run.warehouse.publications(), _pages(road.settings)
    run_month(road.settings, JULY)
    assert digests(road.settings) == {
        name: digest for name, (digest, *_) in road.after.items()
    }
    assert run.warehouse.publications() == versions
    assert _pages(road.settings) == pages
    run.close()


def _pages(settings: Settings) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in settings.report_dir.glob("*.html")}


@pytest.mark.slow
def test_a_lake_built_anew_in_order_has_the_same_bytes(road: Road) -> None:
    """Everything below the models; those have numbers of their own in every registry."""
    anew = profile(road.folder, road.data, state="anew")
    steps = (
        "extract",
        "late",
        "check_raw",
        "integrate",
        "match",
        "texts",
        "summarise",
        "features",
        "labels",
    )
    for month in months_between(FIRST, AUGUST + 1):
        for step in steps:
            run_step(step, anew, month)
    made = digests(anew)
    expected = {
        name: digest for name, (digest, *_) in road.after.items() if name in made
    }
    assert made == expected
    assert len(made) > 100
    assert REBUILT - set(made) == {
        f"label/month=2024-05-01/restated={DAY}.parquet",
        *(
            f"{t}/month=2024-07-01/restated={DAY}.parquet"
            for t in (
                "score_churn",
                "score_factor",
                "score_cause",
                "score_watch",
                "out_warning_list",
            )
        ),
    }


@pytest.mark.parametrize("months", [0])
def test_a_window_of_no_months_looks_for_nothing(
    road: Road, months: int, tmp_path: Path
) -> None:
    settings = road.settings.model_copy(
        update={
            "restatement": road.settings.restatement.model_copy(update={"months": 0})
        }
    )
    copy = settings.model_copy(
        update={
            "environment": settings.environment.model_copy(
                update={"state_dir": tmp_path}
            )
        }
    )
    assert run_step("late", copy, AUGUST).outcome == "skipped"
    assert trace(copy) == {}
