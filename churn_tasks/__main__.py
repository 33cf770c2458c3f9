"""``python -m churn_tasks`` is the same as ``churn``."""

from churn_tasks.cli import main

main()
