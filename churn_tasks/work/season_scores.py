"""The scores of a month, moved to the share of leavers that it is likely to have (``model.calibration``).

What earlier months came to is read from their own scores and truths, each month by what was known when it was scored.
``window`` reads nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from churn_tasks.core.months import Month
from churn_tasks.declared.query import load_question
from churn_tasks.modeling.season import (
    AUTO,
    WINDOW,
    KnownMonth,
    SeasonMonth,
    by_method,
    chosen,
    moved,
    shifts,
)
from churn_tasks.runner.month_run import MonthRun

if TYPE_CHECKING:
    from churn_tasks.modeling.classifier import ChurnClassifier


@dataclass(frozen=True)
class SeasonScores:
    """Scores with how they were calibrated.

    Attributes:
        method: the one that was taken.
        shift: what it added to every log-odds.
        learnt: share of leavers in the latest month that the model learnt from; None where nothing was asked.
    """

    scores: np.ndarray
    method: str
    shift: float
    learnt: float | None


@dataclass(frozen=True)
class _Judged:
    """An earlier month with the truth of who was at risk; its scores as the model gave them."""

    now: SeasonMonth
    rate: float

    @property
    def known(self) -> KnownMonth:
        return KnownMonth(self.now.month, self.now.scores, self.rate)


def season_scores(
    run: MonthRun, classifier: "ChurnClassifier", scores: np.ndarray
) -> SeasonScores:
    """The month's scores as the settings want them calibrated; as they are where what that needs is not known yet."""
    wanted: str = run.settings.model.calibration
    if wanted == WINDOW:
        return SeasonScores(scores, WINDOW, 0.0, None)
    shares = known_shares(run)
    learnt = shares.get(Month.parse(classifier.trained_on[-1]), 0.0)
    judged = _judged(run)
    now = SeasonMonth(run.month, scores, learnt)
    found = shifts(now, judged[-1].known if judged else None, shares)
    method = wanted
    if wanted == AUTO:
        method = chosen(_gaps(run, judged, shares), list(found))
    if method not in found:
        method = WINDOW
    shift = found[method]
    return SeasonScores(moved(scores, shift), method, shift, learnt)


def known_shares(run: MonthRun) -> dict[Month, float]:
    """Share of leavers of every month whose truth was in at as_of, early leavers aside."""
    label_month = run.settings.calendar.label_month(run.month)
    question = load_question("report", "churn_by_month")
    shares = {}
    for row in run.engine.ask(question, {"label_month": label_month.start}):
        stayed_or_left = row["customers"] - row["left_early"]
        shares[Month.of(row["month"])] = row["churners"] / max(stayed_or_left, 1)
    return shares


def _judged(run: MonthRun) -> list[_Judged]:
    """The scored months whose truth is in, earliest first."""
    question = load_question("report", "judged_scores")
    label_month = run.settings.calendar.label_month(run.month)
    run.engine.views(*question.output.reads)
    rows = run.engine.frame(question.sql, {"label_month": label_month.start})
    months = []
    for month, own in rows.groupby("month", sort=True):
        shift = float(own["calibration_shift"].iloc[0])
        scores = moved(own["churn_score"].to_numpy(dtype=float), -shift)
        learnt = float(own["learnt_share"].fillna(0.0).iloc[0])
        now = SeasonMonth(Month.of(month), scores, learnt)
        months.append(_Judged(now, float(own["churned"].mean())))
    return months


def _gaps(
    run: MonthRun, judged: Sequence[_Judged], shares: Mapping[Month, float]
) -> dict[str, list[float]]:
    """By method, how far it would have been off in each judged month, with what was known then."""
    gaps: dict[str, list[float]] = {}
    for place, one in enumerate(judged):
        known_then = run.settings.calendar.label_month(one.now.month)
        before = [each for each in judged[:place] if each.now.month <= known_then]
        latest = before[-1].known if before else None
        then = {month: share for month, share in shares.items() if month <= known_then}
        for name, scores in by_method(one.now, latest, then).items():
            gap = abs(float(scores.mean()) - one.rate)
            gaps.setdefault(name, []).append(gap)
    return gaps
