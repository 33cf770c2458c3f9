"""The walls of the design hold: one direction, pure packages pure, no Airflow below the plugins."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from churn_tasks.core.settings import REPOSITORY, process_environment

LINTER = str(Path(sys.executable).with_name("lint-imports"))
PACKAGES = ("churn_tasks", "dags", "plugins")


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **process_environment(),
        "PYTHONPATH": f"{folder}:{folder / 'plugins'}",
    }
    return subprocess.run(
        [LINTER, "--no-cache"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_every_contract_is_kept() -> None:
    done = _lint(REPOSITORY)
    assert done.returncode == 0, done.stdout
    assert "Contracts: 8 kept, 0 broken." in done.stdout


@pytest.mark.parametrize(
    ("file", "planted", "wall"),
    [
        (
            "churn_tasks/core/months.py",
            "import churn_tasks.adapters.lake",
            "One direction",
        ),
        (
            "churn_tasks/warning/capacity.py",
            "import churn_tasks.adapters.lake",
            "One direction",
        ),
        ("churn_tasks/warning/capacity.py", "import psycopg", "Pure packages"),
        ("churn_tasks/declared/units.py", "import sqlalchemy", "Pure packages"),
        (
            "churn_tasks/work/measured.py",
            "import churn_tasks.steps.warn",
            "One direction",
        ),
        (
            "churn_tasks/steps/warn.py",
            "import churn_tasks.walks.graph",
            "One direction",
        ),
        (
            "churn_tasks/by_hand/leaks.py",
            "import churn_tasks.cli.screens",
            "One direction",
        ),
        (
            "churn_tasks/walks/tasks.py",
            "import churn_tasks.runner.step",
            "The month's list of tasks",
        ),
        (
            "churn_tasks/core/months.py",
            "import churn_tasks.declared.units",
            "The kernel knows nothing",
        ),
        (
            "churn_tasks/runner/months.py",
            "import churn_tasks.checks.gate",
            "What a step is given",
        ),
        (
            "churn_tasks/cli/screens.py",
            "import churn_tasks.local.demo",
            "The services of the demo",
        ),
        (
            "churn_tasks/steps/warn.py",
            "import churn_tasks.steps.score",
            "Steps never import each other",
        ),
        (
            "churn_tasks/adapters/lake.py",
            "import airflow.sdk",
            "Nothing in churn_tasks imports Airflow",
        ),
    ],
)
def test_a_planted_import_breaks_its_wall(
    tmp_path: Path, file: str, planted: str, wall: str
) -> None:
    """Negative control: each contract would notice."""
    for package in PACKAGES:
        shutil.copytree(
            REPOSITORY / package,
            tmp_path / package,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    with (tmp_path / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{planted}\n")
    done = _lint(tmp_path)
    assert done.returncode == 1
    assert any(
        line.startswith(wall) and "BROKEN" in line for line in done.stdout.splitlines()
    ), done.stdout
