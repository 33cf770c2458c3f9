"""The search itself: attributes are ranked, pairs tried, formulas bred, and the best put to the test, one at a time.

The first formula that fails the test ends the search. So a formula is tried only after all before it were found, and
the chance that a search of columns without any meaning finds one is that of the first test, however many follow.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from churn_tasks.modeling.search.attributes import (
    RankedAttribute,
    Subset,
    Subsets,
    rank,
    standardised,
)
from churn_tasks.modeling.search.combinations import Combinations
from churn_tasks.modeling.search.confirmation import Confirmation, confirmed
from churn_tasks.modeling.search.formula import Formula, values
from churn_tasks.modeling.search.genetic import Effort, evolve
from churn_tasks.modeling.search.prepared import Prepared

EFFORT = Effort(population=400, generations=30)  # for each formula
MOST_FORMULAS = 6
FROM_PAIRS = 4  # one in so many of a first generation is a pair
RANKED_UNTIL, PAIRS_UNTIL = 0.2, 0.6  # shares of the time budget
# told what is going on, the share of the time that is used, and how it stands
Tell = Callable[[str, float, str], None]


@dataclass(frozen=True)
class Proposal:
    """A formula that was put to the test.

    Attributes:
        inner_gain_share: share of the present model's log loss that it takes away on the customers searched, each
            judged by steps fitted on others; it was chosen for that.
        confirmation: what it is worth to customers kept apart.
    """

    formula: Formula
    inner_gain_share: float
    confirmation: Confirmation


@dataclass(frozen=True)
class Outcome:
    """What a search came to.

    Attributes:
        generations: of formulas; fewer than asked for where ``stopped`` by the clock.
        judged: formulas that were judged, each counted once a test.
    """

    attributes: list[RankedAttribute]
    proposals: list[Proposal]
    generations: int
    judged: int
    stopped: bool

    @property
    def found(self) -> list[Formula]:
        """The formulas that held."""
        return [one.formula for one in self.proposals if one.confirmation.accepted]


@dataclass
class Clock:
    """The time budget, and progress: only whether a generation is begun depends on it, never what is in one."""

    seconds: float
    tell: Tell
    started: float = field(default_factory=time.monotonic)
    stopped: bool = False

    def go_on(self, doing: str, state: str, until: float = 1.0) -> bool:
        """Whether there is time for whatever is begun next."""
        used = (time.monotonic() - self.started) / self.seconds
        self.tell(doing, min(used, 1.0), state)
        self.stopped = self.stopped or used >= until
        return used < until


def hunt(
    prepared: Prepared,
    units: Mapping[str, str],
    *,
    seed: int,
    seconds: float,
    effort: Effort = EFFORT,
    pinned: tuple[str, ...] = (),
    tell: Tell = lambda doing, share, state: None,
) -> Outcome:
    """Rank the attributes and search for formulas.

    The same rows, seed and effort give the same result, unless the clock stops the search.

    Args:
        units: the features that may stand in formulas, in catalogue order, with their units; no banned one.
        seconds: the time budget; a fifth of it at most is for the ranking.
        pinned: attributes that every subset of the ranking holds.
    """
    search = _Search(prepared, units, seed, effort, Clock(seconds, tell))
    ranked = search.ranked(pinned)
    proposals = list(search.proposals())
    stopped = search.clock.stopped
    return Outcome(ranked, proposals, search.generations, search.judged, stopped)


class _Search:
    """The state between two tests: what is still unexplained of the rows searched and of those kept apart."""

    def __init__(
        self,
        prepared: Prepared,
        units: Mapping[str, str],
        seed: int,
        effort: Effort,
        clock: Clock,
    ) -> None:
        self.prepared, self.effort, self.clock = prepared, effort, clock
        self.rng = np.random.default_rng(seed)
        columns = prepared.of(units, prepared.searched)
        self.columns = {name: each for name, each in columns.items() if _varies(each)}
        self.units = {name: units[name] for name in self.columns}
        self.residual = prepared.residual()
        self.apart_margin = prepared.margin[prepared.apart]
        self.generations = self.judged = 0

    def ranked(self, pinned: tuple[str, ...]) -> list[RankedAttribute]:
        names, residual = list(self.columns), self.residual
        subsets = Subsets(
            standardised(np.column_stack(list(self.columns.values()))),
            residual.churned,
            residual.group,
            [names.index(name) for name in pinned if name in names],
        )

        def go_on(generation: int, best: Subset) -> bool:
            reached = subsets.average_precision(best)
            state = f"generation {generation}, average precision {reached:.4f}"
            return self.clock.go_on("attributes", state, until=RANKED_UNTIL)

        return rank(names, subsets, self.rng, go_on)

    def proposals(self) -> Iterator[Proposal]:
        """Formulas that are worth their price, each put to the test, until one fails or none is left."""
        loss, pairs = self.residual.loss, None
        for number in range(1, MOST_FORMULAS + 1):
            combinations = Combinations(self.columns, self.units, self.residual)
            if pairs is None:
                pairs = self._best_pairs(combinations)
            best = self._bred(combinations, pairs, f"formula {number}")
            self.judged += combinations.judged
            if best is None or combinations.fitness(best) <= 0:
                return
            gain_share = combinations.gain(best) / loss
            proposal = Proposal(best, gain_share, self._tested(best))
            yield proposal
            if not proposal.confirmation.accepted:
                return

    def _best_pairs(self, combinations: Combinations) -> list[Formula]:
        def go_on(tried: int, gain: float) -> bool:
            state = f"{tried:,} tried, gain {gain:.1f} nats"
            return self.clock.go_on("pairs", state, until=PAIRS_UNTIL)

        return combinations.best_pairs(go_on)

    def _bred(
        self, combinations: Combinations, pairs: list[Formula], doing: str
    ) -> Formula | None:
        def go_on(generation: int, best: Formula) -> bool:
            state = f"generation {generation}, gain {combinations.gain(best):.1f} nats"
            has_time = self.clock.go_on(doing, state)
            self.generations += has_time
            return has_time

        start = combinations.fittest(pairs, self.effort.population // FROM_PAIRS)
        population = evolve(combinations, self.effort, self.rng, go_on, start)
        return population[0] if population else None

    def _tested(self, formula: Formula) -> Confirmation:
        """Judge a formula on the customers kept apart, and take it into the model when it holds."""
        rows, apart = self.prepared.rows, self.prepared.apart
        column = values(formula, self.columns)
        steps = self.residual.steps(column)
        others = self.prepared.of(formula.leaves(), apart)
        step = steps.of(values(formula, others))
        confirmation = confirmed(self.apart_margin, step, rows.rows(apart))
        if confirmation.accepted:
            self.apart_margin = self.apart_margin + step
            self.residual = self.residual.moved(steps.of(column))
        return confirmation


def _varies(column: np.ndarray) -> bool:
    known = column[np.isfinite(column)]
    return len(known) > 0 and known.min() < known.max()
