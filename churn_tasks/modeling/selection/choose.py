"""One verdict on each column: kept, or the first reason to leave it out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from churn_tasks.core.sections import Features, Select
from churn_tasks.modeling.frames import FeatureSet, Sample
from churn_tasks.modeling.selection.gain import gains
from churn_tasks.modeling.selection.strength import Strength, strengths
from churn_tasks.modeling.selection.twins import closest_kept, rank_correlations

if TYPE_CHECKING:
    import pandas as pd

Reason = Literal[
    "pinned",
    "tells",
    "all",
    "banned",
    "missing",
    "constant",
    "rare",
    "twin",
    "weak",
    "full",
]
KEPT: tuple[Reason, ...] = ("pinned", "tells", "all")
FEWEST_KEPT = 10


@dataclass(frozen=True)
class Verdict:
    """What was decided about one column, and the figures it was decided by.

    Attributes:
        reason: ``pinned``, ``tells`` and ``all`` (nothing is selected) keep it; ``banned``, ``missing`` (hardly ever
            known), ``constant``, ``rare`` (hardly ever another value), ``twin`` (says what ``twin_of`` says), ``weak``
            (tells nothing, alone or beside others) and ``full`` (others tell more, no room is left) leave it out.
        correlation: with ``twin_of``.
        gain: share of a small booster's gain, where the column got so far.
        place: by that gain, 1 for the column that adds most.
    """

    feature: str
    reason: Reason
    strength: Strength | None = None
    gain: float | None = None
    place: int | None = None
    twin_of: str | None = None
    correlation: float | None = None

    @property
    def is_kept(self) -> bool:
        return self.reason in KEPT


@dataclass(frozen=True)
class Selection:
    """The verdict on every column, in catalogue order, banned ones last.

    Attributes:
        rows: training rows that were looked at; 0 when nothing was.
    """

    verdicts: tuple[Verdict, ...]
    rows: int

    @property
    def kept(self) -> list[str]:
        """Names of the columns that models learn from."""
        return [verdict.feature for verdict in self.verdicts if verdict.is_kept]

    def records(self) -> list[dict[str, Any]]:
        """One plain row a column, as ``feature_selection`` and MLflow hold them."""
        return [_record(verdict, self.rows) for verdict in self.verdicts]

    def frame(self) -> "pd.DataFrame":
        """The same as a table."""
        import pandas as pd

        return pd.DataFrame(self.records())


def everything(features: FeatureSet, banned: Sequence[str] = ()) -> Selection:
    """All columns kept, none looked at."""
    kept = [Verdict(name, "all") for name in features.names]
    return Selection((*kept, *(Verdict(name, "banned") for name in banned)), rows=0)


def select(rows: Sample, features: FeatureSet, wanted: Features) -> Selection:
    """Decide about every column of the set. The same rows and settings give the same selection.

    Args:
        rows: training rows and no others, for what they show is used; both classes present.
        features: the columns offered, banned ones left out already.
        wanted: pins, bans and limits.
    """
    if wanted.select is None:
        return everything(features, wanted.ban)
    known, pinned = strengths(rows, features), frozenset(wanted.pin)
    by_iv = sorted(
        known,
        key=lambda name: (-round(known[name].iv, 9), -round(known[name].better_auc, 9)),
    )
    out = {
        name: Verdict(name, reason)
        for name in by_iv
        if (reason := _simple(known[name], wanted.select))
    }
    numbers = [
        name
        for name in by_iv
        if name in features.numeric and (name not in out or name in pinned)
    ]
    close = rank_correlations(rows.features, numbers)
    for name, (other, correlation) in closest_kept(
        numbers, close, wanted.select.max_correlation, pinned
    ).items():
        out[name] = Verdict(name, "twin", twin_of=other, correlation=correlation)
    left = _Left(
        rows, features, [name for name in by_iv if name not in out or name in pinned]
    )
    out |= left.without_use(known, wanted.select, pinned)
    out |= {name: Verdict(name, "pinned") for name in pinned}
    made = (
        left.figured(out.get(name) or Verdict(name, "tells"), known[name])
        for name in features.names
    )
    chosen = Selection(
        (*made, *(Verdict(name, "banned") for name in wanted.ban)), rows=len(rows)
    )
    return chosen if chosen.kept else everything(features, wanted.ban)


def _simple(one: Strength, limits: Select) -> Reason | None:
    """The first simple statistic that a column fails."""
    if one.missing_share >= limits.max_missing:
        return "missing"
    if one.varied_share == 0:
        return "constant"
    return "rare" if one.varied_share < limits.min_varied else None


class _Left:
    """The columns that are no twins, and what each adds beside the others."""

    def __init__(self, rows: Sample, features: FeatureSet, names: list[str]) -> None:
        numeric = [name for name in names if name in features.numeric]
        self.gain, self.chance = gains(
            rows, numeric, [name for name in names if name in features.text]
        )
        # the column that adds most first; where the gain is the same, by information value
        self.order = sorted(names, key=lambda name: -round(self.gain[name], 9))
        self.place = {name: place for place, name in enumerate(self.order, start=1)}

    def without_use(
        self, known: dict[str, Strength], limits: Select, pinned: frozenset[str]
    ) -> dict[str, Verdict]:
        """Those that tell nothing, alone or beside the others, and those for which there is no room.

        Of those that tell nothing the first few stay: where nothing tells anything, a model still needs columns.
        """
        out: dict[str, Verdict] = {}
        room = max(limits.max_columns - len(pinned), 0)
        for name in (name for name in self.order if name not in pinned):
            tells = known[name].tells(limits.min_iv, limits.min_auc, limits.certainty)
            if (
                self.place[name] > FEWEST_KEPT
                and self.gain[name] <= self.chance
                and not tells
            ):
                out[name] = Verdict(name, "weak")
            elif not room:
                out[name] = Verdict(name, "full")
            else:
                room -= 1
        return out

    def figured(self, verdict: Verdict, strength: Strength) -> Verdict:
        """The verdict with the figures it was decided by."""
        name = verdict.feature
        return replace(
            verdict,
            strength=strength,
            gain=self.gain.get(name),
            place=self.place.get(name),
        )


def _record(verdict: Verdict, rows: int) -> dict[str, Any]:
    one = verdict.strength
    return {
        "feature": verdict.feature,
        "is_kept": verdict.is_kept,
        "reason": verdict.reason,
        "twin_of": verdict.twin_of,
        "correlation": verdict.correlation,
        "gain": verdict.gain,
        "place": verdict.place,
        "iv": one.iv if one else None,
        "auc": one.auc if one else None,
        "missing_share": one.missing_share if one else None,
        "varied_share": one.varied_share if one else None,
        "row_count": rows,
    }
