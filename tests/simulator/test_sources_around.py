"""What surrounds the customer: handset, market, campaigns, fixed accesses, and the words of complaints."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from churn_tasks.core.months import Month
from churn_tasks.simulator import SimulationSettings
from churn_tasks.simulator.acquaintances import (
    CLOSE,
    FOLLOWS,
    STAYS,
    make_acquaintances,
)
from churn_tasks.simulator.clock import NEVER, within
from churn_tasks.simulator.handsets import LOCKED_RIVAL
from churn_tasks.simulator.market import calendar_days
from churn_tasks.simulator.operator import Operator

MONTHS = 6
RIVALS = "联通|电信|转网|转到|另一家|别的运营商|转过去"


@pytest.fixture(scope="module")
def operator() -> Operator:
    return Operator(
        SimulationSettings(customers=6000, months=MONTHS, cdr_per_month=2, dirt=0)
    )


@pytest.fixture(scope="module")
def tables(operator: Operator) -> list[dict[str, pd.DataFrame]]:
    wanted = (
        "term_snap",
        "mkt_index",
        "camp_info",
        "mkt_offer",
        "fix_use",
        "srv_snap",
        "cmplt_ticket",
    )
    return [
        {name: delivery.boss[name].to_pandas() for name in wanted}
        for delivery in operator.months()
    ]


def leaves_soon(operator: Operator, subs_id: pd.Series, k: int) -> np.ndarray:
    """Whether each one leaves in the three months after the start of month ``k``."""
    subscriber = subs_id.to_numpy() - operator.people.subs_id[0]
    day = operator.lives.leave_day[subscriber]
    return within(day, operator.clock.start(k) + 1, operator.clock.start(k + 3))


def test_a_handset_lasts_and_is_never_first_used_in_the_future(
    tables: list[dict[str, pd.DataFrame]],
) -> None:
    seen = pd.concat([month["term_snap"] for month in tables])
    assert (seen["first_dt"] <= seen["snap_dt"]).all()
    assert set(seen["gen_cd"]) == {"2", "3", "4", "5"}
    changes = seen.groupby("subs_id")["first_dt"].nunique() - 1
    assert 0.02 < (changes > 0).mean() < 0.3
    assert 0.3 < (seen["sim_cnt"] > 1).mean() < 0.6


def test_a_rival_s_lock_and_a_second_card_make_leaving_likelier(
    operator: Operator,
) -> None:
    handsets, lives = operator.handsets, operator.lives
    start = operator.clock.start(0)
    base = operator.people.join_day < start
    at = np.arange(len(base)), handsets.position(start)
    left = lives.leave_day < NEVER

    def rate(chosen: np.ndarray) -> float:
        return left[base & chosen].mean()

    is_dual = handsets.is_dual[at]
    is_rival_s = handsets.lock[at] == LOCKED_RIVAL
    assert rate(is_dual) > 1.02 * rate(~is_dual)
    assert rate(is_rival_s) > 1.05 * rate(~is_rival_s)


def test_who_loses_acquaintances_follows_more_often(operator: Operator) -> None:
    """In each month those whose close acquaintances left in the weeks before leave more often than those of none."""
    lives, pairs = operator.lives, make_acquaintances(operator.people)
    calm, shaken = [], []
    base = operator.people.join_day < operator.clock.start(0)
    for k in range(2, MONTHS):
        start, end = operator.clock.start(k), operator.clock.start(k + 1)
        present = base & (lives.leave_day >= start)
        left = lives.leave_day < end
        hazard = pairs.hazard(start, lives.leave_day)
        calm.append(left[present & (hazard == STAYS)].mean())
        shaken.append(left[present & (hazard > STAYS + FOLLOWS / CLOSE)].mean())
    assert np.mean(shaken) > 1.2 * np.mean(calm) > 0


def test_figures_are_published_after_their_month_and_the_calendar_before(
    operator: Operator, tables: list[dict[str, pd.DataFrame]]
) -> None:
    values = tables[2]["mkt_index"]
    end = pd.Timestamp(operator.clock.month(2).end, tz="Asia/Shanghai")
    published = values["pub_tm"].dt.tz_convert("Asia/Shanghai")
    days = (published - end).dt.days
    mood, prices, calendar = (
        days[values["idx_cd"].isin(series)]
        for series in (["CONF"], ["OWNP", "RIVP", "RIVC"], ["WDAY", "HDAY"])
    )
    assert (mood > 5).all(), "after billing has closed: a month behind"
    assert prices.between(0, 4).all()
    assert (calendar < -60).all()
    assert len(values) == 4 + 2 * 8


def test_working_days_follow_the_published_calendar() -> None:
    """February 2024: 29 days, spring festival from the 10th to the 17th, Sundays the 4th and 18th worked instead."""
    assert calendar_days(Month(2024, 2))[0] == 18
    assert calendar_days(Month(2024, 10))[0] == 19


def test_offers_name_campaigns_that_ran_and_were_filed_before(
    tables: list[dict[str, pd.DataFrame]],
) -> None:
    for month in tables:
        campaigns = month["camp_info"].set_index("camp_id")
        assert set(month["mkt_offer"]["camp_id"]) == set(campaigns.index)
        assert len(campaigns) == 3
        assert (campaigns["rec_tm"].dt.date < campaigns["beg_dt"]).all()


def test_fixed_use_agrees_with_the_services_and_says_little_more(
    operator: Operator, tables: list[dict[str, pd.DataFrame]]
) -> None:
    held, used = tables[3]["srv_snap"], tables[3]["fix_use"]
    broadband = held[held["srv_cd"] == "BB"].set_index("subs_id")["flow_mb"]
    same = used[used["acc_typ"] == "BB"].set_index("subs_id")
    assert (same["flow_mb"] == broadband).all()
    assert set(used["acc_typ"]) == {"BB", "FIX", "TV"}
    leaves = leaves_soon(operator, same.index.to_series(), 4)
    auc = roc_auc_score(leaves, -same["act_days"])
    assert 0.5 < auc < 0.7


def test_no_complaint_holds_a_number_and_hardly_two_are_the_same(
    tables: list[dict[str, pd.DataFrame]],
) -> None:
    texts = pd.concat([month["cmplt_ticket"]["content"] for month in tables])
    said = texts.dropna()
    assert len(said) > 500 and 0 < texts.isna().mean() < 0.03
    assert not [text for text in said if re.search(r"[0-9０-９]{5,}", text)]
    assert said.nunique() / len(said) > 0.85
    length = said.str.len()
    assert length.min() <= 3
    assert length.max() > 80


def test_furious_words_and_rivals_go_with_leaving_and_prove_nothing(
    operator: Operator, tables: list[dict[str, pd.DataFrame]]
) -> None:
    complaints = [month["cmplt_ticket"] for month in tables]
    leaving = []
    for k, month in enumerate(complaints):
        leaving.append(leaves_soon(operator, month["subs_id"], k))
    soon = np.concatenate(leaving)
    said = pd.concat([month["content"] for month in complaints], ignore_index=True)
    said = said.fillna("")
    for words in ("！", RIVALS, "销户|换号|不用|走$|拆机"):
        spoken = said.str.contains(words).to_numpy()
        assert spoken[soon].mean() > 1.4 * spoken[~soon].mean() > 0, words
        assert spoken[soon].mean() < 0.75, words
