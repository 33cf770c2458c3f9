"""The planted interaction: a ratio of differences decides some leavers, and nothing simpler tells them apart."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from churn_tasks.simulator import SimulationSettings
from churn_tasks.simulator.billing import ITEMS
from churn_tasks.simulator.clock import NEVER
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
    found: dict[str, list[np.ndarray]] = {}
    for k in (3, 4):
        leave, by_ratio = operator.lives.leave_day, operator.interaction.left_by_it
        present = (operator.people.join_day < operator.clock.start(k - LAG)) & (
            leave > operator.clock.start(k + 1)
        )
        gone = (by_ratio >= operator.clock.start(k + 1)) & (
            by_ratio < operator.clock.start(k + 2)
        )
        taken = present & (gone | (leave == NEVER))
        extras = [
            billed(deliveries[month], "value_added", operator) for month in (k - LAG, k)
        ]
        reductions = [
            -billed(deliveries[month], "discount", operator) for month in (k - LAG, k)
        ]
        values = {
            "extras first": extras[0], "extras last": extras[1], "extras change": extras[1] - extras[0],
            "reductions first": reductions[0], "reductions last": reductions[1],
            "reductions change": reductions[1] - reductions[0],
            "extras to first": extras[1] / np.maximum(extras[0], 1),
            "reductions to first": reductions[1] / np.maximum(reductions[0], 1),
            "sum of changes": extras[1] - extras[0] + reductions[1] - reductions[0],
            "difference of changes": extras[1] - extras[0] - reductions[1] + reductions[0],
            "gone": gone,
        }  # fmt: skip
        for name, column in values.items():
            found.setdefault(name, []).append(column[taken])
    return {name: np.concatenate(parts) for name, parts in found.items()}


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
    assert {
        name: auc for name, auc in single.items() if max(auc, 1 - auc) >= 0.55
    } == {}


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
    later = (lives.leave_day > clock.start(LAG + 1)) & (
        lives.leave_day < clock.start(SETTINGS.months)
    )
    by_ratio = operator.interaction.left_by_it < NEVER
    assert 0.42 < (by_ratio & later).sum() / later.sum() < 0.58
    assert not lives.shown_signs[by_ratio].any(), "no other sign gives them away"
    plain = Operator(
        SETTINGS.model_copy(update={"planted_interaction": 0.0})
    ).lives.leave_day
    usual = (plain > clock.start(LAG + 1)) & (plain < clock.start(SETTINGS.months))
    assert 0.85 < later.sum() / usual.sum() < 1.15


def test_the_truth_names_them_month_by_month(
    operator: Operator, deliveries: list[Delivery]
) -> None:
    truth = [delivery.truth["interaction"].to_pandas() for delivery in deliveries]
    assert (
        all(part["ratio"].isna().all() for part in truth[:LAG])
        and truth[LAG]["ratio"].notna().all()
    )
    decided = truth[3][truth[3]["decides"]]
    assert len(decided) > 100 and (decided["ratio"] > TURNING_RATIO).all()
    assert (
        "interaction"
        not in next(
            Operator(SimulationSettings(customers=200, months=1)).months()
        ).truth
    )
