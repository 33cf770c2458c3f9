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
from churn_tasks.modeling.leak_signs import Signs, signs_of

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


def probe(rows: Sample, features: FeatureSet, limits: LeakProbe) -> list[Suspect]:
    """Every column with its figures, the most suspicious first; empty with too few of either kind to tell anything."""
    step = -(-len(rows) // MOST_ROWS)
    thinned = rows.rows(np.arange(0, len(rows), step)) if step > 1 else rows
    if min(thinned.churners, len(thinned) - thinned.churners) < FEWEST_CHURNERS:
        return []
    half = _halves(thinned.customers)
    found = []
    for name in features.names:
        signs = signs_of(
            thinned.features[name].to_numpy(), thinned.churned, half, thinned.months
        )
        stop, look = _beyond(signs, limits), _worth_a_look(signs, limits)
        found.append(
            Suspect(
                name, features.columns[name], signs, tuple(stop or look), bool(stop)
            )
        )
    return sorted(
        found, key=lambda one: (not one.stops, not one.reasons, -_strongest(one.signs))
    )


def refuse_leaks(
    rows: Sample, features: FeatureSet, limits: LeakProbe
) -> dict[str, float]:
    """The AUC of each column (of texts that of their leaving rates), in the order of the set.

    Raises:
        CheckFailed: some are beyond the bounds, each named with what gives it away and what to do.
    """
    found = probe(rows, features, limits)
    for one in found:
        if one.reasons and not one.stops:
            log.warning(
                "leak probe: %s of %s is worth a look: %s",
                one.name,
                one.table,
                "; ".join(one.reasons),
            )
    leaks = [
        f"{one.name} of {one.table} ({'; '.join(one.reasons)})"
        for one in found
        if one.stops
    ]
    if leaks:
        raise CheckFailed(
            f"training stopped: taken alone, {', '.join(leaks)} tells who leaves. It has seen what it should predict."
            " Mend its query, or name it under features.ban in the profile's settings (docs/leaks.md)."
        )
    aucs = {
        one.name: one.signs.auc if one.signs.auc is not None else one.signs.split_auc
        for one in found
    }
    return {name: aucs[name] for name in features.names if name in aucs}


def _halves(customers: np.ndarray) -> np.ndarray:
    """One half of the customers, the same in all months and for any order of rows."""
    distinct, place = np.unique(customers.astype(str), return_inverse=True)
    side = [
        hashlib.blake2b(name.encode(), digest_size=1).digest()[0] & 1
        for name in distinct.tolist()
    ]
    return np.array(side, dtype=np.int64)[place]


def _beyond(signs: Signs, limits: LeakProbe) -> list[str]:
    reasons = []
    if signs.best_auc >= limits.max_auc:
        reasons.append(f"AUC {signs.best_auc:.3f}, limit {limits.max_auc:g}")
    reasons += [
        f"{share:.1%} of all {kind} where nearly everybody {does}: {where}, limit {limits.max_sure_share:.0%}"
        for share, kind, does, where in _sure_shares(signs)
        if share >= limits.max_sure_share
    ]
    if signs.jump >= limits.max_jump and signs.latest_auc >= limits.jump_from_auc:
        reasons.append(
            f"AUC {signs.latest_auc:.3f} in the latest month, by {signs.jump:.3f} from the months before"
        )
    return reasons


def _worth_a_look(signs: Signs, limits: LeakProbe) -> list[str]:
    reasons = (
        [f"AUC {signs.best_auc:.3f}"] if signs.best_auc >= limits.notice_auc else []
    )
    return reasons + [
        f"{share:.1%} of all {kind} where nearly everybody {does}: {where}"
        for share, kind, does, where in _sure_shares(signs)
        if share >= limits.notice_share
    ]


def _sure_shares(signs: Signs) -> tuple[tuple[float, str, str, str], ...]:
    """Both sure shares with the words to tell them in."""
    return (
        (signs.sure_leavers, "leavers", "leaves", signs.where_leavers),
        (signs.sure_stayers, "stayers", "stays", signs.where_stayers),
    )


def _strongest(signs: Signs) -> float:
    """One figure to order columns by: AUC, or the share that is sure, put on the same scale."""
    return max(signs.best_auc, 0.5 + max(signs.sure_leavers, signs.sure_stayers) / 2)
