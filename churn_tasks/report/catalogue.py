"""What the page of the feature catalogue shows: every feature with its months, its bins, and what stands out."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from churn_tasks.core.months import Month
from churn_tasks.core.sections import Watch
from churn_tasks.core.settings import REPOSITORY, Settings
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.declared.query import Query
from churn_tasks.declared.registry import Registry
from churn_tasks.declared.sql_engine import SqlEngine

Alarm = Literal["leak", "drift", "missing", "contrary", "shift", "gone"]
Row = Mapping[str, Any]
CERTAIN = 3.0  # standard errors from which a direction is seen rather than guessed
ENOUGH = 0.02  # ... and at least so far from 0.5
SELECTIONS = """
    SELECT * FROM feature_selection
    WHERE month = (SELECT max(month) FROM feature_selection) ORDER BY feature
"""
BINS = """
    SELECT * FROM feature_bin
    QUALIFY month = {}(month) OVER (PARTITION BY feature) ORDER BY feature, place
"""


@dataclass(frozen=True)
class Entry:
    """One feature of the catalogue.

    Attributes:
        folder: the query folder that makes it, as seen from the repository or the profile.
        stats: its rows of ``feature_stat`` by month, earliest first; a month in which it was not there is None.
        bins, reference: its rows of ``feature_bin`` in the latest month that has it, and in the month of its bins.
        selection: its row of the latest ``feature_selection``; None when no model was trained since it is there.
    """

    column: FeatureColumn
    table: str
    folder: str
    stats: Sequence[Row | None]
    bins: Sequence[Row]
    reference: Sequence[Row]
    selection: Row | None
    watch: Watch

    @property
    def latest(self) -> Row | None:
        """Its row of the latest month; None when it is not there."""
        return self.stats[-1] if self.stats else None

    @property
    def is_kept(self) -> bool:
        """Whether the latest model learnt from it."""
        return bool(self.selection and self.selection["is_kept"])

    @cached_property
    def judged(self) -> Row | None:
        """Its latest row that says what it tells of leaving."""
        for row in reversed(self.stats):
            if row and row["iv"] is not None:
                return row
        return None

    @cached_property
    def seen(self) -> Literal["up", "down", "none"]:
        """The direction in which its values go with leaving, where that is more than chance."""
        row = self.judged
        if row is None or row["auc"] is None:
            return "none"
        away = row["auc"] - 0.5
        if abs(away) < max(CERTAIN * row["auc_error"], ENOUGH):
            return "none"
        return "up" if away > 0 else "down"

    @cached_property
    def alarms(self) -> tuple[Alarm, ...]:
        """What stands out, the worst first."""
        row = self.latest
        if row is None:
            return ("gone",)
        moved = max(row["psi"] or 0.0, row["psi_before"] or 0.0)
        stands_out: dict[Alarm, bool] = {
            "leak": self._tells_too_much,
            "drift": moved >= self.watch.psi_alarm,
            "missing": self._is_going_missing(row["missing_share"]),
            "contrary": {self.seen, self.column.expect} == {"up", "down"},
            "shift": self.watch.psi_notice <= moved < self.watch.psi_alarm,
        }
        return tuple(alarm for alarm, does in stands_out.items() if does)

    @property
    def _tells_too_much(self) -> bool:
        """Whether it parts leavers from stayers as only their fate itself could."""
        row = self.judged
        if row is None or row["auc"] is None:
            return False
        return bool(max(row["auc"], 1 - row["auc"]) >= self.watch.leak_auc)

    def _is_going_missing(self, share: float) -> bool:
        rise = share - self._missing_at_first
        return rise >= self.watch.missing_rise or share == 1

    @property
    def _missing_at_first(self) -> float:
        for row in self.stats:
            if row:
                return float(row["missing_share"])
        return 0.0


@dataclass(frozen=True)
class CatalogueContent:
    """Everything on the page.

    Attributes:
        months: those that were looked at, earliest first.
        selected_in: the run whose selection is shown; None while nothing was trained.
    """

    settings: Settings
    months: Sequence[Month]
    entries: Sequence[Entry]
    selected_in: Month | None

    @property
    def customers(self) -> int:
        """Customers of the latest month."""
        latest = [entry.latest for entry in self.entries]
        return max((row["row_count"] for row in latest if row), default=0)

    @property
    def judged_month(self) -> Month | None:
        """The latest month whose truth is in."""
        judged = [entry.judged for entry in self.entries]
        days = [row["judged_month"] for row in judged if row]
        return Month.of(max(days)) if days else None

    @cached_property
    def alarms(self) -> Counter[str]:
        """Features by what stands out about them."""
        return Counter(alarm for entry in self.entries for alarm in entry.alarms)

    def counted(self, what: str) -> list[tuple[str, int, int]]:
        """Each ``family``, ``group`` or ``table`` with its features and those of them that were kept."""
        every = Counter(_part_of(entry, what) for entry in self.entries)
        kept = Counter(_part_of(entry, what) for entry in self.entries if entry.is_kept)
        return [(name, count, kept[name]) for name, count in every.items()]


def _part_of(entry: Entry, what: str) -> str:
    return entry.table if what == "table" else str(getattr(entry.column, what))


def gather_catalogue(engine: SqlEngine, settings: Settings) -> CatalogueContent:
    """Read what the months left in ``feature_stat``, ``feature_bin`` and ``feature_selection``."""
    engine.views("feature_stat", "feature_bin", "feature_selection")
    stats = engine.records("SELECT * FROM feature_stat ORDER BY month, feature")
    stats_of: dict[str, dict[date, Row]] = defaultdict(dict)
    for row in stats:
        stats_of[row["feature"]][row["month"]] = row
    days = sorted({row["month"] for row in stats})
    selections = engine.records(SELECTIONS)
    selection_of = {row["feature"]: row for row in selections}
    first, last = _bins(engine, "min"), _bins(engine, "max")
    entries = [
        Entry(
            column=column,
            table=query.output.table,
            folder=_folder(query.folder, settings),
            stats=[stats_of[column.name].get(day) for day in days],
            bins=last.get(column.name, []),
            reference=first.get(column.name, []),
            selection=selection_of.get(column.name),
            watch=settings.features.watch,
        )
        for query, column in _features(engine.registry)
    ]
    months = [Month.of(day) for day in days]
    selected_in = Month.of(selections[0]["month"]) if selections else None
    return CatalogueContent(settings, months, entries, selected_in)


def _features(registry: Registry) -> Iterator[tuple[Query, FeatureColumn]]:
    """Every feature with the query that makes it."""
    for query in registry.queries["features"]:
        for column in query.output.columns:
            if isinstance(column, FeatureColumn):
                yield query, column


def _bins(engine: SqlEngine, which: Literal["min", "max"]) -> dict[str, list[Row]]:
    """The bins of each feature in the first month that has it, or in the last, in order of their place."""
    bins: dict[str, list[Row]] = defaultdict(list)
    for row in engine.records(BINS.format(which)):
        bins[row["feature"]].append(row)
    return bins


def _folder(folder: Path, settings: Settings) -> str:
    """Where a query lies, as people know it: from the repository, or from the profile."""
    if folder.is_relative_to(REPOSITORY):
        return str(folder.relative_to(REPOSITORY))
    if folder.is_relative_to(settings.profile_dir):
        return f"{settings.profile}/{folder.relative_to(settings.profile_dir)}"
    return folder.name
