"""What the page of the feature catalogue shows: every feature with its months, its bins, and what stands out."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from churn_tasks.core.months import Month
from churn_tasks.core.sections import Watch
from churn_tasks.core.settings import REPOSITORY, Settings
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.declared.sql_engine import SqlEngine

Alarm = Literal["leak", "drift", "missing", "contrary", "shift", "gone"]
Row = Mapping[str, Any]
CERTAIN = 3.0  # standard errors from which a direction is seen rather than guessed
ENOUGH = 0.02  # ... and at least so far from 0.5


@dataclass(frozen=True)
class Entry:
    """One feature of the catalogue.

    Attributes:
        folder: the query folder that makes it, as seen from the repository or the profile.
        stats: its rows of ``feature_stat`` by month, earliest first; a month in which it was not there is None.
        bins, reference: its rows of ``feature_bin`` in the latest month that has it, and in the month of its bins.
        verdict: its row of the latest ``feature_selection``; None when no model was trained since it is there.
    """

    column: FeatureColumn
    table: str
    folder: str
    stats: Sequence[Row | None]
    bins: Sequence[Row]
    reference: Sequence[Row]
    verdict: Row | None
    watch: Watch

    @property
    def latest(self) -> Row | None:
        """Its row of the latest month; None when it is not there."""
        return self.stats[-1] if self.stats else None

    @cached_property
    def judged(self) -> Row | None:
        """Its latest row that says what it tells of leaving."""
        return next(
            (row for row in reversed(self.stats) if row and row["iv"] is not None), None
        )

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
        row, judged, found = self.latest, self.judged, list[Alarm]()
        if row is None:
            return ("gone",)
        if (
            judged
            and judged["auc"] is not None
            and max(judged["auc"], 1 - judged["auc"]) >= self.watch.leak_auc
        ):
            found.append("leak")
        moved = max(row["psi"] or 0.0, row["psi_before"] or 0.0)
        if moved >= self.watch.psi_alarm:
            found.append("drift")
        if (
            row["missing_share"] - self._missing_at_first >= self.watch.missing_rise
            or row["missing_share"] == 1
        ):
            found.append("missing")
        if {self.seen, self.column.expect} == {"up", "down"}:
            found.append("contrary")
        if self.watch.psi_notice <= moved < self.watch.psi_alarm:
            found.append("shift")
        return tuple(found)

    @property
    def _missing_at_first(self) -> float:
        return next((float(row["missing_share"]) for row in self.stats if row), 0.0)


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
        return max(
            (row["row_count"] for entry in self.entries if (row := entry.latest)),
            default=0,
        )

    @property
    def judged_month(self) -> Month | None:
        """The latest month whose truth is in."""
        days = [row["judged_month"] for entry in self.entries if (row := entry.judged)]
        return Month.of(max(days)) if days else None

    @cached_property
    def alarms(self) -> Counter[str]:
        """Features by what stands out about them."""
        return Counter(alarm for entry in self.entries for alarm in entry.alarms)

    def counted(self, what: str) -> list[tuple[str, int, int]]:
        """Each ``family``, ``group`` or ``table`` with its features and those of them that were kept."""
        of = {"table": lambda one: one.table}.get(
            what, lambda one: getattr(one.column, what)
        )
        every = Counter(of(entry) for entry in self.entries)
        kept = Counter(
            of(entry)
            for entry in self.entries
            if entry.verdict and entry.verdict["is_kept"]
        )
        return [(name, count, kept[name]) for name, count in every.items()]


def gather_catalogue(engine: SqlEngine, settings: Settings) -> CatalogueContent:
    """Read what the months left in ``feature_stat``, ``feature_bin`` and ``feature_selection``."""
    engine.views("feature_stat", "feature_bin", "feature_selection")
    stats = engine.records("SELECT * FROM feature_stat ORDER BY month, feature")
    days = sorted({row["month"] for row in stats})
    by_feature: dict[str, dict[date, Row]] = defaultdict(dict)
    for row in stats:
        by_feature[row["feature"]][row["month"]] = row
    bins = _bins(engine)
    verdicts = engine.records(
        "SELECT * FROM feature_selection WHERE month = (SELECT max(month) FROM feature_selection) ORDER BY feature"
    )
    verdict_of = {row["feature"]: row for row in verdicts}
    entries = [
        Entry(
            column=column,
            table=query.output.table,
            folder=_folder(query.folder, settings),
            stats=[by_feature[column.name].get(day) for day in days],
            bins=bins["last"].get(column.name, []),
            reference=bins["first"].get(column.name, []),
            verdict=verdict_of.get(column.name),
            watch=settings.features.watch,
        )
        for query in engine.registry.queries["features"]
        for column in query.output.columns
        if isinstance(column, FeatureColumn)
    ]
    selected = Month.of(verdicts[0]["month"]) if verdicts else None
    return CatalogueContent(
        settings, [Month.of(day) for day in days], entries, selected
    )


def _bins(engine: SqlEngine) -> dict[str, dict[str, list[Row]]]:
    """The bins of each feature in the first month that has it and in the last, in order of their place."""
    sql = "SELECT * FROM feature_bin QUALIFY month = {}(month) OVER (PARTITION BY feature) ORDER BY feature, place"
    found: dict[str, dict[str, list[Row]]] = {
        "first": defaultdict(list),
        "last": defaultdict(list),
    }
    for which, of in (("first", "min"), ("last", "max")):
        for row in engine.records(sql.format(of)):
            found[which][row["feature"]].append(row)
    return found


def _folder(folder: Path, settings: Settings) -> str:
    for root, name in (
        (REPOSITORY, ""),
        (settings.profile_dir, f"{settings.profile}/"),
    ):
        if folder.is_relative_to(root):
            return f"{name}{folder.relative_to(root)}"
    return folder.name
