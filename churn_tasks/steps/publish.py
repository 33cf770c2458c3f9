"""Step ``publish``: the month's list goes to the warehouse, is audited there, and the month points to it."""

from churn_tasks.runner.conditions import no_list
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import whole_history
from churn_tasks.runner.step import Made, Read, step
from churn_tasks.work.publication import (
    publish_list,
    publish_restated,
    record_outcomes,
    validation_rows,
)


@step(
    reads=(
        Read("out_warning_list", whole_history),
        Read("out_trigger"),
        Read("out_validation"),
        Read("label", whole_history),
    ),
    idle=no_list,
    restated="always",
)
def publish(run: MonthRun) -> Made:
    """Append the list under its run id, audit it, flip the month; then add the figures whose truth came in.

    Raises:
        CheckFailed: the stored rows broke a rule; the month keeps its earlier list.
        Fenced: a later attempt at this month has begun.
    """
    # here, so that walking over the steps does not import scipy
    from churn_tasks.work.effect import record_effects

    if run.restated_until is not None:
        return publish_restated(run)
    made = publish_list(run)
    validation = validation_rows(run)
    made.rows["validation"] = run.warehouse.record_validation(run.month, validation)
    made.rows["result"] = record_outcomes(run)
    made.rows["effect"] = record_effects(run)
    return made
