"""What the search adds on later months over the catalogue alone, and what derived columns add, with intervals.

    .venv/bin/python -m benchmarks.search.later_months --profile retail --data ../shared/data

For each tested month everything is learnt on the months that training may use for it: the search runs inside them, what
it accepts is added to the catalogue, candidates are fitted with and without, and both score the tested month. The
interval of the difference in average precision is a paired bootstrap over the customers of that month (1,000 draws);
over several months, customers are drawn once for all of them. Profile ``telecom`` is simulated first, with a planted
ratio of differences (--planted); the other profiles read their public files from --data.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from churn_tasks.by_hand.pattern_search import combined, window_rows
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.sections import Derive
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.local.postgres import Cluster
from churn_tasks.modeling.candidates import fit_candidate
from churn_tasks.modeling.frames import EVERYBODY, FeatureSet, Sample, rows_sql, sample
from churn_tasks.modeling.search.formula import Formula, values
from churn_tasks.modeling.search.hunt import hunt
from churn_tasks.modeling.search.prepared import prepare
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.simulator import SimulationSettings, simulate
from churn_tasks.walks.month import run_step
from churn_tasks.walks.tasks import TASKS

DRAWS = 1_000
DERIVED = {
    "10 principal components": Derive(pca=10),
    "5 factors": Derive(factors=5),
    "8 clusters": Derive(clusters=8),
}
CANDIDATES = ("logistic_regression", "lightgbm")
STEPS = [
    step
    for task in TASKS
    if task.name in ("extract", "integrate", "features")
    for step in task.steps
]
console = Console(width=160)


@dataclass(frozen=True)
class Judged:
    """Scores of one tested month: variant and candidate to scores; ``catalogue`` is the variant to be beaten."""

    month: Month
    truth: np.ndarray
    customers: np.ndarray
    scores: dict[tuple[str, str], np.ndarray]


def main(
    profile: Annotated[str, typer.Option()] = "telecom",
    state: Annotated[
        Path | None, typer.Option(help="State folder with lakes that are made already.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the public files.")
    ] = None,
    customers: Annotated[int, typer.Option(help="Simulated customers.")] = 5_000,
    months: Annotated[int, typer.Option(help="Simulated months.")] = 10,
    planted: Annotated[
        float, typer.Option(help="Share of simulated leavers whom the ratio decides.")
    ] = 0.5,
    last: Annotated[int, typer.Option(help="Tested months, the latest.")] = 3,
    minutes: Annotated[float, typer.Option(help="Time budget of each search.")] = 2.0,
    derived: Annotated[
        bool, typer.Option(help="Measure derived columns as well.")
    ] = True,
) -> None:
    """Measure one profile and print the table."""
    with tempfile.TemporaryDirectory(prefix="churn-search-") as folder:
        made = state or Path(folder) / "state"
        settings = load_settings(profile, state_dir=made, data_path=data)
        if state is None:
            settings = build(profile, Path(folder), data, SimulationSettings(
                customers=customers, months=months, cdr_per_month=5, planted_interaction=planted,
            ))  # fmt: skip
        judged = [
            judge(settings, month, minutes * 60, derived)
            for month in run_months(settings, last)
        ]
    print_table(profile, judged)


def run_months(settings: Settings, last: int) -> list[Month]:
    """The runs whose tested month has a label and something to learn from, the latest ones."""
    with closing(MonthRun(settings, settings.first_month)) as run:
        labelled = run.lake.months("label")
    back = settings.calendar.delay + settings.calendar.predict
    runs = [month + back for month in labelled]
    return [month for month in runs if settings.calendar.tested_month(month)][-last:]


def build(
    profile: str, folder: Path, data: Path | None, simulation: SimulationSettings
) -> Settings:
    """A lake with features and labels of every month."""
    cluster = Cluster(folder / "postgres", durable=False)
    cluster.start()
    try:
        source, warehouse = (
            cluster.create_database("source"),
            cluster.create_database("warehouse"),
        )
        places = {
            "state_dir": folder / "state",
            "source_url": source,
            "warehouse_url": warehouse,
            "data_path": data,
        }
        settings = load_settings(profile, **places)
        last = settings.last_month or settings.first_month
        if profile == "telecom":
            simulate(source, simulation)
            last = simulation.first_month + simulation.months - 1
        return run_all(settings, settings.first_month, last)
    finally:
        cluster.remove()


def run_all(settings: Settings, first: Month, last: Month) -> Settings:
    started = time.monotonic()
    for month in months_between(first, last + 1):
        for step in (*STEPS, "labels"):
            run_step(step, settings, month)
        console.print(f"{month} made, {time.monotonic() - started:.0f} s")
    return settings


def judge(settings: Settings, month: Month, seconds: float, derived: bool) -> Judged:
    """Search in the window of one run, fit every variant, score the tested month."""
    learn, features, window, catalogue = window_rows(settings, month)
    tested = settings.calendar.tested_month(month)
    assert tested is not None
    test = tested_rows(settings, features, tested)
    seed, threads = settings.model.seed, settings.resources.threads
    started = time.monotonic()
    prepared = prepare(learn, features, seed, threads)
    hunted = hunt(
        prepared,
        combined(features, catalogue),
        seed=seed,
        threads=threads,
        seconds=seconds,
    )
    found = [one.formula for one in hunted.candidates if hunted.accepted(one)]
    console.print(
        f"{settings.profile} {tested}: learnt from {window[0]} to {window[-1]}, {len(learn):,} rows, {learn.churners:,}"
        f" left; {hunted.judged:,} formulas judged in {time.monotonic() - started:.0f} s; found {len(found)}:"
        f" {'; '.join(map(str, found)) or '-'}; refused {len(hunted.candidates) - len(found)}"
    )
    scores = {}
    for variant, more, derive in variants(found, derived):
        wide, columns = (
            [with_formulas(rows, more) for rows in (learn, test)],
            extended(features, more),
        )
        for name in CANDIDATES:
            fitted = fit_candidate(name, wide[0], columns, seed, threads, derive)
            scores[variant, name] = fitted.classifier.predict(wide[1].features)
    return Judged(tested, test.churned, test.customers, scores)


def variants(
    found: list[Formula], derived: bool
) -> Iterator[tuple[str, list[Formula], Derive]]:
    yield "catalogue", [], Derive()
    yield "with what the search found", found, Derive()
    for name, derive in DERIVED.items() if derived else ():
        yield f"with {name}", [], derive


def tested_rows(settings: Settings, features: FeatureSet, tested: Month) -> Sample:
    with closing(MonthRun(settings, tested)) as run:
        run.engine.views("cohort", "label", *features.tables)
        wanted = {"months": [tested.start], "keep_per_million": EVERYBODY}
        return sample(
            run.engine.frame(rows_sql(features, labelled=True), wanted), features
        )


def with_formulas(rows: Sample, found: list[Formula]) -> Sample:
    columns = {
        name: rows.features[name].to_numpy(dtype=float)
        for formula in found
        for name in formula.leaves()
    }
    made = {
        f"found_{number}": values(formula, columns)
        for number, formula in enumerate(found)
    }
    return replace(rows, features=rows.features.assign(**made))


def extended(features: FeatureSet, found: list[Formula]) -> FeatureSet:
    names = tuple(f"found_{number}" for number in range(len(found)))
    return replace(
        features,
        columns={**features.columns, **dict.fromkeys(names, "found")},
        numeric=(*features.numeric, *names),
    )


def average_precision(
    scores: np.ndarray, truth: np.ndarray, weight: np.ndarray
) -> float:
    """Of rows that count ``weight`` times; equal scores in the order of rows."""
    order = np.argsort(-scores, kind="stable")
    hit, weight = truth[order], weight[order]
    hits = np.cumsum(hit * weight)
    return float(
        np.sum((hits / np.maximum(np.cumsum(weight), 1e-12) * weight)[hit])
        / max(float(hits[-1]), 1e-12)
    )


def interval(
    judged: list[Judged], variant: str, name: str
) -> tuple[float, float, float, float, float]:
    """Average precision of the catalogue and of the variant, and their difference with 95 % bounds; mean of months."""
    rng = np.random.default_rng(1)
    people = np.unique(np.concatenate([each.customers for each in judged]).astype(str))
    place = [np.searchsorted(people, each.customers.astype(str)) for each in judged]
    draws = [np.ones(len(people))] + [
        np.bincount(
            rng.integers(0, len(people), len(people)), minlength=len(people)
        ).astype(float)
        for _ in range(DRAWS)
    ]
    figures = np.array([
        np.mean([
            [average_precision(each.scores[which, name], each.truth, draw[where]) for which in ("catalogue", variant)]
            for each, where in zip(judged, place, strict=True)
        ], axis=0)
        for draw in draws
    ])  # fmt: skip
    difference = figures[1:, 1] - figures[1:, 0]
    low, high = np.quantile(difference, [0.025, 0.975])
    return (
        figures[0, 0],
        figures[0, 1],
        figures[0, 1] - figures[0, 0],
        float(low),
        float(high),
    )


def print_table(profile: str, judged: list[Judged]) -> None:
    console.print(
        "| profile | tested | customers | left | candidate | variant | AP catalogue | AP variant | difference [95 %] |"
    )
    console.print("| --- | --- | ---: | ---: | --- | --- | ---: | ---: | --- |")
    groups = [[each] for each in judged] + ([judged] if len(judged) > 1 else [])
    for group in groups:
        month = str(group[0].month) if len(group) == 1 else f"mean of {len(group)}"
        counts = f"{sum(len(each.truth) for each in group):,} | {sum(int(each.truth.sum()) for each in group):,}"
        for variant, name in judged[0].scores:
            if variant != "catalogue":
                before, after, gain, low, high = interval(group, variant, name)
                console.print(
                    f"| {profile} | {month} | {counts} | {name} | {variant} | {before:.4f} | {after:.4f}"
                    f" | {gain:+.4f} [{low:+.4f}, {high:+.4f}] |",
                    soft_wrap=True,
                )


if __name__ == "__main__":
    typer.run(main)
