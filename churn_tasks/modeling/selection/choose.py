"""One verdict on each column: kept, or the first reason to leave it out."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from churn_tasks.core.sections import Features, Select
from churn_tasks.modeling.frames import FeatureSet, Sample
from churn_tasks.modeling.selection.gain import gains
from churn_tasks.modeling.selection.month_marks import MonthMark, month_marks
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
    "levels",
    "month",
    "twin",
    "weak",
    "full",
]
KEPT: tuple[Reason, ...] = ("pinned", "tells", "all")
FEWEST_KEPT = 10
STRENGTH = ("iv", "auc", "missing_share", "varied_share")


@dataclass(frozen=True)
class Verdict:
    """What was decided about one column, and the figures it was decided by.

    Attributes:
        reason: ``pinned``, ``tells`` and ``all`` (nothing is selected) keep it; ``banned``, ``missing`` (hardly ever
            known), ``constant``, ``rare`` (hardly ever another value), ``levels`` (a text of too many), ``month``
            (tells the month, and nothing that held in the latest one), ``twin`` (says what ``twin_of`` says), ``weak``
            (tells nothing, alone or beside others) and ``full`` (others tell more, no room is left) leave it out.
        correlation: with ``twin_of``.
        gain: share of a small booster's gain, where the column got so far.
        place: by that gain, 1 for the column that adds most.
        month_share: how much the column marks the month (``month_marks.py``), where it got so far.
    """

    feature: str
    reason: Reason
    strength: Strength | None = None
    gain: float | None = None
    place: int | None = None
    month_share: float | None = None
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
        kept = [verdict for verdict in self.verdicts if verdict.is_kept]
        return [verdict.feature for verdict in kept]

    def records(self) -> list[dict[str, Any]]:
        """One plain row a column, as ``feature_selection`` and MLflow hold them."""
        return [_record(verdict, self.rows) for verdict in self.verdicts]

    @classmethod
    def of_records(cls, records: Sequence[Mapping[str, Any]]) -> "Selection":
        """The selection that gave these rows; standard errors, which they do not hold, are 0."""
        verdicts = tuple(_verdict(record) for record in records)
        return cls(verdicts, rows=records[0]["row_count"])

    def frame(self) -> "pd.DataFrame":
        """The same as a table."""
        import pandas as pd

        return pd.DataFrame(self.records())


def everything(features: FeatureSet, banned: Sequence[str] = ()) -> Selection:
    """All columns kept, none looked at."""
    kept = [Verdict(name, "all") for name in features.names]
    out = [Verdict(name, "banned") for name in banned]
    return Selection((*kept, *out), rows=0)


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
    by_strength = sorted(known, key=lambda name: known[name].weakness)
    out = _failing(by_strength, known, wanted.select)
    marks = month_marks(rows, _left(by_strength, out, pinned))
    out |= _marking(marks, wanted.select)
    left = _left(by_strength, out, pinned)
    numbers = [name for name in left if name in features.numeric]
    out |= _twins(rows, numbers, wanted.select, pinned)
    beside = _Beside(rows, features, _left(left, out, pinned))
    out |= beside.without_use(known, wanted.select, pinned)
    out |= {name: Verdict(name, "pinned") for name in pinned}
    verdicts = []
    for name in features.names:
        verdict = out.get(name, Verdict(name, "tells"))
        verdict = replace(verdict, month_share=_month_share(marks.get(name)))
        verdicts.append(beside.with_figures(verdict, known[name]))
    banned = [Verdict(name, "banned") for name in wanted.ban]
    selection = Selection((*verdicts, *banned), rows=len(rows))
    return selection if selection.kept else everything(features, wanted.ban)


def _left(
    names: Sequence[str], out: Container[str], pinned: Container[str]
) -> list[str]:
    return [name for name in names if name in pinned or name not in out]


def _failing(
    names: Sequence[str], known: Mapping[str, Strength], limits: Select
) -> dict[str, Verdict]:
    """The columns that fail a simple statistic."""
    out = {}
    for name in names:
        reason = _simple(known[name], limits)
        if reason:
            out[name] = Verdict(name, reason)
    return out


def _marking(marks: Mapping[str, MonthMark], limits: Select) -> dict[str, Verdict]:
    """The columns that tell which month it is, and whose worth ended with the months it was found in."""
    out = {}
    for name, mark in marks.items():
        is_mark = mark.share >= limits.max_month_share
        if is_mark and not mark.holds(limits.certainty):
            out[name] = Verdict(name, "month")
    return out


def _month_share(mark: MonthMark | None) -> float | None:
    if mark is None:
        return None
    return mark.share


def _twins(
    rows: Sample, numbers: list[str], limits: Select, pinned: frozenset[str]
) -> dict[str, Verdict]:
    """The columns of numbers that say what another one says, which tells more."""
    close = rank_correlations(rows.features, numbers)
    twins = closest_kept(numbers, close, limits.max_correlation, pinned)
    return {
        name: Verdict(name, "twin", twin_of=other, correlation=correlation)
        for name, (other, correlation) in twins.items()
    }


def _simple(one: Strength, limits: Select) -> Reason | None:
    """The first simple statistic that a column fails."""
    if one.missing_share >= limits.max_missing:
        return "missing"
    if one.varied_share == 0:
        return "constant"
    if one.varied_share < limits.min_varied:
        return "rare"
    return "levels" if one.levels > limits.max_levels else None


class _Beside:
    """What each column that is no twin adds beside the others."""

    def __init__(self, rows: Sample, features: FeatureSet, names: list[str]) -> None:
        numeric = [name for name in names if name in features.numeric]
        text = [name for name in names if name in features.text]
        self.gain, self.chance = gains(rows, numeric, text)
        # the column that adds most first; where the gain is the same, by information value
        self.order = sorted(names, key=lambda name: -round(self.gain[name], 9))
        self.place = {name: place for place, name in enumerate(self.order, start=1)}

    def without_use(
        self, known: Mapping[str, Strength], limits: Select, pinned: frozenset[str]
    ) -> dict[str, Verdict]:
        """Those that tell nothing, alone or beside the others, and those for which there is no room.

        Of those that tell nothing the first few stay: where nothing tells anything, a model still needs columns.
        """
        out: dict[str, Verdict] = {}
        room = max(limits.max_columns - len(pinned), 0)
        for name in self.order:
            if name in pinned:
                continue
            if not self._has_use(name, known[name], limits):
                out[name] = Verdict(name, "weak")
            elif not room:
                out[name] = Verdict(name, "full")
            else:
                room -= 1
        return out

    def _has_use(self, name: str, strength: Strength, limits: Select) -> bool:
        adds = self.gain[name] > self.chance or self.place[name] <= FEWEST_KEPT
        return adds or strength.tells(limits.min_iv, limits.min_auc, limits.certainty)

    def with_figures(self, verdict: Verdict, strength: Strength) -> Verdict:
        """The verdict with the figures it was decided by."""
        name = verdict.feature
        gain, place = self.gain.get(name), self.place.get(name)
        return replace(verdict, strength=strength, gain=gain, place=place)


def _record(verdict: Verdict, rows: int) -> dict[str, Any]:
    return {
        "feature": verdict.feature,
        "is_kept": verdict.is_kept,
        "reason": verdict.reason,
        "twin_of": verdict.twin_of,
        "correlation": verdict.correlation,
        "gain": verdict.gain,
        "place": verdict.place,
        "month_share": verdict.month_share,
        **{name: getattr(verdict.strength, name, None) for name in STRENGTH},
        "row_count": rows,
    }


def _verdict(record: Mapping[str, Any]) -> Verdict:
    strength = None
    if record["varied_share"] is not None:
        strength = Strength(**{name: record[name] for name in STRENGTH})
    return Verdict(
        feature=record["feature"],
        reason=record["reason"],
        strength=strength,
        gain=record["gain"],
        place=record["place"],
        month_share=record["month_share"],
        twin_of=record["twin_of"],
        correlation=record["correlation"],
    )
