"""A weighted sum of several families' log-odds, each with the preprocessing of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import AfterValidator, Field
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator

from churn_tasks.core.family_files import family_files
from churn_tasks.modeling.calibration import platt
from churn_tasks.modeling.family import family
from churn_tasks.modeling.fitted import Fitted, LearntRows
from churn_tasks.modeling.ranking import contributions, margin

if TYPE_CHECKING:
    from collections.abc import Mapping

OF_OTHERS = ("rule", "stacking", "voting")  # families that no blend is made of


class Blend(BaseEstimator):
    """``intercept`` and, of each member, ``weight x (slope x margin + intercept)``.

    Attributes:
        rankers: the members; each sees its own columns of the numbers, side by side in this order.
        widths: how many columns each has.
        centres: means of each member's columns over the training rows.
        weights: by which each member's margin is multiplied.
        intercept: added to the sum.
    """

    def __init__(
        self,
        rankers: Any = (),
        widths: Any = (),
        centres: Any = (),
        weights: Any = (),
        intercept: float = 0.0,
    ) -> None:
        self.rankers = rankers
        self.widths = widths
        self.centres = centres
        self.weights = weights
        self.intercept = intercept

    def decision_function(self, numbers: np.ndarray) -> np.ndarray:
        total = np.full(len(numbers), self.intercept)
        for number, own in enumerate(self._columns(numbers)):
            total += self.weights[number] * margin(self.rankers[number], own)
        return total

    def contributions(self, numbers: np.ndarray) -> np.ndarray:
        """What each column of each member adds, rows x columns; exact where the members' are."""
        added = []
        for number, own in enumerate(self._columns(numbers)):
            ranker, centre = self.rankers[number], self.centres[number]
            added.append(self.weights[number] * contributions(ranker, own, centre))
        return np.hstack(added)

    def _columns(self, numbers: np.ndarray) -> Iterator[np.ndarray]:
        start = 0
        for width in self.widths:
            yield np.ascontiguousarray(numbers[:, start : start + width])
            start += width


@dataclass(frozen=True)
class Members:
    """Fitted families that a blend is made of.

    Attributes:
        names: of the families.
        log_odds: of the rows that the folds predict, each member's calibrated, rows x members.
        slopes, intercepts: of each member's calibration.
    """

    names: Sequence[str]
    fitted: Sequence[Fitted]
    log_odds: np.ndarray
    slopes: np.ndarray
    intercepts: np.ndarray


def fitted_members(rows: LearntRows, names: Sequence[str]) -> Members:
    """Fit each family with its defaults, without columns derived from others."""
    rows = replace(rows, derive=None)
    fitted, log_odds, slopes, intercepts = [], [], [], []
    for name in names:
        member = family(name)
        one = member.fit(rows, member.parameters())
        slope, intercept = platt(one.margins, rows.judged_truth)
        fitted.append(one)
        slopes.append(slope)
        intercepts.append(intercept)
        log_odds.append(slope * one.margins + intercept)
    return Members(
        names, fitted, np.column_stack(log_odds), np.array(slopes), np.array(intercepts)
    )


def blended(
    rows: LearntRows,
    members: Members,
    weights: np.ndarray,
    intercept: float,
    given: "Mapping[str, Any]",
) -> Fitted:
    """The members with these weights of their calibrated log-odds, as one fitted family."""
    side_by_side = []
    for name, one in zip(members.names, members.fitted, strict=True):
        as_fitted = FrozenEstimator(one.preprocess)
        side_by_side.append((name, as_fitted, list(rows.frame.columns)))
    preprocess = ColumnTransformer(side_by_side)
    numbers = preprocess.fit_transform(rows.frame)
    widths = []
    for one in members.fitted:
        widths.append(len(one.preprocess.get_feature_names_out()))
    ranker = Blend(
        rankers=[one.ranker for one in members.fitted],
        widths=widths,
        centres=[one.centre for one in members.fitted],
        weights=weights * members.slopes,
        intercept=float(intercept + weights @ members.intercepts),
    )
    shares = {
        f"weight_{name}": float(weight)
        for name, weight in zip(members.names, weights, strict=True)
    }
    return Fitted(
        preprocess=preprocess,
        ranker=ranker,
        centre=numbers.mean(axis=0),
        margins=members.log_odds @ weights + intercept,
        parameters={**given, **shares},
    )


def known_members(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, each of which is a shipped family.

    Raises:
        ValueError: one is not, or stands twice.
    """
    allowed = [name for name in family_files() if name not in OF_OTHERS]
    unknown = [name for name in names if name not in allowed]
    if unknown:
        raise ValueError(
            f"no such members: {', '.join(unknown)}; there are {', '.join(allowed)}"
        )
    if len(set(names)) < len(names):
        raise ValueError("a member stands twice")
    return names


MemberNames = Annotated[
    tuple[str, ...],
    Field(
        min_length=2,
        max_length=8,
        description="names of shipped families, each with its defaults",
    ),
    AfterValidator(known_members),
]
