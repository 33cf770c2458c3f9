"""What each way of calibrating would have come to, and which one ``auto`` would have taken (``season.py``)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from churn_tasks.core.modeling_section import CHAMPION
from churn_tasks.modeling.backtest import ScoredMonth
from churn_tasks.modeling.metrics import calibration
from churn_tasks.modeling.season import (
    AUTO,
    WINDOW,
    KnownMonth,
    SeasonMonth,
    chosen,
    moved,
    shifts,
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
    found = _shifts(month, CHAMPION, known)
    own = month.scores[CHAMPION]
    return {name: moved(own, shift) for name, shift in found.items()}


def _shifts(
    month: ScoredMonth, model: str, known: Sequence[ScoredMonth]
) -> dict[str, float]:
    """By how much each way of calibrating moves a model's log-odds; the champions of the known months teach it."""
    now = SeasonMonth(month.month, month.scores[model], month.learnt[model])
    latest = None
    if known:
        before = known[-1]
        at_risk = before.truth.at_risk
        share = float(before.truth.churned[at_risk].mean())
        latest = KnownMonth(before.month, before.scores[CHAMPION][at_risk], share)
    return shifts(now, latest, month.shares)


def as_shown(months: Sequence[ScoredMonth], wanted: str) -> list[ScoredMonth]:
    """The months with what their lists would have added to every log-odds, by what was known then.

    Args:
        months: in order, from the first that had a model.
        wanted: ``model.calibration``. What a month lacks for it leaves its scores as the models give them.
    """
    if wanted == WINDOW:
        return list(months)
    taken = {}
    for row in season_rows(months):
        if row["method"] == AUTO:
            taken[row["month"]] = row["taken"]
    shown = []
    for place, month in enumerate(months):
        method = taken[str(month.month)] if wanted == AUTO else wanted
        known = known_before(months[:place], month)
        by_model = {}
        for model in month.scores:
            by_model[model] = _shifts(month, model, known).get(method, 0.0)
        shown.append(replace(month, shifts=by_model))
    return shown


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
