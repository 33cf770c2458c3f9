"""Several definitions over the history of a profile (C7), in a folder of their own: no partition is touched.

The summaries of the lake are linked into the folder; cohorts and labels are made there by the queries that the steps
would run. Each label is the one that a regular run of its month would have made: first versions, and of summaries what
was known by then.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_tasks.adapters.lake import Lake
from churn_tasks.core.definition_files import definition_files, fields
from churn_tasks.core.errors import NotReady, SettingsError
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import INCLUDE, Settings, load_settings
from churn_tasks.declared.registry import Registry, load_registry
from churn_tasks.modeling.definition_figures import MonthTruth, Overlap, Tally
from churn_tasks.runner.month_run import MonthRun

if TYPE_CHECKING:
    import pandas as pd

LEADS = (1, 2, 3)
MADE_ANEW = ("cohort", "label")  # tables
COLUMNS = "customer_id, churned, left_early, rotated, left_date, kind, tier"
Told = Callable[[str, int, int], None]  # what is being done, steps done, steps in all


def roots_of(settings: Settings) -> tuple[Path, Path]:
    """Where the definitions of a profile lie, shared ones first."""
    return INCLUDE, settings.profile_dir


def adopting(
    settings: Settings, name: str, state_dir: Path | None = None, **windows: int
) -> Settings:
    """The same profile as if it had adopted another definition.

    Args:
        state_dir: where its lake lies; that of ``settings`` when absent.
        windows: lengths that replace those of the definition and of the profile.
    """
    environment = settings.environment.model_dump(exclude={"profile"})
    if state_dir:
        environment["state_dir"] = state_dir
    content = fields(name, roots_of(settings))
    content["windows"] = {**(content.get("windows") or {}), **windows}
    return load_settings(str(settings.profile_dir), **environment, definition=content)


def usable(settings: Settings) -> tuple[list[str], dict[str, str]]:
    """The definitions that the profile can use, and why it cannot use the others."""
    able, unable = [], {}
    for name in sorted(definition_files(roots_of(settings))):
        try:
            load_registry(adopting(settings, name))
            able.append(name)
        except SettingsError as error:
            unable[name] = str(error)
    return able, unable


@dataclass(frozen=True)
class Trial:
    """One definition with one choice of window lengths, in a folder of its own."""

    settings: Settings

    @cached_property
    def registry(self) -> Registry:
        return load_registry(self.settings)

    def months(self, summed: Sequence[Month]) -> list[Month]:
        """The months that can be labelled with these summaries."""
        there = set(summed)
        return [month for month in summed if self._can_label(month, there)]

    def _can_label(self, month: Month, there: set[Month]) -> bool:
        calendar = self.settings.calendar
        if not calendar.has_features(month):
            return False
        first = calendar.observed_months(month)[0]
        return there.issuperset(months_between(first, self.run_month(month) + 1))

    def run_month(self, month: Month) -> Month:
        """The month in whose run the label of ``month`` is made."""
        return month + self.settings.calendar.label_lag

    def label(self, month: Month) -> "pd.DataFrame":
        """The label of one month."""
        with closing(self._run(month)) as run:
            run.make(self.registry.queries["cohort"][0], month)
        with closing(self._run(self.run_month(month))) as run:
            run.make(self.registry.queries["labels"][0], month)
            run.engine.view("label")
            sql = (
                f"SELECT {COLUMNS} FROM label WHERE month = $month ORDER BY customer_id"
            )
            return run.engine.frame(sql, {"month": month.start})

    def _run(self, month: Month) -> MonthRun:
        run = MonthRun(self.settings, month)
        # reading every file again for each month would take most of the time
        run.__dict__["registry"] = self.registry
        return run


@contextmanager
def linked(settings: Settings) -> Iterator[Path]:
    """A folder of which the profile's lake holds links to all tables but cohort and label; removed at the end."""
    state = Path(tempfile.mkdtemp(prefix="churn-definitions-"))
    lake = state / "profiles" / settings.profile / "lake"
    lake.mkdir(parents=True)
    try:
        for table in sorted(settings.lake_dir.resolve().glob("[!.]*")):
            if table.is_dir() and table.name not in MADE_ANEW:
                (lake / table.name).symlink_to(table)
        yield state
    finally:
        shutil.rmtree(state, ignore_errors=True)


def compare(
    settings: Settings,
    names: Sequence[str],
    alarms: float,
    told: Told = lambda *_: None,
) -> dict[str, Any]:
    """Figures of every definition, and how far they agree.

    Args:
        names: of definitions.
        alarms: share of false alarms at which recall is measured.
        told: told before each label that is made.

    Raises:
        SettingsError: a definition does not exist or cannot be used by the profile.
        NotReady: no month can be labelled by any of them yet.
    """
    tallies = {name: Tally(name, alarms) for name in names}
    overlap = Overlap(list(names))
    with linked(settings) as state:
        history = _History(settings)
        leads = {name: _Leads(settings, name, state) for name in names}
        months = _labelled_months(leads.values(), history)
        labels_in_all, done = len(months) * len(names), 0
        for month in months:
            labels: dict[str, pd.DataFrame] = {}
            for name in names:
                told(f"{month} {name}", done, labels_in_all)
                label = _one(history, leads[name], tallies[name], month)
                if label is not None:
                    labels[name] = label
                done += 1
            overlap.add(labels)
    return {
        "profile": settings.profile,
        "adopted": settings.definition.name,
        "months": list(map(str, months)),
        "scored_months": [str(month) for month in months if month in history.scored],
        "false_alarm_rate": alarms,
        "definitions": {name: tally.figures() for name, tally in tallies.items()},
        "overlap": overlap.shares(),
    }


def _labelled_months(
    definitions: Iterable["_Leads"], history: "_History"
) -> list[Month]:
    """The months that one of the definitions at least can label.

    Raises:
        NotReady: there is none yet.
    """
    months: set[Month] = set()
    for definition in definitions:
        months.update(definition.own.months(history.summed))
    if not months:
        raise NotReady(
            "no month can be labelled yet: run as many months as observe, delay, predict and truth_after span"
        )
    return sorted(months)


@dataclass(frozen=True)
class _History:
    """What the profile's own lake holds of its months."""

    settings: Settings

    @cached_property
    def summed(self) -> list[Month]:
        return Lake(self.settings.lake_dir).months("month_activity")

    @cached_property
    def scored(self) -> set[Month]:
        return set(Lake(self.settings.lake_dir).months("score_churn"))

    def scores(self, month: Month) -> "pd.Series | None":
        """The scores that the month itself gave, of a model that had not seen it; None where it gave none."""
        if month not in self.scored:
            return None
        return _scores(self.settings, month)


@dataclass(frozen=True)
class _Leads:
    """One definition with its own windows, and with each lead in place of its delay."""

    settings: Settings
    name: str
    state: Path

    @cached_property
    def own(self) -> Trial:
        return Trial(adopting(self.settings, self.name, self.state))

    @cached_property
    def by_lead(self) -> dict[int, Trial]:
        """Lead 1: leaves in the months right after as_of, so nothing lies between."""
        return {lead: self._with_lead(lead) for lead in LEADS}

    @property
    def own_lead(self) -> int:
        return self.own.settings.windows.delay + 1

    def _with_lead(self, lead: int) -> Trial:
        if lead == self.own_lead:
            return self.own
        return Trial(adopting(self.settings, self.name, self.state, delay=lead - 1))


def _one(
    history: _History, leads: _Leads, tally: Tally, month: Month
) -> "pd.DataFrame | None":
    """Add one month of one definition; None where it cannot be labelled."""
    scores = history.scores(month)
    if scores is not None:
        for lead, trial in leads.by_lead.items():
            if trial is not leads.own and month in trial.months(history.summed):
                tally.look_ahead(lead, MonthTruth.of(trial.label(month), scores))
    if month not in leads.own.months(history.summed):
        return None
    label = leads.own.label(month)
    tally.count(str(month), label)
    if scores is not None:
        truth = MonthTruth.of(label, scores)
        label_month = leads.own.settings.calendar.label_month(month)
        tally.judge(str(month), str(label_month), truth)
        tally.look_ahead(leads.own_lead, truth)
    return label


def _scores(settings: Settings, month: Month) -> "pd.Series":
    """The scores that the month itself gave: of a model that had not seen it."""
    with closing(MonthRun(settings, month)) as run:
        rows = run.rows_of_month("score_churn", ["customer_id", "churn_score"])
    return rows.set_index("customer_id")["churn_score"]
