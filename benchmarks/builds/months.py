"""Runs months in the build whose folder is the working folder, and prints as JSON what each step took.

Started by ``benchmarks.builds.against`` with the Python of either build, so it imports of the product only what both
have. One process runs all tasks, as ``churn run`` does: the steps of a task share what they have read and prepared.
Imports, and what is prepared, count for the step that asks for them first; closing a task counts for its last step.
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def main(plan_file: Path) -> None:
    """Run the months of a plan: ``settings`` (overrides), ``months`` (each ``YYYY-MM``)."""
    started_s = _cpu_s()
    plan = json.loads(plan_file.read_text(encoding="utf-8"))
    lines = _run(plan)
    print(json.dumps({"lines": lines, "start_s": started_s}))  # noqa: T201 - its answer


def _run(plan: dict[str, Any]) -> list[dict[str, Any]]:
    from churn_tasks.core.months import Month
    from churn_tasks.core.settings import load_settings

    run_task, tasks = _walk()
    settings = load_settings("telecom", **plan["settings"])
    lines: list[dict[str, Any]] = []
    for month in plan["months"]:
        for task in tasks:
            watch = Watch()
            for report in run_task(task.name, settings, Month.parse(month)):
                said = {"month": report.month, "step": report.step}
                lines.append(said | {"outcome": report.outcome} | watch.lap())
            for measure, seconds in watch.lap().items():
                lines[-1][measure] += seconds
    return lines


class Watch:
    """What passed since the last look."""

    def __init__(self) -> None:
        self._cpu, self._wall = _cpu_s(), time.monotonic()

    def lap(self) -> dict[str, float]:
        """CPU and wall seconds since the last lap."""
        cpu, wall = _cpu_s(), time.monotonic()
        passed = {"cpu_s": cpu - self._cpu, "wall_s": wall - self._wall}
        self._cpu, self._wall = cpu, wall
        return passed


def _walk() -> tuple[Any, tuple[Any, ...]]:
    """The function that runs a task, and all tasks in order, where a build keeps them."""
    try:
        from churn_tasks.walks.month import run_task
        from churn_tasks.walks.tasks import TASKS
    except ImportError:  # a build before the walks had a folder of their own
        from churn_tasks.pipeline import TASKS, run_task
    return run_task, TASKS


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in WHO]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    main(Path(sys.argv[1]))
