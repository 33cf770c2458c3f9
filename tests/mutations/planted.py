"""Rules of the product broken on purpose, each in a copy: whether its tests notice."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from churn_tasks.core.settings import REPOSITORY, process_environment
from churn_tasks.core.yaml_file import read_yaml

RULES = Path(__file__).with_name("rules.yaml")
COPIED = ("churn_tasks", "include", "plugins", "dags", "tests", "docs", "benchmarks")
FILES = ("pyproject.toml", "README.md", "README.zh-CN.md")
TESTS_FAILED = 1  # pytest's exit code


@dataclass(frozen=True)
class Mutation:
    """One rule and how it is broken.

    Attributes:
        file: of the product, from the repository's root.
        text, becomes: what stands there, exactly once, and what is put in its place.
        tests: files of tests of which at least one test must fail.
    """

    rule: str
    file: str
    text: str
    becomes: str
    tests: list[str]

    def is_caught(self, folder: Path) -> bool:
        """Break the rule in a copy of the product below ``folder``, and run its tests there."""
        copy = copied(folder)
        broken = copy / self.file
        source = broken.read_text(encoding="utf-8")
        broken.write_text(source.replace(self.text, self.becomes), encoding="utf-8")
        return exit_code(copy, self.tests) == TESTS_FAILED


def mutations() -> list[Mutation]:
    return [Mutation(**each) for each in read_yaml(RULES)]


def copied(folder: Path) -> Path:
    """The product and its tests, without what was made of them."""
    for name in COPIED:
        made = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / name, folder / name, ignore=made)
    for name in FILES:
        shutil.copy(REPOSITORY / name, folder / name)
    return folder


def exit_code(folder: Path, tests: list[str]) -> int:
    """Of pytest over some files of a copy, up to the first failure: 0 when all pass."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    environment = {
        **process_environment(),
        "PYTHONPATH": f"{folder}:{folder / 'plugins'}",
    }
    done = subprocess.run(
        [*command, *tests],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode
