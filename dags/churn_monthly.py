"""# churn_monthly

Takes one billing month from the source to the published warning list and its report. The month is the run's partition
key (`2024-03`), or the parameter `month` of a run that somebody starts by hand.

It runs at 02:00 operator's time on the day after billing of the month before has closed (the 6th, unless the profile
says otherwise). Months that were missed are caught up. Past months are run again with a backfill, from the DAG's page
or with `airflow backfill create --dag-id churn_monthly --from-date 2024-01-01 --to-date 2024-06-30 --max-active-runs 2
--reprocess-behavior completed`. Airflow holds the dates against one moment of each month, 02:00 on the day (the 6th) on
which billing closes: a window that ends on the 5th of June loses June. Name whole months. A month that is run again
replaces its own tables and publishes a new version; other months stay as they are. A profile with a `last_month` has a
source that no longer grows: only backfills run it. With `promotion.approval: person` the task `approve` shows a better
model's card under *Required actions* and waits. No answer keeps the present model. `churn models approve` agrees
afterwards; then clear `publish`.

## Late rows and restated months

Rows that become known after their month was read are looked for by the run of the next month (of more months, if
`restatement.months` in the profile says so). It then restates the earlier month: `integrate`, `model`, `publish` and
`report` do their work for it first, and what they report bears its name, `2024-02-restated-2024-04-06`. The first
versions stay beside the restated ones, models are never trained again for it, the published list becomes a further
version marked `is_restated`, and the report says so. Corrections that the source made in place, without a new known
date, are found by `churn restate --month 2024-02`, which reads the whole month again.

## At three in the morning

The list that BI reads is still the last good one, unless only `report` is red: then the month's list is out. A restated
list of an earlier month that passed its checks may be out as well. Open the red task's log; the last lines name table,
month, column, count and up to five examples, and what to do. A task runs several steps; the line before the error names
the last one that was done.

* **CheckFailed, BadInput**: the data are wrong, and trying again cannot mend data. Rejected rows are in the lake's
  `quarantine`, the results in Data Docs. In office hours ask the source to deliver anew, then clear `extract`.
* **ConnectionTrouble, NotReady**: a database was away, or the month before is not done, seven times in an hour. Mend
  that, then clear the red task; what is done stays done.
* **An alert `refused-2024-02-restated-...`, and everything green**: rows that came late for that month failed a check.
  The month keeps the list it had, the run goes on; the lake's table `refusal` has the reason. In office hours ask the
  source to deliver anew, then `churn restate --month 2024-02`.
* **An alert `watch-2024-10`, and everything green**: the list is out, its model fits less than it did. Not at night.
  The month's page and `bi_model_watch` say where, docs/models.md what people can do.
* **Fenced**: a later attempt owns the month; look at that one. **No error, task killed**: most often memory. Lower
  `resources.memory` in the profile and clear the task.
* **BadInput about a model version or MLflow's experiment**: MLflow has lost something, and there is no copy of it. The
  message names the commands that go on (`churn models restore`, `retire`, `pin`; docs/models.md), then clear `extract`.
* **SettingsError**: a setting or an address is wrong, the warehouse needs a DBA, or views of others keep it from being
  upgraded; the message names them. It comes before the first step, so nothing is half done.
* **Somebody asks to be deleted** (`churn forget`, docs/privacy.md): in office hours pause this DAG, let its run end,
  take the person out. `churn forget --resume` takes up a request that was killed half-way.

Clearing a task is always safe: every step replaces its own output whole or not at all."""

from datetime import datetime, time

import pendulum
from airflow.sdk import CronPartitionTimetable, Param, dag, task

from churn_airflow.approval import ApprovalOperator
from churn_airflow.bridge import DEFAULTS, limits, run
from churn_airflow.month import PATTERN
from churn_tasks.core.settings import load_settings

SETTINGS = load_settings()
# of the next month, operator's time
BILLING_CLOSED = f"0 2 {1 + SETTINGS.windows.settle_days} * *"
FIRST_CLOSE = pendulum.instance(
    datetime.combine(SETTINGS.first_month.end, time()), tz=SETTINGS.time_zone
)


@dag(
    dag_id="churn_monthly",
    doc_md=__doc__,
    schedule=CronPartitionTimetable(BILLING_CLOSED, timezone=SETTINGS.time_zone, run_offset=-1, key_format="%Y-%m"),
    start_date=FIRST_CLOSE,
    end_date=FIRST_CLOSE if SETTINGS.last_month else None,  # a source that has ended is not run by the clock
    catchup=True,
    max_active_runs=1,
    default_args=DEFAULTS,
    params={
        "month": Param(
            None, type=["null", "string"], pattern=PATTERN, title="Month",
            description="Billing month YYYY-MM. Needed when the run has no partition key.",
        )
    },
    tags={"churn", SETTINGS.profile},
)  # fmt: skip
def churn_monthly() -> None:
    @task(**limits("extract"))
    def extract() -> list[dict]:
        """Copy the month from the source, with tokens in place of phone numbers."""
        return run("extract")

    @task(**limits("integrate"))
    def integrate() -> list[dict]:
        """Find late rows; check the month, set bad rows aside, merge the sources, and sum it up per customer."""
        return run("integrate")

    @task(**limits("model"))
    def model() -> list[dict]:
        """Combine the observe window into features and check them; judge models, and let the better one go live."""
        return run("model")

    @task(**limits("publish"))
    def publish() -> list[dict]:
        """Score every customer, make the list and check it; hand it to the warehouse whole, or not at all."""
        return run("publish")

    @task(**limits("report"))
    def report() -> list[dict]:
        """Write the report of the month in both languages, and the page of the features."""
        return run("report")

    judged = extract() >> integrate() >> model()
    if SETTINGS.promotion.approval == "person":
        judged >>= ApprovalOperator(task_id="approve", terms=SETTINGS.promotion)
    judged >> publish() >> report()


churn_monthly()
