"""The customers of a month, scored by every model that its run would have had, beside what became of them."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from churn_tasks.by_hand.backtest.other_truth import (
    OtherTruth,
    asked_about,
    with_truth,
)
from churn_tasks.by_hand.backtest.replay import Replayed
from churn_tasks.core.months import Month
from churn_tasks.declared.query import load_question
from churn_tasks.modeling.backtest import UNKNOWN, ScoredMonth
from churn_tasks.modeling.explanation import contributions
from churn_tasks.modeling.frames import FeatureSet, Sample, sample
from churn_tasks.modeling.metrics import on_list
from churn_tasks.modeling.validation import CHAMPION, truth_of
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.work.customer_rows import customer_rows
from churn_tasks.work.season_scores import known_shares
from churn_tasks.work.training import list_terms

if TYPE_CHECKING:
    from churn_tasks.modeling.classifier import ChurnClassifier

MOST_EXPLAINED = 500  # customers of a list whose factors are looked at
TENURE, PREPAID, DAYS_ACTIVE = "tenure_months", "is_prepaid", "active_last_days"
TENURES = {6: "0-5", 12: "6-11", 24: "12-23", 60: "24-59"}
LONGEST = "60+"
PAY_MODES = {1.0: "prepaid", 0.0: "postpaid"}


def scored_month(replayed: Replayed, other: OtherTruth | None) -> ScoredMonth | None:
    """Score the month with the champion and the candidates; None where no model is in force yet.

    Args:
        other: the definition whose truth judges, in place of the one that the models learnt; it knows this month.
    """
    champion = replayed.decided.champion
    if champion is None:
        return None
    run, month = replayed.run, replayed.run.month
    settings = run.settings
    rows = _rows(replayed, replayed.offered)
    told = _customers(run, rows)
    if other:
        settings = other.settings
        rows, told = _by_other(rows, told, other.label(month))
    scores = {}
    for name, classifier in replayed.classifiers.items():
        scores[name] = classifier.predict(rows.features)
    terms = list_terms(settings, month, len(rows))
    shares = known_shares(run)
    learnt = {}
    for name, classifier in replayed.classifiers.items():
        learnt[name] = shares.get(Month.parse(classifier.trained_on[-1]), 0.0)
    listed = on_list(scores[CHAMPION], terms.size)
    return ScoredMonth(
        month=month,
        customers=rows.customers,
        truth=truth_of(rows),
        terms=terms,
        scores=scores,
        in_force=f"{champion.candidate} of {champion.made_in}",
        promoted=replayed.decided.promoted,
        why=replayed.decided.why,
        segments=_segments(rows, told),
        silent=_silent(rows, told),
        learnt=learnt,
        shares=shares,
        contributions=_mean_sizes(
            replayed.classifiers[CHAMPION], rows.features[listed]
        ),
    )


def _rows(replayed: Replayed, offered: FeatureSet) -> Sample:
    """Everybody of the month with the columns of all models and those that tell customers apart."""
    names = [name for name in (TENURE, PREPAID, DAYS_ACTIVE) if name in offered.columns]
    for classifier in replayed.classifiers.values():
        names += classifier.features
    needed = offered.subset(names)
    run = replayed.run
    return sample(customer_rows(run, needed, [run.month], labelled=True), needed)


def _by_other(
    rows: Sample, told: pd.DataFrame, label: pd.DataFrame
) -> tuple[Sample, pd.DataFrame]:
    """The customers whom a label asks about, with its truth, its tiers and its kinds of leaving."""
    asked = asked_about(rows, label)
    judged = with_truth(rows.rows(asked), label)
    own = label.loc[judged.customers, ["tier", "kind"]].reset_index(drop=True)
    kept = told[asked].reset_index(drop=True)
    return judged, kept.assign(tier=own["tier"], kind=own["kind"])


def _customers(run: MonthRun, rows: Sample) -> pd.DataFrame:
    """What is known of the same customers beside their features, in the same order."""
    question = load_question("report", "tested_customers")
    answer = run.engine.ask(question, {"month": run.month.start})
    by_customer = pd.DataFrame(answer).set_index("customer_id")
    return by_customer.loc[rows.customers].reset_index(drop=True)


def _segments(rows: Sample, told: pd.DataFrame) -> pd.DataFrame:
    """One text column for each way of telling customers apart; empty where a customer is in no segment."""
    segments = pd.DataFrame(
        {
            "region": told["region_code"],
            "group": told["customer_group"],
            "tier": told["tier"],
            "kind": told["kind"].where(rows.churned),
        }
    )
    if TENURE in rows.features:
        segments["tenure"] = tenure_bands(rows.features[TENURE].to_numpy())
    if PREPAID in rows.features:
        segments["pay_mode"] = rows.features[PREPAID].map(PAY_MODES)
    return segments.astype(object).fillna(UNKNOWN)


def tenure_bands(months: np.ndarray) -> list[str]:
    """Months with the operator as a band; empty where they are not known."""
    bands = []
    for length in months:
        bands.append(_band(length))
    return bands


def _band(length: float) -> str:
    if np.isnan(length):
        return UNKNOWN
    for end, name in TENURES.items():
        if length < end:
            return name
    return LONGEST


def _silent(rows: Sample, told: pd.DataFrame) -> np.ndarray:
    """Who did not count as active in the month, or used nothing on any of its days where that is known."""
    silent = ~told["is_active"].to_numpy(dtype=bool)
    if DAYS_ACTIVE in rows.features:
        silent |= rows.features[DAYS_ACTIVE].to_numpy() == 0
    return silent


def _mean_sizes(
    classifier: "ChurnClassifier", listed: pd.DataFrame
) -> dict[str, float]:
    """Mean size of what each feature adds, over the head of the list's customers in their order."""
    sizes = contributions(classifier, listed.head(MOST_EXPLAINED)).abs().mean()
    return {str(name): float(size) for name, size in sizes.items()}
