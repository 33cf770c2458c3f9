"""Whether the effect that is told is the true one: many planted worlds, of which everything is known.

    .venv/bin/python -m benchmarks.effect --worlds 2000

A world is a few lists of persons with a risk that the score knows in part. Contacts reach those who would stay anyway
more easily, and keep a share of the leavers whom they reach. Told for each share:

* *true*: points by which a list lowers the share that leaves, mean over the worlds.
* *found*: worlds whose interval leaves nought out; without an effect it should be one in twenty.
* *holds*: worlds whose interval holds the true effect; should be 95 %.
* *of reached holds*: the same of the effect on those reached.
* *always holds*: the true effect lay within the always-valid interval after every single list.
* *fixed, every month*: the fixed interval left the true effect out after one list at least.
* *naive*: contacted less not contacted, mean over the worlds: what a comparison without a lot would show.
"""

from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from churn_tasks.effect.difference import by_list, difference, of_reached
from churn_tasks.effect.drawn import Drawn
from churn_tasks.effect.sequential import always_valid

KEPT = (0.0, 0.1, 0.3, 0.6)  # share of the leavers reached whom a contact keeps
HEADS = (
    "kept of those reached", "true", "found", "holds", "of reached holds", "always holds", "fixed, every month",
    "naive",
)  # fmt: skip


def main(
    worlds: Annotated[int, typer.Option(min=1)] = 1000,
    lists: Annotated[int, typer.Option(min=1)] = 6,
    persons: Annotated[int, typer.Option(help="Of one list.", min=20)] = 1000,
    share: Annotated[float, typer.Option(help="Held out.")] = 0.1,
) -> None:
    """Print one row a share of leavers whom contacts keep."""
    screen = Table(*HEADS, box=None)
    for kept in KEPT:
        counts = np.zeros(len(HEADS) - 1)
        for seed in range(worlds):
            counts += one_world(seed, kept, lists, persons, share)
        true, *shares, naive = counts / worlds
        cells = [f"{100 * each:.1f} %" for each in shares]
        screen.add_row(
            f"{100 * kept:.0f} %", f"{100 * true:.2f}", *cells, f"{100 * naive:.2f}"
        )
    Console(width=140).print(screen)


def one_world(
    seed: int, kept: float, lists: int, size: int, share: float
) -> np.ndarray:
    """The figures of one world, in the order of the heads."""
    chance = np.random.default_rng(seed)
    n = lists * size
    month = np.repeat(np.arange(lists), size)
    risk = chance.beta(2, 4, n)
    called = np.ones(n, dtype=bool)
    for one in range(lists):
        mine = np.flatnonzero(month == one)
        called[chance.choice(mine, round(share * size), replace=False)] = False
    would_leave = chance.random(n) < risk
    reachable = chance.random(n) < 0.9 - 0.8 * risk
    is_kept = would_leave & reachable & (chance.random(n) < kept)
    persons = Drawn(
        month=month,
        called=called,
        outcome=(would_leave & ~(is_kept & called)).astype(float),
        expected=np.clip(risk + chance.normal(0, 0.1, n), 0.01, 0.99),
        reached=reachable & called,
    )
    true, of_those = -is_kept.mean(), -is_kept.mean() / reachable.mean()
    whole, met = difference(persons), of_reached(persons)
    assert whole and met and met.low is not None and met.high is not None
    looks = always_valid(by_list(persons))
    fixed = [difference(persons.where(month <= last)) for last in range(lists)]
    strays = [not one.low <= true <= one.high for one in fixed if one]
    of_met = persons.outcome[persons.reached].mean()
    naive = of_met - persons.outcome[~persons.reached].mean()
    return np.array(
        [
            true,
            not whole.low <= 0 <= whole.high,
            whole.low <= true <= whole.high,
            met.low <= of_those <= met.high,
            all(look.low <= true <= look.high for look in looks),
            any(strays),
            naive,
        ]
    )


if __name__ == "__main__":
    typer.run(main)
