"""Leaving: how many, with which signs, and without any."""

import numpy as np
import pytest

from churn_tasks.simulator import SimulationSettings
from churn_tasks.simulator.clock import within
from churn_tasks.simulator.operator import Operator
from churn_tasks.simulator.state import month_state

MONTHS = 8


@pytest.fixture(scope="module")
def operator() -> Operator:
    return Operator(SimulationSettings(customers=6000, months=MONTHS, dirt=0))


@pytest.fixture(scope="module")
def records_by_month(operator: Operator) -> list[np.ndarray]:
    """Number of call detail records of every subscriber, by month."""
    n, first = len(operator.people), operator.people.subs_id[0]
    records = []
    for delivery in operator.months():
        subscriber = delivery.boss["cdr"]["subs_id"].to_numpy() - first
        records.append(np.bincount(subscriber, minlength=n))
    return records


def monthly_rates(operator: Operator) -> list[float]:
    """Share of the billed who leave, by month; whoever leaves in a month is still billed for it."""
    clock, lives = operator.clock, operator.lives
    rates = []
    for k in range(MONTHS):
        billed = month_state(clock, k, operator.people, lives).who
        leaves = lives.leave_day[billed] < clock.start(k + 1)
        rates.append(float(leaves.mean()))
    return rates


def test_monthly_churn_is_near_the_setting_and_differs_by_season(
    operator: Operator,
) -> None:
    rates = monthly_rates(operator)
    assert 0.04 < np.mean(rates) < 0.055
    assert all(0.03 < rate < 0.065 for rate in rates)
    assert max(rates) - min(rates) > 0.005


def test_joiners_keep_the_base_about_constant(operator: Operator) -> None:
    sizes = [
        len(month_state(operator.clock, k, operator.people, operator.lives))
        for k in range(MONTHS)
    ]
    assert max(sizes) / min(sizes) < 1.1


def test_a_leaver_is_billed_in_the_month_of_leaving_and_not_after(
    operator: Operator,
) -> None:
    people, leave_day = operator.people, operator.lives.leave_day
    checked = 0
    for delivery in operator.months():
        start = operator.clock.start(delivery.k)
        end = operator.clock.start(delivery.k + 1)
        billed = set(delivery.boss["bill_item"]["subs_id"].to_pylist())
        this_month = (leave_day > start) & (leave_day < end) & (people.join_day < end)
        earlier = leave_day <= start
        assert billed.issuperset(people.subs_id[this_month].tolist())
        assert billed.isdisjoint(people.subs_id[earlier].tolist())
        checked += this_month.sum()
    assert checked > 1000


def change_before(
    operator: Operator, records_by_month: list[np.ndarray], chosen: np.ndarray, k: int
) -> float:
    """Records of month ``k - 1`` as a share of those of months ``k - 4`` and ``k - 3``, averaged over a group."""
    present = operator.people.join_day < operator.clock.start(k - 4)
    group = present & chosen
    assert group.sum() > 15
    before = records_by_month[k - 4] + records_by_month[k - 3]
    return 2 * records_by_month[k - 1][group].sum() / before[group].sum()


def changes(
    operator: Operator, records_by_month: list[np.ndarray], shown: bool | None
) -> list[float]:
    """The change for leavers of each later month, with or without signs; ``None`` for those who are calm throughout."""
    lives = operator.lives
    calm = np.ones(len(operator.people), bool)
    calm[lives.episodes.who] = False
    by_month = []
    for k in range(4, MONTHS):
        start, end = operator.clock.start(k), operator.clock.start(k + 1)
        leaves = within(lives.leave_day, start, end)
        chosen = {
            None: calm & lives.stays,
            True: leaves & lives.shown_signs,
            False: leaves & ~lives.shown_signs & calm,
        }[shown]
        by_month.append(change_before(operator, records_by_month, chosen, k))
    return by_month


def test_leavers_use_less_before_they_leave_than_stayers(
    operator: Operator, records_by_month: list
) -> None:
    leavers = np.mean(changes(operator, records_by_month, True))
    calm = np.mean(changes(operator, records_by_month, None))
    assert 0.9 < calm < 1.1
    assert leavers < 0.75 * calm


def test_those_without_signs_cannot_be_told_from_the_calm(
    operator: Operator, records_by_month: list
) -> None:
    signless = np.mean(changes(operator, records_by_month, False))
    calm = np.mean(changes(operator, records_by_month, None))
    assert abs(signless - calm) < 0.08


def test_no_sign_for_the_signless(operator: Operator) -> None:
    """They have no episode of their own; one that would have passed may overlap by chance."""
    lives = operator.lives
    signless = np.flatnonzero(~lives.stays & ~lives.shown_signs)
    assert len(signless) > 150
    last_episode = np.full(len(operator.people), -1)
    np.maximum.at(last_episode, lives.episodes.who, lives.episodes.end)
    troubled_at_leaving = last_episode[signless] >= lives.leave_day[signless]
    assert troubled_at_leaving.mean() < 0.02, (
        "an episode that would have passed may overlap by chance"
    )


def test_some_show_signs_and_stay_and_contacts_work_both_ways(
    operator: Operator,
) -> None:
    lives = operator.lives
    stayed = lives.stays[lives.episodes.who].mean()
    assert 0.1 < stayed < 0.5
    kept, driven = lives.kept_by_contact, lives.driven_by_contact
    assert kept.sum() > 20 and driven.sum() > 5
    assert (lives.leave_day[kept & ~driven] >= 0).all()


def test_whoever_leaves_is_there_up_to_the_day_before_and_no_longer(
    operator: Operator,
) -> None:
    """Closings, payments and talks at the desk are dated by this day."""
    ended = 0
    for k in range(MONTHS):
        state = month_state(operator.clock, k, operator.people, operator.lives)
        leave_day = operator.lives.leave_day[state.who]
        leaves = state.leaves_before_end
        assert (state.last_day[leaves] == leave_day[leaves] - 1).all()
        assert (state.last_day[~leaves] == state.end - 1).all()
        ended += leaves.sum()
    assert ended > 1_000


def test_the_books_close_an_account_on_the_day_of_leaving(operator: Operator) -> None:
    first = operator.people.subs_id[0]
    closed = 0
    for delivery in operator.months():
        books = delivery.boss["subs_his"].to_pandas()
        books = books[books["sts_cd"] == "X"]
        number = books["subs_id"].to_numpy() - first
        day = books["eff_tm"].dt.tz_localize(None).to_numpy().astype("datetime64[D]")
        assert (day.astype(int) == operator.lives.leave_day[number]).all()
        closed += len(books)
    assert closed > 1_000
