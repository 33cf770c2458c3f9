"""Who of a list is held out: by lot, in equal parts of every stratum, one arm a person, and never drawn twice."""

import datetime as dt
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.hold_out_section import HoldOut
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import run_on
from churn_tasks.warning.hold_out import Arm, Standing, with_arms
from churn_tasks.work.hold_out import key_accounts, standing_arms
from tests.lakes import another_month, put, rows, small_profile
from tests.scored_lake import scored_run

JUNE = Month.parse("2024-06")
TENTH = HoldOut(share=0.1)
NOBODY = Standing()


def some_list(persons: int, seed: int = 1, lines: int = 1) -> pd.DataFrame:
    """A ranked list in which level, revenue and cause go with each other."""
    chance = np.random.default_rng(seed)
    risk = np.sort(chance.random(persons))[::-1]
    made = []
    for number in range(persons):
        for line in range(lines):
            made.append(
                {
                    "rank": len(made) + 1,
                    "customer_id": f"c{number}_{line}",
                    "person_id": f"P{number}",
                    "level": "high" if risk[number] > 0.6 else "medium",
                    "person_arpu_cny": 20 + 100 * chance.random() * risk[number],
                    "cause_1": chance.choice(["payment", "competitor", None]),
                }
            )
    return pd.DataFrame(made)


def arms_of(rows: pd.DataFrame) -> dict[str, str]:
    return dict(zip(rows["customer_id"], rows["arm"], strict=True))


@pytest.mark.parametrize(("persons", "share"), [(1000, 0.1), (333, 0.25), (57, 0.05)])
def test_each_stratum_gives_its_share(persons: int, share: float) -> None:
    drawn = with_arms(some_list(persons), JUNE, HoldOut(share=share), NOBODY)
    assert abs((drawn["arm"] == "hold_out").sum() - share * persons) <= 1
    for level, mine in drawn.groupby("level"):
        held_out = (mine["arm"] == "hold_out").sum()
        assert abs(held_out - share * len(mine)) <= 1, level
    assert set(drawn["arm_month"]) == {JUNE.start}


def test_a_draw_that_looks_at_no_stratum_strays_further() -> None:
    """Negative control: each person by the own lot alone; of 20 lists some stray by more than one in a level."""
    strays = 0
    for seed in range(20):
        listed = some_list(400, seed)
        chance = np.random.default_rng(seed)
        naive = chance.random(len(listed)) < 0.1
        for _, mine in listed.groupby("level"):
            strays += abs(naive[mine.index].sum() - 0.1 * len(mine)) > 1
    assert strays > 5


def test_everybody_has_the_same_chance() -> None:
    """Over 400 months each of 50 persons is held out in about a tenth: three standard errors are 4.5 %."""
    listed = some_list(50)
    held_out = Counter[str]()
    for number in range(400):
        drawn = with_arms(listed, JUNE + number, TENTH, NOBODY)
        held_out.update(drawn.loc[drawn["arm"] == "hold_out", "person_id"])
    shares = [held_out[f"P{number}"] / 400 for number in range(50)]
    assert np.mean(shares) == pytest.approx(0.1, abs=0.005)
    assert max(shares) < 0.1 + 4 * 0.015 and min(shares) > 0.1 - 4 * 0.015


def test_the_same_list_is_drawn_the_same_in_any_order() -> None:
    listed = some_list(300)
    again = with_arms(listed.sample(frac=1, random_state=3), JUNE, TENTH, NOBODY)
    assert arms_of(with_arms(listed, JUNE, TENTH, NOBODY)) == arms_of(again)
    others = with_arms(listed, JUNE + 1, TENTH, NOBODY)
    seeds = with_arms(listed, JUNE, HoldOut(share=0.1, seed=7), NOBODY)
    assert arms_of(others) != arms_of(again) != arms_of(seeds)


def test_one_person_has_one_arm_whatever_the_number_of_lines() -> None:
    drawn = with_arms(some_list(200, lines=3), JUNE, TENTH, NOBODY)
    assert (drawn.groupby("person_id")["arm"].nunique() == 1).all()
    assert (drawn["arm"] == "hold_out").sum() == 60


def test_who_has_an_arm_keeps_it_and_who_comes_anew_is_drawn_alone() -> None:
    listed = some_list(400)
    first = with_arms(listed.head(300), JUNE, TENTH, NOBODY)
    arms = {
        line: Arm(arm, JUNE)
        for line, arm in zip(first["customer_id"], first["arm"], strict=True)
    }
    second = with_arms(listed, JUNE, TENTH, Standing(arms, {}, is_second=True))
    kept = arms_of(second)
    assert all(kept[line] == arm.name for line, arm in arms.items())
    new = second[~second["customer_id"].isin(arms)]
    assert len(new) == 100 and 1 <= (new["arm"] == "hold_out").sum() <= 25
    # control: drawn anew, some of those who may have been called are held out
    anew = arms_of(with_arms(listed, JUNE, TENTH, NOBODY))
    assert any(anew[line] != arm.name for line, arm in arms.items())


def test_lines_of_two_arms_that_become_one_person_are_not_called() -> None:
    listed = some_list(1, lines=2)
    standing = Standing(
        {"c0_0": Arm("treat", JUNE), "c0_1": Arm("hold_out", JUNE)}, is_second=True
    )
    assert set(with_arms(listed, JUNE, TENTH, standing)["arm"]) == {"hold_out"}


def test_key_accounts_may_be_exempt() -> None:
    limits = HoldOut(share=0.5, exempt_key_accounts=True)
    listed = some_list(200, lines=2)
    accounts = {f"c{number}_1" for number in range(0, 200, 20)}
    drawn = with_arms(listed, JUNE, limits, NOBODY, accounts)
    keys = listed["person_id"].isin(f"P{number}" for number in range(0, 200, 20))
    assert keys.sum() == 20, "both lines of each"
    assert set(drawn.loc[keys, "arm"]) == {"exempt"}
    assert drawn.loc[keys, "arm_month"].isna().all()
    assert "exempt" not in set(drawn.loc[~keys, "arm"])
    held_out = with_arms(listed, JUNE, HoldOut(share=0.5), NOBODY)
    assert "hold_out" in set(held_out.loc[keys, "arm"]), "control"


def test_the_panel_is_the_same_in_every_month() -> None:
    limits = HoldOut(share=0.1, panel_share=0.1)
    panels = []
    for number in range(3):
        drawn = with_arms(some_list(500), JUNE + number, limits, NOBODY)
        panels.append(set(drawn.loc[drawn["arm"] == "panel", "person_id"]))
    assert panels[0] == panels[1] == panels[2]
    assert 25 <= len(panels[0]) <= 80


def test_without_a_share_everybody_is_called() -> None:
    drawn = with_arms(some_list(50), JUNE, HoldOut(), NOBODY)
    assert set(drawn["arm"]) == {"treat"} and drawn["arm_month"].isna().all()


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"share": 0.9}, "hold_out.share"),
        ({"shares": 0.1}, "hold_out.shares"),
        ({"panel_share": -0.1}, "hold_out.panel_share"),
        ({"exempt_key_accounts": True}, "exempts nobody while share and panel_share"),
        ({"share": 0.1, "most_contacted": 0}, "hold_out.most_contacted"),
    ],
)
def test_a_wrong_setting_is_named(
    tmp_path: Path, section: dict[str, object], told: str
) -> None:
    profile = small_profile(tmp_path, [], hold_out=section)
    with pytest.raises(SettingsError, match=told):
        load_settings(str(profile), state_dir=tmp_path)


def test_telecom_holds_a_tenth_out_and_who_says_nothing_nobody() -> None:
    shares = [
        load_settings(name).hold_out.share
        for name in ("telecom", "retail", "telecom_wide")
    ]
    assert shares == [0.1, 0, 0]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> MonthRun:
    """Lists of three months, each a tenth of 400."""
    folder = tmp_path_factory.mktemp("hold_out")
    run = scored_run(folder, "2024-09", hold_out={"share": 0.25})
    _move_some(run, "2024-08", every=7)
    for month in ("2024-07", "2024-08", "2024-09"):
        run_on("warn", another_month(run, month))
    return run


def _move_some(run: MonthRun, month: str, every: int) -> None:
    """Scores that take some customers off the list and put others on it."""
    scored = sorted(rows(run, "score_churn", month), key=lambda row: row["customer_id"])
    for row in scored[::every]:
        row["churn_score"] = 1 - row["churn_score"]
    put(run, "score_churn", month, scored)


def by_customer(run: MonthRun, month: str) -> dict[str, tuple[str, object]]:
    listed = rows(run, "out_warning_list", month)
    return {row["customer_id"]: (row["arm"], row["arm_month"]) for row in listed}


def test_a_draw_stands_until_the_window_of_its_list_has_ended(run: MonthRun) -> None:
    """Delay 1, predict 1: drawn for July, kept in August, drawn again for September."""
    july, august, september = (
        by_customer(run, month) for month in ("2024-07", "2024-08", "2024-09")
    )
    again = july.keys() & august.keys()
    assert len(again) > 10
    assert all(august[customer] == july[customer] for customer in again)
    third = {
        customer: arm
        for customer, arm in september.items()
        if customer in july and customer in august
    }
    assert third
    assert {month for _, month in third.values()} == {Month.parse("2024-09").start}
    new = [customer for customer in august if customer not in july]
    assert {august[customer][1] for customer in new} == {Month.parse("2024-08").start}


def test_a_list_that_is_made_again_from_other_scores_keeps_its_arms(
    run: MonthRun,
) -> None:
    """Scores that move a few customers on and off; the others have been called, or not."""
    month = another_month(run, "2024-09")
    before = by_customer(run, "2024-09")
    _move_some(run, "2024-09", every=9)
    report = run_on("warn", month)
    after = by_customer(run, "2024-09")
    assert before.keys() != after.keys()
    assert all(after[line] == before[line] for line in before.keys() & after.keys())
    assert report.facts["held_out"] == sum(
        arm == "hold_out" for arm, _ in after.values()
    )


def test_a_restated_list_keeps_the_arms_of_the_first_one(run: MonthRun) -> None:
    """Also where an earlier try of the restatement has left a list with other arms."""
    month = Month.parse("2024-08")
    restated = MonthRun(run.settings, month, dt.date(2024, 9, 20))
    first = by_customer(run, str(month))
    others = rows(run, "out_warning_list", str(month))
    for row in others:
        row["arm"] = "treat"
    put(restated, "out_warning_list", str(month), others)
    standing = standing_arms(restated)
    restated.close()
    assert standing.is_second
    kept = {}
    for customer in first:
        arm = standing.by_line[customer]
        kept[customer] = (arm.name, arm.drawn_for.start if arm.drawn_for else None)
    assert kept == first
    assert {arm for arm, _ in first.values()} == {"treat", "hold_out"}


def test_key_accounts_are_those_of_the_month(tmp_path: Path) -> None:
    run = scored_run(
        tmp_path,
        "2024-07",
        hold_out={"share": 0.5, "exempt_key_accounts": True},
    )
    people = rows(run, "month_profile", "2024-07")
    for number, row in enumerate(people):
        row["key_account_class"] = "A" if number % 3 == 0 else None
    put(run, "month_profile", "2024-07", people)
    run_on("warn", run)
    accounts = {row["customer_id"] for row in people if row["key_account_class"]}
    listed = rows(run, "out_warning_list", "2024-07")
    exempt = {row["customer_id"] for row in listed if row["arm"] == "exempt"}
    assert exempt == accounts & {row["customer_id"] for row in listed} != set()
    run.close()


@pytest.mark.parametrize("profile", ["retail", "telecom_wide"])
def test_a_profile_without_key_accounts_cannot_exempt_them(
    tmp_path: Path, profile: str
) -> None:
    """Without the setting it needs no such column."""
    section = {"share": 0.5, "exempt_key_accounts": True}
    settings = load_settings(profile, state_dir=tmp_path, hold_out=section)
    run = MonthRun(settings, settings.first_month)
    with pytest.raises(SettingsError, match=r"no month_profile\.key_account_class"):
        key_accounts(run)
    run.close()
    plain = load_settings(profile, state_dir=tmp_path, hold_out={"share": 0.5})
    assert key_accounts(MonthRun(plain, plain.first_month)) == set()
