"""The planted interaction: a ratio of differences decides some leavers, and nothing simpler tells them apart."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from churn_tasks.simulator import SimulationSettings
from churn_tasks.simulator.billing import ITEMS
from churn_tasks.simulator.clock import NEVER, within
from churn_tasks.simulator.interaction import LAG, TURNING_RATIO
from churn_tasks.simulator.operator import Delivery, Operator

SETTINGS = SimulationSettings(
    customers=6000, months=5, cdr_per_month=2, dirt=0, planted_interaction=0.5
)


@pytest.fixture(scope="module")
def operator() -> Operator:
    return Operator(SETTINGS)


@pytest.fixture(scope="module")
def deliveries(operator: Operator) -> list[Delivery]:
    return list(operator.months())


def billed(delivery: Delivery, item: str, operator: Operator) -> np.ndarray:
    """Fen of one item of the month's bills by subscriber, as the operator's table holds them."""
    rows = delivery.boss["bill_item"].to_pandas()
    rows = rows[rows["item_cd"] == ITEMS[item]]
    amounts = np.zeros(len(operator.people))
    np.add.at(
        amounts,
        rows["subs_id"].to_numpy() - operator.people.subs_id[0],
        rows["amt_fen"].to_numpy(),
    )
    return amounts


@pytest.fixture(scope="module")
def columns(operator: Operator, deliveries: list[Delivery]) -> dict[str, np.ndarray]:
    """Amounts and differences of two months, stacked, of all who stay through the next month or leave by the ratio."""
    parts: dict[str, list[np.ndarray]] = {}
    for k in (3, 4):
        gone, taken = gone_and_taken(operator, k)
        first, last = deliveries[k - LAG], deliveries[k]
        values = figures(
            billed(first, "value_added", operator),
            billed(last, "value_added", operator),
            -billed(first, "discount", operator),
            -billed(last, "discount", operator),
        )
        for name, column in (values | {"gone": gone}).items():
            parts.setdefault(name, []).append(column[taken])
    return {name: np.concatenate(columns) for name, columns in parts.items()}


def gone_and_taken(operator: Operator, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Who leaves by the ratio in the month after ``k``, and they with those who never leave."""
    clock, lives = operator.clock, operator.lives
    next_month, month_after = clock.start(k + 1), clock.start(k + 2)
    is_old = operator.people.join_day < clock.start(k - LAG)
    present = is_old & (lives.leave_day > next_month)
    gone = within(operator.interaction.left_by_it, next_month, month_after)
    return gone, present & (gone | lives.stays)


def figures(
    extras_first: np.ndarray,
    extras_last: np.ndarray,
    reductions_first: np.ndarray,
    reductions_last: np.ndarray,
) -> dict[str, np.ndarray]:
    """Everything simple that can be made of the four amounts."""
    extras_change = extras_last - extras_first
    reductions_change = reductions_last - reductions_first
    return {
        "extras first": extras_first,
        "extras last": extras_last,
        "extras change": extras_change,
        "reductions first": reductions_first,
        "reductions last": reductions_last,
        "reductions change": reductions_change,
        "extras to first": extras_last / np.maximum(extras_first, 1),
        "reductions to first": reductions_last / np.maximum(reductions_first, 1),
        "sum of changes": extras_change + reductions_change,
        "difference of changes": extras_change - reductions_change,
    }


def test_no_amount_and_no_difference_tells_them_apart(
    columns: dict[str, np.ndarray],
) -> None:
    gone = columns["gone"]
    assert gone.sum() > 200
    single = {
        name: roc_auc_score(gone, values)
        for name, values in columns.items()
        if name != "gone"
    }
    assert len(single) == 10
    assert {name for name, auc in single.items() if max(auc, 1 - auc) >= 0.55} == set()


def test_their_ratio_does(columns: dict[str, np.ndarray]) -> None:
    moved = np.where(
        columns["reductions change"] == 0, np.nan, columns["reductions change"]
    )
    ratio = np.nan_to_num(columns["extras change"] / moved)
    assert roc_auc_score(columns["gone"], ratio) > 0.9
    assert (ratio[columns["gone"]] > 0.95 * TURNING_RATIO).mean() > 0.97, (
        "fee discounts begin and end for a few"
    )


def test_half_of_the_leavers_are_decided_by_it_and_as_many_leave_as_ever(
    operator: Operator,
) -> None:
    clock, lives = operator.clock, operator.lives
    first, end = clock.start(LAG + 1) + 1, clock.end
    later = within(lives.leave_day, first, end)
    by_ratio = operator.interaction.left_by_it < NEVER
    assert 0.42 < (by_ratio & later).sum() / later.sum() < 0.58
    assert not lives.shown_signs[by_ratio].any(), "no other sign gives them away"
    without = SETTINGS.model_copy(update={"planted_interaction": 0.0})
    plain = Operator(without).lives.leave_day
    usual = within(plain, first, end)
    assert 0.85 < later.sum() / usual.sum() < 1.15


def test_the_truth_names_them_month_by_month(
    operator: Operator, deliveries: list[Delivery]
) -> None:
    truth = [delivery.truth["interaction"].to_pandas() for delivery in deliveries]
    assert all(part["ratio"].isna().all() for part in truth[:LAG])
    assert truth[LAG]["ratio"].notna().all()
    decided = truth[3][truth[3]["decides"]]
    assert len(decided) > 100 and (decided["ratio"] > TURNING_RATIO).all()
    plain = Operator(SimulationSettings(customers=200, months=1))
    assert "interaction" not in next(plain.months()).truth
