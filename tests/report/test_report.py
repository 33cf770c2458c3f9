"""The page of a month: right figures, both languages, nothing from outside, the same bytes each time."""

import re
from pathlib import Path

import pytest

from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.core.months import Month
from churn_tasks.core.numbers import written
from churn_tasks.core.settings import load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.modeling.metrics import DAYS
from churn_tasks.report.charts import Series, columns, lines
from churn_tasks.report.gather import MonthTables, _factors, gather
from churn_tasks.report.outcome import ListResult, list_outcomes, total
from churn_tasks.report.page import month_page
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from churn_tasks.warning.playbook import load_playbook
from tests.lakes import another_month, put, rows, small_run
from tests.scored_lake import scored_run
from tests.warehouse.warehouses import new_url

LISTED = ("2024-07", "2024-08", "2024-09", "2024-10")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, postgres: Cluster) -> MonthRun:
    """Four months warned, published and reported; the truth about the first two is in."""
    folder = tmp_path_factory.mktemp("report")
    run = scored_run(folder, LISTED[-1], definition="cancelled_or_ported")
    run.settings = load_settings(
        str(run.settings.profile_dir),
        state_dir=folder / "state",
        warehouse_url=new_url(postgres),
    )
    run.engine.view("month_profile")
    numbers = run.engine.records(
        "SELECT phone_token, customer_id FROM month_profile WHERE month = $m",
        {"m": run.month.start},
    )
    pairs = [
        (row["phone_token"], f"1380000{row['customer_id'][1:]}") for row in numbers
    ]
    run.warehouse.store_numbers(pairs)
    counts = {"rows_in": 1000, "rows_out": 985, "quarantined": 12, "merged": 3}
    put(
        run,
        "audit_rows",
        LISTED[-1],
        [{"step": "check_raw", "table_name": "bill", **counts}],
    )
    _mark(run, LISTED[-1])
    for month in LISTED:
        for step in ("warn", "publish", "report"):
            run_on(step, _month(run, month))
    return run


def _mark(run: MonthRun, month: str) -> None:
    """Three customers of a month are scored without their tenure."""
    scored = run.engine.rows_of("score_churn", Month.parse(month))
    marked = "CASE WHEN row_number() OVER (ORDER BY customer_id) <= 3 THEN 'tenure_months' END"
    with run.engine.held("scored", f"SELECT * EXCLUDE month FROM {scored}"):
        run.engine.write(
            "score_churn",
            Month.parse(month),
            f"SELECT * REPLACE ({marked} AS unknown_features) FROM scored",
        )


def _month(run: MonthRun, month: str) -> MonthRun:
    other = another_month(run, month)
    other.__dict__["warehouse"] = run.warehouse
    return other


def _page(run: MonthRun, month: str) -> str:
    return (run.settings.report_dir / f"{month}.html").read_text(encoding="utf-8")


def test_the_result_table_counts_the_lists_whose_truth_is_in(run: MonthRun) -> None:
    """Counted again by hand from the rows of the lake."""
    results = list_outcomes(run.engine, run.settings, run.month)
    assert [str(row.month) for row in results] == ["2024-07", "2024-08"]
    listed = {row["customer_id"] for row in rows(run, "out_warning_list", "2024-08")}
    truth = rows(run, "label", "2024-08")
    churned = {
        row["customer_id"] for row in truth if row["churned"] and not row["left_early"]
    }
    left = {row["customer_id"] for row in truth if row["left_early"]}
    expected = ListResult(
        Month.parse("2024-08"),
        len(truth),
        len(churned),
        len(listed),
        len(churned & listed),
    )
    result = results[-1]
    assert (result.month, result.customers, result.churners) == (
        expected.month,
        expected.customers,
        expected.churners,
    )
    assert (result.warned, result.warned_churners) == (
        expected.warned,
        expected.warned_churners,
    )
    assert result.left_before_list + result.left_in_delay == len(left)
    early = result.warned_left_before_list + result.warned_left_in_delay
    assert early == len(left & listed)
    assert result.left_in_delay > 0 < result.left_before_list
    assert expected.churners > 0 < expected.warned_churners


def test_who_was_scored_without_a_figure_is_counted_on_the_page(run: MonthRun) -> None:
    marked = _page(run, LISTED[-1])
    assert "3 customers lack tenure_months: scored without" in marked
    assert "3 位客户缺失 tenure_months" in marked
    assert "customers lack" not in _page(run, LISTED[0])


def test_rates_are_none_where_there_is_nothing_to_divide_by() -> None:
    none = ListResult(Month(2024, 6), 0, 0, 0, 0)
    assert (
        none.churn_rate,
        none.precision,
        none.coverage,
        none.lift,
        none.precision_in_time,
    ) == (None,) * 5
    some = ListResult(
        Month(2024, 6), 1010, 50, 40, 20, left_in_delay=10, warned_left_in_delay=8
    )
    assert (some.precision, some.coverage, some.lift) == (0.625, 0.4, 12.5)
    both = total([some, some])
    assert (both.customers, both.precision) == (2020, 0.625)


def test_figures_of_the_page_are_those_of_the_lake(run: MonthRun) -> None:
    page = _page(run, LISTED[-1])
    result = list_outcomes(run.engine, run.settings, run.month)[-1]
    for figure in (
        f"{result.churners:,}",
        f"{result.precision:.1%}",
        f"{result.coverage:.1%}",
        ">985<",
        ">12<",
    ):
        assert figure in page
    (published,) = {row["run_id"] for row in run.warehouse.published(run.month)}
    assert published in page


def test_the_page_says_how_early_each_list_was(run: MonthRun) -> None:
    """Days and figures in time as the result table has them, one bar a list in four parts, and what in time means."""
    page = _page(run, LISTED[-1])
    result = list_outcomes(run.engine, run.settings, run.month)[-1]
    section = page.partition("When the warned left</span>")[2].partition("</section>")[
        0
    ]
    lower, median, upper = (written(getattr(result, name), "0.#") for name in DAYS)
    days = f"{median} ({lower}–{upper})"
    assert days in section
    assert f"<b>{result.precision_in_time:.1%}</b>" in section
    assert f"<b>{result.coverage_in_time:.1%}</b>" in section
    in_window = f"预测期 in the window: {result.warned_churners}<"
    assert section.count("<rect") == 2 * 4 and f"2024-08 {in_window}" in section
    assert "出单 3 天后至预测期末离网的预警客户" in page
    assert "from 3 days after the list" in page
    assert "knows the month of leaving" not in page


def test_shares_of_regions_and_of_a_features_values_are_of_who_was_at_risk(
    run: MonthRun,
) -> None:
    """Their customers and churners add up to those of the result table; control: the label has more rows."""
    result = list_outcomes(run.engine, run.settings, run.month)[-1]
    tables = MonthTables(run.engine, run.settings, run.month)
    segments = tables.answer("churn_by_segment")
    regions = [row for row in segments if row["kind"] == "region"]
    assert sum(row["customers"] for row in regions) == result.at_risk
    assert sum(row["churners"] for row in regions) == result.churners
    drawn = _factors(tables, ["active_last_days"])
    assert sum(one.customers for one in drawn[0].bins) == 6 * result.at_risk
    assert len(rows(run, "label", "2024-08")) > result.at_risk


def test_where_only_months_are_known_the_page_says_so(tmp_path: Path) -> None:
    """No days and no figures in time, and which sign it is that knows no day."""
    run = scored_run(tmp_path, "2024-09", definition="not_billed")
    for month in ("2024-07", "2024-08", "2024-09"):
        run_on("warn", another_month(run, month))
    groups = load_playbook(run.settings).reasons.groups
    titles = {group: reason.title for group, reason in groups.items()}
    page = month_page(gather(run.engine, run.settings, run.month, titles))
    assert "knows the month of leaving and not the day (not_billed)" in page
    assert "不知道日期（not_billed）" in page
    assert "Days from the list to leaving" not in page


def test_kinds_of_leaving_are_counted_in_both_languages(run: MonthRun) -> None:
    """Each kind's leavers of the last labelled month, and no table of tiers where the definition has none."""
    page, labelled = (
        _page(run, LISTED[-1]),
        run.settings.calendar.label_month(run.month),
    )
    run.engine.view("label")
    counted = "SELECT kind, count(*) AS n FROM label WHERE month = $month AND kind IS NOT NULL GROUP BY kind"
    found = {
        row["kind"]: row["n"]
        for row in run.engine.records(counted, {"month": labelled.start})
    }
    assert set(found) == {"voluntary", "competitor", "unknown"}
    section = page.partition(f"How customers left, {labelled}")[2].partition(
        "</section>"
    )[0]
    assert (
        "主动离网" in section
        and "to a competitor" in section
        and "forced" not in section
    )
    assert all(f'<td class="n">{count:,}</td>' in section for count in found.values())
    assert "客户层级" not in section


def test_no_page_uses_what_came_in_later(run: MonthRun) -> None:
    """The page of July, written again when the lake holds October, does not change."""
    before = _page(run, "2024-07")
    run_on("report", _month(run, "2024-07"))
    assert _page(run, "2024-07") == before
    assert "2024-08" not in re.sub(
        r"<p class=\"soft\">.*?</p>", "", before, flags=re.S
    ).replace("2024-08-01", "")


def test_the_same_month_gives_the_same_bytes(run: MonthRun) -> None:
    before = (run.settings.report_dir / f"{LISTED[-1]}.html").read_bytes()
    run_on("report", run)
    assert (run.settings.report_dir / f"{LISTED[-1]}.html").read_bytes() == before


def test_pages_hold_masked_numbers_only_and_ask_nothing_of_the_network(
    run: MonthRun,
) -> None:
    pages = [
        path.read_text(encoding="utf-8")
        for path in sorted(run.settings.report_dir.glob("*.html"))
    ]
    assert len(pages) == len(LISTED) + 1
    assert re.search(r"138\*\*\*\*\d{4}", pages[0])
    for page in pages:
        assert not re.search(r"(?<![0-9a-f])1[3-9][0-9]{9}(?![0-9a-f])", page)
        assert not re.search(r"https?://|<script|<link|@import|url\(", page)


def test_every_heading_is_in_both_languages(run: MonthRun) -> None:
    headings = re.findall(r"<h[123]>(.*?)</h[123]>", _page(run, LISTED[-1]), flags=re.S)
    assert len(headings) >= 10
    assert not [
        text
        for text in headings
        if 'class="zh"' not in text or 'class="en"' not in text
    ]


def test_the_index_lists_the_latest_month_first(run: MonthRun) -> None:
    index = (run.settings.report_dir / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'href="(\d{4}-\d{2})\.html"', index) == sorted(
        LISTED, reverse=True
    )


@pytest.mark.parametrize(
    ("month", "why"),
    [
        ("2024-01", "History is too short"),
        ("2024-04", "No month can be tested yet"),
        ("2024-09", "No model was in force"),
    ],
)
def test_a_month_without_a_list_says_why_and_needs_no_warehouse(
    tmp_path: Path, month: str, why: str
) -> None:
    run = small_run(tmp_path, month)
    put(run, "cohort", month, [{"customer_id": "somebody"}])
    run_on("report", run)
    assert why in _page(run, month)


def test_what_the_source_changed_is_named_and_a_month_without_change_says_nothing(
    tmp_path: Path,
) -> None:
    run = small_run(tmp_path, "2024-01")
    put(run, "cohort", "2024-01", [{"customer_id": "somebody"}])
    run_on("report", run)
    assert "otherwise than last time" not in _page(run, "2024-01")
    noted = {
        "table_name": "cdr",
        "relation": "boss.cdr",
        "column_name": "volte_flag",
        "kind": "new",
        "renamed_to": "",
    }
    put(
        run,
        "drift",
        "2024-01",
        [{**noted, "note": "new in boss.cdr (text); it is left out"}],
    )
    run_on("report", run)
    page = _page(run, "2024-01")
    assert (
        "cdr: column volte_flag new in boss.cdr (text); it is left out" in page
        and "cdr.volte_flag：新增列" in page
    )


def test_text_from_the_data_is_shown_not_run(run: MonthRun) -> None:
    evil = "<script>alert(1)</script>"
    other = _month(run, "2024-06")
    listed = {
        "customer_id": "c0001",
        "rank": 1,
        "churn_score": 0.5,
        "action_priority": 1.0,
        "level": "high",
    }
    lineage = {
        "model_name": "m",
        "model_version": 1,
        "feature_set": "f",
        "strategy_zh": evil,
        "strategy_en": evil,
    }
    put(
        other,
        "out_warning_list",
        "2024-06",
        [{**listed, **lineage, "customer_group": evil}],
    )
    try:
        run_on("report", other)
        assert "<script" not in _page(run, "2024-06") and "&lt;script&gt;" in _page(
            run, "2024-06"
        )
    finally:
        run.lake.remove("out_warning_list", other.month)
        (run.settings.report_dir / "2024-06.html").unlink()


def test_publishing_twice_adds_no_rows(run: MonthRun) -> None:
    again = run_on("publish", run)
    assert (again.facts["is_new"], again.rows["validation"], again.rows["result"]) == (
        False,
        0,
        0,
    )
    outcomes = run.warehouse.read("SELECT month, warned FROM bi_result ORDER BY month")
    assert [str(row["month"])[:7] for row in outcomes] == ["2024-07", "2024-08"]
    assert len(run.warehouse.publications()) == len(LISTED)


def test_a_month_without_a_list_publishes_nothing(run: MonthRun) -> None:
    assert run_on("publish", _month(run, "2024-03")).outcome == "skipped"
    assert (
        isinstance(run.warehouse, Warehouse)
        and run.warehouse.published(Month.parse("2024-03")) == []
    )


def test_charts_draw_what_they_are_given() -> None:
    assert columns(["a", "b"], [1, 2]).count("<rect") == 2
    assert columns([], []).startswith("<svg")
    drawn = lines(
        ["a", "b", "c"],
        [Series("甲", "one", [1, None, 2]), Series("乙", "two", [0, 0, 0])],
    )
    assert (drawn.count("<polyline"), drawn.count("<circle")) == (2, 5), (
        "a missing value leaves a gap"
    )
