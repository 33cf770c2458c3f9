"""``churn search`` and ``churn adopt``: the rows a search learns from, the files it leaves, and a formula taken over.

A search in the run of a month learns from the very rows that the month's training learns from, so the tested month and
all later ones stay unseen. It writes ``<state>/search/<month>/`` and nothing else; only adopting changes the profile.
"""

import csv
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from churn_tasks.core.errors import BadInput, NotReady
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.declared.registry import load_registry
from churn_tasks.modeling.frames import FeatureSet, Sample, feature_set
from churn_tasks.modeling.search.adoption import kept, query_sql, query_yaml, read_back
from churn_tasks.modeling.search.evolution import Effort
from churn_tasks.modeling.search.found import Found, findings
from churn_tasks.modeling.search.hunt import Hunted, Tell, hunt
from churn_tasks.modeling.search.prepared import prepare
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.graph import require

MOST_ROWS = 60_000
FEWEST_CHURNERS = 50
COMBINED, FLAG = ("integer", "decimal", "double"), "0/1"
FORMULAS, ATTRIBUTES = "formulas.yaml", "attributes.csv"


@dataclass(frozen=True)
class Searched:
    """A search and where it came from.

    Attributes:
        months: the training window it learnt from.
    """

    month: Month
    months: list[Month]
    rows: int
    churners: int
    hunted: Hunted
    found: list[Found]
    folder: Path


def search(
    settings: Settings,
    month: Month,
    seconds: float,
    tell: Tell,
    effort: Effort | None = None,
) -> Searched:
    """Search inside the training window of a month, and write what was found; in MLflow as well where that is set.

    Raises:
        NotReady: history is too short, or what training needs has not been made yet.
        BadInput: too few leavers to learn from.
    """
    rows, features, months, catalogue = window_rows(settings, month)
    if min(rows.churners, len(rows) - rows.churners) < FEWEST_CHURNERS:
        raise BadInput(
            f"a search needs {FEWEST_CHURNERS} leavers; {months[0]} to {months[-1]} have {rows.churners}"
        )
    tell("present model", 0.0, f"{len(rows):,} rows, {rows.churners:,} left")
    threads, seed = settings.resources.threads, settings.model.seed
    prepared = prepare(rows, features, seed, threads)
    units = combined(features, catalogue)
    pinned = settings.features.pin
    hunted = hunt(
        prepared,
        units,
        seed=seed,
        threads=threads,
        seconds=seconds,
        effort=effort,
        pinned=pinned,
        tell=tell,
    )
    found = findings(hunted, prepared, catalogue)
    folder = settings.state_dir / "search" / str(month)
    searched = Searched(month, months, len(rows), rows.churners, hunted, found, folder)
    _write(searched, features, catalogue)
    if settings.environment.mlflow_url:
        _log(settings, searched)
    return searched


def combined(
    features: FeatureSet, catalogue: dict[str, FeatureColumn]
) -> dict[str, str]:
    """The features that may stand in formulas, with their units: numbers that are no flags."""
    numbers = {name: catalogue[name] for name in features.numeric}
    return {
        name: one.unit
        for name, one in numbers.items()
        if one.type in COMBINED and one.unit != FLAG
    }


def window_rows(
    settings: Settings, month: Month, most: int = MOST_ROWS
) -> tuple[Sample, FeatureSet, list[Month], dict[str, FeatureColumn]]:
    """The rows that the training of a month learns from, thinned by customer; every feature that is not banned.

    Raises:
        NotReady: see :func:`search`.
    """
    from churn_tasks.work.training import training_rows

    tested = settings.calendar.tested_month(month)
    if tested is None:
        raise NotReady(
            f"the run of {month} trains on nothing yet: history is too short. Give a later month."
        )
    with closing(MonthRun(settings, month)) as run:
        features = feature_set(
            run.registry.queries["features"],
            settings.features.ban,
            settings.features.pin,
        )
        months = settings.calendar.mature_months(tested)[
            -settings.model.max_train_months :
        ]
        require(run, ["cohort", *features.tables], months)
        missing = [each for each in months if not run.lake.has("label", each)]
        if missing:
            raise NotReady(
                f"the label of {missing[0]} has not been made yet. Run first: churn run --month {month}"
            )
        rows = training_rows(run, features, months, most)
        return (
            rows,
            features,
            months,
            {column.name: column for column in run.registry.features},
        )


def _write(
    searched: Searched, features: FeatureSet, catalogue: dict[str, FeatureColumn]
) -> None:
    searched.folder.mkdir(parents=True, exist_ok=True)
    window = f"{searched.months[0]} to {searched.months[-1]}"
    told = {
        "learnt_from": window,
        "rows": searched.rows,
        "churners": searched.churners,
        "generations": searched.hunted.generations,
        "formulas_judged": searched.hunted.judged,
        "stopped_by_the_clock": searched.hunted.stopped,
        "formulas": [
            _kept(one, features, f"Found by churn search on {window}.")
            for one in searched.found
        ],
    }
    _replace(
        searched.folder / FORMULAS,
        yaml.safe_dump(told, allow_unicode=True, sort_keys=False, width=110),
    )
    lines = [
        {
            "attribute": one.name,
            "gain_average_precision": f"{one.gain:.6f}",
            "share_of_best_subsets": f"{one.chosen:.2f}",
            "table": features.columns[one.name],
            "family": catalogue[one.name].family,
            "group": catalogue[one.name].group,
        }
        for one in searched.hunted.attributes
    ]
    _write_lines(searched.folder / ATTRIBUTES, lines)


def _write_lines(path: Path, lines: list[dict[str, str]]) -> None:
    aside = path.with_suffix(".new")
    with aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]) if lines else ["attribute"])
        writer.writeheader()
        writer.writerows(lines)
    aside.replace(path)


def _log(settings: Settings, searched: Searched) -> None:
    """A run of kind ``search`` beside the month's own: what was found, and the ranking."""
    import pandas as pd

    from churn_tasks.adapters.tracking import Record, Tracking

    tracking, month = Tracking(settings), searched.month
    tags = {
        "churn.kind": "search",
        "churn.month": str(month),
        "mlflow.runName": f"{month} search",
    }
    run_id = tracking.client.create_run(tracking.experiment_id, tags=tags).info.run_id
    hunted = searched.hunted
    tables = {
        "formulas": pd.DataFrame([one.figures() for one in searched.found]),
        "attributes": pd.DataFrame([asdict(one) for one in hunted.attributes]),
    }
    parameters = {
        "train_from": searched.months[0],
        "train_to": searched.months[-1],
        "seed": settings.model.seed,
    }
    metrics = {"formulas_judged": hunted.judged, "generations": hunted.generations}
    metrics |= {
        "found": sum(one.accepted for one in searched.found),
        "train_rows": searched.rows,
    }
    tracking.log(run_id, Record(parameters, metrics, tables=tables))
    tracking.client.set_terminated(run_id, "FINISHED")


def _kept(found: Found, features: FeatureSet, source: str) -> dict[str, Any]:
    sql = query_sql(found.name, found.formula, features.columns, source)
    return {**found.figures(), "tree": kept(found.formula), "sql": sql}


def _replace(path: Path, text: str) -> None:
    aside = path.with_suffix(".new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def adopt(
    settings: Settings, name: str, month: Month | None = None, called: str | None = None
) -> Path:
    """Write a found formula as a feature folder of the profile; the next run of ``features`` makes its column.

    Args:
        month: of the search it was found in; the latest that found it when absent.
        called: another name for the column.

    Raises:
        BadInput: no search found it, a feature of that name exists, or a part of it is banned or gone.
    """
    one, found_in = _look_up(settings, name, month)
    column = called or name
    formula = read_back(one["tree"])
    registry = load_registry(settings)
    features = feature_set(registry.queries["features"])
    gone = sorted(set(formula.leaves()) - features.columns.keys())
    banned = sorted(set(formula.leaves()) & set(settings.features.ban))
    if gone or banned:
        raise BadInput(
            f"{name} cannot be adopted: {', '.join(gone or banned)} is {'gone' if gone else 'banned'}."
        )
    folder = settings.profile_dir / "sql" / "features" / column
    if column in features.columns or folder.exists():
        raise BadInput(
            f"there is a feature or folder {column} already. Give another name: --as {column}_2"
        )
    source = f"Found by churn search in the run of {found_in}."
    folder.mkdir(parents=True)
    (folder / "query.sql").write_text(
        query_sql(column, formula, features.columns, source), encoding="utf-8"
    )
    (folder / "query.yaml").write_text(
        query_yaml(column, formula, features.columns, one), encoding="utf-8"
    )
    return folder


def _look_up(
    settings: Settings, name: str, month: Month | None
) -> tuple[dict[str, Any], Month]:
    """A formula by its name, and the month of the latest search that put it to the test."""
    known: list[str] = []
    for folder in _searches(settings, month):
        found = yaml.safe_load((folder / FORMULAS).read_text(encoding="utf-8"))[
            "formulas"
        ]
        for one in found:
            if one["name"] == name:
                return one, Month.parse(folder.name)
        known += [one["name"] for one in found]
    told = (
        f"there are {', '.join(known[:5])}" if known else "no search has found anything"
    )
    raise BadInput(
        f"no formula {name!r}; {told}. Run first: churn search --month YYYY-MM"
    )


def _searches(settings: Settings, month: Month | None) -> Sequence[Path]:
    """Folders of searches, the latest month first."""
    folder = settings.state_dir / "search"
    found = sorted((path.parent for path in folder.glob(f"*/{FORMULAS}")), reverse=True)
    return [path for path in found if month is None or path.name == str(month)]
