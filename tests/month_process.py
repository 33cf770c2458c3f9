"""``churn run`` in a process of its own that can be killed, forked from one that has imported what months need."""

import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import IO

from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings, changed_environment

IMPORTED = [
    "tests.month_process",
    "churn_tasks.cli",
    "great_expectations",
    "mlflow",
    "lightgbm",
    "sklearn.linear_model",
    "pandas",
    "duckdb",
]
STDOUT, STDERR = 1, 2


@dataclass(frozen=True)
class MonthProcess:
    """A month at work, and what it says, line by line."""

    process: BaseProcess
    said: IO[str]

    def kill(self) -> None:
        self.process.kill()

    def wait(self) -> int:
        """How it ended: its exit code, or the negative number of the signal that killed it."""
        self.process.join()
        assert self.process.exitcode is not None
        return self.process.exitcode


@contextmanager
def month_process(settings: Settings, month: Month) -> Iterator[MonthProcess]:
    """``churn run --month`` at work on an operator's files."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    reading, writing = context.Pipe(duplex=False)
    process = context.Process(
        target=_run, args=(writing, _environment(settings), str(month))
    )
    process.start()
    writing.close()
    with os.fdopen(os.dup(reading.fileno())) as said:
        yield MonthProcess(process, said)
    reading.close()


def _environment(settings: Settings) -> dict[str, str]:
    told = settings.environment
    return {
        "CHURN_PROFILE": str(settings.profile_dir),
        "CHURN_STATE_DIR": str(told.state_dir),
        "CHURN_DATA_PATH": str(told.data_path),
        "CHURN_WAREHOUSE_URL": str(told.warehouse_url),
    }


def _run(told: Connection, environment: dict[str, str], month: str) -> None:
    """In the new process: the command with its output in the pipe."""
    from churn_tasks.cli import main

    os.dup2(told.fileno(), STDOUT)
    os.dup2(os.open(os.devnull, os.O_WRONLY), STDERR)
    sys.argv = ["churn", "run", "--month", month]
    with changed_environment(**environment):
        main()
