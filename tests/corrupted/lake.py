"""A lake with two accepted months, and what becomes of it when a damaged March is delivered again.

Kinds that the month survives are planted side by side, each into rows or files of its own, and so are kinds of
different tables that stop at the gate; a delivery that cannot be read is tried alone.
"""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from churn_tasks.core.errors import ChurnError
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.walks.month import run_step
from tests.corrupted.delivery import (
    BEFORE,
    MONTH,
    TABLES,
    Delivery,
    Row,
    profile,
    right,
)
from tests.corrupted.every_kind import KINDS
from tests.corrupted.kinds import Kind, Refused

STEPS = ("extract", "check_raw", "integrate")
Partitions = dict[str, bytes]


@dataclass(frozen=True)
class Happened:
    """What came of one damaged delivery.

    Attributes:
        kinds: the damage that was in it.
        rows: the row that a kind damaged, by its name.
        stopped_in: the step that refused it, with ``error``; None when the month went on.
        before, after: every partition of the lake.
    """

    kinds: tuple[Kind, ...]
    rows: dict[str, Row]
    delivery: Delivery
    settings: Settings
    stopped_in: str | None
    error: ChurnError | None
    before: Partitions
    after: Partitions


@dataclass
class World:
    """A profile, a warehouse, and a lake in which February and March are accepted."""

    folder: Path
    warehouse_url: str
    source_url: str
    happened: dict[str, Happened] = field(default_factory=dict)

    @classmethod
    def made(cls, folder: Path, warehouse_url: str, source_url: str) -> "World":
        for kind in ("files", "postgres"):
            profile(folder / kind, kind)
        world = cls(folder, warehouse_url, source_url)
        settings = world.settings("right", {})
        for month in (BEFORE, MONTH):
            right(folder / "right" / "drops", month).write()
            for step in STEPS:
                run_step(step, settings, month)
        return world

    def settings(
        self, case: str, drops: dict[str, dict[str, Any]], kind: str = "files"
    ) -> Settings:
        """Settings of one case: state and drop folder of its own; ``drops`` differ from plain patterns."""
        files = {
            table: {"path": f"{table}_{{month}}.*", **drops.get(table, {})}
            for table in TABLES
        }
        source = {"kind": kind, "files": files} if kind == "files" else {"kind": kind}
        return load_settings(
            str(self.folder / kind / "profile"), state_dir=self.folder / case / "state",
            data_path=self.folder / case / "drops", warehouse_url=self.warehouse_url,
            source_url=self.source_url, source=source,
        )  # fmt: skip

    def outcome_of(self, kind: Kind) -> Happened:
        """What came of the delivery in which a kind was planted; each delivery is made once."""
        if kind.name not in self.happened:
            together = next(bundle for bundle in BUNDLES if kind in bundle)
            self.happened |= dict.fromkeys(
                [one.name for one in together], self._deliver(together)
            )
        return self.happened[kind.name]

    def _deliver(self, kinds: tuple[Kind, ...]) -> Happened:
        case = kinds[0].name
        shutil.rmtree(self.folder / case, ignore_errors=True)
        for part in ("state/profiles/profile/lake", "state/secrets"):
            shutil.copytree(self.folder / "right" / part, self.folder / case / part)
        delivery = right(self.folder / case / "drops", MONTH)
        rows = {kind.name: kind.plant(delivery, kind.table) for kind in kinds}
        if kinds[0].source == "postgres":
            delivery.load(self.source_url)
            settings = self.settings(case, {}, "postgres")
        else:
            delivery.write()
            settings = self.settings(
                case, {kind.table: dict(kind.drop) for kind in kinds if kind.drop}
            )
        before = partitions(settings)
        stopped_in, error = _judged(settings)
        damaged = {name: dict(row) for name, row in rows.items() if row}
        return Happened(
            kinds,
            damaged,
            delivery,
            settings,
            stopped_in,
            error,
            before,
            partitions(settings),
        )


def partitions(settings: Settings) -> Partitions:
    """Every file of the lake by its path, but for what is being written."""
    files = [
        path
        for path in settings.lake_dir.rglob("*.parquet")
        if ".staging" not in path.parts
    ]
    return {
        str(path.relative_to(settings.lake_dir)): path.read_bytes()
        for path in sorted(files)
    }


def _judged(settings: Settings) -> tuple[str | None, ChurnError | None]:
    for step in STEPS:
        try:
            run_step(step, settings, MONTH)
        except ChurnError as error:
            return step, error
    return None, None


def _bundles(kinds: Iterable[Kind]) -> list[tuple[Kind, ...]]:
    """Deliveries in which no two kinds damage the same file as a whole, rows before files."""
    ordered = sorted(kinds, key=_damages_the_file)
    bundles: list[list[Kind]] = []
    for kind in ordered:
        free = (bundle for bundle in bundles if not _clash(kind, bundle))
        bundle = next(free, None)
        if bundle is None:
            bundles.append([kind])
        else:
            bundle.append(kind)
    return [tuple(bundle) for bundle in bundles]


def _clash(kind: Kind, bundle: list[Kind]) -> bool:
    if isinstance(kind.outcome, Refused):
        return any(other.table == kind.table for other in bundle)
    if _is_a_sheet(
        kind
    ):  # a sheet holds cells in its own way, so that damage to single cells would be another
        return any(
            other.table == kind.table or not _damages_the_file(other)
            for other in bundle
        )
    return _damages_the_file(kind) and any(
        other.table == kind.table and _damages_the_file(other) for other in bundle
    )


def _is_a_sheet(kind: Kind) -> bool:
    trial = right(Path(), MONTH)
    kind.plant(trial, kind.table)
    return any(name.endswith(".xlsx") for name in trial.files.get(kind.table, {}))


def _damages_the_file(kind: Kind) -> bool:
    trial = right(Path(), MONTH)
    kind.plant(trial, kind.table)
    return not trial.damaged


def _from(source: str) -> list[Kind]:
    return [kind for kind in KINDS if kind.source == source]


def _step(kind: Kind) -> str | None:
    return kind.outcome.step if isinstance(kind.outcome, Refused) else None


BUNDLES = [
    *((kind,) for kind in KINDS if _step(kind) == "extract"),
    *_bundles(kind for kind in KINDS if _step(kind) == "check_raw"),
    *_bundles(kind for kind in _from("files") if _step(kind) is None),
    *_bundles(kind for kind in _from("postgres") if _step(kind) is None),
]
