"""Who leaves when and why, who shows signs of it beforehand, and whom a retention contact keeps or drives away.

An episode is a time of distress with a cause. Most leavers have one in the 4 to 12 weeks before; some leave without a
sign, and many episodes end with the customer staying.
"""

from dataclasses import dataclass, field

import numpy as np

from churn_tasks.simulator import codes
from churn_tasks.simulator.acquaintances import Acquaintances
from churn_tasks.simulator.clock import NEVER, Array, Clock
from churn_tasks.simulator.handsets import Handsets
from churn_tasks.simulator.interaction import LAG, Interaction
from churn_tasks.simulator.market import Market
from churn_tasks.simulator.people import People

LOOK_AHEAD = 4  # months planned beyond the last one, whose leavers show signs within it
SIGNLESS_SHARE = 0.12
FALSE_EPISODE_RATE = 0.008  # share of the calm who enter an episode in a month and stay
HELPS, HURTS = 1, -1


@dataclass
class Lives:
    """The plan. ``leave_day`` is the first day off the network, ``NEVER`` for those who stay.

    Attributes:
        contact_effect: what a contact does to this customer: 1 keeps, -1 drives away, 0 changes nothing.
        episodes: arrays ``who``, ``onset``, ``end``, ``cause``, ``strength`` (0 to 1).
        contacts: arrays ``who``, ``day``, ``reached``, ``response`` (0 none, 1 stays, 2 undecided, 3 leaves).
    """

    leave_day: Array
    cause: Array
    shown_signs: Array
    contact_effect: Array
    kept_by_contact: Array
    driven_by_contact: Array
    episodes: dict[str, Array] = field(default_factory=dict)
    contacts: dict[str, Array] = field(default_factory=dict)


@dataclass(frozen=True)
class Circumstances:
    """What makes leaving likelier beside a subscriber's own nature.

    Attributes:
        free_day: day on which each subscriber's contract ends without renewal; ``NEVER`` without one.
        acquaintances: whose leaving makes others follow.
        handsets: what is in each hand.
        market: prices and campaigns of rivals by region.
        interaction: the planted pattern, if there is one.
    """

    free_day: Array
    acquaintances: Acquaintances
    handsets: Handsets
    market: Market
    interaction: Interaction | None = None


def plan_lives(clock: Clock, people: People, around: Circumstances) -> Lives:
    """Plan every month in turn, some months beyond the last; a planted pattern notes whom it makes leave."""
    n = len(people)
    chance = clock.chance("lives")
    effects = chance.choice([HELPS, 0, HURTS], n, p=[0.30, 0.63, 0.07])
    lives = Lives(
        np.full(n, NEVER),
        np.zeros(n, int),
        np.zeros(n, bool),
        effects,
        np.zeros(n, bool),
        np.zeros(n, bool),
    )
    episodes: list[dict[str, Array]] = []
    contacts: list[dict[str, Array]] = []
    frailty = chance.gamma(4, 0.25, n)
    for k in range(clock.settings.months + LOOK_AHEAD):
        stream = clock.chance("lives", k + 1)
        odds = _odds_of_leaving(clock, k, people, lives, around, frailty, stream)
        if around.interaction:
            odds = _leave_by_ratio(around.interaction, clock, k, people, lives, odds)
        leavers = np.flatnonzero(stream.random(n) < odds)
        leavers = leavers[lives.leave_day[leavers] == NEVER]
        new = _episodes_of_leavers(
            clock, k, people, lives, leavers, around.free_day, stream
        )
        false = _false_episodes(clock, k, people, lives, stream)
        contacts += [
            _contact_leavers(lives, new, stream),
            _contact_stayers(clock, k, people, lives, false, stream),
        ]
        episodes += [new, false]
    lives.episodes = _stack(episodes)
    lives.contacts = _stack(contacts)
    return lives


def _stack(parts: list[dict[str, Array]]) -> dict[str, Array]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _odds_of_leaving(
    clock: Clock,
    k: int,
    people: People,
    lives: Lives,
    around: Circumstances,
    frailty: Array,
    chance: np.random.Generator,
) -> Array:
    """Chance of each subscriber to decide in month ``k`` to leave."""
    start = clock.start(k)
    present = (people.join_day <= start - 45) & (lives.leave_day == NEVER)
    tenure_years = (start - people.join_day) / 365
    days_free = start - around.free_day
    weight = (
        frailty
        * codes.SEGMENT_HAZARD[people.segment]
        * codes.REGION_HAZARD[people.region]
    )
    weight *= around.handsets.hazard(start) * around.market.hazard(k, people.region)
    weight *= around.acquaintances.hazard(start, lives.leave_day)
    weight *= np.where(people.is_postpaid, 0.9, 1.12) * (
        0.75 + 0.9 * np.exp(-tenure_years)
    )
    weight *= np.where(days_free < -45, 0.4, np.where(days_free < 60, 2.6, 1.0)) ** (
        around.free_day < NEVER
    )
    weight = np.where(present, weight, 0)
    month_rate = (
        clock.settings.churn_rate
        * codes.SEASON[clock.month(k).number - 1]
        * chance.normal(1.04, 0.03)
    )
    return month_rate * weight / weight[present].mean()


def _leave_by_ratio(
    interaction: Interaction,
    clock: Clock,
    k: int,
    people: People,
    lives: Lives,
    odds: Array,
) -> Array:
    """Let those leave whose planted ratio turned in the month before, without a sign of their own.

    Returns:
        The odds that remain for leaving as everybody else does.
    """
    if k <= LAG:
        return odds
    turned = interaction.turned(k - 1) & (odds > 0)
    chance = clock.chance("interaction", k + 1)
    expected = interaction.share * odds.sum() / max(turned.sum(), 1)
    gone = np.flatnonzero(turned & (chance.random(len(people)) < expected))
    lives.leave_day[gone] = chance.integers(
        clock.start(k) + 1, clock.start(k + 1), len(gone)
    )
    lives.cause[gone], lives.shown_signs[gone] = codes.CAUSE_NUMBER["price"], False
    interaction.left_by_it[gone] = lives.leave_day[gone]
    return odds * (1 - interaction.share)


def _episodes_of_leavers(
    clock: Clock,
    k: int,
    people: People,
    lives: Lives,
    who: Array,
    free_day: Array,
    chance: np.random.Generator,
) -> dict[str, Array]:
    start, end = clock.start(k), clock.start(k + 1)
    cause = _causes(start, people, who, free_day, chance)
    # never on the first day: who leaves on a day was still a customer, and is billed, in its month
    lives.leave_day[who] = chance.integers(start + 1, end, len(who))
    lives.cause[who] = cause
    shown = chance.random(len(who)) >= SIGNLESS_SHARE
    lives.shown_signs[who] = shown
    leave = lives.leave_day[who]
    lead = 28 + (57 * chance.beta(1.6, 1.6, len(who))).astype(int)  # 4 to 12 weeks
    onset = np.maximum(leave - lead, people.join_day[who] + 14)
    strength = np.clip(chance.beta(7, 1.6, len(who)), 0.35, 1)
    found = {
        "who": who,
        "onset": onset,
        "end": leave,
        "cause": cause,
        "strength": strength,
    }
    return {name: values[shown] for name, values in found.items()}


def _causes(
    start: int, people: People, who: Array, free_day: Array, chance: np.random.Generator
) -> Array:
    """A cause for each leaver, more likely where the customer's situation allows it."""
    odds = np.tile(np.array([cause.weight for cause in codes.CAUSES]), (len(who), 1))
    just_free = np.abs(free_day[who] - start) < 60
    odds[:, codes.CAUSE_NUMBER["contract_end"]] *= np.where(just_free, 8, 0)
    odds[:, codes.CAUSE_NUMBER["arrears"]] *= 0.5 + 6 * people.payment_sloppiness[who]
    odds[:, codes.CAUSE_NUMBER["price"]] *= 0.7 + 0.1 * people.plan[who]
    odds[:, codes.CAUSE_NUMBER["moving_away"]] *= np.where(
        people.segment[who] == 2, 2.0, 1.0
    )
    cumulative = np.cumsum(odds / odds.sum(axis=1, keepdims=True), axis=1)
    return (chance.random((len(who), 1)) > cumulative).sum(axis=1)


def _false_episodes(
    clock: Clock, k: int, people: People, lives: Lives, chance: np.random.Generator
) -> dict[str, Array]:
    """Distress that passes: it looks like a leaver's, and the customer stays."""
    start = clock.start(k)
    calm = (people.join_day <= start - 30) & (lives.leave_day == NEVER)
    who = np.flatnonzero(calm & (chance.random(len(people)) < FALSE_EPISODE_RATE))
    onset = chance.integers(start, clock.start(k + 1), len(who))
    weights = np.array([cause.weight for cause in codes.CAUSES])
    return {
        "who": who,
        "onset": onset,
        "end": onset + chance.integers(28, 85, len(who)),
        "cause": chance.choice(len(weights), len(who), p=weights / weights.sum()),
        "strength": np.clip(chance.beta(3.5, 3, len(who)), 0.1, 1),
    }


def _contact_leavers(
    lives: Lives, episodes: dict[str, Array], chance: np.random.Generator
) -> dict[str, Array]:
    """Staff reach some of those with signs; where a contact helps, most of them stay after all."""
    picked = chance.random(len(episodes["who"])) < 0.25
    who = episodes["who"][picked]
    day = np.maximum(
        lives.leave_day[who] - chance.integers(6, 36, len(who)),
        episodes["onset"][picked] + 3,
    )
    reached = chance.random(len(who)) < 0.75
    keeps = (
        reached
        & (lives.contact_effect[who] == HELPS)
        & (chance.random(len(who)) < 0.85)
    )
    lives.kept_by_contact[who[keeps]] = True
    lives.leave_day[who[keeps]] = NEVER
    lives.cause[who[keeps]] = 0
    response = np.where(keeps, 1, chance.choice([1, 2, 3], len(who), p=[0.3, 0.4, 0.3]))
    episodes["end"][np.flatnonzero(picked)[keeps]] = day[keeps] + 14
    return {
        "who": who,
        "day": day,
        "reached": reached,
        "response": np.where(reached, response, 0),
    }


def _contact_stayers(
    clock: Clock,
    k: int,
    people: People,
    lives: Lives,
    episodes: dict[str, Array],
    chance: np.random.Generator,
) -> dict[str, Array]:
    """Staff also call people who would have stayed; a few of those leave because of it."""
    start, end = clock.start(k), clock.start(k + 1)
    calm = (
        (people.join_day < start)
        & (lives.leave_day == NEVER)
        & (chance.random(len(people)) < 0.008)
    )
    distressed = np.zeros(len(people), bool)
    distressed[episodes["who"][chance.random(len(episodes["who"])) < 0.2]] = True
    who = np.flatnonzero(calm | distressed)
    day = chance.integers(start, end, len(who))
    reached = chance.random(len(who)) < 0.75
    drives = (
        reached & (lives.contact_effect[who] == HURTS) & (chance.random(len(who)) < 0.6)
    )
    gone = who[drives]
    leave = day[drives] + chance.integers(10, 46, len(gone))
    lives.leave_day[gone] = leave + np.isin(leave, clock.starts)
    lives.cause[gone] = codes.CAUSE_NUMBER["service"]
    lives.driven_by_contact[gone] = True
    lives.shown_signs[gone] = distressed[gone]
    response = np.where(
        drives, 3, chance.choice([1, 2, 3], len(who), p=[0.7, 0.25, 0.05])
    )
    return {
        "who": who,
        "day": day,
        "reached": reached,
        "response": np.where(reached, response, 0),
    }
