"""A playbook that cannot be used is told before the first step: the file that is wrong, the entry, and no more."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.months import Month
from churn_tasks.core.settings import INCLUDE, Settings, load_settings
from churn_tasks.core.slots import filled
from churn_tasks.declared.registry import load_registry
from churn_tasks.declared.yaml_file import read_yaml
from churn_tasks.walks.places import require_places
from churn_tasks.warning.playbook import load_playbook, refuse_unknown_features
from tests.lakes import small_profile

MARCH = Month(2024, 3)
BOTH = {"en": "Fewer calls", "zh": "通话减少"}
SIGN = {"of": ["fault_window_count"], "shows": ["network_fault"]}
LONGEST = 800  # characters of a message that people read to its end


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    folder = small_profile(tmp_path, ["bill"])
    (folder / "playbook").mkdir()
    return folder


def read(profile: Path) -> Settings:
    return load_settings(str(profile), state_dir=profile.parent / "state")


def put(profile: Path, name: str, content: object) -> Path:
    file = profile / "playbook" / name
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return file


def refused(profile: Path) -> str:
    """What stops a month before its first step."""
    with pytest.raises(SettingsError) as told:
        require_places(read(profile), MARCH, MARCH)
    said = str(told.value)
    assert len(said) < LONGEST
    assert str(INCLUDE / "playbook") not in said
    return said


def sign(en: str, zh: str = "故障") -> dict[str, Any]:
    return {"signs": {"faulty": {**SIGN, "says": {"en": en, "zh": zh}}}}


def group(**texts: dict[str, str]) -> dict[str, Any]:
    return {"groups": {"usage_drop": {"title": BOTH, "says": BOTH, **texts}}}


NONE = "figures: none"
ASK = {"without_reason": {"en": "Ask {name}", "zh": "询问"}}
FILLED = [
    ("reasons.yaml", sign("bill {amount}"), "signs.faulty.says: en names {amount}", "{value}, {months}"),
    ("reasons.yaml", sign("faults", "故障{Value}次"), "signs.faulty.says: zh names {Value}", "{value}, {months}"),
    ("reasons.yaml", sign("faults {value:.1f}"), "en names {value:.1f}", "{value}, {months}"),
    ("reasons.yaml", sign("faults {}"), "en names {}", "{value}, {months}"),
    ("reasons.yaml", sign("faults {value"), "en names {", "{value}, {months}"),
    ("reasons.yaml", group(says={"en": "{value} calls", "zh": "通话"}), "usage_drop.says: en names {value}", NONE),
    ("reasons.yaml", group(steady={"en": "calls", "zh": "{n}"}), "groups.usage_drop.steady: zh names {n}", NONE),
    ("strategies.yaml", ASK, "without_reason: en names {name}", NONE),
    ("triggers.yaml", {"triggers": [{"name": "ported", "event": "port_requested", "priority": 9,
        "words": {"en": "Asked {days} ago", "zh": "申请"}}]}, "triggers.0.words: en names {days}", NONE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "place", "allowed"), FILLED, ids=lambda part: str(part)[:40]
)
def test_a_figure_that_there_is_not_is_told_before_the_first_step(
    profile: Path, name: str, content: object, place: str, allowed: str
) -> None:
    """Else the list would stop on it, or people would read the braces."""
    file = put(profile, name, content)
    said = refused(profile)
    assert str(file) in said
    assert place in said
    assert allowed in said


def test_figures_that_there_are_may_stand_in_any_order(profile: Path) -> None:
    put(profile, "reasons.yaml", sign("in {months} months {value} of {value}"))
    require_places(read(profile), MARCH, MARCH)
    says = load_playbook(read(profile)).reasons.signs["faulty"].says
    words = {"value": "2", "months": 3}
    assert filled(says.en, words) == "in 3 months 2 of 2"


MALFORMED = [
    ("reasons.yaml", {"groups": None}, "groups: Input should be a valid dictionary (given: None)"),
    ("reasons.yaml", {"groups": ["usage_drop"]}, "groups: Input should be a valid dictionary (given: ['usage_drop'])"),
    ("reasons.yaml", {"signs": None}, "signs: Input should be a valid dictionary"),
    ("reasons.yaml", {"signs": {"faulty": None}}, "signs.faulty: "),
    ("strategies.yaml", {"by_reason": "call"}, "by_reason: Input should be a valid dictionary (given: 'call')"),
    ("strategies.yaml", ["by_reason"], "must be fields with values"),
    ("reasons.yaml", "groups", "must be fields with values"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "said"), MALFORMED, ids=lambda part: str(part)[:40]
)
def test_what_is_no_table_is_told_with_its_file_and_field(
    profile: Path, name: str, content: object, said: str
) -> None:
    file = put(profile, name, content)
    assert f"{file}: {said}" in refused(profile)


def test_only_what_is_wrong_is_told_and_in_the_file_that_holds_it(
    profile: Path,
) -> None:
    """An entry without a title, a sign of what is no cause, a group without a strategy."""
    reasons = put(profile, "reasons.yaml", {"groups": {"sleep": {"says": BOTH}}})
    assert f"{reasons}: groups.sleep.title: Field required" in refused(profile)
    other = {**SIGN, "shows": ["usage_drop"], "says": BOTH}
    put(profile, "reasons.yaml", {"signs": {"faulty": other}})
    said = refused(profile)
    assert f"{reasons}: signs.faulty.shows: usage_drop is no cause" in said
    put(profile, "reasons.yaml", {"groups": {"sleep": {"title": BOTH, "says": BOTH}}})
    said = refused(profile)
    assert f"{profile / 'playbook'}: by_reason of strategies.yaml" in said
    assert "lacks ['sleep']" in said


def test_a_fault_of_the_shipped_file_names_the_shipped_file(
    profile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the profile has a file of its own that is in order: control of the rule above."""
    put(profile, "reasons.yaml", group())
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    reasons = read_yaml(INCLUDE / "playbook" / "reasons.yaml")
    reasons["groups"]["payment"]["title"] = 3
    strategies = read_yaml(INCLUDE / "playbook" / "strategies.yaml")
    for name, content in (("reasons", reasons), ("strategies", strategies)):
        (shipped / f"{name}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    monkeypatch.setattr("churn_tasks.warning.playbook.SHIPPED", shipped)
    with pytest.raises(SettingsError) as told:
        load_playbook(read(profile))
    assert f"{shipped / 'reasons.yaml'}: groups.payment.title: " in str(told.value)
    assert str(profile) not in str(told.value)


@pytest.mark.parametrize("field", ["not_said", "signs.faulty.of"])
def test_a_feature_that_no_query_makes_is_told_with_those_of_nearly_that_name(
    profile: Path, field: str
) -> None:
    content: dict[str, Any] = {"not_said": ["rfm_summ"]}
    if field != "not_said":
        content = sign("faults")
        content["signs"]["faulty"]["of"] = ["rfm_summ"]
    file = put(profile, "reasons.yaml", content)
    said = refused(profile)
    assert f"{file}: {field} names the feature rfm_summ, which no query makes" in said
    assert "rfm_sum" in said.partition("nearly that name: ")[2]


def test_a_column_that_is_no_feature_tells_nothing(profile: Path) -> None:
    put(profile, "reasons.yaml", {"not_said": ["customer_id"]})
    assert "not_said names the feature customer_id" in refused(profile)


def test_features_that_the_profile_merely_lacks_fall_away(profile: Path) -> None:
    """Bills alone make no fault, and only the shop's catalogue has a spread of gaps between orders."""
    content = {**sign("faults"), "not_said": ["gap_spread_days", "rfm_sum"]}
    put(profile, "reasons.yaml", content)
    settings = read(profile)
    made = {feature.name for feature in load_registry(settings).features}
    assert not made & {"fault_window_count", "gap_spread_days"}
    refuse_unknown_features(settings, made)


def test_every_feature_that_ships_in_the_playbook_is_made_by_some_query(
    profile: Path,
) -> None:
    """The shipped file as the profile's own: a name that nothing makes would be refused."""
    shipped = read_yaml(INCLUDE / "playbook" / "reasons.yaml")
    put(profile, "reasons.yaml", shipped)
    refuse_unknown_features(read(profile), ())
