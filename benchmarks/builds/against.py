"""What a month costs in this build and in an earlier one, on the same source, in one run.

    .venv/bin/python -m benchmarks.builds.against --earlier ../earlier --customers 20000 --months 9

``--earlier`` is the folder of another checkout with its own ``.venv`` (``make install`` there). One operator is
simulated into one database; each build runs all months but the last in a lake and a warehouse of its own. The last
month is then run twice from copies of that state: without looking for late rows (the own month) and with (the own month
and those that it restates); the difference is what restating took. Training (``train``, ``promote``) is shown apart.
Each run is a process of its own, so imports count. CPU seconds are those of the process that runs the steps.
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from churn_tasks.core.months import Month, months_between
from churn_tasks.local.postgres import Cluster
from churn_tasks.simulator import SimulationSettings, simulate

HERE = Path(__file__).resolve().parents[2]
TRAINING = ("train", "promote")


@dataclass(frozen=True)
class Place:
    """Lake, warehouse and MLflow of one build at one time, below one folder."""

    cluster: Cluster
    folder: Path
    source_url: str

    def settings(self) -> dict[str, Any]:
        """What the product is told of it."""
        return {
            "state_dir": str(self.folder / "state"),
            "source_url": self.source_url,
            "warehouse_url": self.cluster.url(self.warehouse),
            "mlflow_url": f"sqlite:///{self.folder / 'mlflow.db'}",
        }

    @property
    def warehouse(self) -> str:
        return self.folder.name

    def copied(self, name: str) -> "Place":
        """The same again beside it; changes of the one do not reach the other."""
        other = Place(self.cluster, self.folder.with_name(name), self.source_url)
        shutil.copytree(self.folder, other.folder)
        self.cluster.create_database(other.warehouse, template=self.warehouse)
        return other


@dataclass(frozen=True)
class Build:
    """One checkout of the product with its environment."""

    name: str
    folder: Path

    def run(
        self, place: Place, months: Sequence[Month], **more: Any
    ) -> list[dict[str, Any]]:
        """Run months in a process of this build; a line a step and month, with ``cpu_s`` and ``wall_s``."""
        names = [str(month) for month in months]
        plan = {"settings": place.settings() | more, "months": names}
        plan_file = place.folder / "plan.json"
        plan_file.write_text(json.dumps(plan), encoding="utf-8")
        driver = HERE / "benchmarks" / "builds" / "months.py"
        command = [self.folder / ".venv" / "bin" / "python", driver, plan_file]
        done = subprocess.run(
            command, cwd=self.folder, check=True, stdout=subprocess.PIPE
        )
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        start = {"step": "start", "cpu_s": said["start_s"], "wall_s": 0.0}
        return [start, *said["lines"]]


@dataclass(frozen=True)
class Cost:
    """CPU seconds of the last month of one build, step by step."""

    own: dict[str, float]
    with_restated: dict[str, float]

    @property
    def own_month(self) -> float:
        """Without training."""
        return sum(s for step, s in self.own.items() if step not in TRAINING)

    @property
    def restated_month(self) -> float:
        """What looking for late rows and restating one earlier month added."""
        return sum(self.with_restated.values()) - sum(self.own.values())


def main(
    earlier: Annotated[Path, typer.Option(exists=True, file_okay=False)],
    customers: Annotated[int, typer.Option(min=100)] = 20_000,
    months: Annotated[int, typer.Option(min=7)] = 9,
) -> None:
    """Simulate once, run both builds, print the tables."""
    console = Console()
    builds = (Build("earlier", earlier.resolve()), Build("this", HERE))
    simulation = SimulationSettings(customers=customers, months=months)
    with tempfile.TemporaryDirectory(prefix="churn-bench-") as name:
        cluster = Cluster(Path(name) / "postgres", durable=False)
        cluster.start()
        try:
            source_url = cluster.create_database("source")
            simulate(source_url, simulation)
            costs = {}
            for build in builds:
                place = _empty_place(cluster, Path(name) / build.name, source_url)
                costs[build.name] = _cost(build, place, simulation, console)
        finally:
            cluster.remove()
    console.print(f"{customers:,} customers, the last of {months} months")
    console.print(_steps_table(costs))
    console.print(_ratios_table(costs))


def _empty_place(cluster: Cluster, folder: Path, source_url: str) -> Place:
    place = Place(cluster, folder, source_url)
    folder.mkdir()
    cluster.create_database(place.warehouse)
    return place


def _cost(
    build: Build, place: Place, simulation: SimulationSettings, console: Console
) -> Cost:
    first = simulation.first_month
    last = first + (simulation.months - 1)
    history = build.run(place, list(months_between(first, last)))
    console.print(f"{build.name}: {_seconds(history)} for the months before {last}")
    other = place.copied(f"{build.name}_restating")
    own = build.run(place, [last], restatement={"months": 0})
    both = build.run(other, [last])
    console.print(f"{build.name}: {_seconds(own)} own, {_seconds(both)} with restated")
    return Cost(_by_step(own), _by_step(both))


def _seconds(lines: Sequence[dict[str, Any]]) -> str:
    cpu_s = sum(line["cpu_s"] for line in lines)
    wall_s = sum(line["wall_s"] for line in lines)
    return f"{cpu_s:.1f} CPU s ({wall_s:.1f} s)"


def _by_step(lines: Sequence[dict[str, Any]]) -> dict[str, float]:
    """CPU seconds of each step, restated months counted with it."""
    cpu_s: dict[str, float] = {}
    for line in lines:
        cpu_s[line["step"]] = cpu_s.get(line["step"], 0.0) + line["cpu_s"]
    return cpu_s


def _steps_table(costs: dict[str, Cost]) -> Table:
    table = Table(
        "CPU s",
        *(f"{name}, {what}" for name in costs for what in ("own", "with restated")),
    )
    steps = {step: None for cost in costs.values() for step in cost.own}
    for step in steps:
        figures = []
        for cost in costs.values():
            figures += [cost.own.get(step, 0.0), cost.with_restated.get(step, 0.0)]
        table.add_row(step, *(f"{figure:.2f}" for figure in figures))
    return table


def _ratios_table(costs: dict[str, Cost]) -> Table:
    earlier, this = costs["earlier"], costs["this"]
    table = Table("", "earlier", "this", "ratio")
    for label, before, now in _compared(earlier, this):
        table.add_row(label, f"{before:.2f}", f"{now:.2f}", f"{now / before:.2f}")
    for cost, label in ((earlier, "earlier"), (this, "this")):
        share = cost.restated_month / cost.own_month
        table.add_row(f"restated / own month, {label}", "", "", f"{share:.2f}")
    return table


def _compared(earlier: Cost, this: Cost) -> Iterator[tuple[str, float, float]]:
    yield "own month without training, CPU s", earlier.own_month, this.own_month
    for step in TRAINING:
        yield f"{step}, CPU s", earlier.own[step], this.own[step]
    yield "restated month, CPU s", earlier.restated_month, this.restated_month


if __name__ == "__main__":
    typer.run(main)
