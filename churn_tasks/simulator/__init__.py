"""A whole telecom operator with known truth, for the demo, the tests and the benchmarks.

``people`` and ``planning`` decide who there is and who leaves when and why; ``usage``, ``billing``, ``money``,
``master``, ``care`` and others render one month of the operator's tables from that; ``dirt`` spoils a known share of
the rows; ``database`` loads it all into the operator's own schema ``boss``, and what really happened into
``sim_truth``.
"""

from churn_tasks.simulator.loading import Progress, simulate
from churn_tasks.simulator.settings import SimulationSettings

__all__ = ["Progress", "SimulationSettings", "simulate"]
