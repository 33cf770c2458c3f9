"""What tasks import, imported once for all of them.

Airflow's scheduler forks its workers, and they the tasks, from one process (``mp_start_method = forkserver``) that has
imported what ``mp_forkserver_preload`` names: this module. A task then begins with everything in memory. What stands
here is what most tasks need or what is dear; the benchmark ``benchmarks/demo.py`` says what it costs and saves.

Python takes no notice of an ImportError in a preloaded module, so a test imports it as well.
"""

import gc
import importlib

from churn_tasks.walks.graph import all_steps

STEPS = (
    "pandas",
    "pyarrow.parquet",
    "adbc_driver_postgresql.dbapi",
    "great_expectations",
    "sklearn.linear_model",
    "lightgbm",
    "skops.io",
    "mlflow.sklearn",
    "splink",
    "matplotlib.pyplot",
)
# after the others: skops asks every module in memory for each of NumPy's functions, and Airflow's answer with warnings
AIRFLOW = (
    "airflow.executors.local_executor",
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "churn_airflow.bridge",
)

gc.disable()  # nothing of what is imported becomes garbage; looking for it costs a quarter of the time
for name in STEPS:
    importlib.import_module(name)
all_steps()
for name in AIRFLOW:
    importlib.import_module(name)
gc.freeze()  # memory that is never looked at again stays shared with every task
gc.enable()
