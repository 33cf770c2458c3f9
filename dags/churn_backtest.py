"""# churn_backtest

Judges the lists of past months with the model that would have been in force at the time: candidates learn from what
was known then, and the gate decides again. Nothing is registered, promoted or published, and no list is touched; the
page, its tables and one MLflow run a month (below one run of the whole) are all that it leaves.

Somebody starts it by hand, with the first and the last list to judge (`from`, `to`), or without for all that can be
judged; `definition` judges them by another definition of leaving than the one that the models learnt. It works beside
the monthly run and takes as long as the training of all these months, the first time. A second run takes over the
months whose data, settings and code are the same.

## At three in the morning

Nothing here is urgent: no list depends on it. **NotReady**: no list of these months can be judged yet, the message
says which can. **SettingsError**: there is no such definition, the message names those there are. **CheckFailed**: a
column tells who leaves, as it would have stopped the month. A task that was killed is tried again and goes on with
the month it was at.
"""

from datetime import timedelta

from airflow.sdk import Param, dag, get_current_context, task

from churn_airflow.backtest import run_backtest
from churn_airflow.bridge import DEFAULTS
from churn_airflow.month import PATTERN
from churn_tasks.core.settings import load_settings

SETTINGS = load_settings()


def month_param(title: str) -> Param:
    return Param(None, type=["null", "string"], pattern=PATTERN, title=title)


@dag(
    dag_id="churn_backtest",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    default_args=DEFAULTS,
    params={
        "from": month_param("First list"),
        "to": month_param("Last list"),
        "definition": Param(
            None, type=["null", "string"], title="Definition of leaving that judges"
        ),
    },
    tags={"churn", SETTINGS.profile},
)
def churn_backtest() -> None:
    @task(execution_timeout=timedelta(hours=12))
    def backtest() -> dict:
        """Replay the months, and judge the list of each."""
        return run_backtest(get_current_context()["params"])

    backtest()


churn_backtest()
