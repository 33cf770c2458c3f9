"""Documents stay complete: the index of decisions, and the data dictionary of each shipped profile."""

import re
from pathlib import Path

import pytest

from churn_tasks.core.settings import INCLUDE, REPOSITORY, load_settings
from churn_tasks.declared.registry import load_registry
from churn_tasks.report.dictionary import dictionary
from churn_tasks.walks.tasks import TASKS

DECISIONS = sorted(
    path.name for path in (REPOSITORY / "docs" / "adr").glob("[0-9]*.md")
)
PROFILES = sorted(
    path.parent.name for path in (INCLUDE / "profiles").glob("*/settings.yaml")
)


def test_the_index_lists_every_decision_once() -> None:
    listed = re.findall(
        r"\]\((\d{4}-[a-z0-9-]+\.md)\)",
        (REPOSITORY / "docs" / "adr" / "README.md").read_text(),
    )
    assert listed == DECISIONS and len(DECISIONS) >= 6


@pytest.mark.parametrize("profile", PROFILES)
def test_the_dictionary_is_what_the_registry_says(profile: str) -> None:
    settings = load_settings(profile)
    expected = dictionary(
        load_registry(settings),
        settings.title.en,
        settings.title.zh,
        settings.time_zone,
    )
    written = Path(REPOSITORY / "docs" / "dictionary" / f"{profile}.md").read_text(
        encoding="utf-8"
    )
    assert written == expected, (
        f"run: make dictionary (docs/dictionary/{profile}.md is out of date)"
    )


def test_three_profiles_ship() -> None:
    assert PROFILES == ["retail", "telecom", "telecom_wide"]


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_table_of_tasks_names_every_step(name: str) -> None:
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| ([\w, ]+) \| .* \|$", text, re.MULTILINE)
    described = {task: tuple(steps.split(", ")) for task, steps in rows}
    assert described == {task.name: task.steps for task in TASKS}
