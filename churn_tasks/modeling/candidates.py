"""The candidates of a month (E1): each of ``model.candidates`` fitted and calibrated on training rows."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from churn_tasks.core.modeling_section import Wanted
from churn_tasks.core.sections import Derive
from churn_tasks.modeling.calibration import platt, without_some_stayers
from churn_tasks.modeling.classifier import ChurnClassifier, probability
from churn_tasks.modeling.family import FOLDER, PACKAGE, Family, family
from churn_tasks.modeling.fitted import Fitted, LearntRows
from churn_tasks.modeling.folds import inner_folds
from churn_tasks.modeling.frames import FeatureSet, Sample
from churn_tasks.modeling.packages import requirements
from churn_tasks.modeling.stand_ins import known_levels, stand_ins, unknown_shares
from churn_tasks.modeling.used_code import digest_of
from churn_tasks.modeling.watching.learnt import (
    SCORE,
    as_json,
    learnt_columns,
    learnt_scores,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

DECIDING = ("candidates", "selection", "leak_probe")


@dataclass(frozen=True)
class CandidateModel:
    """A model to fit: a family with what it was given.

    Attributes:
        name: by which tables and MLflow call it.
        given: the family's ``Parameters``.
    """

    name: str
    family: Family
    given: Any

    @property
    def own_columns(self) -> tuple[str, ...]:
        """The columns that it looks at whether they were selected or not; none: it takes the selected ones."""
        if self.family.columns is None:
            return ()
        return self.family.columns(self.given)

    def features(self, offered: FeatureSet, selected: FeatureSet) -> FeatureSet:
        """The features that it is fitted on."""
        if not self.own_columns:
            return selected
        return offered.subset(self.own_columns)

    def digest(self, decided_from: str) -> str:
        """Of all that decides what is fitted.

        Args:
            decided_from: digest of what all candidates have in common.
        """
        parts = [
            decided_from,
            self.family.code_digest(),
            self.given.model_dump(mode="json"),
            requirements(self.family.packages),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Candidate:
    """A fitted classifier, and what its fit chose and shows of itself (``Fitted``)."""

    name: str
    classifier: ChurnClassifier
    parameters: dict[str, Any]
    tables: Mapping[str, "pd.DataFrame"] = field(default_factory=dict)
    figures: Mapping[str, "Figure"] = field(default_factory=dict)


def candidate_models(
    wanted: tuple[Wanted, ...], profile_dir: Path | None = None
) -> list[CandidateModel]:
    """The candidates of the settings, each with its family.

    Args:
        profile_dir: folder of the profile, which may hold families of its own.

    Raises:
        SettingsError: a family does not exist or its file lacks something; a parameter is unknown or out of range.
    """
    models = []
    for one in wanted:
        its_family = family(one.family, profile_dir)
        given = its_family.given(one.given)
        models.append(CandidateModel(one.name, its_family, given))
    return models


def shipped_candidate(name: str, **given: Any) -> CandidateModel:
    """A candidate called like its shipped family."""
    its_family = family(name)
    return CandidateModel(name, its_family, its_family.given(given))


def fit_candidate(
    model: CandidateModel,
    rows: Sample,
    features: FeatureSet,
    seed: int,
    threads: int,
    derive: Derive | None = None,
    stayers_per_leaver: float | None = None,
) -> Candidate:
    """Fit one candidate. The same rows, seed and parameters give the same classifier.

    Args:
        rows: the training rows, both classes present; what the candidate is tested on must not be among them.
        features: the columns of the rows.
        threads: at most this many; the result does not depend on it.
        derive: what columns to derive from the numeric ones, fitted on these rows as well; none when absent.
        stayers_per_leaver: stayers are thinned beyond it, and the scores corrected for it; none: all are taken.
    """
    shown, correction = rows, 0.0
    if stayers_per_leaver is not None:
        thinned = without_some_stayers(rows.churned, stayers_per_leaver)
        shown, correction = rows.rows(thinned.positions), thinned.correction
    folds = inner_folds(shown.months, shown.customers, shown.churned)
    learnt = LearntRows.of(shown, features, folds, seed, threads, derive)
    with threadpool_limits(1, user_api="blas"):  # two spin more than they compute
        fitted = model.family.fit(learnt, model.given)
    truth = learnt.judged_truth
    slope, intercept = platt(fitted.margins, truth)
    intercept += correction
    scores = probability(slope * fitted.margins + intercept)
    watched = learnt_columns(rows.features, rows.months)
    watched[SCORE] = learnt_scores(scores, truth, stayers_kept=np.exp(correction))
    classifier = ChurnClassifier(
        preprocess=fitted.preprocess,
        ranker=fitted.ranker,
        centre=fitted.centre,
        slope=slope,
        intercept=intercept,
        feature_set=features.digest,
        trained_on=[str(month)[:7] for month in np.unique(rows.months)],
        stand_ins=stand_ins(rows.features),
        unknown_shares=unknown_shares(rows.features),
        learnt=as_json(watched),
        known_levels=known_levels(rows.features, features.text),
    )
    parameters = _record(model, fitted, slope, intercept)
    return Candidate(model.name, classifier, parameters, fitted.tables, fitted.figures)


def _record(
    model: CandidateModel, fitted: Fitted, slope: float, intercept: float
) -> dict[str, Any]:
    return {
        "family": model.family.name,
        **fitted.parameters,
        "calibration_slope": slope,
        "calibration_intercept": intercept,
    }


def code_digest(folder: Path = FOLDER) -> str:
    """Digest of the code that decides what every candidate is fitted on: other code may decide otherwise.

    That is this module with all that it imports, the selection of columns and the leak probe before it. A family's own
    code is digested for itself, so that another family fits nothing anew.

    Args:
        folder: where this package lies.
    """
    return digest_of(PACKAGE, folder, [f"{PACKAGE}.{module}" for module in DECIDING])
