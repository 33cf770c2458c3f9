"""A figure outside its bounds that somebody has accepted for one month, because it is right."""

from dataclasses import dataclass

ROOM = 0.1  # late rows move a figure a little; beyond it another figure than the accepted one is judged


@dataclass(frozen=True)
class Acceptance:
    """One person's decision.

    Attributes:
        measure: as the settings name it, such as ``complaint.rows``.
        value: what it came to when it was accepted.
    """

    measure: str
    value: float
    accepted_by: str
    why: str

    def covers(self, value: float) -> bool:
        """Whether a figure is still the accepted one.

        >>> outage = Acceptance("complaint.rows", 660.0, "Li", "the outage of 3 March")
        >>> outage.covers(671.0), outage.covers(6_600.0)
        (True, False)
        """
        return abs(value - self.value) <= ROOM * abs(self.value)
