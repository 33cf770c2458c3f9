"""Shows what the demo does: a live picture on a terminal, plain lines in a log."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from churn_tasks.local.backfill import FINISHED, MonthState
from churn_tasks.local.estimate import Estimate
from churn_tasks.walks.tasks import TASKS

SYMBOLS = {
    "success": ("done", "green"),
    "skipped": ("not yet", "dim"),
    "running": ("runs", "yellow"),
    "failed": ("failed", "red"),
    "up_for_retry": ("retries", "magenta"),
    "upstream_failed": ("held", "red"),
}


@dataclass
class Display:
    """One line a stage and, while months run, a grid of months and tasks.

    Attributes:
        console: where to; a terminal gets the live picture.
        estimate: of what is left to do; none is told where there is none.
    """

    console: Console
    estimate: Estimate | None = None
    started: float = field(default_factory=time.monotonic)
    stages: dict[str, str] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    grid: Table | None = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The live picture, for as long as the block runs."""
        if not self.console.is_terminal:
            yield
            return
        picture = Live(
            console=self.console, get_renderable=self._picture, refresh_per_second=2
        )
        with picture:
            yield

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Show how long a part of the work takes."""
        began = time.monotonic()
        self.stages[name] = "starting"
        yield
        self.stages[name] = f"ready after {time.monotonic() - began:.0f} s"
        self.say(f"{name}: {self.stages[name]}")

    def update(self, name: str, text: str) -> None:
        """Say how far a stage has come."""
        self.stages[name] = text
        self.say(f"{name}: {text}")

    def say(self, text: str) -> None:
        """One line in a log; nothing on a terminal, where the picture says it."""
        if not self.console.is_terminal:
            seconds = time.monotonic() - self.started
            self.console.print(
                f"[{seconds:5.0f} s] {text}", highlight=False, markup=False
            )

    def months(self, states: Sequence[MonthState]) -> None:
        """Show the state of every month; in a log, one line a month when it ends."""
        self.grid = _grid(states)
        ended = [state for state in states if state.state in FINISHED]
        self.stages["Months"] = f"{len(ended)} of {len(states)}"
        to_go = ""
        if self.estimate:
            said = self.estimate.to_go(states, time.monotonic())
            self.stages["To go"] = said
            to_go = f"; to go: {said}"
        for state in ended:
            if str(state.month) not in self.told:
                self.told.add(str(state.month))
                self.say(
                    f"{state.month} {state.state} ({len(ended)} of {len(states)} months{to_go})"
                )

    def _picture(self) -> Group:
        lines = Table.grid(padding=(0, 2))
        for name, text in self.stages.items():
            lines.add_row(Text(name, style="bold"), Text(text))
        lines.add_row(
            Text("Time", style="bold"), f"{time.monotonic() - self.started:.0f} s"
        )
        if self.grid is None:
            return Group(lines)
        return Group(lines, self.grid)


def _grid(states: Sequence[MonthState]) -> Table:
    names = [task.name for task in TASKS]
    grid = Table("month", *names, box=None, padding=(0, 1), header_style="dim")
    for month in states:
        if month.state:
            states_of = month.tasks or {}
            cells = [_symbol(states_of.get(name, "")) for name in names]
            grid.add_row(str(month.month), *cells)
    return grid


def _symbol(state: str) -> Text:
    word, style = SYMBOLS.get(state, ("", ""))
    return Text(word, style=style)
