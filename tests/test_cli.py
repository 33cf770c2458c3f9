"""The command line: one clear message for each mistake, and never a traceback for an error raised on purpose."""

import subprocess
import sys
from pathlib import Path

import pytest

from churn_tasks.core.settings import REPOSITORY, process_environment


def _churn(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "churn_tasks", *arguments]
    clean = {name: value for name, value in process_environment().items() if not name.startswith("CHURN_")}
    environment = {**clean, "CHURN_STATE_DIR": str(folder)}
    return subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("step", "extract", "--month", "2024-13"), "month '2024-13' is not of the form YYYY-MM"),
        (("step", "extarct", "--month", "2024-03"), "there is no step 'extarct'; there are extract, late, check_raw"),
        (("run", "--month", "2024-03", "--profile", "telecon"), "Give one of retail, telecom, telecom_wide"),
        (("step", "extract", "--month", "2024-03"), "CHURN_SOURCE_URL is not set"),
        (("step", "train", "--month", "2024-12"), "Run first: churn step promote --month 2024-11"),
    ],
)
def test_a_mistake_is_told_in_one_message(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = _churn(tmp_path, *arguments)
    told = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 1
    assert "Traceback" not in told
    assert said in told


def test_the_dictionary_is_printed_in_both_languages(tmp_path: Path) -> None:
    done = _churn(tmp_path, "dictionary", "--profile", "retail")
    assert done.returncode == 0
    assert "Data dictionary 数据字典: Online gift shop" in done.stdout
