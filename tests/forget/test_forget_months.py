"""People taken out of seven months that were run, published and judged: nothing of them, and nothing else, is gone."""

import re
import shutil

import pytest

from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.by_hand.forget.work import Request, forget
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.walks.month import run_step
from churn_tasks.walks.restate import restate
from tests.databases import copied_database
from tests.forget.kept import figures, holding, partitions, texts, warehouse_rows
from tests.own_profile import FIRST, LAST, Prepared, run_month, settings_below

LISTED = LAST
EARLIER = Month(2024, 3)


def request(*customers: str) -> Request:
    return Request(
        customers, (), "R-2024-17", "data protection officer", "asked by letter"
    )


def top_of_list(settings: Settings, month: Month) -> list[str]:
    warehouse = Warehouse(settings)
    try:
        return [row["customer_id"] for row in warehouse.published(month)]
    finally:
        warehouse.close()


@pytest.fixture(scope="module")
def before(prepared: Prepared) -> Settings:
    """Every month run; only to be read."""
    settings = prepared.copied(prepared.folder.with_name("before_forgetting"))
    run_month(settings, LAST)
    return settings


@pytest.fixture(scope="module")
def whom(before: Settings) -> list[str]:
    """Two of the list that is shown on a page, and one who never was on a list."""
    listed = top_of_list(before, LISTED)
    return [listed[0], listed[4], "C0001" if "C0001" not in listed else "C0002"]


@pytest.fixture(scope="module")
def after(before: Settings, prepared: Prepared, whom: list[str]) -> Settings:
    """A copy of the same without three people."""
    folder = prepared.folder.with_name("after_forgetting")
    shutil.copytree(before.environment.state_dir.parent, folder)
    original = f"{prepared.database}_before_forgetting"
    url = copied_database(prepared.cluster, original, f"{prepared.database}_after")
    settings = settings_below(folder, url)
    done = forget(settings, request(*whom))
    assert (done.people, done.lines, done.proof.found) == (3, 3, 0)
    return settings


def test_nothing_of_them_is_left_anywhere(
    before: Settings, after: Settings, whom: list[str]
) -> None:
    assert len(holding(before, *whom)) > 50, "they were everywhere"
    assert holding(after, *whom) == []


def test_every_other_row_is_the_same_in_the_same_order(
    before: Settings, after: Settings, whom: list[str]
) -> None:
    then, now = partitions(before), partitions(after)
    assert then.keys() == now.keys()
    shorter = 0
    for place, rows in then.items():
        assert now[place] == [
            row for row in rows if not any(name in row for name in whom)
        ], place
        shorter += now[place] != rows
    assert shorter > 50


def test_figures_that_were_published_stay(before: Settings, after: Settings) -> None:
    then, now = figures(before), figures(after)
    assert len(then) > 60
    assert now == then


def test_the_pages_lose_their_rows_and_say_so(
    before: Settings, after: Settings, whom: list[str]
) -> None:
    page = f"profiles/my_operator/reports/{LISTED}.html"
    then, now = texts(before)[page], texts(after)[page]
    assert f"<b>{whom[0]}</b>" in then and f"<b>{whom[0]}</b>" not in now
    assert "3 taken out" in now and "已按请求删除 3 人" in now
    tiles = re.compile(r'<div class="tile"><b>([^<]*)</b>')
    assert tiles.findall(now) == tiles.findall(then), "totals stay"
    rows = re.compile(r'<td class="who">')
    assert len(rows.findall(then)) - len(rows.findall(now)) == 2


def test_the_log_says_how_many_by_whom_and_why_and_nobody(
    after: Settings, whom: list[str]
) -> None:
    rows = warehouse_rows(after)
    assert len(rows["erasure"]) == 1
    assert all(
        said in rows["erasure"][0]
        for said in ("R-2024-17", "data protection officer", "asked by letter", ",3,3,")
    )
    assert not any(
        name in row
        for name in whom
        for row in (*rows["erasure"], *rows["erasure_month"])
    )
    warehouse = Warehouse(after)
    months = {row["month"]: row["persons"] for row in warehouse.erasures()}
    published = [
        row for row in warehouse.publications() if row["month"] == LISTED.start
    ]
    warehouse.close()
    assert set(months.values()) <= {1, 2, 3} and months[LISTED.start] == 3
    assert [(row["taken_out"], row["is_current"]) for row in published] == [(2, True)]


@pytest.fixture
def worked_on(after: Settings) -> Settings:
    """The very state and warehouse of ``after``; these tests run last and leave nobody back either."""
    return after


def test_publishing_an_old_list_again_changes_nothing(
    worked_on: Settings, whom: list[str]
) -> None:
    before = warehouse_rows(worked_on)
    report = run_step("publish", worked_on, LISTED)
    assert report.facts["is_new"] is False
    now = warehouse_rows(worked_on)
    for table in ("run", "warning_list", "manifest", "manifest_history", "result"):
        assert now[table] == before[table], table


def test_restating_an_old_month_brings_nobody_back(
    worked_on: Settings, whom: list[str]
) -> None:
    """Its file still holds them; without them it is the same, so that nothing is restated."""
    reports = list(restate(worked_on, EARLIER))
    assert {report.outcome for report in reports} == {"skipped", "done"}
    assert holding(worked_on, *whom) == []
    assert not [
        place
        for place in partitions(worked_on)
        if place.startswith("raw_") and "restated" in place
    ]


def test_running_every_month_again_brings_nobody_back(
    worked_on: Settings, whom: list[str]
) -> None:
    for month in (FIRST, EARLIER, LAST):
        run_month(worked_on, month)
    assert holding(worked_on, *whom) == []
    books = [
        row
        for place, rows in partitions(worked_on).items()
        if place.startswith("audit_rows/")
        for row in rows
    ]
    forgotten = [
        int(re.search(r"'forgotten': (\d+)", row)[1])
        for row in books
        if "'forgotten': NULL" not in row
    ]
    assert sum(forgotten) > 0
    for row in books:
        told = {name: int(value) for name, value in re.findall(r"'(\w+)': (\d+)", row)}
        assert told["rows_in"] == told["rows_out"] + told["quarantined"] + told[
            "merged"
        ] + told.get("forgotten", 0)


def test_whoever_is_unknown_is_not_taken_out(before: Settings) -> None:
    with pytest.raises(BadInput, match="nothing of 1 customers is in the lake: C9999"):
        forget(before, request("C0003", "C9999"))
    assert holding(before, "C0003")


def test_a_request_needs_a_name_and_no_number_of_a_person() -> None:
    with pytest.raises(BadInput, match="--by"):
        Request(["C1"], (), "R", " ", "why")
    with pytest.raises(BadInput, match="no number of a person"):
        Request(["C1"], (), "13900000004", "somebody", "why")
