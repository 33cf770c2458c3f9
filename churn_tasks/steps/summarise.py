"""Step ``summarise``: one month of clean tables, summed up to a row a customer in the ``month_*`` tables."""

from churn_tasks.core.errors import BadInput
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.protocol import make_queries
from churn_tasks.runner.step import Made, Read, step


@step(
    reads=(
        Read("clean_*", needed=True),
        Read("month_*"),
        Read("customer_line"),
        Read("touched_customer", renews=False),
    ),
    queries=("month",),
)
def summarise(run: MonthRun) -> Made:
    """Run every active query of the family ``month`` for this month alone.

    Raises:
        BadInput: no query makes ``month_activity``, without which nobody is a customer.
    """
    made = {query.output.table for query in run.registry.queries["month"]}
    if "month_activity" not in made:
        raise BadInput(
            f"profile {run.settings.profile}: no query under sql/month makes month_activity from its sources"
        )
    return Made(rows=make_queries(summarise, run))
