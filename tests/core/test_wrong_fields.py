"""A wrong field is named with what was given; nothing of it is an address or a number in clear."""

from pathlib import Path

import pytest

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import load_settings
from churn_tasks.core.wrong_fields import NO_FIELDS
from churn_tasks.declared.contracts import QueryFile
from churn_tasks.declared.yaml_file import read_declaration
from churn_tasks.integrate.matching.plan import load_plan
from churn_tasks.integrate.matching.survivorship import load_rules
from churn_tasks.warning.playbook import load_playbook
from tests.lakes import small_run

ADDRESS = "pydantic.dev"


def test_a_declaration_names_file_field_and_what_was_given(tmp_path: Path) -> None:
    file = tmp_path / "query.yaml"
    file.write_text("table: month_x\ngrian: [customer_id]\n", encoding="utf-8")
    with pytest.raises(SettingsError) as wrong:
        read_declaration(QueryFile, file)
    said = str(wrong.value)
    assert "query.yaml: " in said and "grian: " in said
    assert "(given: ['customer_id'])" in said
    assert ADDRESS not in said


def test_a_field_that_there_is_not_names_those_that_there_are(tmp_path: Path) -> None:
    """At the top, within a section, and within a list of one."""
    for content, said in (
        ("leak_prob: {}", "there is no such field; there are title, currency"),
        ("leak_probe: {sure_leavers: 0.8}", "there are max_auc, max_sure_share"),
        (
            "quality: {exceptions: [{measure: bill.rows}]}",
            "there are measures, warn, stop, allowed",
        ),
    ):
        folder = tmp_path / "profile"
        folder.mkdir(exist_ok=True)
        (folder / "settings.yaml").write_text(
            "title: {en: x, zh: 例}\nfirst_month: 2024-01\nsource: {kind: files, files: {}}\n"
            f"model: {{name: my_churn}}\n{content}\n",
            encoding="utf-8",
        )
        with pytest.raises(SettingsError) as wrong:
            load_settings(str(folder))
        assert said in str(wrong.value)


def test_a_file_without_fields_says_what_is_wanted(tmp_path: Path) -> None:
    file = tmp_path / "query.yaml"
    file.write_text("- month_x\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=NO_FIELDS):
        read_declaration(QueryFile, file)


@pytest.mark.parametrize(
    ("name", "text", "load"),
    [
        ("matching/customer.yaml", "columns: 3\n", load_plan),
        (
            "matching/survivorship.yaml",
            "customer_name: 3\n",
            lambda s: load_rules(s, ["customer_name"]),
        ),
        ("playbook/strategies.yaml", "rank: 13800138000\n", load_playbook),
        ("playbook/strategies.yaml", "without_reason: {zh: 询问}\n", load_playbook),
        ("matching/customer.yaml", "[columns]\n", load_plan),
        ("matching/survivorship.yaml", "[gender]\n", lambda s: load_rules(s, [])),
    ],
)
def test_files_that_the_business_edits_say_the_field_and_no_address(
    tmp_path: Path, name: str, text: str, load
) -> None:
    settings = small_run(tmp_path, "2024-03", raw=("bill",)).settings
    file = settings.profile_dir / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as wrong:
        load(load_settings(str(settings.profile_dir)))
    assert str(wrong.value).startswith(f"{file}: "), "the file that holds it"
    assert "(given: " in str(wrong.value)
    assert ADDRESS not in str(wrong.value)
    assert "13800138000" not in str(wrong.value)
