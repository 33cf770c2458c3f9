"""Candidates fitted on what was known, judged on a later month, promoted only if better, and explained."""

from churn_tasks.core.settings import default_process_variable

# OpenMP's threads wait asleep. Spinning, two of them on a busy two-core machine took 59 s for what takes 9 s asleep.
default_process_variable("OMP_WAIT_POLICY", "PASSIVE")
