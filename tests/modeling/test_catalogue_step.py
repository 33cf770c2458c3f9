"""The step ``catalogue``: figures by hand, bins that stay, the month that is judged, restated months, and the page."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from churn_tasks.cli import app
from churn_tasks.core.errors import NotReady
from churn_tasks.core.months import Month, months_between
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.protocol import ONLY_BY_HAND
from churn_tasks.walks.graph import run_on
from churn_tasks.work.catalogue import write_catalogue
from tests.lakes import another_month, put, rows, small_profile, small_run

MARCH, APRIL, MAY, JUNE = (Month(2024, number) for number in (3, 4, 5, 6))
FEATURE, TEXT, EMPTY = "minutes_last_min", "plan_code", "data_last_mb"
QUERY = "SELECT customer_id, NULL AS minutes_last_min, NULL AS data_last_mb, NULL AS plan_code FROM cohort"
DECLARED = """
table: feat_own
key: [customer_id]
meaning: {en: Columns of a test, zh: 测试用列}
params: [month]
reads: [cohort]
columns:
  - {name: customer_id, type: text, required: true, en: Customer, zh: 客户}
  - {name: minutes_last_min, type: decimal, unit: min, family: consumption, group: usage_drop, expect: up,
     en: Minutes, zh: 通话时长}
  - {name: data_last_mb, type: double, unit: MB, family: consumption, group: usage_drop, en: Data, zh: 流量}
  - {name: plan_code, type: text, family: basic, group: price, en: Plan <b>, zh: 套餐}
"""


@pytest.fixture
def lake(tmp_path: Path) -> MonthRun:
    """March to June: minutes 0 to 199, ten more each month; half of those below 50 minutes leave."""
    profile = small_profile(tmp_path, ["bill"], definition="not_billed")
    (profile / "sql/features/own").mkdir(parents=True)
    (profile / "sql/features/own/query.sql").write_text(
        f"{QUERY} WHERE cohort.month = $month", encoding="utf-8"
    )
    (profile / "sql/features/own/query.yaml").write_text(DECLARED, encoding="utf-8")
    run = small_run(tmp_path, "2024-06", profile=profile)
    for shift, month in enumerate(months_between(MARCH, JUNE + 1)):
        fill(run, month, shift)
    return run


def fill(run: MonthRun, month: Month, shift: int, *, unknown: int = 0) -> None:
    own = {
        FEATURE: f"CASE WHEN n >= {unknown} THEN n + {10 * shift} END",
        TEXT: "CASE WHEN n < 120 THEN 'gold' WHEN n < 195 THEN 'basic' ELSE 'secret' || n END",
    }
    people = "(SELECT 'c' || lpad(range::VARCHAR, 3, '0') AS customer_id, range AS n FROM range(200))"
    run.engine.write("cohort", month, f"SELECT customer_id FROM {people}")
    for query in run.registry.queries["features"]:
        values = {
            name: own.get(name, "NULL")
            for name in query.output.column_names
            if name != "customer_id"
        }
        selected = ", ".join(f'{value} AS "{name}"' for name, value in values.items())
        run.engine.write(
            query.output.table, month, f"SELECT customer_id, {selected} FROM {people}"
        )
    truth = [
        {
            "customer_id": f"c{n:03d}",
            "churned": n < 50 and n % 2 == 0,
            "left_early": False,
            "rotated": False,
        }
        for n in range(200)
    ]
    put(run, "label", str(month), truth)


def stat(run: MonthRun, month: Month, feature: str = FEATURE) -> dict[str, object]:
    return next(
        row
        for row in rows(run, "feature_stat", str(month))
        if row["feature"] == feature
    )


def bins(
    run: MonthRun, month: Month, feature: str = FEATURE
) -> list[dict[str, object]]:
    return [
        row for row in rows(run, "feature_bin", str(month)) if row["feature"] == feature
    ]


def all_months(run: MonthRun) -> None:
    for month in months_between(MARCH, JUNE + 1):
        assert run_on("catalogue", another_month(run, str(month))).outcome == "done"


def test_the_figures_of_a_month_by_hand(lake: MonthRun) -> None:
    all_months(lake)
    found = stat(lake, MARCH)
    assert (found["row_count"], found["missing_share"], found["zero_share"]) == (
        200,
        0,
        0.005,
    )
    assert (found["p01"], found["p50"], found["p99"], found["mean"]) == (
        1,
        99,
        197,
        99.5,
    )
    assert (found["psi"], found["psi_before"], found["judged_month"], found["auc"]) == (
        None,
        None,
        None,
        None,
    )
    counts = [row["row_count"] for row in bins(lake, MARCH)]
    assert (
        len(counts) == 12 and counts[0] == 1 and sum(counts) == 200
    )  # zero, ten tenths of the others, no value
    silent = stat(lake, MARCH, EMPTY)
    assert (silent["missing_share"], silent["p50"]) == (1, None)


def test_months_are_compared_over_the_bins_of_the_first(lake: MonthRun) -> None:
    all_months(lake)
    ends = [row["up_to"] for row in bins(lake, MARCH)]
    for month in (APRIL, MAY, JUNE):
        assert [row["up_to"] for row in bins(lake, month)] == ends
        assert str(stat(lake, month)["reference_month"]) == "2024-03-01"
    moved = [stat(lake, month)["psi"] for month in (APRIL, MAY, JUNE)]
    assert 0 < moved[0] < moved[1] < moved[2]
    assert stat(lake, JUNE)["psi_before"] < moved[2]
    assert (
        bins(lake, JUNE)[-2]["row_count"] > 40
    )  # beyond anything seen in March, and counted


def test_what_a_feature_tells_is_counted_where_the_truth_has_just_come_in(
    lake: MonthRun,
) -> None:
    """In the run of June the label of April is mature (delay 1, predict 1): 25 of 200 left, all below 50 + 10."""
    all_months(lake)
    found = stat(lake, JUNE)
    assert (
        str(found["judged_month"]),
        found["judged_count"],
        found["leaver_count"],
    ) == ("2024-04-01", 200, 25)
    # a leaver at 2k (k = 0..24) lies above the k stayers of odd number below it: 300 of 25 x 175 pairs
    assert found["auc"] == pytest.approx(300 / (25 * 175))
    assert found["iv"] > 1
    assert sum(row["leaver_count"] for row in bins(lake, JUNE)) == 25
    assert stat(lake, MAY)["judged_month"].isoformat() == "2024-03-01"
    assert stat(lake, APRIL)["judged_month"] is None


def test_who_left_in_the_delay_or_for_another_line_does_not_count(
    lake: MonthRun,
) -> None:
    truth = rows(lake, "label", str(APRIL))
    for row in truth[:10]:
        row |= {"churned": False, "left_early": True}
    for row in truth[10:20]:
        row |= {"churned": False, "rotated": True}
    put(lake, "label", str(APRIL), truth)
    all_months(lake)
    assert (stat(lake, JUNE)["judged_count"], stat(lake, JUNE)["leaver_count"]) == (
        180,
        15,
    )


def test_missing_values_count_as_drift(lake: MonthRun) -> None:
    fill(lake, JUNE, 0, unknown=100)
    all_months(lake)
    assert stat(lake, JUNE)["missing_share"] == 0.5
    assert stat(lake, JUNE)["psi"] > 1
    assert bins(lake, JUNE)[-1]["row_count"] == 100


def test_rare_texts_are_counted_together_and_named_nowhere(lake: MonthRun) -> None:
    all_months(lake)
    counted = {
        row["text_value"]: row["row_count"]
        for row in bins(lake, JUNE, TEXT)
        if not row["is_missing"]
    }
    assert counted == {"gold": 120, "basic": 75, None: 5}
    assert "secret" not in write_catalogue(lake.settings).read_text(encoding="utf-8")


def test_the_same_month_gives_the_same_bytes_whatever_came_after(
    lake: MonthRun,
) -> None:
    all_months(lake)
    april = another_month(lake, str(APRIL))
    before = {
        table: lake.lake.sha256(table, APRIL)
        for table in ("feature_stat", "feature_bin")
    }
    page = write_catalogue(lake.settings).read_bytes()
    run_on("catalogue", april)
    assert {
        table: lake.lake.sha256(table, APRIL)
        for table in ("feature_stat", "feature_bin")
    } == before
    assert write_catalogue(lake.settings).read_bytes() == page


def test_a_restated_month_is_looked_at_again_only_where_something_changed(
    lake: MonthRun,
) -> None:
    all_months(lake)
    day = lake.settings.calendar.window(JUNE).known_until
    quiet = MonthRun(lake.settings, APRIL, day)
    assert run_on("catalogue", quiet).outcome == "skipped"
    assert not quiet.lake.has_version("feature_stat", APRIL, day)
    again = MonthRun(lake.settings, APRIL, day)
    table = next(
        q.output.table
        for q in again.registry.queries["features"]
        if FEATURE in q.output.column_names
    )
    changed = [{**row, FEATURE: None} for row in rows(again, table)]
    put(again, table, str(APRIL), changed)
    late = MonthRun(lake.settings, APRIL, day, only_late=True)
    assert run_on("catalogue", late).reason == ONLY_BY_HAND
    assert run_on("catalogue", again).outcome == "done"
    assert again.lake.has_version("feature_stat", APRIL, day)
    assert stat(again, APRIL)["missing_share"] == 1
    assert (
        stat(MonthRun(lake.settings, APRIL), APRIL)["missing_share"] == 0
    )  # what was known then stays
    for run in (quiet, again, late):
        run.close()


def test_the_page_needs_no_network_and_no_month_needs_another_page(
    lake: MonthRun,
) -> None:
    all_months(lake)
    text = (lake.settings.catalogue_dir / "index.html").read_text(encoding="utf-8")
    assert len(re.findall(r'<details class="feature"', text)) == len(
        lake.registry.features
    )
    assert not re.findall(r'(?:src|href)="(?!#)', text) and "http" not in text
    assert (
        f"<code>{FEATURE}</code>" in text
        and "通话时长" in text
        and "Plan &lt;b&gt;" in text
    )


def test_without_history_or_features_it_says_so(tmp_path: Path) -> None:
    assert run_on("catalogue", small_run(tmp_path, "2024-02")).outcome == "skipped"
    with pytest.raises(NotReady, match="churn step features"):
        run_on("catalogue", small_run(tmp_path, "2024-03"))
    with pytest.raises(NotReady, match="churn step catalogue"):
        write_catalogue(small_run(tmp_path, "2024-03").settings)


def test_the_command_writes_the_page_again(
    lake: MonthRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_months(lake)
    page = lake.settings.catalogue_dir / "index.html"
    page.unlink()
    monkeypatch.setattr(
        "churn_tasks.cli.catalogue.load_settings", lambda profile: lake.settings
    )
    assert CliRunner().invoke(app, ["catalogue"]).exit_code == 0
    assert page.is_file()
