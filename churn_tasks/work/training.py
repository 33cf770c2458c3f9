"""What the candidates of a month learn from and are judged on."""

import hashlib
import json
from dataclasses import dataclass

from churn_tasks.adapters.tracking import requirements
from churn_tasks.core.months import Month
from churn_tasks.core.sections import Select
from churn_tasks.declared.labels.query import signs_without_a_day
from churn_tasks.modeling.candidates import code_digest
from churn_tasks.modeling.frames import (
    EVERYBODY,
    FeatureSet,
    Sample,
    feature_set,
    sample,
)
from churn_tasks.modeling.metrics import ListTerms
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import learning_months
from churn_tasks.warning.capacity import list_size
from churn_tasks.work.chosen_columns import (
    FEWEST_CHURNERS,
    Chosen,
    chosen_before,
    chosen_columns,
)
from churn_tasks.work.customer_rows import customer_rows
from churn_tasks.work.registered_model import InForce, in_force

NOT_FITTED = {
    "candidates",
    "max_unknown_rise",
    "train_from",
}  # decide nothing that is fitted


@dataclass(frozen=True)
class TrainingSet:
    """What the candidates of one run have in common.

    Attributes:
        tested: month whose truth has just come in; nothing is learnt from it.
        offered: the columns that are not banned.
        chosen: what was decided about each of them.
        features: those that were selected.
        learn: rows to learn from, with the selected columns.
        champion: the model in force, judged beside the candidates; None at first, or when its features are gone.
        test: rows to be judged on, with the columns of the candidates and of the champion; no month is in both.
        terms: dates and length of the list, from the settings.
        digest: of all that decides what is fitted.
    """

    tested: Month
    offered: FeatureSet
    chosen: Chosen
    features: FeatureSet
    learn: Sample
    champion: InForce | None
    test: Sample
    terms: ListTerms
    digest: str

    @property
    def places(self) -> int:
        """Length of the list."""
        return self.terms.size


def training_set(run: MonthRun) -> TrainingSet:
    """Read what the month learns from and is judged on, and select the columns.

    Raises:
        CheckFailed: a single column tells the label.
    """
    *months, tested = learning_months(run)
    wanted = run.settings.features
    queries = run.registry.queries["features"]
    offered = feature_set(queries, wanted.ban, wanted.pin)
    digest = _digest(run, offered, months)
    looked_at = None
    chosen = chosen_before(run, offered, digest)
    if chosen is None:
        looked_at = training_rows(run, offered, months, most_looked_at(run))
        chosen = chosen_columns(run, offered, looked_at)
    features = offered.subset(chosen.selection.kept)
    learn = _learnt_rows(run, features, months, looked_at)
    champion = in_force(run, run.month - 1, offered)
    test = _tested_rows(run, offered, features, champion, tested)
    return TrainingSet(
        tested=tested,
        offered=offered,
        chosen=chosen,
        features=features,
        learn=learn,
        champion=champion,
        test=test,
        terms=list_terms(run, tested, len(test)),
        digest=digest,
    )


def list_terms(run: MonthRun, month: Month, customers: int) -> ListTerms:
    """What the list of a month with so many customers is held against."""
    settings = run.settings
    return ListTerms(
        window=settings.calendar.window(month),
        size=list_size(settings.warning_list, customers),
        lead_days=settings.warning_list.lead_days,
        is_dated=not signs_without_a_day(settings),
    )


def too_few(training: TrainingSet) -> str:
    """How many leavers there are where no model can be learnt or judged; empty where there are enough."""
    learnt, tested = training.learn.churners, training.test.churners
    if min(learnt, tested) >= FEWEST_CHURNERS:
        return ""
    return f"{learnt} to learn from, {tested} in {training.tested}"


def most_looked_at(run: MonthRun) -> int:
    """Rows of all columns that selection and leak probe are shown."""
    return (run.settings.features.select or Select()).max_rows


def _learnt_rows(
    run: MonthRun, features: FeatureSet, months: list[Month], looked_at: Sample | None
) -> Sample:
    """The rows to learn from: those that the selection looked at, where these are all there are.

    Else the selected columns are read: holding every column of so many rows would take several times the memory.
    """
    everybody = _per_million(run, months, None)
    shown = _per_million(run, months, most_looked_at(run))
    if looked_at is None or shown < everybody:
        return training_rows(run, features, months)
    return looked_at.with_columns(features.names)


def _tested_rows(
    run: MonthRun,
    offered: FeatureSet,
    features: FeatureSet,
    champion: InForce | None,
    tested: Month,
) -> Sample:
    """Everybody of the tested month, with all columns that a judged model needs."""
    names = features.names
    if champion:
        names += champion.classifier.features
    needed = offered.subset(names)
    return sample(customer_rows(run, needed, [tested], labelled=True), needed)


def training_rows(
    run: MonthRun, features: FeatureSet, months: list[Month], most: int | None = None
) -> Sample:
    """Rows to learn from: thinned by customer beyond ``max_train_rows`` (or fewer), without who left too early.

    Who left before the predict window could not be called in time (the definition's ``drop_left_early``); who left for
    another line of his own neither stayed nor churned. Both are left out.
    """
    without = ["rotated"]
    if run.settings.definition.drop_left_early:
        without.append("left_early")
    rows = customer_rows(
        run,
        features,
        months,
        labelled=True,
        per_million=_per_million(run, months, most),
        without=without,
    )
    return sample(rows, features)


def _per_million(run: MonthRun, months: list[Month], most: int | None) -> int:
    """Customers of a million to keep, so that no more than ``max_train_rows`` (or fewer) rows are learnt from."""
    total = sum(run.lake.rows("cohort", month) for month in months)
    limit = min(run.settings.model.max_train_rows, most or EVERYBODY)
    return min(EVERYBODY, limit * EVERYBODY // max(total, 1))


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
        "code": [code_digest(), *requirements()],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
