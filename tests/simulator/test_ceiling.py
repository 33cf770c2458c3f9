"""The observer of ``benchmarks.ceiling`` knows the simulator's own chances: his probabilities come true."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from benchmarks.ceiling import observer_scores
from churn_tasks.simulator.clock import within
from churn_tasks.simulator.operator import Operator
from churn_tasks.simulator.settings import SimulationSettings

K = 4  # the month at whose end he looks


@pytest.fixture(scope="module")
def looked() -> tuple[np.ndarray, np.ndarray]:
    """Scores, and who left in the predict window, of everybody who was there when it began."""
    settings = SimulationSettings(customers=20_000, months=8)
    operator = Operator(settings)
    clock, leave_day = operator.clock, operator.lives.leave_day
    asked = operator.people.join_day < clock.start(K - 1)
    asked &= leave_day >= clock.start(K + 2)
    churned = within(leave_day, clock.start(K + 2), clock.start(K + 3))
    return observer_scores(operator, K)[asked], churned[asked]


def test_his_probabilities_add_up_to_those_who_leave(looked):
    scores, churned = looked
    expected = scores.sum()
    spread = np.sqrt((scores * (1 - scores)).sum())
    assert abs(churned.sum() - expected) < 3 * spread + 0.05 * expected


def test_so_they_do_among_the_likeliest_and_among_the_calm(looked):
    scores, churned = looked
    order = np.argsort(scores)
    for part in (order[-500:], order[:10_000]):
        expected = scores[part].sum()
        spread = np.sqrt((scores[part] * (1 - scores[part])).sum())
        assert abs(churned[part].sum() - expected) < 4 * spread + 0.1 * expected


def test_nobody_who_does_not_see_distress_ranks_as_well(looked):
    """Control: an observer to whom the likeliest tenth are all alike."""
    scores, churned = looked
    blind = np.minimum(scores, np.quantile(scores, 0.9))
    with_sight = average_precision_score(churned, scores)
    assert with_sight > 1.5 * average_precision_score(churned, blind)
