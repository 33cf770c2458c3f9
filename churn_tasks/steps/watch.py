"""Step ``watch``: whether the model in force still fits, from its inputs and scores of the month and from the truth.

In the run of 2024-10 (delay 1, predict 1, truth_after 1) inputs and scores are those of 2024-10, and the scores whose
truth has just come in are those of 2024-07. An alarm stops nothing: the list is out, candidates are trained each month
anyway, and the gate decides. It reaches people by Airflow's alert, the page of the month and the warehouse.
"""

from churn_tasks.runner.conditions import nobody_scored
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import label_month, whole_history
from churn_tasks.runner.step import Made, Read, step


@step(
    reads=(
        Read("score_watch", needed=True),
        Read("score_churn"),
        Read("score_churn", label_month),
        Read("score_shadow", label_month),
        Read("label", label_month),
        Read("out_warning_list", label_month),
        Read("out_validation", whole_history),
    ),
    writes=("model_watch",),
    idle=nobody_scored,
    restated="never",
)
def watch(run: MonthRun) -> Made:
    """Write ``model_watch``, add it to the warehouse, and name the alarms among the facts."""
    # here, so that walking over the steps does not import scikit-learn
    from churn_tasks.modeling.watching.finding import alarms, watch_rows
    from churn_tasks.work.shadow import watched_shadow
    from churn_tasks.work.watching import (
        findings_of_inputs,
        scored_with,
        watched_truth,
    )

    judged = run.settings.calendar.label_month(run.month)
    findings = findings_of_inputs(run) + watched_truth(run)
    findings += watched_shadow(run, judged)
    rows = watch_rows(findings)
    written = {"model_watch": run.engine.write("model_watch", run.month, rows)}
    recorded = run.warehouse.record_watch(run.month, scored_with(run), rows.to_pylist())
    facts = {"recorded": recorded, "alarms": "; ".join(alarms(findings))}
    return Made(written, facts)
