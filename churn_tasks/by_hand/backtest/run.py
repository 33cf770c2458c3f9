"""A backtest from one month to another: the figures, and the files they are written to."""

import csv
import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churn_tasks.adapters.lake import Lake
from churn_tasks.by_hand.backtest.kept import KeptMonths
from churn_tasks.by_hand.backtest.other_truth import OtherTruth, other_truth
from churn_tasks.by_hand.backtest.replay import Replayed, deciding_months, replay
from churn_tasks.by_hand.backtest.scored import scored_month
from churn_tasks.core.errors import NotReady, SettingsError
from churn_tasks.core.files import replace_text, replacing
from churn_tasks.core.modeling_section import ALL_MONTHS, CHAMPION, Wanted
from churn_tasks.core.months import Month, refuse_reversed
from churn_tasks.core.settings import Settings
from churn_tasks.modeling.backtest import (
    HEAD,
    ScoredMonth,
    decisions,
    month_rows,
    segment_rows,
    silent_rows,
    stability_rows,
)
from churn_tasks.modeling.backtest_season import as_shown, season_rows
from churn_tasks.modeling.backtest_thresholds import Targets, threshold_rows
from churn_tasks.modeling.curves import counts_down_the_ranking
from churn_tasks.modeling.metrics import calibration_table
from churn_tasks.report.backtest_page import Ranking, backtest_page

log = logging.getLogger("churn")

RULE = "rule:"
Row = dict[str, Any]
Told = Callable[[str, int, int], None]  # what was done, months done, months in all


@dataclass(frozen=True)
class Backtest:
    """What came of it.

    Attributes:
        definition: name of the one whose truth judged the lists.
        tables: rows by the name of the table, as the files show them.
        scored: the months of the lists, for curves; they hold customers and are not written.
    """

    settings: Settings
    definition: str
    months: list[Month]
    tables: dict[str, list[Row]]
    scored: list[ScoredMonth]


def backtest(
    settings: Settings,
    first: Month | None = None,
    last: Month | None = None,
    told: Told = lambda *_: None,
    targets: Targets | None = None,
    definition: str | None = None,
) -> Backtest:
    """Replay all months up to ``last`` and judge the lists from ``first`` on.

    Args:
        first, last: months of lists; all that can be judged when absent.
        targets: what thresholds are to reach.
        definition: whose truth judges the lists; the models and the gate learn and decide by the adopted one. The
            adopted one judges as well when absent.

    Raises:
        NotReady: no list of these months can be judged yet, with those that can.
        SettingsError: there is no such definition, or the profile cannot use it.
        BadInput: the last month lies before the first.
    """
    refuse_reversed(first, last)
    adopted = settings.definition.name
    name = definition or adopted
    if name == adopted:
        return _backtest(settings, adopted, (first, last), told, targets, None)
    with other_truth(settings, name) as other:
        return _backtest(settings, name, (first, last), told, targets, other)


def _backtest(
    settings: Settings,
    definition: str,
    between: tuple[Month | None, Month | None],
    told: Told,
    targets: Targets | None,
    other: OtherTruth | None,
) -> Backtest:
    months = _months(settings, *between, other)
    every = deciding_months(settings, months[-1])
    kept = KeptMonths(backtest_dir(settings))
    scored: list[ScoredMonth] = []
    began = time.monotonic()
    for done, replayed in enumerate(replay(settings, months[-1], kept), start=1):
        one = None
        if other is None or replayed.run.month in other.months:
            one = scored_month(replayed, other)
        if one is not None:
            scored.append(one)
        seconds = time.monotonic() - began
        told(_said(replayed, seconds, done, len(every)), done, len(every))
    scored = as_shown(scored, settings.model.calibration)
    shown = [one for one in scored if one.month in months]
    if not shown:
        raise NotReady(f"no model is in force up to {months[-1]}: give a later month")
    tables = tables_of(shown) | _chosen_before(scored, months, targets or Targets())
    return Backtest(settings, definition, months, tables, shown)


def _chosen_before(
    scored: Sequence[ScoredMonth], months: Sequence[Month], targets: Targets
) -> dict[str, list[Row]]:
    """What is chosen on earlier months, of the lists asked for; all months before them count as evidence."""
    names = {str(month) for month in months}
    tables = {}
    for name, rows in {
        "calibration": season_rows(scored),
        "thresholds": threshold_rows(scored, targets),
    }.items():
        tables[name] = [row for row in rows if row["month"] in names]
    return tables


def tables_of(scored: Sequence[ScoredMonth]) -> dict[str, list[Row]]:
    """The tables of lists that are already there."""
    return {
        "months": month_rows(scored),
        "segments": segment_rows(scored),
        "silent": silent_rows(scored),
        "stability": stability_rows(scored),
        "decisions": list(decisions(scored)),
    }


def backtest_dir(settings: Settings) -> Path:
    return settings.state_dir / "backtest"


def with_families(settings: Settings, names: Sequence[str]) -> Settings:
    """The same profile with other candidates.

    Args:
        names: candidates of the profile, families, or ``rule:COLUMN`` (``rule:-COLUMN`` where low values go with
            leaving).

    Raises:
        SettingsError: a name is given twice.
    """
    own = {wanted.name: wanted for wanted in settings.model.candidates}
    wanted = []
    for name in names:
        wanted.append(own.get(name) or _wanted(name))
    if len({one.name for one in wanted}) < len(wanted):
        raise SettingsError(f"--families: each once, not {', '.join(names)}")
    model = settings.model.model_copy(update={"candidates": tuple(wanted)})
    return settings.model_copy(update={"model": model})


def _wanted(name: str) -> Wanted:
    if not name.startswith(RULE):
        return Wanted(name=name, family=name)
    column = name.removeprefix(RULE)
    is_high = not column.startswith("-")
    column = column.removeprefix("-")
    given = {"column": column, "high": is_high}
    return Wanted(name=f"rule_{column}", family="rule", given=given)


def _months(
    settings: Settings,
    first: Month | None,
    last: Month | None,
    other: OtherTruth | None,
) -> list[Month]:
    """The months asked for whose run would have had a model and whose truth is in."""
    labelled = Lake(settings.lake_dir).months("label")
    if other:
        labelled = [month for month in labelled if month in other.months]
    judged = [month for month in labelled if settings.calendar.tested_month(month)]
    chosen = []
    for month in judged:
        if (first is None or month >= first) and (last is None or month <= last):
            chosen.append(month)
    if chosen:
        return chosen
    there = "none yet"
    if judged:
        there = f"{judged[0]} to {judged[-1]}"
    raise NotReady(
        f"no list of {first or 'the first month'} to {last or 'the last'} can be judged: a list needs a model that was"
        f" there at the time, and its truth. Those that can: {there}. Run later months (churn run) to know more."
    )


def _said(replayed: Replayed, seconds: float, done: int, in_all: int) -> str:
    """One line of progress with an estimate."""
    decided = replayed.decided
    model = "no model in force"
    if decided.champion:
        model = f"{decided.champion.candidate} of {decided.champion.made_in} in force"
    how = "as decided before" if replayed.taken_over else f"{seconds:.0f} s so far"
    left = seconds / done * (in_all - done)
    return f"{replayed.run.month}: {model}, {how}, about {left:.0f} s to go"


def shown_dir(tested: Backtest) -> Path:
    """Where page and tables lie: those by another definition in a folder of their own."""
    folder = backtest_dir(tested.settings)
    if tested.definition == tested.settings.definition.name:
        return folder
    return folder / "by_definition" / tested.definition


def write_tables(tested: Backtest) -> Path:
    """Everything as JSON and each table as CSV; returns the folder."""
    folder = shown_dir(tested)
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "profile": tested.settings.profile,
        "learnt": tested.settings.definition.name,
        "definition": tested.definition,
        "lists": [str(month) for month in tested.months],
        **tested.tables,
    }
    text = json.dumps(content, ensure_ascii=False, indent=2)
    replace_text(folder / "backtest.json", text + "\n")
    for name, rows in tested.tables.items():
        _write_rows(folder / f"{name}.csv", rows)
    return folder


def ranking_of(month: ScoredMonth) -> Ranking:
    """Lists of the champion of every length, and its tenths, for the page."""
    ranked = month.ranked(CHAMPION, month.everybody)
    lengths, hits = counts_down_the_ranking(ranked.scores, ranked.churned)
    churners = max(int(ranked.churned.sum()), 1)
    return Ranking(
        shares=(lengths / len(ranked.scores)).tolist(),
        precision=(hits / lengths).tolist(),
        coverage=(hits / churners).tolist(),
        tenths=calibration_table(ranked.scores, ranked.churned),
    )


def write_page(tested: Backtest) -> Path:
    """The page beside the tables; returns its path."""
    ranking = ranking_of(tested.scored[-1])
    page = backtest_page(tested.settings, tested.definition, tested.tables, ranking)
    path = shown_dir(tested) / "backtest.html"
    replace_text(path, page)
    return path


def _write_rows(path: Path, rows: Sequence[Row]) -> None:
    heads = list(rows[0]) if rows else []
    with (
        replacing(path) as aside,
        aside.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.DictWriter(file, fieldnames=heads)
        writer.writeheader()
        writer.writerows(rows)


def log_runs(tested: Backtest) -> str:
    """One run of the backtest in MLflow and one a month below it; returns the name of the first.

    The same months again are written over the same runs.
    """
    # here, because MLflow takes seconds to import
    import pandas as pd

    from churn_tasks.adapters.tracking import Record, Tracking

    tracking = Tracking(tested.settings)
    names = "+".join(tested.settings.model.candidate_names)
    title = f"backtest {tested.months[0]} to {tested.months[-1]}, {names}"
    if tested.definition != tested.settings.definition.name:
        title += f", judged by {tested.definition}"
    tables = {name: pd.DataFrame(rows) for name, rows in tested.tables.items()}
    by_month: dict[str, list[Row]] = {}
    for row in tested.tables["months"]:
        by_month.setdefault(row["month"], []).append(row)
    with tracking.backtest_run(title) as parent:
        total = _metrics(by_month.pop(ALL_MONTHS))
        tracking.log(parent, Record({"candidates": names}, total, tables=tables))
        for month, rows in by_month.items():
            with tracking.backtest_run(f"backtest {month}", parent) as run_id:
                parameters = {"in_force": rows[0]["in_force"]}
                tracking.log(run_id, Record(parameters, _metrics(rows)))
    return title


def _metrics(rows: Sequence[Row]) -> dict[str, float | None]:
    """The champion's figures by their names, those of a candidate with its name behind."""
    metrics = {}
    for row in rows:
        behind = "" if row["model"] == CHAMPION else f"_{row['model']}"
        for name, value in row.items():
            if name not in HEAD:
                metrics[f"{name}{behind}"] = value
    return metrics
