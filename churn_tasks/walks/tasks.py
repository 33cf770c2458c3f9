"""The month as a list: steps in order, and the tasks (one process each) that group them.

Airflow and the command line both read this list, so neither knows a step that the other lacks. Importing this module is
cheap; a step's module, with whatever heavy package it needs, is imported when the step runs (``walks/graph.py``). What
each step reads and makes stands in its own file, and a test holds the order here against it.
"""

from dataclasses import dataclass

from churn_tasks.core.errors import BadInput


@dataclass(frozen=True)
class Task:
    """Steps that share a process, because starting one costs more than most steps do.

    Attributes:
        after: tasks that must have succeeded before.
        minutes: time limit; a task that takes longer is stopped and tried again.
    """

    name: str
    steps: tuple[str, ...]
    after: tuple[str, ...] = ()
    minutes: int = 60


INTEGRATION = ("late", "check_raw", "integrate", "match", "texts", "summarise")

MODEL = ("features", "check_features", "labels", "check_relations", "train", "promote")
LIST = ("score", "triggers", "warn", "check_list", "publish", "watch")

# Where the cuts lie, and what a task costs: docs/adr/0019-five-tasks.md
TASKS = (
    Task("extract", ("extract",)),
    Task("integrate", INTEGRATION, after=("extract",)),
    Task("model", MODEL, after=("integrate",), minutes=120),
    Task("publish", LIST, after=("model",)),
    Task("report", ("report", "catalogue"), after=("publish",), minutes=30),
)
STEPS = tuple(step for task in TASKS for step in task.steps)

# A restated month runs a step in another's place, just before it: late rows are known only when they have been looked
# for, and labels serve no restated step before the scores: nothing is trained again.
RESTATED_AT = {"extract": "late", "labels": "score"}


def task_named(name: str) -> Task:
    """The task of that name.

    Raises:
        BadInput: there is none, with the names that there are.
    """
    for task in TASKS:
        if task.name == name:
            return task
    names = ", ".join(task.name for task in TASKS)
    raise BadInput(f"there is no task {name!r}; there are {names}")
