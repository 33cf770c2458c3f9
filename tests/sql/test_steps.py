"""The steps summarise, features and labels: what they require, write, skip and refuse."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from churn_tasks.core.errors import BadInput, NotReady
from churn_tasks.core.months import Month, months_between
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from tests.lakes import another_month, put, raw_tables, rows, small_profile, small_run
from tests.random_lake import CUSTOMERS, fill

MONTHS = list(months_between(Month.parse("2024-01"), Month.parse("2024-07")))
FEATURE = """table: feat_intensity
key: [customer_id]
meaning: {en: Calls of the latest month over its active days, zh: 活跃日通话强度}
params: [month, observe_start, as_of]
reads: [cohort, month_usage]
columns:
  - {name: customer_id, type: text, en: Subscriber, zh: 用户编号}
  - {name: talk_per_day_min, type: double, unit: min, family: consumption, group: usage_drop, expect: down,
     en: Outgoing minutes for each day with use, zh: 每个使用日的主叫时长}
"""
FEATURE_SQL = """-- How long the customer talks on a day with use.
SELECT
    cohort.customer_id,
    sum(made.voice_out_min) / nullif(sum(made.active_days), 0) AS talk_per_day_min
FROM cohort
LEFT JOIN month_usage AS made
    ON made.customer_id = cohort.customer_id
    AND made.month >= $observe_start AND made.month < $as_of
WHERE cohort.month = $month
GROUP BY cohort.customer_id
"""


@pytest.fixture(scope="module")
def summed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MonthRun]:
    """Six months, summed up; nobody has read them yet."""
    run = small_run(tmp_path_factory.mktemp("summed"), "2024-03", raw=raw_tables())
    fill(run, MONTHS)
    for month in MONTHS:
        run_on("texts", another_month(run, str(month)))
        run_on("summarise", another_month(run, str(month)))
    yield run
    run.close()


@pytest.fixture
def lake(summed: MonthRun, tmp_path: Path) -> Iterator[MonthRun]:
    """A copy of the six months for one test."""
    profile = shutil.copytree(summed.settings.profile_dir, tmp_path / "profile")
    run = small_run(tmp_path, "2024-03", profile=profile)
    shutil.copytree(summed.lake.root, run.lake.root)
    yield run
    run.close()


def test_summarise_writes_every_month_table(lake: MonthRun) -> None:
    report = run_on("summarise", lake)
    assert set(report.rows) == {
        query.output.table for query in lake.registry.queries["month"]
    }
    assert (
        report.rows["month_activity"] == len(CUSTOMERS) + 1
    )  # one closed account is billed in March


def test_summarise_waits_for_clean_tables(lake: MonthRun) -> None:
    lake.lake.remove("clean_cdr", lake.month)
    with pytest.raises(
        NotReady,
        match=r"2024-03 needs clean_cdr of 2024-03. Run first: churn step integrate --month",
    ):
        run_on("summarise", lake)


def test_summarise_refuses_a_profile_without_activity(tmp_path: Path) -> None:
    """Where nothing tells who was active, there are no customers; said before any work is done."""
    with pytest.raises(
        Exception, match=r"no active query under sql/cohort|makes month_activity"
    ):
        run_on("summarise", small_run(tmp_path, "2024-03", raw=["cdr"]))


def test_features_have_exactly_the_rows_of_the_cohort(lake: MonthRun) -> None:
    report = run_on("features", lake)
    assert set(report.rows) == {"cohort"} | _feature_tables(lake)
    assert set(report.rows.values()) == {len(CUSTOMERS)}
    assert report.facts == {"feature_columns": len(lake.registry.features)}


def test_features_are_skipped_while_history_is_short(lake: MonthRun) -> None:
    report = run_on("features", another_month(lake, "2024-02"))
    assert report.outcome == "skipped"
    assert "2024-03 is the first month" in report.reason
    assert lake.lake.months("cohort") == []


def test_features_wait_for_each_month_of_the_window(lake: MonthRun) -> None:
    lake.lake.remove("month_usage", Month.parse("2024-02"))
    with pytest.raises(
        NotReady, match=r"needs month_usage of 2024-02. Run first: churn step summarise"
    ):
        run_on("features", lake)


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ("cohort.customer_id > 'c04'", "5 of the cohort missing, 0 not of"),
        ("true", "0 of the cohort missing, 1 not of"),
    ],
    ids=["lost", "stranger"],
)
def test_a_feature_query_with_other_rows_is_refused(
    lake: MonthRun, condition: str, problem: str
) -> None:
    """Control of the check itself: an inner join or an extra customer does not pass."""
    stranger = " UNION ALL SELECT 'nobody', 1" if condition == "true" else ""
    _add_feature(
        lake, FEATURE_SQL.replace("$month\n", f"$month AND {condition}\n") + stranger
    )
    with pytest.raises(BadInput, match=problem):
        run_on("features", _reread(lake))


def test_a_new_folder_is_a_new_feature(lake: MonthRun) -> None:
    """One folder under features: its column is in the catalogue and its partition is written, nothing else changes."""
    before = [feature.name for feature in lake.registry.features]
    _add_feature(lake, FEATURE_SQL)
    again = _reread(lake)
    report = run_on("features", again)
    assert [f.name for f in again.registry.features if f.name not in before] == [
        "talk_per_day_min"
    ]
    assert report.rows["feat_intensity"] == len(CUSTOMERS)
    assert len(report.rows) == 1 + len(_feature_tables(lake)) + 1
    assert any(row["talk_per_day_min"] for row in rows(again, "feat_intensity"))


def test_an_absent_source_takes_its_features_with_it(tmp_path: Path) -> None:
    """Without porting requests the competitor query is inactive; every other feature stays."""
    whole = small_run(tmp_path / "whole", "2024-03", raw=raw_tables()).registry
    lacking = small_run(
        tmp_path / "lacking",
        "2024-03",
        raw=[t for t in raw_tables() if t != "port_out"],
    ).registry
    gone = {query.output.table for query in whole.queries["features"]} - {
        q.output.table for q in lacking.queries["features"]
    }
    assert gone == {"feat_competitor"}


def test_labels_are_written_for_the_month_that_has_become_mature(
    lake: MonthRun,
) -> None:
    """Run 2024-06 labels 2024-03 (delay April, predict May, June tells), under the partition 2024-03."""
    run_on("features", lake)
    run = another_month(lake, "2024-06")
    bills = [
        {"customer_id": name, "is_active": name != "c01", "revenue_cny": 1}
        for name in CUSTOMERS
    ]
    put(run, "month_activity", "2024-05", [{**row, "is_active": True} for row in bills])
    put(run, "month_activity", "2024-06", bills)
    report = run_on("labels", run)
    assert report.facts == {"label_month": "2024-03"}
    assert report.rows == {"label": len(CUSTOMERS)}
    assert lake.lake.months("label") == [Month.parse("2024-03")]
    assert [
        row["customer_id"] for row in rows(run, "label", "2024-03") if row["churned"]
    ] == ["c01"]


def test_labels_are_skipped_before_the_first_cohort_is_mature(lake: MonthRun) -> None:
    for month in ("2024-03", "2024-04", "2024-05"):
        assert run_on("labels", another_month(lake, month)).outcome == "skipped"
    assert lake.lake.months("label") == []


def test_labels_wait_for_the_cohort_and_for_the_month_that_tells(
    lake: MonthRun,
) -> None:
    run = another_month(lake, "2024-06")
    with pytest.raises(
        NotReady,
        match=r"needs cohort of 2024-03. Run first: churn step features --month 2024-03",
    ):
        run_on("labels", run)
    run_on("features", lake)
    lake.lake.remove("month_activity", Month.parse("2024-06"))
    with pytest.raises(NotReady, match=r"needs month_activity of 2024-06"):
        run_on("labels", run)


def _feature_tables(run: MonthRun) -> set[str]:
    return {query.output.table for query in run.registry.queries["features"]}


def _add_feature(run: MonthRun, sql: str) -> None:
    folder = run.settings.profile_dir / "sql" / "features" / "intensity"
    folder.mkdir(parents=True)
    (folder / "query.yaml").write_text(FEATURE, encoding="utf-8")
    (folder / "query.sql").write_text(sql, encoding="utf-8")


def _reread(run: MonthRun) -> MonthRun:
    """The same lake with the profile read anew."""
    return MonthRun(run.settings, run.month)


def test_small_profiles_differ_only_in_what_they_say(tmp_path: Path) -> None:
    profile = small_profile(tmp_path, ["bill"], windows={"observe": 2})
    assert small_run(tmp_path, "2024-03", profile=profile).settings.windows.observe == 2
