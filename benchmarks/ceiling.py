"""What a list could reach at best on the simulated operator: the ranking of an observer who sees all that is hidden.

    .venv/bin/python -m benchmarks.ceiling --customers 20000 --months 12 --seeds 3

At as_of the observer sees who is in distress, since when and how strongly, and how likely each one is to decide in a
month to leave. He does not see what has not happened: whether a distress will end with leaving, and when. Bayes' rule
over the simulator's own chances gives each customer's probability of leaving in the predict window. Per day d of it:

    in distress since day o    hazard x shows signs x P(signs begin d - o days before) x P(strength | leaves)
      against, if it passes    rate of such distress x P(it still lasts) x P(strength | passes)
    calm                       hazard x (shows none + shows signs x P(they begin after as_of))

Who leaves in the delay is left out, as in the result table. Contacts of staff, which keep some and drive some away, and
what a cause tells beyond the strength are not reckoned with, so that a model may pass the figure by a little. The mean
score beside the base rate says how well that holds.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from scipy.stats import beta

from churn_tasks.modeling.metrics import on_list, ranking
from churn_tasks.simulator.chance import Array, Beta
from churn_tasks.simulator.clock import NEVER, within
from churn_tasks.simulator.hazard import odds_of_leaving
from churn_tasks.simulator.lives import Lives, PlannedMonth
from churn_tasks.simulator.operator import Operator
from churn_tasks.simulator.settings import SimulationSettings
from churn_tasks.simulator.trouble import (
    FALSE_EPISODE_DAYS,
    FALSE_EPISODE_RATE,
    FALSE_STRENGTH,
    LEAD,
    SHORTEST_DAYS,
    SIGNLESS_SHARE,
    SPREAD_DAYS,
    STRENGTH,
)

OBSERVED, DELAY, PREDICTED = 3, 1, 1  # months
WIDTH = 0.02  # of strength, around what is seen


@dataclass(frozen=True)
class Seen:
    """What the observer knows of everybody at as_of.

    Attributes:
        onset: first day of the distress that lasts; ``NEVER`` for who is calm.
        strength: of it; 0 for who is calm.
        hazards: by month to come, the chance of each one to decide in it to leave.
    """

    as_of: int
    onset: Array
    strength: Array
    hazards: dict[int, Array]


def observer_scores(operator: Operator, k: int) -> Array:
    """P(leaves in the predict window | not in the delay) of every subscriber, as known at the end of month ``k``."""
    seen = _seen(operator, k)
    delay = _chance_of(operator, seen, range(k + 1, k + 1 + DELAY))
    first = k + 1 + DELAY
    window = _chance_of(operator, seen, range(first, first + PREDICTED))
    later = _chance_of(operator, seen, range(first + PREDICTED, first + PREDICTED + 1))
    lasts_on = later + _chance_of_false(seen)
    stays = np.where(seen.onset < NEVER, lasts_on, 1 - delay - window)
    return window / (window + stays)


def _seen(operator: Operator, k: int) -> Seen:
    as_of = operator.clock.start(k + 1)
    episodes, n = operator.lives.episodes, len(operator.people)
    lasts = (episodes.onset < as_of) & (episodes.end > as_of)
    onset, strength = np.full(n, NEVER), np.zeros(n)
    weakest_first = np.argsort(episodes.strength[lasts], kind="stable")
    who = episodes.who[lasts][weakest_first]
    onset[who] = episodes.onset[lasts][weakest_first]
    strength[who] = episodes.strength[lasts][weakest_first]
    hazards = {month: _hazard(operator, month, as_of) for month in range(k + 1, k + 4)}
    return Seen(as_of, onset, strength, hazards)


def _hazard(operator: Operator, month: int, as_of: int) -> Array:
    """The simulator's own odds of a month, nobody who is there at as_of having left."""
    lives = operator.lives
    leave_day = np.where(lives.leave_day < as_of, lives.leave_day, NEVER)
    known = Lives(**{**vars(lives), "leave_day": leave_day})
    chance = operator.clock.chance("lives", month + 1)
    planned = PlannedMonth(
        operator.clock, month, operator.people, known, operator.around, chance
    )
    return odds_of_leaving(planned, lives.frailty)


def _chance_of(operator: Operator, seen: Seen, months: range) -> Array:
    """Weight of leaving in these months, of those in distress together with their distress as it is seen."""
    clock = operator.clock
    strong = _density(STRENGTH, seen.strength)
    weight = np.zeros(len(seen.onset))
    for month in months:
        days = range(clock.start(month) + 1, clock.start(month + 1))
        daily = seen.hazards[month] / len(days)
        for day in days:
            distressed = _lead_of(day - seen.onset) * strong
            hidden = SIGNLESS_SHARE + (1 - SIGNLESS_SHARE) * _lead_below(
                day - seen.as_of
            )
            seen_so = np.where(
                seen.onset < NEVER, (1 - SIGNLESS_SHARE) * distressed, hidden
            )
            weight += daily * seen_so
    return weight


def _chance_of_false(seen: Seen) -> Array:
    """Weight of a distress that passes, as old as it is seen."""
    shortest, longest = FALSE_EPISODE_DAYS
    lasting = np.clip(
        (longest - (seen.as_of - seen.onset)) / (longest - shortest), 0, 1
    )
    return FALSE_EPISODE_RATE / 30 * lasting * _density(FALSE_STRENGTH, seen.strength)


def _density(of: Beta, strength: Array) -> Array:
    """Probability of a strength within ``WIDTH`` of what is seen; what is cut to the least lies there."""
    above = beta.cdf(strength + WIDTH, of.a, of.b)
    below = np.where(
        strength - WIDTH > of.least, beta.cdf(strength - WIDTH, of.a, of.b), 0
    )
    return np.where(strength >= of.least, above - below, 0)


def _lead_of(days: Array) -> Array:
    """Probability that the signs began so many days before leaving."""
    return _lead_below(days + 1) - _lead_below(days)


def _lead_below(days: Array | int) -> Array:
    """Probability that they began fewer days before leaving."""
    share = (np.asarray(days) - SHORTEST_DAYS) / SPREAD_DAYS
    return beta.cdf(np.clip(share, 0, 1), LEAD.a, LEAD.b)


def main(
    customers: Annotated[int, typer.Option(min=100)] = 20_000,
    months: Annotated[int, typer.Option(min=6)] = 12,
    seeds: Annotated[int, typer.Option(min=1)] = 3,
    share: Annotated[float, typer.Option(help="Of the customers on the list.")] = 0.05,
) -> None:
    """Print the best that a list can reach, by seed and month."""
    table = Table(
        "seed",
        "month",
        "leavers",
        "base rate",
        "mean score",
        "average precision",
        "precision",
        "coverage",
    )
    default = SimulationSettings().seed
    for seed in range(default, default + seeds):
        simulation = SimulationSettings(customers=customers, months=months, seed=seed)
        operator = Operator(simulation)
        for k in range(OBSERVED - 1, months - DELAY - PREDICTED):
            table.add_row(str(seed), *_figures(operator, k, share))
    Console(width=100).print(table)


def _figures(operator: Operator, k: int, share: float) -> list[str]:
    clock, people = operator.clock, operator.people
    first = k + 1 + DELAY
    start, end = clock.start(first), clock.start(first + PREDICTED)
    leave_day = operator.lives.leave_day
    has_joined = people.join_day < clock.start(k + 2 - OBSERVED)
    asked = has_joined & (leave_day >= start)
    scores = observer_scores(operator, k)[asked]
    churned = within(leave_day, start, end)[asked]
    listed = on_list(scores, round(share * len(scores)))
    hits = (listed & churned).sum()
    return [
        str(clock.month(k)),
        str(churned.sum()),
        f"{churned.mean():.1%}",
        f"{scores.mean():.1%}",
        f"{ranking(scores, churned)['average_precision']:.3f}",
        f"{hits / listed.sum():.1%}",
        f"{hits / churned.sum():.1%}",
    ]


if __name__ == "__main__":
    typer.run(main)
