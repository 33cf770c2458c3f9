"""The scores of a month, moved to the share of leavers that it is likely to have (``model.calibration``).

What earlier months came to is read from their own scores and truths, each month by what was known when it was scored.
``window`` reads nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from churn_tasks.core.months import Month
from churn_tasks.declared.query import load_question
from churn_tasks.modeling.season import (
    AUTO,
    WINDOW,
    KnownMonth,
    SeasonMonth,
    SeasonScores,
    by_method,
    chosen,
    moved,
    shifts,
)
from churn_tasks.runner.month_run import MonthRun

if TYPE_CHECKING:
    from churn_tasks.modeling.classifier import ChurnClassifier


@dataclass(frozen=True)
class _Judged:
    """An earlier month with the truth of who was at risk; its scores as the model gave them."""

    now: SeasonMonth
    rate: float

    @property
    def known(self) -> KnownMonth:
        return KnownMonth(self.now.month, self.now.scores, self.rate)


@dataclass(frozen=True)
class Season:
    """What was known about shares of leavers when a month was scored; read once, asked for every model.

    Attributes:
        wanted: ``model.calibration``.
        judged: the scored months whose truth was in, earliest first; none where nothing is asked of them.
        shares: share of leavers of every month whose truth was in.
        known_in: the latest month whose truth was in when a month was scored (``Calendar.label_month``).
    """

    month: Month
    wanted: str
    judged: Sequence[_Judged]
    shares: Mapping[Month, float]
    known_in: Callable[[Month], Month]

    def calibrated(
        self, classifier: "ChurnClassifier", scores: np.ndarray
    ) -> SeasonScores:
        """The scores of a model as the settings want them calibrated; as they are where what that needs is not known.

        Args:
            scores: of everybody of the month, as the model gives them.
        """
        if self.wanted == WINDOW:
            return SeasonScores(scores, WINDOW, 0.0, None)
        learnt = self.shares.get(Month.parse(classifier.trained_on[-1]), 0.0)
        now = SeasonMonth(self.month, scores, learnt)
        latest = self.judged[-1].known if self.judged else None
        found = shifts(now, latest, self.shares)
        method = self.wanted
        if method == AUTO:
            method = chosen(self._gaps, list(found))
        if method not in found:
            method = WINDOW
        shift = found[method]
        return SeasonScores(moved(scores, shift), method, shift, learnt)

    @cached_property
    def _gaps(self) -> dict[str, list[float]]:
        """By method, how far it would have been off in each judged month, with what was known then."""
        gaps: dict[str, list[float]] = {}
        for place, one in enumerate(self.judged):
            known = self.known_in(one.now.month)
            before = [each for each in self.judged[:place] if each.now.month <= known]
            latest = before[-1].known if before else None
            then = {}
            for month, share in self.shares.items():
                if month <= known:
                    then[month] = share
            for name, scores in by_method(one.now, latest, then).items():
                gap = abs(float(scores.mean()) - one.rate)
                gaps.setdefault(name, []).append(gap)
        return gaps


def season_of(run: MonthRun, month: Month) -> Season:
    """What was known when a month was scored: that of the run, or the earlier one on which its models are tested."""
    wanted: str = run.settings.model.calibration
    known_in = run.settings.calendar.label_month
    if wanted == WINDOW:
        return Season(month, wanted, (), {}, known_in)
    known = known_in(month)
    shares = known_shares(run, known)
    return Season(month, wanted, _judged(run, known), shares, known_in)


def season_scores(
    run: MonthRun, classifier: "ChurnClassifier", scores: np.ndarray
) -> SeasonScores:
    """The scores of the run's month, calibrated."""
    return season_of(run, run.month).calibrated(classifier, scores)


def known_shares(run: MonthRun, known: Month | None = None) -> dict[Month, float]:
    """Share of leavers of every month whose truth was in at as_of, early leavers aside.

    Args:
        known: the latest such month; that of the run when absent.
    """
    latest = known or run.settings.calendar.label_month(run.month)
    question = load_question("report", "churn_by_month")
    shares = {}
    for row in run.engine.ask(question, {"label_month": latest.start}):
        stayed_or_left = row["customers"] - row["left_early"]
        shares[Month.of(row["month"])] = row["churners"] / max(stayed_or_left, 1)
    return shares


def _judged(run: MonthRun, known: Month) -> list[_Judged]:
    """The scored months up to the latest whose truth was in, earliest first."""
    question = load_question("report", "judged_scores")
    run.engine.views(*question.output.reads)
    rows = run.engine.frame(question.sql, {"label_month": known.start})
    months = []
    for month, own in rows.groupby("month", sort=True):
        shift = float(own["calibration_shift"].iloc[0])
        scores = moved(own["churn_score"].to_numpy(dtype=float), -shift)
        learnt = float(own["learnt_share"].fillna(0.0).iloc[0])
        now = SeasonMonth(Month.of(month), scores, learnt)
        months.append(_Judged(now, float(own["churned"].mean())))
    return months
