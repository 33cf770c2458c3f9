"""A change of behaviour that nobody announced: people use their phones much more, and leave more readily.

It is what watching a model must see: the source delivers as always, and what the model learnt no longer holds.
"""

from churn_tasks.simulator.settings import SimulationSettings

TALK_MORE = 1.4  # calls and messages
DATA_MORE = 2.2
LEAVE_MORE = 2.0


def talk(settings: SimulationSettings, k: int) -> float:
    """Calls and messages in the month of that number, as a multiple of what they were before the change."""
    return TALK_MORE if _has_changed(settings, k) else 1.0


def data(settings: SimulationSettings, k: int) -> float:
    """Data sessions, in the same way."""
    return DATA_MORE if _has_changed(settings, k) else 1.0


def readiness(settings: SimulationSettings, k: int) -> float:
    """How much likelier everybody is to leave than before the change."""
    return LEAVE_MORE if _has_changed(settings, k) else 1.0


def _has_changed(settings: SimulationSettings, k: int) -> bool:
    return 0 < settings.months_as_planned <= k
