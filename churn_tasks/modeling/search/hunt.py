"""The search itself: epochs of breeding, each on what the model and the formulas before it leave unexplained."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from churn_tasks.modeling.search.attributes import (
    LinearTrial,
    Ranked,
    rank,
    standardised,
)
from churn_tasks.modeling.search.evolution import (
    Bred,
    Effort,
    Judge,
    evolve,
    seeded,
    survivors,
)
from churn_tasks.modeling.search.formula import Formula, values
from churn_tasks.modeling.search.grammar import Tree, grammar, tree_of
from churn_tasks.modeling.search.prepared import Prepared
from churn_tasks.modeling.search.residual import Residual, log_likelihood
from churn_tasks.modeling.search.screening import pairs, screen
from churn_tasks.modeling.search.verdict import Verdict, step_of, verdict

EPOCHS = 6
RANKED_UNTIL, SCREENED_UNTIL = (
    0.2,
    0.6,
)  # shares of the time budget by which the ranking and the pairs must be done
Tell = Callable[
    [str, float, str], None
]  # what is going on, share of the whole that is done, how it stands


@dataclass(frozen=True)
class Candidate:
    """The best formula of an epoch.

    Attributes:
        inner_gain_share: share of the present model's log loss that it takes away on the parts held out of the search.
        parts_gained, parts: parts on which it gains, of those judged.
        verdict: what it is worth to customers kept apart.
    """

    formula: Formula
    inner_gain_share: float
    parts_gained: int
    parts: int
    verdict: Verdict


@dataclass(frozen=True)
class Hunted:
    """What a search came to.

    Attributes:
        generations: of all epochs; fewer than asked for where ``stopped`` by the clock.
        judged: formulas that were judged, each counted once an epoch.
    """

    attributes: list[Ranked]
    candidates: list[Candidate]
    generations: int
    judged: int
    stopped: bool

    def accepted(self, candidate: Candidate) -> bool:
        return candidate.verdict.accepted(len(self.candidates))


@dataclass
class Clock:
    """The time budget, and progress: only whether a generation is begun depends on it, never what is in one."""

    seconds: float
    tell: Tell
    started: float = field(default_factory=time.monotonic)
    generations: int = 0
    stopped: bool = False

    @property
    def used(self) -> float:
        return (time.monotonic() - self.started) / self.seconds

    def go_on(
        self, doing: str, state: str, until: float = 1.0, *, counts: bool = True
    ) -> bool:
        """Whether there is time for one more generation, or whatever is begun next."""
        has_time = self.used < until
        self.stopped = self.stopped or not has_time
        self.tell(doing, min(self.used, 1.0), state)
        self.generations += has_time and counts
        return has_time


def hunt(
    prepared: Prepared,
    units: Mapping[str, str],
    *,
    seed: int,
    threads: int,
    seconds: float,
    effort: Effort | None = None,
    epochs: int = EPOCHS,
    pinned: tuple[str, ...] = (),
    tell: Tell = lambda doing, share, state: None,
) -> Hunted:
    """Rank the attributes and search for formulas.

    The same rows, seed and effort give the same result with any number of threads, unless the clock stops the search.

    Args:
        units: the features that may stand in formulas, in catalogue order, with their units; no banned one.
        seconds: the time budget; a fifth of it at most is for the ranking.
        pinned: attributes that every subset of the ranking holds.
    """
    clock = Clock(seconds, tell)
    names = [name for name in units if _varies(prepared.columns[name][prepared.seen])]
    ranked = _ranked(prepared, names, seed, clock, pinned)
    search = _Epochs(
        prepared,
        {name: units[name] for name in names},
        threads,
        effort or Effort(),
        clock,
    )
    candidates: list[Candidate] = []
    with seeded(seed):
        for epoch in range(epochs):
            found = search.next(epoch)
            if found is None:
                break
            candidates.append(search.put_to_test(found, epochs))
    return Hunted(ranked, candidates, clock.generations, search.judged, clock.stopped)


def _varies(column: np.ndarray) -> bool:
    known = column[np.isfinite(column)]
    return len(known) > 0 and known.min() < known.max()


def _ranked(
    prepared: Prepared,
    names: list[str],
    seed: int,
    clock: Clock,
    pinned: tuple[str, ...],
) -> list[Ranked]:
    seen = prepared.seen
    trial = LinearTrial(
        standardised([prepared.columns[name][seen] for name in names]),
        prepared.rows.churned[seen],
        prepared.part[seen],
        prepared.forward,
    )
    return rank(
        names,
        trial,
        seed,
        lambda generation, best: clock.go_on(
            "attributes",
            f"average precision {best:.4f}",
            until=RANKED_UNTIL,
            counts=False,
        ),
        pinned,
    )


class _Epochs:
    """The state between epochs: what is still unexplained on the rows seen, and the log-odds of those kept apart."""

    def __init__(
        self,
        prepared: Prepared,
        units: Mapping[str, str],
        threads: int,
        effort: Effort,
        clock: Clock,
    ) -> None:
        self.prepared, self.threads, self.effort, self.clock = (
            prepared,
            threads,
            effort,
            clock,
        )
        self.grammar = grammar(units)
        self.columns = prepared.of(list(units), prepared.searched)
        self.pairs: list[Formula] | None = (
            None  # those worth looking at, once every pair was tried
        )
        self.open = (
            prepared.residual()
        )  # moved by every formula, so that the next epoch looks elsewhere
        self.model = self.open  # moved by accepted formulas alone
        self.apart_margin = prepared.margin[prepared.apart]
        self.judged = 0

    def next(self, epoch: int) -> Bred | None:
        """The best formula of one epoch; None when none is worth its price, or the time is up."""
        judge = Judge(self.columns, self.open, self.threads)
        if self.pairs is None:
            self.pairs = self._screened(judge)
        name = f"formulas {epoch + 1}"
        bred = evolve(
            self.grammar,
            judge,
            self.effort,
            lambda generation, best: self.clock.go_on(
                name, f"generation {generation + 1}, gain {best:.1f} nats"
            ),
            self._start(judge),
        )
        self.judged += len(judge.known)
        return bred[0] if bred and bred[0].fitness > 0 else None

    def _screened(self, judge: Judge) -> list[Formula]:
        def go_on(tried: int, best: float) -> bool:
            self.judged = tried
            return self.clock.go_on(
                "pairs",
                f"{tried:,} tried, gain {best:.1f} nats",
                until=SCREENED_UNTIL,
                counts=False,
            )

        return screen(judge, pairs(self.grammar), go_on)

    def _start(self, judge: Judge) -> list[Tree]:
        """The pairs that win most of what is unexplained now: a quarter of the first generation."""
        bred = judge.judged([tree_of(self.grammar, pair) for pair in self.pairs or ()])
        return [one.tree for one in survivors(bred, self.effort.population // 4)]

    def put_to_test(self, found: Bred, tries: int) -> Candidate:
        """Judge a formula on the customers kept apart, and take it into the model when it holds."""
        rows, apart = self.prepared.rows, self.prepared.apart
        seen_column = values(found.formula, self.columns)
        other = self.prepared.of(sorted(set(found.formula.leaves())), apart)
        steps = self.model.steps(seen_column)
        assert steps is not None
        step = step_of(values(found.formula, other), steps)
        judged = verdict(
            self.apart_margin,
            step,
            rows.churned[apart],
            rows.customers[apart],
            rows.months[apart],
        )
        if judged.accepted(tries):
            self.apart_margin = self.apart_margin + step
            self.model = self.model.moved(step_of(seen_column, steps))
        self.open = self._moved(self.open, seen_column)
        return self._candidate(found, judged)

    @staticmethod
    def _moved(residual: Residual, column: np.ndarray) -> Residual:
        steps = residual.steps(column)
        return residual if steps is None else residual.moved(step_of(column, steps))

    def _candidate(self, found: Bred, judged: Verdict) -> Candidate:
        residual = self.prepared.residual()
        held_out = (
            residual.part > 0
            if residual.forward
            else np.ones(len(residual.part), dtype=bool)
        )
        loss = -float(log_likelihood(residual.margin, residual.churned)[held_out].sum())
        gained = sum(gain > 0 for gain in found.by_part)
        return Candidate(
            found.formula, found.gain / loss, gained, len(found.by_part), judged
        )
