"""A text that people read has words in both languages; blank is as empty as nothing."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from churn_tasks.core.closed import Text
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import load_settings
from churn_tasks.declared.triggers import FILE, load_triggers
from churn_tasks.warning.playbook import load_playbook
from tests.lakes import small_profile

BOTH = {"en": "Fewer calls", "zh": "通话减少"}
BLANK = ("", " ", "\n", "　")  # the last one is as wide as a Chinese character


@pytest.mark.parametrize("blank", BLANK)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_blank_text_is_refused_with_its_language(blank: str, language: str) -> None:
    assert Text(**BOTH).en == "Fewer calls"
    with pytest.raises(ValueError, match=rf"{language}\n.*at least 1 character"):
        Text(**{**BOTH, language: blank})


def put(folder: Path, name: str, content: dict[str, Any]) -> Path:
    profile = small_profile(folder, ["bill"])
    file = profile / name
    file.parent.mkdir()
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return profile


GROUP = {"title": BOTH, "says": {"en": " ", "zh": "通话减少"}}
TRIGGER = {"name": "ported", "event": "port_requested", "priority": 9}
FILES = [
    ("strategies.yaml", {"by_reason": {"spend_drop": {"en": "", "zh": "核对账单"}}}, "by_reason.spend_drop.en: "),
    ("strategies.yaml", {"without_reason": {"en": "Ask", "zh": " "}}, "without_reason.zh: "),
    ("reasons.yaml", {"groups": {"usage_drop": GROUP}}, "groups.usage_drop.says.en: "),
    ("triggers.yaml", {"triggers": [{**TRIGGER, "words": {"en": "Asked", "zh": ""}}]}, "triggers.0.words.zh: "),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "content", "place"), FILES, ids=lambda part: str(part)[:30]
)
def test_a_file_of_the_playbook_with_a_blank_text_is_refused_by_entry_and_language(
    tmp_path: Path, file: str, content: dict[str, Any], place: str
) -> None:
    profile = put(tmp_path, f"playbook/{file}", content)
    load = load_triggers if file in FILE else load_playbook
    with pytest.raises(SettingsError) as told:
        load(load_settings(str(profile)))
    assert f"{file}: {place}" in str(told.value)


def test_a_definition_says_what_it_means(tmp_path: Path) -> None:
    content = {
        "meaning": {"en": "", "zh": "停用"},
        "signs": [{"name": "no_use", "event": "inactive_month"}],
    }
    profile = put(tmp_path, "definitions/still.yaml", content)
    settings = profile / "settings.yaml"
    said = settings.read_text(encoding="utf-8")
    settings.write_text(f"{said}definition: still\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"/still\.yaml: definition\.meaning\.en: "):
        load_settings(str(profile))


def test_a_field_that_the_profile_replaces_is_told_in_its_settings(
    tmp_path: Path,
) -> None:
    """Control: of the same definition one field stands in settings.yaml, the others in the file that ships."""
    meaning = {"en": " ", "zh": "停用"}
    profile = small_profile(tmp_path, ["bill"], definition={"meaning": meaning})
    with pytest.raises(SettingsError, match=r"/settings\.yaml: definition\.meaning"):
        load_settings(str(profile))
