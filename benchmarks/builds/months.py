"""Runs months in the build whose folder is the working folder, and prints as JSON what each step took.

Started by ``benchmarks.builds.against`` with the Python of either build, so it imports of the product only what both
have. One process runs all steps, as ``churn run`` does; imports count for the step that asks for them first.
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

    run_step, steps = _walk()
    settings = load_settings("telecom", **plan["settings"])
    lines = []
    for month in plan["months"]:
        for step in steps:
            cpu_before, wall_before = _cpu_s(), time.monotonic()
            report = run_step(step, settings, Month.parse(month))
            line = {"month": month, "step": step, "outcome": report.outcome}
            line["cpu_s"] = _cpu_s() - cpu_before
            line["wall_s"] = time.monotonic() - wall_before
            lines.append(line)
    return lines


def _walk() -> tuple[Any, tuple[str, ...]]:
    """The function that runs a step, and all steps in order, where a build keeps them."""
    try:
        from churn_tasks.walks.month import run_step
        from churn_tasks.walks.tasks import STEPS
    except ImportError:  # a build before the walks had a folder of their own
        from churn_tasks.pipeline import STEPS, run_step
    return run_step, STEPS


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in WHO]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    main(Path(sys.argv[1]))
