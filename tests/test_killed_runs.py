"""A month that is killed without warning, again and again, ends like one that was not (design rule 1).

SIGKILL to the process in each step but the first and the last; not a loss of power. The naive writer's control stands
in ``tests/adapters/test_lake.py``.
"""

import signal
import time
from pathlib import Path
from typing import Any

import pytest

from churn_tasks.core.settings import Settings
from churn_tasks.runner.month_run import MonthRun
from churn_tasks.walks.tasks import STEPS
from tests.month_process import month_process
from tests.own_profile import LAST, Prepared

NUMBERED = (
    "model_version",
    "mlflow_run_id",
    "why",
)  # a killed try may have used up a version number


def _kill_after(settings: Settings, step: str, seconds: float) -> bool:
    """Kill the month some time after it said that a step was done; whether it was still at work."""
    with month_process(settings, LAST) as process:
        assert any(f"{LAST} {step} " in line for line in process.said), (
            f"{step} was never done"
        )
        time.sleep(seconds)
        process.kill()
        return process.wait() == -signal.SIGKILL


def _whole(settings: Settings) -> int:
    with month_process(settings, LAST) as process:
        process.said.read()
        return process.wait()


def _outcome(settings: Settings) -> dict[str, Any]:
    """What the last month left: the bytes of each partition, or its rows without the version numbers in them."""
    run = MonthRun(settings, LAST)
    left: dict[str, Any] = {}
    for table in sorted(path.name for path in run.lake.root.glob("[a-z]*")):
        if not run.lake.has(table, LAST):
            continue
        names = run.registry.tables[table].column_names
        if set(names) & set(NUMBERED):
            run.engine.view(table)
            columns = ", ".join(name for name in names if name not in NUMBERED)
            left[table] = run.engine.records(
                f"SELECT {columns} FROM {table} WHERE month = DATE '{LAST.start}' ORDER BY ALL"
            )
        else:
            left[table] = run.lake.sha256(table, LAST)
    left["published"] = [
        (row["customer_id"], row["rank"]) for row in run.warehouse.published(LAST)
    ]
    left["staging"] = [path.name for path in (run.lake.root / ".staging").iterdir()]
    run.close()
    return left


@pytest.mark.slow
def test_a_month_killed_at_any_moment_ends_like_one_that_was_not(
    own: Settings, prepared: Prepared, tmp_path: Path
) -> None:
    expected = _outcome(own)

    killed = prepared.copied(tmp_path / "killed")
    kills = [(step, 0.0) for step in STEPS[:-1]] + [
        ("check_relations", 0.3),
        ("check_relations", 0.8),
    ]  # the last two within train
    reached = [_kill_after(killed, step, seconds) for step, seconds in kills]
    assert reached == [True] * 22
    assert _whole(killed) == 0
    assert _outcome(killed) == expected
    assert len(expected["published"]) > 40
    assert len(expected) == 36
