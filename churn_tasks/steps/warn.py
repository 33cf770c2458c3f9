"""Step ``warn``: the warning list of the month from its scores, with levels, reasons and strategies."""

from churn_tasks.runner.conditions import nobody_scored
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import observed_months
from churn_tasks.runner.step import Made, Read, step
from churn_tasks.warning.listing import warning_list
from churn_tasks.warning.playbook import load_playbook
from churn_tasks.warning.priority import LEVELS
from churn_tasks.work.listed import listed_customers

FACTOR = ("customer_id", "feature", "contribution", "value")


@step(
    reads=(
        Read("score_churn"),
        Read("score_factor", needed=True),
        Read("cohort", needed=True),
        Read("customer_line"),
        Read("month_activity", observed_months),
        Read("month_profile", observed_months),
    ),
    writes=("out_warning_list",),
    idle=nobody_scored,
)
def warn(run: MonthRun) -> Made:
    """Choose the highest scores, rank them by expected loss and say why each is there.

    Raises:
        SettingsError: a feature's reason group has no text in the playbook.
    """
    playbook = load_playbook(run.settings)
    features = run.registry.features
    playbook.require(feature.group for feature in features)
    listed = listed_customers(run)
    factors = run.rows_of_month("score_factor", FACTOR)
    limits = run.settings.warning_list
    rows = warning_list(
        listed, factors, limits=limits, features=features, playbook=playbook
    )
    written = run.engine.write("out_warning_list", run.month, rows)
    by_level = {level: int((rows["level"] == level).sum()) for level in LEVELS}
    return Made({"out_warning_list": written}, facts=by_level)
