"""What a simulation is made from: the same settings give the same bytes."""

import hashlib

from pydantic import Field

from churn_tasks.core.closed import Closed, Seed
from churn_tasks.core.months import Month
from churn_tasks.core.sections import MonthField

VERSION = 6  # raised whenever the simulator's output changes, so that an older simulation is made anew


class SimulationSettings(Closed):
    """Size, length and temper of one simulated operator.

    Attributes:
        customers: subscribers at the start; joiners replace leavers, so the base stays about as large.
        cdr_per_month: call detail records of an average customer in a month.
        churn_rate: share of the base that leaves in an average month; months differ with the season.
        dirt: multiplies the shares of planted dirt; 0 gives clean data.
        planted_interaction: share of the leavers decided by a ratio of two differences that shows in no single
            amount (``interaction.py``); 0 plants none and leaves all other output as it is.
        months_as_planned: months after which people behave otherwise (``behaviour.py``); 0: they never do.
    """

    customers: int = Field(20_000, ge=100, le=5_000_000)
    months: int = Field(12, ge=1, le=60)
    first_month: MonthField = Month(2024, 1)
    cdr_per_month: int = Field(20, ge=1, le=1_000)
    seed: Seed = 20_240_101
    churn_rate: float = Field(0.05, gt=0, le=0.2)
    dirt: float = Field(1.0, ge=0, le=10)
    planted_interaction: float = Field(0.0, ge=0, le=0.9)
    months_as_planned: int = Field(0, ge=0, le=60)
    time_zone: str = "Asia/Shanghai"

    @property
    def fingerprint(self) -> str:
        """Digest of everything that decides the output, this package's version included."""
        decisive = f"{VERSION} {self.model_dump_json()}"
        return hashlib.sha256(decisive.encode()).hexdigest()
