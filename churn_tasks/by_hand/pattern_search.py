"""``churn search`` and ``churn adopt``: the rows a search learns from, the files it leaves, and a formula taken over.

A search in the run of a month learns from the very rows that the month's training learns from, so the tested month and
all later ones stay unseen. It writes ``<state>/search/<month>/`` and nothing else; only adopting changes the profile.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from churn_tasks.by_hand.learnt_rows import LearntFrom, learnt_rows
from churn_tasks.core.errors import BadInput
from churn_tasks.core.files import replace_text
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.declared.registry import load_registry
from churn_tasks.declared.yaml_file import read_yaml
from churn_tasks.modeling.frames import feature_set
from churn_tasks.modeling.search.adoption import (
    nested,
    query_sql,
    query_yaml,
    read_back,
)
from churn_tasks.modeling.search.described import described
from churn_tasks.modeling.search.genetic import Effort
from churn_tasks.modeling.search.hunt import EFFORT, Outcome, Tell, hunt
from churn_tasks.modeling.search.prepared import prepare
from churn_tasks.runner.month_run import MonthRun

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 60_000
FEWEST_CHURNERS = 50
NUMBERS, FLAG = ("integer", "decimal", "double"), "0/1"
FORMULAS, ATTRIBUTES = "formulas.yaml", "attributes.csv"


@dataclass(frozen=True)
class Window(LearntFrom):
    """What the training of a month learns from, thinned by customer, with the words of the catalogue."""

    catalogue: dict[str, FeatureColumn]

    @property
    def units(self) -> dict[str, str]:
        """The features that may stand in formulas, with their units: numbers that are no flags."""
        units = {}
        for name in self.features.numeric:
            column = self.catalogue[name]
            if column.type in NUMBERS and column.unit != FLAG:
                units[name] = column.unit
        return units

    @property
    def name(self) -> str:
        return f"{self.months[0]} to {self.months[-1]}"


@dataclass(frozen=True)
class Search:
    """A search of one month's window, and what came of it.

    Attributes:
        formulas: those put to the test, as files and tables show them.
    """

    month: Month
    window: Window
    outcome: Outcome
    formulas: list[dict[str, Any]]
    folder: Path


def search(
    settings: Settings,
    month: Month,
    seconds: float,
    tell: Tell,
    effort: Effort = EFFORT,
) -> Search:
    """Search inside the training window of a month, and write what was found; in MLflow as well where that is set.

    Raises:
        NotReady: history is too short, or what training needs has not been made yet.
        BadInput: too few leavers to learn from.
    """
    window = window_of(settings, month)
    rows = window.rows
    if min(rows.churners, len(rows) - rows.churners) < FEWEST_CHURNERS:
        raise BadInput(
            f"a search needs {FEWEST_CHURNERS} leavers; {window.name} have {rows.churners}"
        )
    tell("present model", 0.0, f"{len(rows):,} rows, {rows.churners:,} left")
    seed = settings.model.seed
    prepared = prepare(rows, window.features, seed, settings.resources.threads)
    outcome = hunt(
        prepared,
        window.units,
        seed=seed,
        seconds=seconds,
        effort=effort,
        pinned=settings.features.pin,
        tell=tell,
    )
    formulas = described(outcome.proposals, prepared, window.catalogue)
    folder = settings.state_dir / "search" / str(month)
    done = Search(month, window, outcome, formulas, folder)
    replace_text(folder / FORMULAS, _formulas_text(done))
    replace_text(folder / ATTRIBUTES, _ranking(done).to_csv(index=False))
    if settings.environment.mlflow_url:
        _log(settings, done)
    return done


def window_of(settings: Settings, month: Month, most: int = MOST_ROWS) -> Window:
    """The rows that the training of a month learns from.

    Raises:
        NotReady: see :func:`search`.
    """
    with closing(MonthRun(settings, month)) as run:
        learnt = learnt_rows(run, most)
        catalogue = {column.name: column for column in run.registry.features}
    return Window(learnt.rows, learnt.features, learnt.months, catalogue)


def _formulas_text(done: Search) -> str:
    """The file that :func:`adopt` reads."""
    window, outcome = done.window, done.outcome
    source, tables = f"Found by churn search on {window.name}.", window.features.columns
    kept = []
    for proposal, record in zip(outcome.proposals, done.formulas, strict=True):
        formula = proposal.formula
        sql = query_sql(record["name"], formula, tables, source)
        kept.append({**record, "tree": nested(formula), "sql": sql})
    content = {
        "learnt_from": window.name,
        "rows": len(window.rows),
        "churners": window.rows.churners,
        "generations": outcome.generations,
        "formulas_judged": outcome.judged,
        "stopped_by_the_clock": outcome.stopped,
        "formulas": kept,
    }
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=110)


def _ranking(done: Search) -> "pd.DataFrame":
    """Every attribute with its gain, and where it is from."""
    import pandas as pd

    tables, catalogue = done.window.features.columns, done.window.catalogue
    lines = [
        {
            "attribute": one.name,
            "gain_average_precision": f"{one.gain:.6f}",
            "share_of_best_subsets": f"{one.chosen:.2f}",
            "table": tables[one.name],
            "family": catalogue[one.name].family,
            "group": catalogue[one.name].group,
        }
        for one in done.outcome.attributes
    ]
    return pd.DataFrame(lines)


def _log(settings: Settings, done: Search) -> None:
    """A run of kind ``search`` beside the month's own: what was found, and the ranking."""
    import pandas as pd

    from churn_tasks.adapters.tracking import Record, Tracking

    tracking, window, outcome = Tracking(settings), done.window, done.outcome
    tags = {
        "churn.kind": "search",
        "churn.month": str(done.month),
        "mlflow.runName": f"{done.month} search",
    }
    run_id = tracking.client.create_run(tracking.experiment_id, tags=tags).info.run_id
    parameters = {
        "train_from": window.months[0],
        "train_to": window.months[-1],
        "seed": settings.model.seed,
    }
    metrics = {
        "formulas_judged": outcome.judged,
        "generations": outcome.generations,
        "found": len(outcome.found),
        "train_rows": len(window.rows),
    }
    tables = {
        "formulas": pd.DataFrame(done.formulas),
        "attributes": pd.DataFrame([asdict(one) for one in outcome.attributes]),
    }
    tracking.log(run_id, Record(parameters, metrics, tables=tables))
    tracking.client.set_terminated(run_id, "FINISHED")


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
    kept, found_in = _look_up(settings, name, month)
    column = called or name
    formula = read_back(kept["tree"])
    tables = feature_set(load_registry(settings).queries["features"]).columns
    for leaf in formula.leaves():
        if leaf not in tables:
            raise BadInput(f"{name} cannot be adopted: {leaf} is gone.")
        if leaf in settings.features.ban:
            raise BadInput(f"{name} cannot be adopted: {leaf} is banned.")
    folder = settings.profile_dir / "sql" / "features" / column
    if column in tables or folder.exists():
        raise BadInput(
            f"there is a feature or folder {column} already. Give another name: --as {column}_2"
        )
    source = f"Found by churn search in the run of {found_in}."
    replace_text(folder / "query.sql", query_sql(column, formula, tables, source))
    replace_text(folder / "query.yaml", query_yaml(column, formula, tables, kept))
    return folder


def _look_up(
    settings: Settings, name: str, month: Month | None
) -> tuple[dict[str, Any], Month]:
    """A formula by its name, and the month of the latest search that put it to the test."""
    known: list[str] = []
    for path in _searches(settings, month):
        for one in read_yaml(path)["formulas"]:
            if one["name"] == name:
                return one, Month.parse(path.parent.name)
            known.append(one["name"])
    offered = "no search has found anything"
    if known:
        offered = f"there are {', '.join(known[:5])}"
    raise BadInput(
        f"no formula {name!r}; {offered}. Run first: churn search --month YYYY-MM"
    )


def _searches(settings: Settings, month: Month | None) -> Sequence[Path]:
    """What searches left behind, the latest month first."""
    chosen = "*" if month is None else str(month)
    return sorted((settings.state_dir / "search").glob(f"{chosen}/{FORMULAS}"))[::-1]
