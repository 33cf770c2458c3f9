"""What the lists of past months would have come to, with the model that would have been in force (F1-F4).

Every figure is of customers whose truth came in after the list, ranked by a model that had learnt from earlier months
alone. Who left before the predict window or changed lines takes a place on the list and is in no rate
(``metrics.py``). A figure of several months is the mean over the months; counts are added up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from churn_tasks.core.list_figures import COUNTS
from churn_tasks.core.modeling_section import ALL_MONTHS, CHAMPION
from churn_tasks.core.months import Month
from churn_tasks.modeling.definition_figures import threshold_at
from churn_tasks.modeling.intervals import RankedMonth, intervals
from churn_tasks.modeling.metrics import (
    ListTerms,
    Truth,
    judge,
    on_list,
    ratio,
)
from churn_tasks.modeling.season import moved

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]
ALARMS = 0.03  # share of false alarms at which recall is measured
RECALL = "recall_at_3_pct_false_alarms"
UNKNOWN = ""  # a segment without a name
HEAD = ("month", "model", "in_force")  # what a row is of
ADDED_UP = (*COUNTS, "at_risk")


@dataclass(frozen=True)
class ScoredMonth:
    """The customers of one month as the models of the time would have scored them, one entry a customer.

    Attributes:
        month: of the list.
        customers: who they are, in order.
        truth: what became of them.
        terms: dates and length of the list.
        scores: by model, as it gives them: ``champion`` is the one in force, the others are those that were fitted in
            that month's run.
        in_force: candidate and month of the run that made the champion, for people.
        promoted, why: what the gate decided in the month's run.
        segments: one column for each way of telling customers apart, text; ``kind`` is how they left.
        silent: True for who was already silent at as_of.
        learnt: by model, share of leavers in the latest month that it learnt from.
        shares: share of leavers of every month whose truth was in at as_of.
        contributions: by feature, mean size of what it adds to the champion's log-odds of the customers on the list.
        shifts: by model, what the profile's way of calibrating adds to every log-odds of the month; nothing where it is
            not named.
    """

    month: Month
    customers: np.ndarray
    truth: Truth
    terms: ListTerms
    scores: Mapping[str, np.ndarray]
    in_force: str
    promoted: bool
    why: str
    segments: "pd.DataFrame"
    silent: np.ndarray
    learnt: Mapping[str, float]
    shares: Mapping[Month, float]
    contributions: Mapping[str, float]
    shifts: Mapping[str, float] = field(default_factory=dict)

    def shown(self, model: str) -> np.ndarray:
        """The probabilities that a list of this model would have shown."""
        return moved(self.scores[model], self.shifts.get(model, 0.0))

    def warned(self, model: str = CHAMPION) -> np.ndarray:
        """Mask of a model's list."""
        return on_list(self.scores[model], self.terms.size)

    def ranked(self, model: str, chosen: np.ndarray) -> RankedMonth:
        """The chosen customers at risk as a model ranks them; the list stays that of everybody."""
        rows = self.truth.at_risk & chosen
        return RankedMonth(
            customers=self.customers[rows],
            scores=self.shown(model)[rows],
            churned=self.truth.churned[rows],
            warned=self.warned(model)[rows],
        )

    @property
    def everybody(self) -> np.ndarray:
        return np.ones(len(self.customers), dtype=bool)


def month_rows(months: Sequence[ScoredMonth]) -> list[Row]:
    """F2's table: one row a month and model, with intervals; behind them one row a model over all months."""
    rows = []
    for month in months:
        for model in month.scores:
            rows.append(_month_row(month, model))
    models = dict.fromkeys(row["model"] for row in rows)
    for model in models:
        rows.append(_row_of_all(months, model, rows))
    return rows


def _month_row(month: ScoredMonth, model: str) -> Row:
    scores, truth = month.shown(model), month.truth
    at_risk = month.ranked(model, month.everybody)
    stayed = at_risk.scores[~at_risk.churned]
    beyond = at_risk.scores > threshold_at(stayed, ALARMS)
    caught = int((beyond & at_risk.churned).sum())
    figures = asdict(judge(scores, truth, month.terms))
    figures[RECALL] = ratio(caught, int(at_risk.churned.sum()))
    head = {"month": str(month.month), "model": model, "in_force": month.in_force}
    return head | figures | _bounds([at_risk])


def _row_of_all(months: Sequence[ScoredMonth], model: str, rows: list[Row]) -> Row:
    """Counts added up, every other figure the mean over the months that have it."""
    own = [row for row in rows if row["model"] == model]
    figures: Row = {"month": ALL_MONTHS, "model": model, "in_force": UNKNOWN}
    for name in own[0]:
        if name in figures:
            continue
        known = [row[name] for row in own if row[name] is not None]
        if not known:
            figures[name] = None
        elif name in ADDED_UP:
            figures[name] = sum(known)
        else:
            figures[name] = float(np.mean(known))
    judged = [month for month in months if model in month.scores]
    ranked = [month.ranked(model, month.everybody) for month in judged]
    return figures | _bounds(ranked)


def _bounds(ranked: Sequence[RankedMonth]) -> Row:
    """Lower and upper end of each interval."""
    bounds = {}
    for name, interval in intervals(ranked).items():
        bounds[f"{name}_low"] = interval.low
        bounds[f"{name}_high"] = interval.high
    return bounds


def segment_rows(months: Sequence[ScoredMonth]) -> list[Row]:
    """The champion's list by segment, of the latest month and of all; leavers of a kind are told among themselves."""
    rows = []
    for named, chosen in {
        str(months[-1].month): months[-1:],
        ALL_MONTHS: months,
    }.items():
        for by in chosen[0].segments.columns:
            for segment in _values(chosen, by):
                rows.append(_segment_row(named, chosen, by, segment))
    return rows


def _values(months: Sequence[ScoredMonth], by: str) -> list[str]:
    """The segments of one way, in order; nobody stands in a segment without a name."""
    found: set[str] = set()
    for month in months:
        found.update(month.segments[by].unique())
    return sorted(found - {UNKNOWN})


def _segment_row(
    named: str, months: Sequence[ScoredMonth], by: str, segment: str
) -> Row:
    masks = []
    for month in months:
        masks.append((month.segments[by] == segment).to_numpy())
    row: Row = {"month": named, "by": by, "segment": segment}
    return row | _figures_of_part(months, masks)


def _figures_of_part(months: Sequence[ScoredMonth], masks: Sequence[np.ndarray]) -> Row:
    """Figures of some customers of each month, added up; the AUC is the mean over the months that have one."""
    from sklearn.metrics import roc_auc_score

    at_risk = churners = warned = hits = 0
    mean_scores, aucs = 0.0, []
    for month, mask in zip(months, masks, strict=True):
        part = month.ranked(CHAMPION, mask)
        at_risk += len(part.scores)
        churners += int(part.churned.sum())
        warned += int(part.warned.sum())
        hits += int((part.warned & part.churned).sum())
        mean_scores += float(part.scores.sum())
        if part.churned.any() and not part.churned.all():
            aucs.append(roc_auc_score(part.churned, part.scores))
    return {
        "at_risk": at_risk,
        "churners": churners,
        "churn_rate": ratio(churners, at_risk),
        "mean_score": ratio(mean_scores, at_risk),
        "warned": warned,
        "warned_churners": hits,
        "precision": ratio(hits, warned),
        "coverage": ratio(hits, churners),
        "auc": float(np.mean(aucs)) if aucs else None,
    }


def silent_rows(months: Sequence[ScoredMonth]) -> list[Row]:
    """Who was already silent at as_of apart from who was not, over all months: the former are easy to tell."""
    rows = []
    for name, is_silent in (("silent", True), ("not_silent", False)):
        masks = [month.silent == is_silent for month in months]
        rows.append({"customers": name} | _figures_of_part(months, masks))
    return rows


def stability_rows(months: Sequence[ScoredMonth]) -> list[Row]:
    """How much two lists that follow each other have in common, and how alike the champion's reasons are."""
    rows = []
    for before, after in pairwise(months):
        if after.month != before.month + 1:
            continue
        listed_before = set(before.customers[before.warned()])
        listed = set(after.customers[after.warned()])
        common = len(listed_before & listed)
        rows.append(
            {
                "month": str(after.month),
                "listed": len(listed),
                "listed_before": common,
                "overlap": ratio(common, len(listed)),
                "factor_correlation": rank_correlation(
                    before.contributions, after.contributions
                ),
            }
        )
    return rows


def rank_correlation(
    one: Mapping[str, float], other: Mapping[str, float]
) -> float | None:
    """Spearman's correlation of two sets of contributions; a feature that one of them lacks adds 0 there.

    1 is the same order, 0 none in common, -1 the reverse; None where all contributions of one are equal.
    """
    from scipy.stats import spearmanr

    names = sorted(set(one) | set(other))
    first = [one.get(name, 0.0) for name in names]
    second = [other.get(name, 0.0) for name in names]
    if len(set(first)) < 2 or len(set(second)) < 2:
        return None
    return float(spearmanr(first, second).statistic)


def decisions(months: Sequence[ScoredMonth]) -> Iterator[Row]:
    """What the gate decided in each month."""
    for month in months:
        yield {
            "month": str(month.month),
            "in_force": month.in_force,
            "promoted": month.promoted,
            "why": month.why,
        }
