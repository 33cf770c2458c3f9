"""triggers.yaml: the fourteen of the requirement, files that are refused, and which triggers a profile can raise."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE, load_settings
from churn_tasks.declared.registry import load_registry
from churn_tasks.declared.triggers import (
    FILE,
    Raised,
    TriggerFile,
    load_triggers,
    possible,
)
from churn_tasks.declared.yaml_file import read_declaration
from tests.lakes import small_profile, telecom_tables

PROFILES = ("telecom", "retail", "telecom_wide")
PORTED = {
    "name": "ported",
    "event": "port_requested",
    "priority": 9,
    "words": {"en": "Asked", "zh": "申请"},
}


def with_triggers(folder: Path, *triggers: dict[str, Any], **settings: Any) -> Path:
    """A profile with a triggers.yaml of its own."""
    profile = small_profile(folder, telecom_tables(), **settings)
    (profile / "playbook").mkdir()
    content = yaml.safe_dump({"triggers": list(triggers)}, allow_unicode=True)
    (profile / FILE).write_text(content, encoding="utf-8")
    return profile


def raised_by(profile: str) -> list[Raised]:
    settings = load_settings(profile)
    return possible(load_triggers(settings), load_registry(settings).tables)


def test_the_operator_can_raise_all_fourteen_and_six_more() -> None:
    raised = raised_by("telecom")
    numbers = {one.trigger.number for one in raised}
    assert numbers == {None, *range(1, 15)}
    without_number = {one.name for one in raised if one.trigger.number is None}
    assert without_number == {
        "port_requested",
        "said_leaving",
        "threatened_leaving",
        "rival_called",
        "direct_debit_given_up",
        "idle",
    }


def test_the_other_profiles_raise_what_fits_them() -> None:
    assert [one.name for one in raised_by("retail")] == ["away_sixty_days"]
    assert [one.name for one in raised_by("telecom_wide")] == ["revenue_falling"]


@pytest.mark.parametrize("profile", PROFILES)
def test_words_are_in_both_languages(profile: str) -> None:
    for one in load_triggers(load_settings(profile)):
        says = one.event.output.says
        assert says is not None
        for text in (one.trigger.words, says):
            assert re.search("[\u4e00-\u9fff]", text.zh)
            assert not re.search("[\u4e00-\u9fff]", text.en)


REFUSED = [
    ({"event": "port_request"}, "event: there is no event 'port_request', did you mean port_requested?"),
    ({"event": "last_billed"}, "trigger ported: event: last_billed is known 1 months later"),
    ({"event": "roaming_away"}, "event: roaming_away tells no evidence that a caller could say; add says"),
    ({"given": {"dys": 1}}, "trigger ported: given: there is no parameter 'dys'; there are none"),
    ({"event": "silent_days", "given": {"days": 5}}, "trigger ported: given: days is 5: allowed are 28.0 to 366.0"),
    ({"event": "bill_falling", "given": {"fall_pct": 140}}, "fall_pct is 140: allowed are 0.0 to 100.0"),
    ({"event": "group_without_traffic", "given": {"segment": "students"}}, "allowed are campus, individual"),
    ({"priority": 0}, "triggers.0.priority"),
    ({"tier": ["E"]}, "triggers.0.tier.0"),
    ({"limits": {}}, "triggers.0.limits"),
    ({"number": 15}, "triggers.0.number"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "said"), REFUSED, ids=lambda part: str(part)[:40])
def test_a_wrong_file_names_itself_the_field_and_what_is_allowed(
    wrong: dict[str, Any], said: str, tmp_path: Path
) -> None:
    profile = with_triggers(tmp_path, {**PORTED, **wrong})
    with pytest.raises(SettingsError) as error:
        load_triggers(load_settings(str(profile)))
    assert said in str(error.value)
    assert str(profile / FILE) in str(error.value)


def test_every_fault_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    """Also of a trigger that is off: it may be switched on by somebody who did not write it."""
    off = {**PORTED, "name": "off", "event": "prted", "enabled": False}
    late = {**PORTED, "name": "late", "event": "silent_days", "given": {"days": 400}}
    profile = with_triggers(tmp_path, PORTED, PORTED, off, late)
    with pytest.raises(SettingsError) as error:
        load_triggers(load_settings(str(profile)))
    for said in ("names given twice: ported", "trigger off: event", "trigger late: given: days is 400"):  # fmt: skip
        assert said in str(error.value)


def test_a_profiles_own_file_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    off = {**PORTED, "name": "off", "enabled": False}
    profile = with_triggers(tmp_path, off, PORTED)
    (raised,) = load_triggers(load_settings(str(profile)))
    assert (raised.name, raised.trigger.priority) == ("ported", 9)


def test_a_profile_without_the_tables_has_fewer_triggers(tmp_path: Path) -> None:
    """With bills alone: only what bills tell, and no tier, since nobody's class is known."""
    settings = load_settings(str(small_profile(tmp_path, ["bill"])))
    found = possible(load_triggers(settings), load_registry(settings).tables)
    assert [one.name for one in found] == ["bill_falling"]


def test_a_tier_of_classes_waits_for_the_master_record(tmp_path: Path) -> None:
    profile = with_triggers(tmp_path, {**PORTED, "tier": ["A"]})
    (of_class,) = load_triggers(load_settings(str(profile)))
    without = {"month_porting"}
    assert possible([of_class], without) == []
    assert possible([of_class], {*without, "month_profile", "clean_customer"})
    profile = with_triggers(tmp_path / "value", {**PORTED, "tier": ["value_1"]})
    (of_value,) = load_triggers(load_settings(str(profile)))
    assert "feat_value" in of_value.waits_for


def test_amounts_that_ship_are_about_so_much_of_the_profiles_currency(
    tmp_path: Path,
) -> None:
    """35 yuan are about 350 roubles; a profile's own file is in its own money."""
    shipped = small_profile(tmp_path, telecom_tables(), currency="RUB")
    amounts = {
        one.name: one.values for one in load_triggers(load_settings(str(shipped)))
    }
    assert amounts["bill_falling"]["bill_from_cny"] == 350
    assert amounts["bill_falling"]["fall_pct"] == 40
    own = {**PORTED, "event": "bill_falling", "given": {"bill_from_cny": 35}}
    profile = with_triggers(tmp_path / "own", own, currency="RUB")
    (raised,) = load_triggers(load_settings(str(profile)))
    assert raised.values["bill_from_cny"] == 35


def test_the_shipped_file_states_every_figure_of_its_events() -> None:
    """So that the business edits what it reads, and no default decides behind its back."""
    shipped = read_declaration(TriggerFile, INCLUDE / FILE).triggers
    events = {one.name: one.event for one in load_triggers(load_settings("telecom"))}
    assert len(shipped) == len(events) == 21
    for trigger in shipped:
        parameters = {each.name for each in events[trigger.name].output.parameters}
        assert set(trigger.given) == parameters, trigger.name
