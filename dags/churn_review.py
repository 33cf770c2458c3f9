"""# churn_review

Puts doubtful pairs of customer records to people: one task a pair, both records side by side under *Required actions*,
with the differing fields marked. Each answer is written to the warehouse at once, in the name of who gave it, and kept
for ever; `churn review undo` in the terminal takes one back. The monthly run takes up the decisions that are there when
a month is first run and never waits for this DAG.

It runs on workdays at nine, operator's time, and offers the most probable open pairs, at most
`matching.offered_at_once` (20). A pair that nobody answers within five days is skipped and offered again. While pairs
wait, no second run starts.

Airflow keeps what it shows. With `matching.airflow_shows: differences` (the default) that is only the characters in
which names and addresses differ; `churn review` in the terminal shows whole records to the role `churn_reviewer`.
Airflow's login to the warehouse must be a member of that role.

## At three in the morning

Nothing here is urgent: no list depends on it. **SettingsError** (InsufficientPrivilege): grant `churn_reviewer` to
Airflow's warehouse login. **ConnectionTrouble**: the warehouse was away; clear the task, the pair is asked again.
"""

import pendulum
from airflow.sdk import CronTriggerTimetable, dag, task

from churn_airflow.bridge import DEFAULTS
from churn_airflow.review import ReviewOperator, open_pairs
from churn_tasks.core.settings import load_settings

SETTINGS = load_settings()
ONE_BY_ONE = {**DEFAULTS, "max_active_tis_per_dag": SETTINGS.matching.offered_at_once}


@dag(
    dag_id="churn_review",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 9 * * 1-5", timezone=SETTINGS.time_zone),
    start_date=pendulum.datetime(2024, 1, 1, tz=SETTINGS.time_zone),
    catchup=False,
    max_active_runs=1,
    default_args=ONE_BY_ONE,
    tags={"churn", SETTINGS.profile},
)
def churn_review() -> None:
    @task
    def pairs() -> list[list[str]]:
        """The open pairs, as numbers of lines."""
        return open_pairs()

    ReviewOperator.partial(task_id="decide").expand(pair=pairs())


churn_review()
