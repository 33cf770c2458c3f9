"""Leaving: how many, with which signs, and without any."""

import numpy as np
import pytest

from churn_tasks.simulator import SimulationSettings
from churn_tasks.simulator.clock import NEVER
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
    return [
        np.bincount(delivery.boss["cdr"]["subs_id"].to_numpy() - first, minlength=n)
        for delivery in operator.months()
    ]


def monthly_rates(operator: Operator) -> list[float]:
    """Share of the billed who leave, by month; whoever leaves in a month is still billed for it."""
    clock, lives = operator.clock, operator.lives
    rates = []
    for k in range(MONTHS):
        billed = month_state(clock, k, operator.people, lives).who
        rates.append(float((lives.leave_day[billed] < clock.start(k + 1)).mean()))
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
    left, checked = operator.lives.leave_day, 0
    for delivery in operator.months():
        k = delivery.k
        billed = set(delivery.boss["bill_item"]["subs_id"].to_pylist())
        this_month = (left > operator.clock.start(k)) & (
            left < operator.clock.start(k + 1)
        )
        this_month &= operator.people.join_day < operator.clock.start(k + 1)
        earlier = left <= operator.clock.start(k)
        assert billed.issuperset(operator.people.subs_id[this_month].tolist())
        assert billed.isdisjoint(operator.people.subs_id[earlier].tolist())
        checked += this_month.sum()
    assert checked > 1000


def change_before(
    operator: Operator, records_by_month: list[np.ndarray], chosen: np.ndarray, k: int
) -> float:
    """Records of month ``k - 1`` as a share of those of months ``k - 4`` and ``k - 3``, averaged over a group."""
    present = operator.people.join_day < operator.clock.start(k - 4)
    group = present & chosen
    assert group.sum() > 15
    return (
        records_by_month[k - 1][group].sum()
        * 2
        / (records_by_month[k - 4] + records_by_month[k - 3])[group].sum()
    )


def changes(
    operator: Operator, records_by_month: list[np.ndarray], shown: bool | None
) -> list[float]:
    """The change for leavers of each later month, with or without signs; ``None`` for those who are calm throughout."""
    lives, found = operator.lives, []
    calm = np.ones(len(operator.people), bool)
    calm[lives.episodes.who] = False
    for k in range(4, MONTHS):
        leaves = (lives.leave_day >= operator.clock.start(k)) & (
            lives.leave_day < operator.clock.start(k + 1)
        )
        chosen = (
            calm & (lives.leave_day == NEVER)
            if shown is None
            else leaves & (lives.shown_signs == shown)
        )
        chosen = chosen & calm if shown is False else chosen
        found.append(change_before(operator, records_by_month, chosen, k))
    return found


def test_leavers_use_less_before_they_leave_than_stayers(
    operator: Operator, records_by_month: list
) -> None:
    leavers, calm = (
        np.mean(changes(operator, records_by_month, shown)) for shown in (True, None)
    )
    assert 0.9 < calm < 1.1
    assert leavers < 0.75 * calm


def test_those_without_signs_cannot_be_told_from_the_calm(
    operator: Operator, records_by_month: list
) -> None:
    signless, calm = (
        np.mean(changes(operator, records_by_month, shown)) for shown in (False, None)
    )
    assert abs(signless - calm) < 0.08


def test_no_sign_for_the_signless(operator: Operator) -> None:
    """They have no episode of their own; one that would have passed may overlap by chance."""
    lives = operator.lives
    signless = np.flatnonzero((lives.leave_day < NEVER) & ~lives.shown_signs)
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
    stayed = (lives.leave_day[lives.episodes.who] == NEVER).mean()
    assert 0.1 < stayed < 0.5
    assert lives.kept_by_contact.sum() > 20 and lives.driven_by_contact.sum() > 5
    assert (
        lives.leave_day[lives.kept_by_contact & ~lives.driven_by_contact] >= 0
    ).all()
