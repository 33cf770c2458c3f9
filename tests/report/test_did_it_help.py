"""From lists to the page: arms are published, contacts taken in, and what they changed is recorded and told."""

import datetime as dt
from contextlib import closing
from typing import Any

import pytest

from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.by_hand.effect import effects_between
from churn_tasks.cli.effect_screens import effect_screen
from churn_tasks.core.errors import BadInput
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from churn_tasks.work.effect import drawn_lines
from tests.lakes import another_month, put, rows
from tests.scored_lake import scored_run
from tests.warehouse.warehouses import new_url

LISTED = ("2024-07", "2024-08", "2024-09", "2024-10")
JULY, AUGUST, LAST = map(Month.parse, ("2024-07", "2024-08", "2024-10"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, postgres: Cluster) -> MonthRun:
    """Four lists of 200, a quarter of each held out; of July's called leavers 15 in 20 stay, and the truth is in."""
    folder = tmp_path_factory.mktemp("help")
    run = scored_run(
        folder,
        LISTED[-1],
        definition="cancelled_or_ported",
        warning_list={"share": 0.5},
        hold_out={"share": 0.25},
    )
    run.settings = load_settings(
        str(run.settings.profile_dir),
        state_dir=folder / "state",
        warehouse_url=new_url(postgres),
    )
    _move_some(run)
    for month in LISTED:
        run_on("warn", at(run, month))
    _keep_three_in_four(run)
    for month in LISTED:
        for step in ("publish", "report"):
            run_on(step, at(run, month))
    return run


def at(run: MonthRun, month: str) -> MonthRun:
    other = another_month(run, month)
    other.__dict__["warehouse"] = run.warehouse
    return other


def _move_some(run: MonthRun) -> None:
    """Every fourth customer has another score in the last month: half of its list was not on the one before."""
    month = LISTED[-1]
    scored = sorted(rows(run, "score_churn", month), key=lambda row: row["customer_id"])
    for row in scored[::4]:
        row["churn_score"] = 1 - row["churn_score"]
    put(run, "score_churn", month, scored)


def _keep_three_in_four(run: MonthRun) -> None:
    called = set(customers(run, "treat"))
    truth = rows(run, "label", str(JULY))
    for number, row in enumerate(sorted(truth, key=lambda row: row["customer_id"])):
        if row["customer_id"] in called and number % 4:
            row.update(churned=False, left_early=False, left_date=None, kind=None)
    put(run, "label", str(JULY), truth)


def customers(run: MonthRun, arm: str) -> list[str]:
    listed = rows(run, "out_warning_list", str(JULY))
    return sorted(row["customer_id"] for row in listed if row["arm"] == arm)


def add_contacts(warehouse: Warehouse, named: list[str], arm: str) -> None:
    entries = []
    for customer in named:
        entry: dict[str, Any] = {
            "month": JULY.start,
            "customer_id": customer,
            "contact_day": (JULY + 1).start.replace(day=10),
            "channel": "call",
            "attempt": 1,
            "agent": "A17",
            "outcome": "accepted",
            "run_id": "any",
            "arm": arm,
            "source": "test",
            "row_digest": customer,
            "cost_cny": 2,
        }
        for name in ("strategy", "strategy_version", "cause_told", "recall_day"):
            entry[name] = None
        entries.append(entry)
    warehouse.add_to_ledger(entries, [])


def page(run: MonthRun) -> str:
    file = run.settings.report_dir / f"{LISTED[-1]}.html"
    text = file.read_text(encoding="utf-8")
    return text.partition("Did it help?")[2].partition("</section>")[0]


def effects(run: MonthRun) -> dict[tuple[str, str], dict[str, Any]]:
    found = run.warehouse.read(
        "SELECT * FROM bi_effect WHERE month = %s", (LAST.start,)
    )
    return {(row["scope"], row["name"]): row for row in found}


@pytest.fixture(scope="module")
def before(run: MonthRun) -> tuple[str, dict[tuple[str, str], Any]]:
    """The page and what was recorded before any contact was."""
    return page(run), effects(run)


def test_the_page_says_who_is_held_out_and_what_can_be_seen(
    run: MonthRun, before: tuple[str, Any]
) -> None:
    text, _ = before
    listed = rows(run, "out_warning_list", LISTED[-1])
    held_out = sum(row["arm"] == "hold_out" for row in listed)
    drawn = sum(row["arm_month"] == LAST.start for row in listed)
    assert held_out > 10 and 0 < drawn < len(listed)
    assert f"{held_out} persons are held out by lot and not contacted" in text
    assert f"有 {held_out} 人被随机留出、不联系" in text
    assert f"{drawn} of them were drawn now" in text
    assert "by this list alone a contact has to keep at least" in text
    assert "No contact is on record yet" in text and "还没有联系记录" in text


def test_who_left_while_the_list_ran_is_counted_again_from_the_rows(
    run: MonthRun,
) -> None:
    """Drawn for July, not gone before 2024-08-06, and left before 2024-10-01; others are in no comparison."""
    found = drawn_lines(at(run, LISTED[-1]))
    july = found[found["month"].astype(str) == str(JULY.start)]
    truth = {
        row["customer_id"]: row["left_date"] for row in rows(run, "label", str(JULY))
    }
    out, end = dt.date(2024, 8, 6), dt.date(2024, 10, 1)
    expected = {}
    gone_before = 0
    for row in rows(run, "out_warning_list", str(JULY)):
        day = truth[row["customer_id"]]
        gone_before += day is not None and day < out
        if day is None or day >= out:
            expected[row["customer_id"]] = day is not None and day < end
    assert dict(zip(july["customer_id"], july["has_left"], strict=True)) == expected
    assert gone_before > 0 and any(expected.values())


def test_no_contact_no_figure(before: tuple[str, Any]) -> None:
    _, found = before
    assert {row["state"] for row in found.values()} == {"no_contacts"}
    assert found["month", "2024-07"]["change_points"] is None
    assert found["month", "2024-07"]["held_out"] > 40


def test_what_contacts_changed_is_recorded_and_told(
    run: MonthRun, before: tuple[str, Any]
) -> None:
    assert before
    add_contacts(run.warehouse, customers(run, "treat"), "treat")
    for step in ("publish", "report"):
        run_on(step, at(run, LISTED[-1]))
    july = effects(run)["month", "2024-07"]
    assert july["state"] == "told" and july["revision"] == 2
    assert july["held_out_left_pct"] > july["called_left_pct"]
    assert july["change_high_points"] < 0 < july["kept_low"]
    assert july["contacted"] == july["called"] and july["not_contacted"] == 0
    assert july["accepted"] == july["reached"] == july["contacted"]
    text = page(run)
    together = effects(run)["all", ""]
    assert f"{together['called_left_pct']:.1f}% of those to be contacted left" in text
    assert f"留出者中 {together['held_out_left_pct']:.1f}% 离网" in text
    assert f"{july['change_points']:.1f} (" in text
    assert "电话" in text and "by call" in text
    same = run_on("publish", at(run, LISTED[-1]))
    assert same.rows["effect"] == 0, "the same again adds nothing"


def test_it_can_be_asked_by_hand(run: MonthRun, before: tuple[str, Any]) -> None:
    assert before
    found = effects_between(run.settings, JULY, JULY)
    assert [(effect.scope, effect.name) for effect in found[:2]] == [
        ("all", ""),
        ("month", "2024-07"),
    ]
    recorded = effects(run)["month", "2024-07"]
    by_hand = found[1].figures
    assert by_hand["called"] == recorded["called"]
    assert by_hand["change"] == pytest.approx(
        float(recorded["change_points"]) / 100, abs=1e-4
    )
    screen = effect_screen(found, run.settings.currency)
    assert screen.row_count == len(found)
    with pytest.raises(BadInput, match="lies before"):
        effects_between(run.settings, AUGUST, JULY)
    assert effects_between(run.settings, LAST, LAST) == [], "its truth is not in"


def test_a_broken_hold_out_says_so_instead_of_a_figure(
    run: MonthRun, before: tuple[str, Any]
) -> None:
    """Last of this file: it puts contacts with those held out on record."""
    assert before
    add_contacts(run.warehouse, customers(run, "hold_out"), "hold_out")
    for step in ("publish", "report"):
        run_on(step, at(run, LISTED[-1]))
    july = effects(run)["month", "2024-07"]
    assert july["state"] == "broken" and july["change_points"] is None
    assert july["held_out_contacted"] == july["held_out"]
    assert "hold-out broken, no figure" in page(run)
    assert "留出组遭破坏" in page(run)


def test_where_everybody_is_called_the_page_says_what_is_not_known(
    tmp_path: Any, postgres: Cluster
) -> None:
    made = scored_run(tmp_path, "2024-07", definition="cancelled_or_ported")
    made.settings = load_settings(
        str(made.settings.profile_dir),
        state_dir=tmp_path / "state",
        warehouse_url=new_url(postgres),
    )
    with closing(made):
        for step in ("warn", "publish", "report"):
            run_on(step, made)
        text = (made.settings.report_dir / "2024-07.html").read_text(encoding="utf-8")
    assert "Everybody on the list is contacted" in text
    assert "没有留出组" in text
    assert "are held out by lot" not in text
