"""Step ``check_list``: out_warning_list judged by Great Expectations before it may be published."""

from churn_tasks.checks.measures import list_suite
from churn_tasks.runner.conditions import no_list
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import observed_months
from churn_tasks.runner.step import Made, Read, step
from churn_tasks.warning.grain import lines_of_persons, places
from churn_tasks.work.measured import judge_month


@step(
    reads=(
        Read("out_warning_list"),
        # the places that the list must fill
        Read("cohort", renews=False),
        Read("month_activity", observed_months, renews=False),
        Read("customer_line", renews=False),
    ),
    idle=no_list,
)
def check_list(run: MonthRun) -> Made:
    """Hold the list of the month against its bounds.

    Raises:
        CheckFailed: a bound is broken.
    """
    lines = lines_of_persons(run.engine, run.window.parameters())
    expected = places(lines, run.settings.warning_list)
    table = run.registry.tables["out_warning_list"]
    return judge_month(run, [list_suite(table, expected)], "list")
