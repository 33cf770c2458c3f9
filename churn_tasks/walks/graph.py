"""The one graph that every walk follows: who makes a table, and what is made again when a month is restated.

Both follow from what the steps declare. "Late rows of March: what is made again?" is answered by
:func:`restated_steps`: the steps of the task that finds late rows, then those of every task after it.
"""

import importlib
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from churn_tasks.core.errors import BadInput
from churn_tasks.walks.tasks import RESTATED_AT, STEPS, TASKS, Task

if TYPE_CHECKING:
    from churn_tasks.core.months import Month
    from churn_tasks.declared.registry import Registry
    from churn_tasks.runner.month_run import MonthRun
    from churn_tasks.runner.step import Step, StepReport


@cache
def step_named(name: str) -> "Step":
    """The declaration of a step; imports its module.

    Raises:
        BadInput: there is no such step, with the names that there are.
    """
    if name not in STEPS:
        raise BadInput(f"there is no step {name!r}; there are {', '.join(STEPS)}")
    module = importlib.import_module(f"churn_tasks.steps.{name}")
    if not hasattr(module, name):
        raise LookupError(f"steps/{name}.py has no function {name} under @step(...)")
    return getattr(module, name)


def owner(table: str, registry: "Registry") -> "Step":
    """The step that makes a table of a profile.

    Raises:
        LookupError: none does, or two do: a fault of the declarations, which the tests look for.
    """
    makers = [step for step in all_steps() if table in step.tables(registry)]
    if len(makers) != 1:
        names = ", ".join(step.name for step in makers) or "no step"
        raise LookupError(f"{table} is made by {names}; exactly one must make it")
    return makers[0]


def all_steps() -> "list[Step]":
    """Every step, in order."""
    return [step_named(name) for name in STEPS]


def run_on(name: str, run: "MonthRun") -> "StepReport":
    """Run one step on an opened month."""
    from churn_tasks.runner.protocol import run_step

    return run_step(step_named(name), run, owner)


def require_reads(name: str, run: "MonthRun") -> None:
    """Refuse to go on before everything is there that a step needs.

    Raises:
        NotReady: a table lacks a month, with the command that makes it.
    """
    from churn_tasks.runner import protocol

    protocol.require_reads(step_named(name), run, owner)


def require(run: "MonthRun", tables: Iterable[str], months: "Sequence[Month]") -> None:
    """Refuse to go on before tables of some months have been made.

    Raises:
        NotReady: one lacks a month, with the command that makes it.
    """
    from churn_tasks.runner import protocol

    for table in tables:
        protocol.require(run, table, months, owner)


def restated_steps(names: Iterable[str]) -> tuple[str, ...]:
    """What these steps of a run do for the months that it restates, in order.

    Only the modules of these steps are imported: every process of a month asks this.
    """
    order: list[str] = []
    for name in names:
        order += [step for step, place in RESTATED_AT.items() if place == name]
        if name not in RESTATED_AT and step_named(name).restated != "never":
            order.append(name)
    return tuple(order)


def task_of(name: str) -> Task:
    """The task in which a step of a restated month runs."""
    place = RESTATED_AT.get(name, name)
    for task in TASKS:
        if place in task.steps:
            return task
    raise BadInput(f"there is no step {name!r}; there are {', '.join(STEPS)}")


def delivering_task() -> Task:
    """The task that takes late rows in: the one in which a restated month is extracted again."""
    return task_of("extract")


def tasks_after(task: Task) -> list[Task]:
    """The tasks of the month that come later in the list."""
    return list(TASKS[TASKS.index(task) + 1 :])
