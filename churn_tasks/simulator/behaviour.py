"""A change of behaviour that nobody announced: people talk over the internet instead, and leave more readily.

It is what watching a model must see: the source delivers as always, and what the model learnt no longer holds.
"""

from churn_tasks.simulator.chance import Array
from churn_tasks.simulator.settings import SimulationSettings

TALK_KEPT = 0.4  # of calls and messages; what goes is made over the data network
LEAVE_MORE = 2.0


def data_share(settings: SimulationSettings, k: int, usual: Array) -> Array:
    """Share of each one's records that are data, in the month of that number."""
    if not _has_changed(settings, k):
        return usual
    return 1 - TALK_KEPT * (1 - usual)


def readiness(settings: SimulationSettings, k: int) -> float:
    """How much likelier everybody is to leave than before the change."""
    return LEAVE_MORE if _has_changed(settings, k) else 1.0


def _has_changed(settings: SimulationSettings, k: int) -> bool:
    return 0 < settings.months_as_planned <= k
