"""Leak probe: a single column that all but tells the label has most likely seen it.

Every training asks it of every column that it is offered, before anything is selected or fitted.
"""

import hashlib
import logging
from dataclasses import dataclass

import numpy as np

from churn_tasks.core.errors import CheckFailed
from churn_tasks.core.sections import LeakProbe
from churn_tasks.modeling.frames import FeatureSet, Sample
from churn_tasks.modeling.leak_signs import SURE_RATE, Signs, signs_of

log = logging.getLogger("churn")

MOST_ROWS = 50_000
FEWEST_CHURNERS = 10


@dataclass(frozen=True)
class Suspect:
    """A column and what speaks against it.

    Attributes:
        reasons: each figure that is beyond its bound, in words; none when the column is clean.
        stops: whether training stops for it.
    """

    name: str
    table: str
    signs: Signs
    reasons: tuple[str, ...]
    stops: bool

    @property
    def auc(self) -> float:
        """Of the column alone; of a text that of its leaving rates."""
        if self.signs.auc is None:
            return self.signs.split_auc
        return self.signs.auc


def probe(rows: Sample, features: FeatureSet, limits: LeakProbe) -> list[Suspect]:
    """Every column with its figures, the most suspicious first; empty with too few of either kind to tell anything."""
    step = -(-len(rows) // MOST_ROWS)
    thinned = rows
    if step > 1:
        thinned = rows.rows(np.arange(0, len(rows), step))
    if min(thinned.churners, len(thinned) - thinned.churners) < FEWEST_CHURNERS:
        return []
    half = _halves(thinned.customers)
    suspects = []
    for name in features.names:
        values = thinned.features[name].to_numpy()
        signs = signs_of(values, thinned.churned, half, thinned.months)
        stop, look = _beyond(signs, limits), _worth_a_look(signs, limits)
        reasons = tuple(stop or look)
        table = features.columns[name]
        suspects.append(Suspect(name, table, signs, reasons, bool(stop)))
    return sorted(suspects, key=_least_suspicious_last)


def _least_suspicious_last(one: Suspect) -> tuple[bool, bool, float]:
    return not one.stops, not one.reasons, -_strongest(one.signs)


def refuse_leaks(
    rows: Sample, features: FeatureSet, limits: LeakProbe
) -> dict[str, float]:
    """The AUC of each column (of texts that of their leaving rates), in the order of the set.

    Raises:
        CheckFailed: some are beyond the bounds, each named with what gives it away and what to do.
    """
    suspects = {one.name: one for one in probe(rows, features, limits)}
    leaks = []
    for one in suspects.values():
        why = "; ".join(one.reasons)
        if one.stops:
            leaks.append(f"{one.name} of {one.table} ({why})")
        elif one.reasons:
            log.warning(
                "leak probe: %s of %s is worth a look: %s", one.name, one.table, why
            )
    if leaks:
        raise CheckFailed(
            f"training stopped: taken alone, {', '.join(leaks)} tells who leaves. It has seen what it should predict."
            " Mend its query, or name it under features.ban in the profile's settings; where it is an honest sign,"
            " raise leak_probe.max_auc or leak_probe.max_sure_share (docs/leaks.md)."
        )
    judged = [name for name in features.names if name in suspects]
    return {name: suspects[name].auc for name in judged}


def _halves(customers: np.ndarray) -> np.ndarray:
    """One half of the customers, the same in all months and for any order of rows."""
    distinct, place = np.unique(customers.astype(str), return_inverse=True)
    side = np.array([_side(name) for name in distinct.tolist()], dtype=np.int64)
    return side[place]


def _side(customer: str) -> int:
    return hashlib.blake2b(customer.encode(), digest_size=1).digest()[0] & 1


def _beyond(signs: Signs, limits: LeakProbe) -> list[str]:
    """Why training stops, in words."""
    reasons = []
    if signs.best_auc >= limits.max_auc:
        reasons.append(f"AUC {signs.best_auc:.3f}, limit {limits.max_auc:g}")
    limit = f"limit {limits.max_sure_share:.0%}"
    sure = _sure_shares(signs, limits.max_sure_share)
    reasons.extend(f"{words}, {limit}" for words in sure)
    if signs.jump >= limits.max_jump and signs.latest_auc >= limits.jump_from_auc:
        reasons.append(
            f"AUC {signs.latest_auc:.3f} in the latest month, by {signs.jump:.3f} from the months before"
        )
    return reasons


def _worth_a_look(signs: Signs, limits: LeakProbe) -> list[str]:
    reasons = []
    if signs.best_auc >= limits.notice_auc:
        reasons.append(f"AUC {signs.best_auc:.3f}")
    return reasons + _sure_shares(signs, limits.notice_share)


def _sure_shares(signs: Signs, bound: float) -> list[str]:
    """Those of both sure shares that reach a bound, in words."""
    told = []
    if signs.sure_leavers >= bound:
        told.append(
            f"{signs.sure_leavers:.1%} of all leavers where at least {SURE_RATE:.0%} leave: {signs.where_leavers}"
        )
    if signs.sure_stayers >= bound:
        told.append(
            f"{signs.sure_stayers:.1%} of all stayers where at least {SURE_RATE:.0%} stay: {signs.where_stayers}"
        )
    return told


def _strongest(signs: Signs) -> float:
    """One figure to order columns by: AUC, or the share that is sure, put on the same scale."""
    sure_share = max(signs.sure_leavers, signs.sure_stayers)
    return max(signs.best_auc, 0.5 + sure_share / 2)
