"""Step ``catalogue``: what every feature of the month looks like, how it moved, and the page of all of them.

In the run of 2024-07 (delay 1, predict 1, truth_after 1) the distributions are those of 2024-07, and what a feature
tells of leaving is counted on 2024-04, whose truth has just come in. The bins of a feature are those of the first
month that has it.

It describes what models learn from and are tried on, which is the first version of each month: late rows change nothing
of it. Who restates a month by hand sees what has become of its features.
"""

from contextlib import closing
from datetime import date

from churn_tasks.runner.conditions import history_too_short
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.runner.months import label_month, months_before, whole_history
from churn_tasks.runner.step import Made, Read, step
from churn_tasks.work.catalogue import judged_month, write_page, write_stats


@step(
    reads=(
        Read("cohort", needed=True),
        Read("feat_*", needed=True),
        Read("feat_*", label_month),
        Read("label", label_month),
        Read("feature_bin", months_before),
        Read("feature_stat", whole_history, renews=False),  # shown on the page
        Read("feature_selection", whole_history, renews=False),
    ),
    writes=("feature_stat", "feature_bin"),
    idle=history_too_short,
    after="cohort",
    restated="by_hand",
)
def catalogue(run: MonthRun) -> Made:
    """Write ``feature_stat`` and ``feature_bin`` of the month, and the page of the catalogue."""
    judged = judged_month(run)
    rows = write_stats(run, judged)
    with closing(run.as_known(date.max)) as known:  # every version there is
        page = write_page(known)
    facts = {
        "page": page.name,
        "bytes": page.stat().st_size,
        "judged_month": str(judged) if judged else None,
    }
    return Made(rows, facts)
