"""What the candidates of a month learn from and are judged on."""

import hashlib
import json
import logging
from dataclasses import dataclass

from churn_tasks.adapters.tracking import requirements
from churn_tasks.core.months import Month
from churn_tasks.core.sections import Select
from churn_tasks.modeling.candidates import code_digest
from churn_tasks.modeling.frames import (
    EVERYBODY,
    FeatureSet,
    Sample,
    feature_set,
    rows_sql,
    sample,
)
from churn_tasks.modeling.leak_probe import refuse_leaks
from churn_tasks.modeling.selection import Selection, everything, select
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import learning_months
from churn_tasks.warning.capacity import list_size

log = logging.getLogger("churn")

FEWEST_CHURNERS = 10


@dataclass(frozen=True)
class TrainingSet:
    """What the candidates of one run have in common.

    Attributes:
        tested: month whose truth has just come in; nothing is learnt from it.
        offered: the columns that are not banned.
        features: those of them that were selected.
        aucs: of every offered column alone, as the leak probe found it.
        learn, test: rows to learn from and rows to be judged on; no month is in both.
        places: length of the list, from the settings.
        digest: of all that decides what is fitted.
    """

    tested: Month
    offered: FeatureSet
    selection: Selection
    aucs: dict[str, float]
    features: FeatureSet
    learn: Sample
    test: Sample
    places: int
    digest: str


def training_set(run: MonthRun) -> TrainingSet:
    """Read what the month learns from and is judged on, and select the columns.

    Raises:
        CheckFailed: a single column tells the label.
    """
    *months, tested = learning_months(run)
    wanted = run.settings.features
    queries = run.registry.queries["features"]
    offered = feature_set(queries, wanted.ban, wanted.pin)
    selection, aucs = _selected(run, offered, months)
    features = offered.subset(selection.kept)
    test = labelled_rows(run, features, [tested])
    return TrainingSet(
        tested=tested,
        offered=offered,
        selection=selection,
        aucs=aucs,
        features=features,
        learn=training_rows(run, features, months),
        test=test,
        places=list_size(run.settings.warning_list, len(test)),
        digest=_digest(run, offered, months),
    )


def too_few(training: TrainingSet) -> str:
    """How many leavers there are where no model can be learnt or judged; empty where there are enough."""
    learnt, tested = training.learn.churners, training.test.churners
    if min(learnt, tested) >= FEWEST_CHURNERS:
        return ""
    return f"{learnt} to learn from, {tested} in {training.tested}"


def _selected(
    run: MonthRun, offered: FeatureSet, months: list[Month]
) -> tuple[Selection, dict[str, float]]:
    """Decide which columns to learn from, after every one of them was probed for leaks.

    Of all columns only so many rows are held as ``features.select.max_rows`` allows, and no tested month.
    """
    wanted = run.settings.features
    most = (wanted.select or Select()).max_rows
    wide = training_rows(run, offered, months, most)
    aucs = refuse_leaks(wide, offered, run.settings.leak_probe)
    stayed = len(wide) - wide.churners
    if min(wide.churners, stayed) < FEWEST_CHURNERS:
        return everything(offered, wanted.ban), aucs
    selection = select(wide, offered, wanted)
    kept, there = len(selection.kept), len(offered.names)
    log.info("train %s: %d of %d columns selected", run.month, kept, there)
    return selection, aucs


def labelled_rows(
    run: MonthRun,
    features: FeatureSet,
    months: list[Month],
    per_million: int = EVERYBODY,
) -> Sample:
    """Customers of some months with their features and their truth.

    Args:
        per_million: so many of a million customers, the same ones in every month.
    """
    run.engine.views("cohort", "label", *features.tables)
    starts = [month.start for month in months]
    wanted = {"months": starts, "keep_per_million": per_million}
    frame = run.engine.frame(rows_sql(features, labelled=True), wanted)
    return sample(frame, features)


def training_rows(
    run: MonthRun, features: FeatureSet, months: list[Month], most: int | None = None
) -> Sample:
    """Rows to learn from: thinned by customer beyond ``max_train_rows`` (or fewer), without who left in the delay.

    Who left for another line of his own neither stayed nor churned, and is left out as well.
    """
    total = sum(run.lake.rows("cohort", month) for month in months)
    limit = min(run.settings.model.max_train_rows, most or EVERYBODY)
    per_million = min(EVERYBODY, limit * EVERYBODY // max(total, 1))
    rows = labelled_rows(run, features, months, per_million)
    rows = rows.rows(~rows.rotated)
    if run.settings.definition.drop_left_in_delay:
        rows = rows.rows(~rows.left_in_delay)
    return rows


def _digest(run: MonthRun, features: FeatureSet, months: list[Month]) -> str:
    """Digest of all that decides what is fitted: data, settings, code and packages."""
    data = {}
    for table in ("cohort", "label", *features.tables):
        for month in months:
            data[f"{table} {month}"] = run.lake.sha256(table, month)
    parts = {
        "data": data,
        "features": [features.digest, *features.names],
        "model": run.settings.model.model_dump(exclude={"candidates"}),
        "chosen": run.settings.features.model_dump(exclude={"watch"}),
        "drop_left_in_delay": run.settings.definition.drop_left_in_delay,
        "code": [code_digest(), *requirements()],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
