"""Plans all lives, month by month: who decides to leave, who is only troubled, and whom staff call."""

import numpy as np

from churn_tasks.simulator.causes import CAUSE_NUMBER
from churn_tasks.simulator.chance import Array
from churn_tasks.simulator.clock import Clock
from churn_tasks.simulator.hazard import odds_of_leaving
from churn_tasks.simulator.interaction import LAG, Interaction
from churn_tasks.simulator.lives import (
    HELPS,
    HURTS,
    Circumstances,
    Contacts,
    Episodes,
    Lives,
    PlannedMonth,
    no_plan,
)
from churn_tasks.simulator.people import People
from churn_tasks.simulator.persuasion import contact_leavers, contact_stayers
from churn_tasks.simulator.trouble import episodes_of_leavers, false_episodes

LOOK_AHEAD = 4  # months planned beyond the last one, whose leavers show signs within it
CONTACT_EFFECTS = (HELPS, 0, HURTS)
CONTACT_SHARES = (0.30, 0.63, 0.07)


def plan_lives(clock: Clock, people: People, around: Circumstances) -> Lives:
    """Plan every month in turn, some months beyond the last; a planted pattern notes whom it makes leave."""
    n = len(people)
    chance = clock.chance("lives")
    contact_effect = chance.choice(CONTACT_EFFECTS, n, p=CONTACT_SHARES)
    lives = no_plan(contact_effect, frailty=chance.gamma(4, 0.25, n))
    episodes: list[Episodes] = []
    contacts: list[Contacts] = []
    for k in range(clock.settings.months + LOOK_AHEAD):
        stream = clock.chance("lives", k + 1)
        month = PlannedMonth(clock, k, people, lives, around, stream)
        odds = odds_of_leaving(month, lives.frailty)
        if around.interaction:
            odds = _leave_by_ratio(month, around.interaction, odds)
        leavers = _leavers(month, odds)
        true = episodes_of_leavers(month, leavers)
        false = false_episodes(month)
        contacts += [contact_leavers(month, true), contact_stayers(month, false)]
        episodes += [true, false]
    lives.episodes = Episodes.stacked(episodes)
    lives.contacts = Contacts.stacked(contacts)
    return lives


def _leavers(month: PlannedMonth, odds: Array) -> Array:
    """Who decides in the month to leave."""
    decides = month.chance.happens(odds, len(odds))
    return np.flatnonzero(decides & month.lives.stays)


def _leave_by_ratio(
    month: PlannedMonth, interaction: Interaction, odds: Array
) -> Array:
    """Let those leave whose planted ratio turned in the month before, without a sign of their own.

    Returns:
        The odds that remain for leaving as everybody else does.
    """
    if month.k <= LAG:
        return odds
    lives = month.lives
    chance = month.clock.chance("interaction", month.k + 1)
    turned = interaction.turned(month.k - 1) & (odds > 0)
    wanted = interaction.share * odds.sum()
    probability = wanted / max(turned.sum(), 1)
    leaves = turned & chance.happens(probability, len(odds))
    gone = np.flatnonzero(leaves)
    leave_day = chance.integers(month.start + 1, month.end, len(gone))
    lives.leave_day[gone] = leave_day
    lives.cause[gone] = CAUSE_NUMBER["price"]
    lives.shown_signs[gone] = False
    interaction.left_by_it[gone] = leave_day
    return odds * (1 - interaction.share)
