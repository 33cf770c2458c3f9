"""The training window of a month: what its candidates learn from and are judged on, and the judging itself.

It knows neither MLflow nor the warehouse: who keeps models says so by ``judge_one``.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.sections import Model
from churn_tasks.core.settings import Settings
from churn_tasks.core.windows import Calendar
from churn_tasks.declared.labels.query import signs_without_a_day
from churn_tasks.modeling.candidates import (
    Candidate,
    CandidateModel,
    candidate_models,
    code_digest,
    fit_candidate,
)
from churn_tasks.modeling.folds import Fold
from churn_tasks.modeling.frames import (
    FeatureSet,
    Sample,
    feature_set,
    sample,
)
from churn_tasks.modeling.metrics import ListTerms, ranking
from churn_tasks.modeling.packages import requirements
from churn_tasks.modeling.tuning import (
    Trial,
    best_of,
    searched,
    timed_folds,
    trial_table,
)
from churn_tasks.modeling.validation import (
    CHAMPION,
    InForce,
    Judged,
    JudgedOn,
    with_gains,
)
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import judged_months, learning_months
from churn_tasks.warning.capacity import list_size
from churn_tasks.work.chosen_columns import (
    FEWEST_CHURNERS,
    Chosen,
    chosen_before,
    chosen_columns,
)
from churn_tasks.work.customer_rows import customer_rows
from churn_tasks.work.kept_trials import KeptTrials
from churn_tasks.work.season_scores import Season, season_of
from churn_tasks.work.training_rows import (
    labelled_rows,
    most_looked_at,
    per_million,
    training_rows,
)

log = logging.getLogger("churn")

NOT_FITTED = {
    "calibration",
    "candidates",
    "max_unknown_rise",
    "search",
    "train_from",
}  # decide nothing that is fitted
NOT_AT_RISK = ("left_early", "rotated")
GIGABYTE = 1 << 30


@dataclass(frozen=True)
class TrainingWindow:
    """What the candidates of one month have in common: months, rows, selected columns, what the leak probe found.

    Training, backtest and whatever else judges models of a month make it with :func:`training_window`.

    Attributes:
        tested: month whose truth has just come in; nothing is learnt from it.
        offered: the columns that are not banned.
        chosen: what was decided about each of them.
        features: those that were selected.
        learn: rows to learn from, with the selected columns and those that a candidate looks at beside them.
        champion: the model in force, judged beside the candidates; None at first, or when its features are gone.
        test: rows to be judged on, with the columns of the candidates and of the champion; no month is in both.
        earlier: rows at risk of the months between those learnt from (by the champion as well) and the tested one, with
            the same columns; thinned by customer as the rows to learn from are.
        terms: dates and length of the list, from the settings.
        season: what was known about shares of leavers when the tested month was scored.
        digest: of all that decides what is fitted, but for the families themselves.
        model, threads: how candidates are fitted, from the settings.
        calendar: when which truth was known.
        trials_dir: where a search keeps its finished trials.
    """

    tested: Month
    offered: FeatureSet
    chosen: Chosen
    features: FeatureSet
    learn: Sample
    champion: InForce | None
    test: Sample
    earlier: Sample
    terms: ListTerms
    season: Season
    digest: str
    model: Model
    threads: int
    calendar: Calendar
    trials_dir: Path

    def fitted(self, candidate: CandidateModel) -> Candidate:
        """The candidate fitted on the rows to learn from, its parameters searched there where the settings say so."""
        features, rows = self.features_of(candidate), self.learn
        if features.names != list(rows.features.columns):
            rows = rows.with_columns(features.names)  # a copy, so only where needed
        trials = self._trials(candidate, rows, features)
        fitted = self._fit(best_of(candidate, trials), rows, features)
        if not trials:
            return fitted
        return replace(fitted, tables={**fitted.tables, "trials": trial_table(trials)})

    def _trials(
        self, candidate: CandidateModel, rows: Sample, features: FeatureSet
    ) -> list[Trial]:
        search = self.model.search
        if search.kind == "none" or not candidate.family.searched:
            return []

        def judge_trial(other: CandidateModel, fold: Fold) -> float:
            fitted, judged = (rows.rows(positions) for positions in fold)
            scores = self._fit(other, fitted, features).classifier.predict(
                judged.features
            )
            return float(ranking(scores, judged.churned)["average_precision"] or 0.0)

        folds = timed_folds(rows, self.calendar.mature_months, search.months)
        name = f"{candidate.name}-{candidate.digest(self.digest)[:16]}.jsonl"
        kept = KeptTrials(self.trials_dir / name)
        seed, fits = self.model.seed, self._fits
        return searched(candidate, folds, judge_trial, search, seed, kept, fits)

    def _fits(self, candidate: CandidateModel) -> bool:
        """Whether a fit on all rows would keep within the memory that the settings give it."""
        limit = self.model.search.memory_gb
        if limit is None:
            return True
        columns = len(self.features_of(candidate).columns)
        needed = candidate.family.memory(len(self.learn), columns, candidate.given)
        return needed <= limit * GIGABYTE

    def fitting(self, candidates: Sequence[CandidateModel]) -> list[CandidateModel]:
        """The candidates whose fit has the memory; who is left out is named in the log.

        Raises:
            SettingsError: none of them has.
        """
        chosen = []
        for candidate in candidates:
            if self._fits(candidate):
                chosen.append(candidate)
            else:
                said = (candidate.name, len(self.learn), self.model.search.memory_gb)
                log.warning(
                    "train: %s is left out: %d rows need more than %g GB", *said
                )
        if not chosen:
            raise SettingsError(
                f"model.search.memory_gb: no candidate fits {len(self.learn)} rows into"
                f" {self.model.search.memory_gb:g} GB. Raise it, or lower model.max_train_rows."
            )
        return chosen

    def _fit(
        self, candidate: CandidateModel, rows: Sample, features: FeatureSet
    ) -> Candidate:
        model = self.model
        return fit_candidate(
            candidate,
            rows,
            features,
            model.seed,
            self.threads,
            model.derive,
            model.stayers_per_leaver,
        )

    def digest_of(self, candidate: CandidateModel) -> str:
        """Of all that decides what a candidate becomes, the search of its parameters included."""
        search = self.model.search.model_dump_json()
        return candidate.digest(f"{self.digest} {search}")

    def features_of(self, candidate: CandidateModel) -> FeatureSet:
        """The columns that a candidate is fitted on."""
        return candidate.features(self.offered, self.features)

    @property
    def judging(self) -> JudgedOn:
        """The tested month as every model is judged on it: with the scores that its list would have shown."""
        return JudgedOn(self.test, self.terms, self.season.calibrated)

    @property
    def places(self) -> int:
        """Length of the list."""
        return self.terms.size


def offered_features(run: MonthRun) -> FeatureSet:
    """The columns of the catalogue that are not banned."""
    wanted = run.settings.features
    queries = run.registry.queries["features"]
    return feature_set(queries, wanted.ban, wanted.pin)


def month_candidates(run: MonthRun, offered: FeatureSet) -> list[CandidateModel]:
    """The candidates of the settings, looked at before anything is read.

    Raises:
        SettingsError: no such family or parameter, or one looks at a column that is not offered.
    """
    settings = run.settings
    models = candidate_models(settings.model.candidates, settings.profile_dir)
    for model in models:
        unknown = set(model.own_columns) - set(offered.names)
        if unknown:
            raise SettingsError(
                f"model.candidates, {model.name}: no such feature: {', '.join(sorted(unknown))}."
                " The dictionary of features names them all; features.ban may have taken it away."
            )
    return models


def training_window(
    run: MonthRun,
    candidates: Sequence[CandidateModel],
    champion: InForce | None,
    offered: FeatureSet,
) -> TrainingWindow:
    """Read what a month learns from and is judged on, and select the columns. MLflow and warehouse are not asked.

    Args:
        run: of any month whose history is in the lake.
        champion: the model to judge beside the candidates; every column that it needs is offered.

    Raises:
        CheckFailed: a single column tells the label.
    """
    *months, tested = learning_months(run)
    digest = _digest(run, offered, months)
    looked_at = None
    chosen = chosen_before(run, offered, digest)
    if chosen is None:
        looked_at = training_rows(run, offered, months, most_looked_at(run))
        chosen = chosen_columns(run, offered, looked_at)
    names = list(chosen.selection.kept)
    for candidate in candidates:
        names += candidate.own_columns
    needed = offered.subset(names)
    learn = _learnt_rows(run, needed, months, looked_at)
    judged_by = _columns_of_all(offered, needed, champion)
    test = sample(customer_rows(run, judged_by, [tested], labelled=True), judged_by)
    between = _months_between(run, champion)
    return TrainingWindow(
        tested=tested,
        offered=offered,
        chosen=chosen,
        features=offered.subset(chosen.selection.kept),
        learn=learn,
        champion=champion,
        test=test,
        earlier=labelled_rows(run, judged_by, between, without=NOT_AT_RISK),
        terms=list_terms(run.settings, tested, len(test)),
        season=season_of(run, tested),
        digest=digest,
        model=run.settings.model,
        threads=run.settings.resources.threads,
        calendar=run.settings.calendar,
        trials_dir=run.settings.state_dir / "tuning" / str(run.month),
    )


def list_terms(settings: Settings, month: Month, customers: int) -> ListTerms:
    """What the list of a month with so many customers is held against."""
    return ListTerms(
        window=settings.calendar.window(month),
        size=list_size(settings.warning_list, customers),
        lead_days=settings.warning_list.lead_days,
        is_dated=not signs_without_a_day(settings),
    )


JudgeOne = Callable[[TrainingWindow, CandidateModel], Judged]


def judged_here(window: TrainingWindow, candidate: CandidateModel) -> Judged:
    """A candidate fitted and judged on the tested month; nothing is kept of it but what is given back."""
    classifier = window.fitted(candidate).classifier
    name, model = candidate.name, window.model.name
    return window.judging.judged(name, model, 0, None, classifier)


def judge(
    window: TrainingWindow,
    candidates: Sequence[CandidateModel],
    judge_one: JudgeOne = judged_here,
) -> list[Judged]:
    """Every candidate of a month and the champion, judged on the same customers of the tested month.

    Args:
        candidates: in the order of the table; among equals the first is selected.
        judge_one: fits and judges a candidate, keeping it or not; :func:`judged_here` keeps nothing.

    Returns:
        The candidates, each with its gain on the champion or on chance, then the champion.
    """
    models = []
    for candidate in window.fitting(candidates):
        models.append(judge_one(window, candidate))
    champion = window.champion
    if champion is not None:
        model, version = champion.model_name, champion.version
        classifier = champion.classifier
        models.append(window.judging.judged(CHAMPION, model, version, None, classifier))
    return with_gains(models, window.earlier, window.test, window.model.seed)


def too_few(window: TrainingWindow) -> str:
    """How many leavers there are where no model can be learnt or judged; empty where there are enough."""
    learnt, tested = window.learn.churners, window.test.churners
    if min(learnt, tested) >= FEWEST_CHURNERS:
        return ""
    return f"{learnt} to learn from, {tested} in {window.tested}"


def _learnt_rows(
    run: MonthRun, features: FeatureSet, months: list[Month], looked_at: Sample | None
) -> Sample:
    """The rows to learn from: those that the selection looked at, where these are all there are.

    Else the needed columns are read: holding every column of so many rows would take several times the memory.
    """
    everybody = per_million(run, months, None)
    shown = per_million(run, months, most_looked_at(run))
    if looked_at is None or shown < everybody:
        return training_rows(run, features, months)
    return looked_at.with_columns(features.names)


def _columns_of_all(
    offered: FeatureSet, features: FeatureSet, champion: InForce | None
) -> FeatureSet:
    """All columns that a judged model needs."""
    names = features.names
    if champion:
        names += champion.classifier.features
    return offered.subset(names)


def _months_between(run: MonthRun, champion: InForce | None) -> list[Month]:
    """The months before the tested one that neither the candidates nor the champion have learnt from."""
    *between, _ = judged_months(run)
    if champion is None:
        return between
    learnt = Month.parse(champion.classifier.trained_on[-1])
    first = learnt + run.settings.calendar.months_apart
    return [month for month in between if month >= first]


def _digest(run: MonthRun, features: FeatureSet, months: list[Month]) -> str:
    """Digest of all that decides what is fitted: data, settings, code and packages."""
    data = {}
    for table in ("cohort", "label", *features.tables):
        for month in months:
            data[f"{table} {month}"] = run.lake.sha256(table, month)
    parts = {
        "data": data,
        "features": [features.digest, *features.names],
        "model": run.settings.model.model_dump(exclude=NOT_FITTED),
        "chosen": run.settings.features.model_dump(exclude={"watch"}),
        "leak_probe": run.settings.leak_probe.model_dump(),
        "drop_left_early": run.settings.definition.drop_left_early,
        "code": [code_digest(), *requirements(["lightgbm"])],  # the selection uses it
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def decided_from(run: MonthRun, offered: FeatureSet) -> str:
    """Digest of all that a month's candidates can be fitted and judged on; nothing is read for it but digests."""
    learnt = learning_months(run)
    return _digest(run, offered, list(months_between(learnt[0], learnt[-1] + 1)))
