"""What the search adds on a later month over the catalogue alone, and what derived columns add, with intervals.

    .venv/bin/python -m benchmarks.search.later_months --profile retail --data ../shared/data

Everything is learnt on the months that training may use for the tested one: the search runs inside them, what it
accepts is added to the catalogue, candidates are fitted with and without, and both score the tested month. The
interval of the difference in average precision is a paired bootstrap over the customers of that month. Profile
``telecom`` is simulated first, with a planted ratio of differences (--planted); the other profiles read their public
files from --data.
"""

import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from churn_tasks.by_hand.pattern_search import Window, window_of
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.sections import Derive
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.modeling.candidates import fit_candidate, shipped_candidate
from churn_tasks.modeling.frames import FeatureSet, Sample, sample
from churn_tasks.modeling.metrics import ranking
from churn_tasks.modeling.search.formula import Formula, values
from churn_tasks.modeling.search.hunt import hunt
from churn_tasks.modeling.search.prepared import prepare
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.simulator import SimulationSettings, simulate
from churn_tasks.walks.month import run_step
from churn_tasks.walks.tasks import STEPS
from churn_tasks.work.customer_rows import customer_rows

DRAWS = 500
CANDIDATES = "logistic_regression", "lightgbm"
CATALOGUE = "catalogue"
DERIVED = {
    "10 principal components": Derive(pca=10),
    "5 factors": Derive(factors=5),
    "8 clusters": Derive(clusters=8),
}
BEFORE_TRAINING = STEPS[: STEPS.index("train")]
COLUMNS = "profile", "tested", "candidate", "variant", "AP", "difference [95 %]"
console = Console(width=160)


def main(
    profile: Annotated[str, typer.Option()] = "telecom",
    data: Annotated[
        Path | None, typer.Option(help="Folder of the public files.")
    ] = None,
    customers: Annotated[int, typer.Option(help="Simulated customers.")] = 5_000,
    months: Annotated[int, typer.Option(help="Simulated months.")] = 10,
    planted: Annotated[
        float, typer.Option(help="Share of simulated leavers whom the ratio decides.")
    ] = 0.5,
    minutes: Annotated[float, typer.Option(help="Time budget of the search.")] = 5.0,
) -> None:
    """Measure the latest month of one profile and print the table."""
    simulation = SimulationSettings(
        customers=customers, months=months, cdr_per_month=5, planted_interaction=planted
    )
    with tempfile.TemporaryDirectory(prefix="churn-search-") as folder:
        settings = build(profile, Path(folder), data, simulation)
        month = latest_run(settings)
        measure(settings, window_of(settings, month), month, minutes * 60)


def build(
    profile: str, folder: Path, data: Path | None, simulation: SimulationSettings
) -> Settings:
    """A lake with features and labels of every month."""
    cluster = Cluster(folder / "postgres", durable=False)
    cluster.start()
    try:
        source = cluster.create_database("source")
        settings = load_settings(
            profile,
            state_dir=folder / "state",
            source_url=source,
            warehouse_url=cluster.create_database("warehouse"),
            data_path=data,
        )
        last = settings.last_month or settings.first_month
        if profile == "telecom":
            simulate(source, simulation)
            last = simulation.first_month + simulation.months - 1
        for month in months_between(settings.first_month, last + 1):
            for step in BEFORE_TRAINING:
                run_step(step, settings, month)
        return settings
    finally:
        cluster.remove()


def latest_run(settings: Settings) -> Month:
    """The latest run whose tested month has a label."""
    with closing(MonthRun(settings, settings.first_month)) as run:
        labelled = run.lake.months("label")
    return max(labelled) + settings.calendar.label_lag


def measure(settings: Settings, window: Window, month: Month, seconds: float) -> None:
    """Search, fit every variant of every candidate, and score the tested month."""
    tested = settings.calendar.tested_month(month)
    assert tested is not None, "history is too short"
    test = tested_rows(settings, window.features, tested)
    seed, threads = settings.model.seed, settings.resources.threads
    prepared = prepare(window.rows, window.features, seed, threads)
    outcome = hunt(prepared, window.units, seed=seed, seconds=seconds)
    console.print(
        f"learnt from {window.name}: {len(window.rows):,} rows, {window.rows.churners:,} left;"
        f" tested on {len(test):,}, {test.churners:,} left; {outcome.judged:,} formulas judged;"
        f" found {[str(formula) for formula in outcome.found]}"
    )
    variants: dict[str, tuple[list[Formula], Derive]] = {CATALOGUE: ([], Derive())}
    variants["what the search found"] = (outcome.found, Derive())
    for name, derive in DERIVED.items():
        variants[name] = ([], derive)
    print_row(COLUMNS)
    for candidate in CANDIDATES:
        scores = {}
        for variant, (formulas, derive) in variants.items():
            learn, features = with_formulas(window.rows, window.features, formulas)
            model = shipped_candidate(candidate)
            fitted = fit_candidate(model, learn, features, seed, threads, derive)
            later, _ = with_formulas(test, features, formulas)
            scores[variant] = fitted.classifier.predict(later.features)
            reached = average_precision(scores[variant], test.churned)
            gained = gain(test.churned, scores[CATALOGUE], scores[variant])
            cells = (settings.profile, str(tested), candidate, variant)
            print_row((*cells, f"{reached:.4f}", gained))


def tested_rows(settings: Settings, features: FeatureSet, tested: Month) -> Sample:
    with closing(MonthRun(settings, tested)) as run:
        return sample(customer_rows(run, features, [tested], labelled=True), features)


def with_formulas(
    rows: Sample, features: FeatureSet, formulas: list[Formula]
) -> tuple[Sample, FeatureSet]:
    """The rows and the set with a column more for each formula."""
    columns = {name: rows.features[name].to_numpy() for name in features.numeric}
    made = {str(formula): values(formula, columns) for formula in formulas}
    added = tuple(name for name in made if name not in features.columns)
    wider = replace(
        features,
        columns={**features.columns, **dict.fromkeys(added, "found")},
        numeric=(*features.numeric, *added),
    )
    return replace(rows, features=rows.features.assign(**made)), wider


def gain(truth: np.ndarray, before: np.ndarray, after: np.ndarray) -> str:
    """Difference in average precision with its interval, customers drawn with replacement."""
    rng = np.random.default_rng(1)
    differences = []
    for _ in range(DRAWS):
        drawn = rng.integers(0, len(truth), len(truth))
        differences.append(difference(truth[drawn], before[drawn], after[drawn]))
    low, high = np.quantile(differences, [0.025, 0.975])
    return f"{difference(truth, before, after):+.4f} [{low:+.4f}, {high:+.4f}]"


def difference(truth: np.ndarray, before: np.ndarray, after: np.ndarray) -> float:
    return average_precision(after, truth) - average_precision(before, truth)


def average_precision(scores: np.ndarray, truth: np.ndarray) -> float:
    return float(ranking(scores, truth)["average_precision"])


def print_row(cells: tuple[str, ...]) -> None:
    console.print(f"| {' | '.join(cells)} |", soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
