"""A run that restates and is cut off between any two steps ends, run again, like one that was not.

What a process leaves that is killed within a write, ``tests/adapters/test_lake.py`` shows.
"""

from itertools import islice

import pytest

from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.month import run_task
from churn_tasks.walks.tasks import TASKS
from tests.restatement.conftest import Road, digests, run_month
from tests.restatement.late_bills import AUGUST, JULY

CUT_OFF = (
    ("integrate", 2),  # July is extracted again, and not checked
    ("integrate", 4),  # July is half integrated
    ("features", 1),  # July has its features, August none
    ("warn", 2),  # July is scored again, and has no list yet
)


@pytest.mark.slow
@pytest.mark.parametrize(("task", "done"), CUT_OFF)
def test_a_run_that_is_cut_off_ends_like_one_that_was_not(
    copied: Road, task: str, done: int
) -> None:
    for each in TASKS:
        reports = run_task(each.name, copied.settings, AUGUST)
        if each.name == task:
            assert len(list(islice(reports, done))) == done
            reports.close()
            break
        list(reports)
    run_month(copied.settings, AUGUST)
    assert digests(copied.settings) == {
        name: digest for name, (digest, *_) in copied.after.items()
    }
    run = MonthRun(copied.settings, JULY)
    assert (
        len([row for row in run.warehouse.publications() if row["month"] == JULY.start])
        == 2
    )
    run.close()
