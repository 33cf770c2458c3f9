"""The one reader of YAML: what it gives, and how it says that a file is none."""

from pathlib import Path

import pytest
import yaml

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE, REPOSITORY, load_settings
from churn_tasks.core.yaml_file import read_yaml
from churn_tasks.declared.figures import Figure
from churn_tasks.declared.yaml_file import read_declaration

SHIPPED = sorted(INCLUDE.rglob("*.yaml"))[
    ::8
]  # the slow loader takes ten seconds for all


def test_it_reads_shipped_files_as_the_slow_loader_does() -> None:
    """The loader in C stands in for the one in Python, so that reading is not what a command waits for."""
    assert len(SHIPPED) > 20
    for file in SHIPPED:
        text = file.read_text(encoding="utf-8")
        assert read_yaml(file) == yaml.load(text, Loader=yaml.SafeLoader), file


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    file = tmp_path / "empty.yaml"
    file.write_text("# nothing\n", encoding="utf-8")
    assert read_yaml(file) is None
    with pytest.raises(SettingsError, match=r"empty\.yaml"):
        read_declaration(Figure, file)


def test_what_is_no_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(
        "title: {en: A shop\nfirst_month: 2024-01\n", encoding="utf-8"
    )
    with pytest.raises(SettingsError, match=r"(?s)settings\.yaml.*line 2"):
        load_settings(str(tmp_path))


def test_a_tag_that_would_run_something_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "unsafe.yaml"
    file.write_text("!!python/object/apply:os.getcwd []\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="could not determine a constructor"):
        read_yaml(file)


def test_a_wrong_field_is_named_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "figure.yaml"
    file.write_text("{name: cost, value: much, unit: CNY, en: a, zh: b}\n")
    with pytest.raises(SettingsError, match=r"(?s)figure\.yaml.*value"):
        read_declaration(Figure, file)


@pytest.mark.parametrize("room", ["core", "declared"])
def test_no_other_file_of_the_room_reads_yaml(room: str) -> None:
    folder = REPOSITORY / "churn_tasks" / room
    readers = [
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*.py")
        if "import yaml\n" in file.read_text(encoding="utf-8")
    ]
    assert readers == (["yaml_file.py"] if room == "core" else [])
