"""The change of behaviour: nothing before its month; fewer calls, more data and more leavers from then on."""

import pyarrow.compute as pc
import pytest

from churn_tasks.simulator.operator import Operator
from churn_tasks.simulator.settings import SimulationSettings

CHANGED = 2


def records(planned: int) -> list[tuple[int, int]]:
    """Calls and messages, and data sessions, of each month."""
    settings = SimulationSettings(
        customers=600, months=4, seed=5, dirt=0, months_as_planned=planned
    )
    counted = []
    for delivery in Operator(settings).months():
        kinds = delivery.boss["cdr"]["biz_typ"]
        data = pc.sum(pc.equal(kinds.cast("string"), "30")).as_py()
        counted.append((len(kinds) - data, data))
    return counted


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


def test_people_talk_over_the_internet_from_the_month_of_the_change_on() -> None:
    for k, usual, changed in zip(range(4), records(0), records(CHANGED), strict=True):
        talk = 0.4 if k >= CHANGED else 1.0
        # some who leave later use less before
        assert changed[0] == pytest.approx(talk * usual[0], rel=0.1)
        assert sum(changed) == pytest.approx(sum(usual), rel=0.1)


def test_more_leave_once_they_have_made_up_their_minds() -> None:
    usual, changed = leavers(0), leavers(CHANGED)
    assert changed[:CHANGED] == usual[:CHANGED]
    assert sum(changed[3:]) > 1.6 * sum(usual[3:])
