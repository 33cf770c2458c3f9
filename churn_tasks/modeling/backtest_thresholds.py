"""Lists as long as a threshold makes them, chosen on earlier months and used on the next (``thresholds.py``)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from churn_tasks.core.modeling_section import CHAMPION
from churn_tasks.modeling.backtest import ScoredMonth
from churn_tasks.modeling.backtest_season import known_before
from churn_tasks.modeling.intervals import RankedMonth
from churn_tasks.modeling.metrics import ratio
from churn_tasks.modeling.thresholds import (
    Costs,
    Steps,
    by_capacity,
    by_costs,
    by_false_alarms,
    by_precision,
    steps,
    worth,
)

Row = dict[str, Any]


EXAMPLE = Costs(contact=1.0, worth=20.0, kept=0.3)


@dataclass(frozen=True)
class Targets:
    """What a threshold is to reach.

    Attributes:
        precision: share of the warned who leave, at least.
        false_alarms: share of those who stay that is warned, at most.
        costs: of a call, and what it may bring; the example counts in the price of a call.
    """

    precision: float = 0.5
    false_alarms: float = 0.03
    costs: Costs = EXAMPLE


def threshold_rows(months: Sequence[ScoredMonth], targets: Targets) -> list[Row]:
    """One row a month and way of choosing, of those at risk; months before which no truth is known have none."""
    rows = []
    for place, month in enumerate(months):
        known = known_before(months[:place], month)
        if not known:
            continue
        before = _together(known)
        after = month.ranked(CHAMPION, month.everybody)
        size = round(len(before.scores) * month.terms.size / len(month.customers))
        for name, threshold in thresholds(before, size, targets).items():
            head = {"month": str(month.month), "by": name}
            rows.append(head | _came_to(after, threshold, targets.costs))
    return rows


def thresholds(before: Steps, size: int, targets: Targets) -> dict[str, float]:
    """The threshold of each way of choosing."""
    return {
        "capacity": by_capacity(before, size),
        "costs": by_costs(before, targets.costs),
        "precision": by_precision(before, targets.precision),
        "false_alarms": by_false_alarms(before, targets.false_alarms),
    }


def _together(known: Sequence[ScoredMonth]) -> Steps:
    """All customers at risk of the known months, each month by its own scores."""
    ranked = [month.ranked(CHAMPION, month.everybody) for month in known]
    scores = np.concatenate([each.scores for each in ranked])
    return steps(scores, np.concatenate([each.churned for each in ranked]))


def _came_to(month: RankedMonth, threshold: float, costs: Costs) -> Row:
    warned = month.scores >= threshold
    hits = int((warned & month.churned).sum())
    churners = int(month.churned.sum())
    alarms, stayers = int(warned.sum()) - hits, len(warned) - churners
    perfect = max(float(costs.value(np.array(churners), np.array(churners))), 0.0)
    return {
        "threshold": threshold if np.isfinite(threshold) else None,
        "warned": int(warned.sum()),
        "warned_churners": hits,
        "precision": ratio(hits, int(warned.sum())),
        "coverage": ratio(hits, churners),
        "false_alarm_rate": ratio(alarms, stayers),
        "worth": worth(steps(month.scores, month.churned), threshold, costs),
        "worth_of_perfect": perfect,
    }
