"""Step ``warn``: the warning list of the month from its scores, with levels, reasons and strategies."""

from churn_tasks.runner.conditions import nobody_scored
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import observed_months
from churn_tasks.runner.step import Made, Read, step
from churn_tasks.warning.hold_out import CALLED, with_arms
from churn_tasks.warning.listing import warning_list
from churn_tasks.warning.playbook import load_playbook
from churn_tasks.warning.priority import LEVELS
from churn_tasks.warning.reasons import Known
from churn_tasks.work.causes import cause_rows, causes_of, sign_months
from churn_tasks.work.hold_out import (
    key_accounts,
    standing_arms,
    standing_months,
    with_ends,
)
from churn_tasks.work.listed import fired_triggers, listed_customers
from churn_tasks.work.sayings import sayings_of

FACTOR = ("customer_id", "feature", "contribution", "value")


@step(
    reads=(
        Read("score_churn"),
        Read("score_factor", needed=True),
        Read("cohort", needed=True),
        Read("customer_line"),
        Read("out_trigger"),
        # what moved, in figures that can be said
        Read("month_*", observed_months),
        # signs of causes, and what they were worth among those whose truth is known
        Read("feat_*"),
        Read("feat_*", sign_months, renews=False),
        Read("cohort", sign_months, renews=False),
        Read("label", sign_months, renews=False),
        # who is held out already
        Read("out_warning_list", standing_months, renews=False),
    ),
    writes=("out_warning_list", "score_cause"),
    idle=nobody_scored,
)
def warn(run: MonthRun) -> Made:
    """Choose the highest scores, rank them by expected loss, say how loud and why each is and who is not contacted.

    Raises:
        SettingsError: a feature's reason group has no text in the playbook.
    """
    playbook = load_playbook(run.settings)
    features = run.registry.features
    playbook.require(feature.group for feature in features)
    listed = listed_customers(run)
    factors = run.rows_of_month("score_factor", FACTOR)
    known = Known(
        playbook=playbook,
        features={feature.name: feature for feature in features},
        sayings=sayings_of(run, factors),
        causes=causes_of(run, playbook.reasons, listed["customer_id"]),
    )
    limits = run.settings.warning_list
    fired = fired_triggers(run, listed["customer_id"])
    ranked = warning_list(listed, factors, limits=limits, known=known, fired=fired)
    drawn = with_arms(
        ranked,
        run.month,
        run.settings.hold_out,
        standing_arms(run),
        key_accounts(run),
    )
    rows = with_ends(drawn, run.settings.calendar)
    written = {
        "out_warning_list": run.engine.write("out_warning_list", run.month, rows),
        "score_cause": run.engine.write(
            "score_cause", run.month, cause_rows(known.causes)
        ),
    }
    by_level = {level: int((rows["level"] == level).sum()) for level in LEVELS}
    held_out = int((~rows["arm"].isin(CALLED)).sum())
    return Made(written, facts={**by_level, "held_out": held_out})
