"""The search for a candidate's parameters (E3), inside the months that it learns from.

Each trial is fitted as in life: for a month that judges it, on the months whose truth was known when that month ended.
So no trial is chosen by a truth that its own fit could not have had, and the tested month takes no part. What comes
first is the candidate as it is given; another takes its place only where its mean average precision is higher.
"""

import itertools
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from churn_tasks.core.closed import SEEDS
from churn_tasks.core.months import Month
from churn_tasks.core.sections import Search
from churn_tasks.modeling.candidates import CandidateModel
from churn_tasks.modeling.folds import Fold
from churn_tasks.modeling.frames import Sample
from churn_tasks.modeling.tuning_by_optuna import Places, Space, proposed_place

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger("churn")

FEWEST_CHURNERS = 10
Given = dict[str, Any]
JudgeTrial = Callable[[CandidateModel, Fold], float]  # average precision
Fits = Callable[[CandidateModel], bool]


def always_fits(_: CandidateModel) -> bool:
    return True


@dataclass(frozen=True)
class Trial:
    """Values that were tried, and what they came to.

    Attributes:
        given: by parameter; empty: the candidate as it is given.
        average_precision: mean over the judging months.
    """

    given: Given
    average_precision: float


class Trials(Protocol):
    """Where finished trials are kept, so that a search that was killed goes on behind them."""

    def known(self) -> Sequence[Trial]: ...

    def keep(self, trial: Trial) -> None: ...


def timed_folds(
    rows: Sample, mature: Callable[[Month], Sequence[Month]], most: int
) -> list[Fold]:
    """Rows to fit on and to be judged on for each of the latest months that can judge.

    Args:
        mature: the months whose truth was known when a month ended (``Calendar.mature_months``).
        most: so many months.

    Returns:
        Positions, the latest month first; none where no month lies late enough or has too few leavers.
    """
    months = rows.months.astype("datetime64[M]")
    folds: list[Fold] = []
    for judging in np.unique(months)[::-1]:
        known = [
            np.datetime64(str(month)) for month in mature(Month.parse(str(judging)))
        ]
        fitted = np.flatnonzero(np.isin(months, known))
        judged = np.flatnonzero(months == judging)
        fewest = min(rows.churned[fitted].sum(), rows.churned[judged].sum())
        if fewest >= FEWEST_CHURNERS and len(folds) < most:
            folds.append((fitted, judged))
    return folds


def proposals(
    candidate: CandidateModel, search: Search, seed: int, done: Sequence[Trial] = ()
) -> Iterator[Given]:
    """What is to be tried, the candidate as it is given first and once; the same for the same seed.

    Args:
        done: the trials so far, to which the caller adds each that it makes; ``optuna`` chooses by what they came to.
    """
    yield {}
    space = _space(candidate)
    if not space:
        return
    for places in _places(candidate, space, search, seed, done):
        other = _values_at(space, places)
        if places != _place_of(candidate, space, {}):
            yield other


def _space(candidate: CandidateModel) -> Space:
    """By parameter, the values that may be tried; what the candidate is given is not searched."""
    space = {}
    for name, values in candidate.family.searched.items():
        if name not in candidate.given.model_fields_set:
            space[name] = values
    return space


def _places(
    candidate: CandidateModel,
    space: Space,
    search: Search,
    seed: int,
    done: Sequence[Trial],
) -> Iterator[Places]:
    sizes = [range(len(values)) for values in space.values()]
    if search.kind == "grid":
        yield from itertools.product(*sizes)
        return
    drawn = _drawn([len(values) for values in space.values()], seed)
    if search.kind == "random":
        yield from drawn
        return
    waiting = list(drawn)
    while waiting:
        tried = _precisions(candidate, space, done)
        place = proposed_place(space, tried, (seed + len(tried)) % SEEDS)
        if place not in waiting:
            place = waiting[0]
        waiting.remove(place)
        if place not in tried:
            yield place


def _precisions(
    candidate: CandidateModel, space: Space, done: Sequence[Trial]
) -> dict[Places, float]:
    """What the trials came to, by where in the space they lie."""
    tried = {}
    for trial in done:
        place = _place_of(candidate, space, trial.given)
        if place is not None:
            tried[place] = trial.average_precision
    return tried


def _drawn(sizes: Sequence[int], seed: int) -> Iterator[Places]:
    """Every combination once, in an order that the seed decides."""
    chance = np.random.default_rng(seed)
    for number in chance.permutation(int(np.prod(sizes))):
        yield tuple(int(place) for place in np.unravel_index(number, sizes))


def _values_at(space: Space, places: Places) -> Given:
    given = {}
    for (name, values), place in zip(space.items(), places, strict=True):
        given[name] = values[place]
    return given


def _place_of(candidate: CandidateModel, space: Space, given: Given) -> Places | None:
    """Where values lie in the space; None where the candidate has one that is not tried."""
    own = with_given(candidate, given).given
    places = []
    for name, values in space.items():
        value = getattr(own, name)
        if value not in values:
            return None
        places.append(list(values).index(value))
    return tuple(places)


def searched(
    candidate: CandidateModel,
    folds: Sequence[Fold],
    judge_trial: JudgeTrial,
    search: Search,
    seed: int,
    trials: Trials,
    fits: Fits = always_fits,
) -> list[Trial]:
    """Every trial, those that an earlier search of the same has finished among them; none without months to judge.

    Args:
        search: how many, for how long, and in which order.
        fits: whether the fit of a candidate would have the memory; one that would not is passed over.
    """
    if not folds:
        log.info(
            "search %s: no month lies late enough to judge a trial", candidate.name
        )
        return []
    known = {_key(trial.given): trial for trial in trials.known()}
    began = time.monotonic()
    done: list[Trial] = []
    proposed = proposals(candidate, search, seed, done)
    for given in itertools.islice(proposed, search.trials):
        if not fits(with_given(candidate, given)):
            log.warning(
                "search %s: %s would not fit into memory", candidate.name, given
            )
            continue
        trial = known.get(_key(given))
        if trial is None:
            spent = time.monotonic() - began
            if search.seconds is not None and spent > search.seconds:
                log.warning(
                    "search %s: out of time after %d trials", candidate.name, len(done)
                )
                break
            trial = _tried(candidate, given, folds, judge_trial)
            trials.keep(trial)
        done.append(trial)
        said = (candidate.name, len(done), search.trials, trial.average_precision)
        log.info("search %s: trial %d of %d: average precision %.4f", *said)
    return done


def _key(given: Given) -> str:
    return json.dumps(given, sort_keys=True)


def _tried(
    candidate: CandidateModel,
    given: Given,
    folds: Sequence[Fold],
    judge_trial: JudgeTrial,
) -> Trial:
    other = with_given(candidate, given)
    precisions = [judge_trial(other, fold) for fold in folds]
    return Trial(given, float(np.mean(precisions)))


def with_given(candidate: CandidateModel, given: Mapping[str, Any]) -> CandidateModel:
    """The candidate with other values for some parameters."""
    own = candidate.given.model_dump(exclude_unset=True)
    return replace(candidate, given=candidate.family.given({**own, **given}))


def best_of(candidate: CandidateModel, trials: Sequence[Trial]) -> CandidateModel:
    """The candidate with the values of the best trial; among equals those that came first."""
    if not trials:
        return candidate
    best = max(trials, key=lambda trial: trial.average_precision)
    return with_given(candidate, best.given)


def trial_table(trials: Sequence[Trial]) -> "pd.DataFrame":
    """One row a trial, in order: its values, and ``average_precision``."""
    import pandas as pd

    rows = []
    for trial in trials:
        rows.append({**trial.given, "average_precision": trial.average_precision})
    return pd.DataFrame(rows)
