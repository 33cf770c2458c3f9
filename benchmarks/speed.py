"""Wall and CPU seconds and peak memory of a large operator's models: fits, scoring, contributions.

    .venv/bin/python -m benchmarks.speed --customers 600000 --months 6 --columns 200

Made-up customers: numbers of which four carry the truth, one value in twenty missing, and four texts. Candidates are
fitted with their defaults on what the settings let them learn from (``model.max_train_rows``: customers are thinned,
the same in all months), all customers of a month are scored beside the bare preprocessing and ranker on the same
frame, and of those on the list the contributions are computed. Each candidate runs in a process of its own.
"""

import json
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.measure import Taken, in_own_process, taken
from churn_tasks.core.sections import Model
from churn_tasks.modeling.candidates import fit_candidate, shipped_candidate
from churn_tasks.modeling.classifier import ChurnClassifier
from churn_tasks.modeling.explanation import contributions
from churn_tasks.modeling.frames import FeatureSet, Sample
from churn_tasks.modeling.metrics import ranking
from churn_tasks.modeling.ranking import margin

if TYPE_CHECKING:
    import pandas as pd

FIRST = np.datetime64("2024-01", "M")
TEXTS, LEVELS = 4, 12
SIGNALS, SLOPE, LEVEL = 4, 0.7, -3.6
MISSING = 0.05
LISTED = 20_000
THREADS = 2
COLUMNS = (
    "candidate",
    "part",
    "rows",
    "wall s",
    "CPU s",
    "peak MB of the process",
)


def main(
    customers: Annotated[int, typer.Option(min=1_000)] = 600_000,
    months: Annotated[int, typer.Option(min=2)] = 6,
    columns: Annotated[int, typer.Option(min=10)] = 200,
    candidate: Annotated[str, typer.Option(help="Measured in this very process.")] = "",
) -> None:
    """Print a row for each part of each default candidate."""
    if candidate:
        typer.echo(json.dumps(_measured(candidate, customers, months, columns)))
        return
    table = Table(*COLUMNS)
    sizes = [f"--customers={customers}", f"--months={months}", f"--columns={columns}"]
    for wanted in Model(name="speed").candidate_names:
        own = [*sizes, f"--candidate={wanted}"]
        for part in in_own_process("benchmarks.speed", *own):
            table.add_row(wanted, *part)
    Console(width=110).print(table)


def _measured(
    name: str, customers: int, months: int, columns: int
) -> list[tuple[str, ...]]:
    """The parts of one candidate, as cells of the table."""
    settings = Model(name="speed")
    learnt = min(customers, settings.max_train_rows // months)
    rows = _drawn(learnt, months, columns, seed=1)
    features = _features(rows)
    with taken() as fit:
        fitted = fit_candidate(
            shipped_candidate(name), rows, features, settings.seed, THREADS
        )
    parts = [_cells("fit", len(rows), fit)]
    del rows
    month = _drawn(customers, 1, columns, seed=2)
    classifier = fitted.classifier
    with taken() as bare:
        _bare(classifier, month.features)
    parts.append(_cells("bare predict", customers, bare))
    with taken() as scored:
        scores = classifier.predict(month.features)
    ratio = scored.cpu_s / bare.cpu_s
    said = f"score, {ratio:.2f} x bare predict by CPU"
    parts.append(_cells(said, customers, scored))
    listed = month.features.head(LISTED)
    with taken() as explained:
        contributions(classifier, listed)
    parts.append(_cells("contributions", len(listed), explained))
    auc = ranking(scores, month.churned)["auc"]
    parts.append((f"AUC of the month {auc:.3f}", f"{customers:,}", "", "", ""))
    return parts


def _bare(classifier: ChurnClassifier, frame: "pd.DataFrame") -> np.ndarray:
    """Preprocessing and ranker on the whole frame at once, and nothing else."""
    numbers = classifier.preprocess.transform(frame[classifier.features])
    return margin(classifier.ranker, numbers)


def _cells(part: str, rows: int, measured: Taken) -> tuple[str, ...]:
    seconds = f"{measured.wall_s:.1f}", f"{measured.cpu_s:.1f}"
    return part, f"{rows:,}", *seconds, f"{measured.peak_mb:,.0f}"


def _drawn(customers: int, months: int, columns: int, seed: int) -> Sample:
    """Rows of so many customers in each of the months."""
    import pandas as pd

    chance = np.random.default_rng(seed)
    rows = customers * months
    frame = {}
    odds = np.full(rows, LEVEL)
    for place in range(columns - TEXTS):
        values = chance.normal(size=rows)
        if place < SIGNALS:
            odds += SLOPE * values
        values[chance.random(rows) < MISSING] = np.nan
        frame[f"number_{place:03d}"] = values
    for place in range(TEXTS):
        drawn = chance.integers(0, LEVELS, rows)
        levels = np.array([f"level_{level}" for level in range(LEVELS)], dtype=object)
        frame[f"text_{place}"] = levels[drawn]
    nobody = np.zeros(rows, dtype=bool)
    people = [f"c{number:07d}" for number in range(customers)]
    return Sample(
        customers=np.array(people * months, dtype=object),
        months=np.repeat(
            (FIRST + np.arange(months)).astype("datetime64[D]"), customers
        ),
        features=pd.DataFrame(frame),
        churned=chance.random(rows) < 1 / (1 + np.exp(-odds)),
        left_early=nobody,
        rotated=nobody,
    )


def _features(rows: Sample) -> FeatureSet:
    names = list(rows.features.columns)
    text = tuple(name for name in names if name.startswith("text_"))
    numeric = tuple(name for name in names if name not in text)
    return FeatureSet(dict.fromkeys(names, "feat_speed"), numeric, text, "0" * 16)


if __name__ == "__main__":
    typer.run(main)
