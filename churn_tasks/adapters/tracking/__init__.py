"""MLflow: one parent run a month, a child run for each candidate, and the registry of model versions.

A try that died leaves runs RUNNING. The next try of the month takes the parent up again, ends the dead children, and
takes over what a finished child has registered, so a month ends with one parent, one child a candidate and one
version each. What an MLflow server may hold is not trusted when read back: see ``adapters/model_files.py``.
"""

from churn_tasks.core.settings import default_process_variable

for _name, _value in {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # they open for generative AI
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "GIT_PYTHON_REFRESH": "quiet",
}.items():
    default_process_variable(_name, _value)

# MLflow reads the variables above when these import it
from churn_tasks.adapters.tracking.models import Models  # noqa: E402
from churn_tasks.adapters.tracking.records import Record, Records  # noqa: E402
from churn_tasks.adapters.tracking.runs import Logged, Runs  # noqa: E402

__all__ = ["Logged", "Record", "Tracking"]


class Tracking(Runs, Records, Models):
    """MLflow for one profile: its runs, what is written of them, and its model versions."""
