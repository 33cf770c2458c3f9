"""What each way of calibrating would have come to, and which one ``auto`` would have taken (``season.py``)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from churn_tasks.core.modeling_section import CHAMPION
from churn_tasks.modeling.backtest import ScoredMonth
from churn_tasks.modeling.metrics import calibration
from churn_tasks.modeling.season import (
    AUTO,
    KnownMonth,
    SeasonMonth,
    by_method,
    chosen,
)

Row = dict[str, Any]


def season_rows(months: Sequence[ScoredMonth]) -> list[Row]:
    """One row a month and method, ``auto`` behind them: mean score beside the share that left, of those at risk.

    Args:
        months: in order, from the first that had a model: a month's choice rests on the earlier ones.
    """
    rows: list[Row] = []
    for place, month in enumerate(months):
        known = known_before(months[:place], month)
        scores = _scores(month, known)
        own = {name: _row(month, name, given) for name, given in scores.items()}
        taken = chosen(_gaps(rows, known), list(scores))
        rows += own.values()
        rows.append({**own[taken], "method": AUTO, "taken": taken})
    return rows


def known_before(
    earlier: Sequence[ScoredMonth], month: ScoredMonth
) -> list[ScoredMonth]:
    """The earlier months whose truth was in when the month's features ended."""
    known = []
    for before in earlier:
        if before.terms.window.label_known <= month.terms.window.as_of:
            known.append(before)
    return known


def _scores(
    month: ScoredMonth, known: Sequence[ScoredMonth]
) -> Mapping[str, np.ndarray]:
    now = SeasonMonth(month.month, month.scores[CHAMPION], month.learnt)
    latest = None
    if known:
        before = known[-1]
        at_risk = before.ranked(CHAMPION, before.everybody)
        share = float(at_risk.churned.mean())
        latest = KnownMonth(before.month, at_risk.scores, share)
    return by_method(now, latest, month.shares)


def _row(month: ScoredMonth, method: str, scores: np.ndarray) -> Row:
    at_risk = month.truth.at_risk
    churned = month.truth.churned[at_risk]
    figures = calibration(scores[at_risk], churned)
    rate = float(churned.mean())
    return {
        "month": str(month.month),
        "method": method,
        "taken": method,
        "mean_score": figures["mean_score"],
        "churn_rate": rate,
        "gap": abs(figures["mean_score"] - rate),
        "brier": figures["brier"],
        "log_loss": figures["log_loss"],
        "calibration_error": figures["calibration_error"],
    }


def _gaps(rows: Sequence[Row], known: Sequence[ScoredMonth]) -> dict[str, list[float]]:
    """By method, how far it was off in the months that are known."""
    names = {str(month.month) for month in known}
    gaps: dict[str, list[float]] = {}
    for row in rows:
        if row["month"] in names and row["method"] != AUTO:
            gaps.setdefault(row["method"], []).append(row["gap"])
    return gaps
