"""# churn_watch

Raises the triggers that say `by_day` on the day on which they become known: requests to port, calls to a rival's
hotline, complaints that threaten to leave, faults, unmet requests. The monthly list is out on the 6th for leavings up
to two months later; who asks to port in between is seen here.

It runs at 07:00 operator's time, after the night's load, and looks at the day before: all that was known at its end.
Days that were missed since the last one are made up for first, in order, up to a month of them. Start it by hand with
`{"day": "2024-08-14"}`; `churn watch --day 2024-08-14` does the same and gives the same rows. A profile with a
`last_month` has a source that no longer grows: only runs by hand watch it.

Each alarm is raised once: a customer has one of a trigger in a month, however often a day is watched or an event is
corrected. Where a correction takes the event back, or the customer leaves, it ends and stays readable. Alarms are in
`bi_trigger_alarm`; `retention_alarm` ranks the open ones together with the list. The watch keeps what it has taken in
under `watch` in the profile's state and touches no table of the months, so it may run beside `churn_monthly`.

## At three in the morning

Nothing here stops a list. The watch is green also where data are missing.

* **An alert `no-data-2024-08-14`**: a source table is older than usual, or could not be taken in; the message
  names it and since when. No alarms on such a day are no all-clear: `bi_watch_day` has `is_complete` false. In office
  hours ask the source; the next watch takes in what it then gives, under its own day. To have it under the day that
  lacked it, start that day again.
* **ConnectionTrouble**: source or warehouse was away, seven times in an hour. Mend that, then clear the task.
* **SettingsError**: `playbook/triggers.yaml` names what cannot be; the message says which trigger and what is allowed.
* **BadInput from a step**: rows that cannot be cleaned. Look at the table that it names, then clear the task.
* **It takes long, or its folder is broken**: pause the DAG, remove the folder `watch` in the profile's state, clear the
  task; the month is taken in anew. Alarms that were raised stay.

Clearing the task is always safe."""

from datetime import datetime, time, timedelta

import pendulum
from airflow.sdk import CronPartitionTimetable, Param, dag, task

from churn_airflow.bridge import DEFAULTS
from churn_airflow.day import PATTERN, watch
from churn_tasks.core.settings import load_settings

SETTINGS = load_settings()
FIRST_DAY = pendulum.instance(
    datetime.combine(SETTINGS.first_month.start, time()), tz=SETTINGS.time_zone
)

EACH_MORNING = CronPartitionTimetable(
    "0 7 * * *", timezone=SETTINGS.time_zone, run_offset=-1, key_format="%Y-%m-%d"
)


@dag(
    dag_id="churn_watch",
    doc_md=__doc__,
    schedule=None if SETTINGS.last_month else EACH_MORNING,  # a source that has ended is watched by hand alone
    start_date=FIRST_DAY,
    catchup=False,  # a run makes up for the days before it that were missed
    max_active_runs=1,
    default_args=DEFAULTS,
    params={
        "day": Param(
            None, type=["null", "string"], pattern=PATTERN, title="Day",
            description="Day YYYY-MM-DD to watch. Needed when the run has no partition key.",
        )
    },
    tags={"churn", SETTINGS.profile},
)  # fmt: skip
def churn_watch() -> None:
    @task(task_id="watch", execution_timeout=timedelta(hours=2))
    def watch_the_day() -> list[dict]:
        """Take in what became known, and raise what it tells."""
        return watch()

    watch_the_day()


churn_watch()
