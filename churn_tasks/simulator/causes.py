"""Causes of leaving, and how each shows in behaviour (``causes.csv``)."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from churn_tasks.simulator.chance import Array
from churn_tasks.simulator.literal_tables import rows


class Cause(NamedTuple):
    """One cause of leaving: how common it is, and what full distress does to behaviour.

    Attributes:
        weight: how common the cause is beside the others.
        voice, data, peers: shares lost.
        off_net: added to the share of calls to other networks.
        hotline: weighs calls to a rival's hotline.
        faults, complaints: expected numbers a month.
        late, no_topup: chances of not paying.
        roam: weighs roaming.
        downgrade: weighs the chance of a cheaper tariff.
        survey: points lost on the scale from 1 to 5.
    """

    name: str
    weight: float
    voice: float
    data: float
    peers: float
    off_net: float
    hotline: float
    faults: float
    complaints: float
    late: float
    no_topup: float
    roam: float
    downgrade: float
    survey: float


def _read() -> tuple[Cause, ...]:
    causes = []
    for row in rows("causes.csv"):
        name = row.pop("name")
        effects = {effect: float(text) for effect, text in row.items()}
        causes.append(Cause(name, **effects))
    return tuple(causes)


CAUSES = _read()  # the first stands for none
CAUSE_NUMBER = {cause.name: number for number, cause in enumerate(CAUSES)}
WEIGHTS = np.array([cause.weight for cause in CAUSES])
SHARES = WEIGHTS / WEIGHTS.sum()


def effect(behaviour: str, cause: Array) -> Array:
    """What full distress does to one kind of behaviour.

    Args:
        behaviour: name of an attribute of :class:`Cause`.
        cause: number of the cause of each customer.
    """
    effects = [getattr(each, behaviour) for each in CAUSES]
    return np.array(effects, dtype=float)[cause]


def by_cause(values: Mapping[str, float], otherwise: float) -> Array:
    """A value for each cause number; causes that are not named have ``otherwise``."""
    table = [values.get(cause.name, otherwise) for cause in CAUSES]
    return np.array(table)
