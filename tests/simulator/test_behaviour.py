"""The change of behaviour: nothing before its month, fewer calls and more leavers from then on."""

import pyarrow.compute as pc
import pytest

from churn_tasks.simulator.operator import Operator
from churn_tasks.simulator.settings import SimulationSettings

CHANGED = 2


def talk_shares(planned: int) -> list[float]:
    """Share of each month's records that are no data."""
    settings = SimulationSettings(
        customers=600, months=4, seed=5, dirt=0, months_as_planned=planned
    )
    shares = []
    for delivery in Operator(settings).months():
        kinds = delivery.boss["cdr"]["biz_typ"]
        data = pc.sum(pc.equal(kinds.cast("string"), "30")).as_py()
        shares.append(1 - data / len(kinds))
    return shares


def leavers(planned: int) -> list[int]:
    settings = SimulationSettings(
        customers=3_000, months=6, seed=5, dirt=0, months_as_planned=planned
    )
    operator = Operator(settings)
    days = operator.lives.leave_day
    clock = operator.clock
    return [
        int(((days >= clock.start(k)) & (days < clock.start(k + 1))).sum())
        for k in range(settings.months)
    ]


def test_people_talk_less_from_the_month_of_the_change_on() -> None:
    usual, changed = talk_shares(0), talk_shares(CHANGED)
    assert changed[:CHANGED] == pytest.approx(usual[:CHANGED], rel=0.02), (
        "some who leave later use less before"
    )
    for k in (2, 3):
        assert changed[k] == pytest.approx(0.4 * usual[k], rel=0.15)


def test_more_leave_once_they_have_made_up_their_minds() -> None:
    usual, changed = leavers(0), leavers(CHANGED)
    assert changed[:CHANGED] == usual[:CHANGED]
    assert sum(changed[3:]) > 1.6 * sum(usual[3:])
