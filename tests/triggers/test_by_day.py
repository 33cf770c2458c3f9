"""Which triggers are raised before their month has ended, and what they need of a source."""

from pathlib import Path

import pytest

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import load_settings
from churn_tasks.declared.registry import load_registry
from churn_tasks.declared.triggers import load_triggers
from churn_tasks.declared.watched import narrowed, sources_of, triggers_by_day
from tests.triggers.test_declared_triggers import PORTED, with_triggers

BY_DAY = {
    "faults_reported", "complaint_unsettled", "relocation_unmet", "key_account_request_unmet",
    "port_requested", "said_leaving", "threatened_leaving", "rival_called",
}  # fmt: skip


def test_the_shipped_ones_are_those_that_part_of_a_month_can_strike() -> None:
    settings = load_settings("telecom")
    registry = load_registry(settings)
    raised = triggers_by_day(settings, registry.tables)
    assert {one.name for one in raised} == BY_DAY
    assert len(load_triggers(settings)) > len(BY_DAY)
    assert sources_of(registry, raised) == [
        "cdr", "complaint", "contact", "customer", "fault", "port_out", "request",
    ]  # fmt: skip


@pytest.mark.parametrize("profile", ["retail", "telecom_wide"])
def test_profiles_without_any_are_not_watched(profile: str) -> None:
    settings = load_settings(profile)
    assert triggers_by_day(settings, load_registry(settings).tables) == []


@pytest.mark.parametrize(
    "event",
    ["prepaid_without_calls", "group_without_traffic", "bill_falling", "silent_days"],
)
def test_what_the_rest_of_a_month_may_take_back_is_refused_by_day(
    tmp_path: Path, event: str
) -> None:
    trigger = {**PORTED, "event": event, "given": {}, "by_day": True}
    if event == "group_without_traffic":
        trigger["given"] = {"segment": "campus"}
    settings = load_settings(str(with_triggers(tmp_path, trigger)))
    with pytest.raises(
        SettingsError, match=f"by_day: the rest of the month.*{event}.*port_requested"
    ):
        load_triggers(settings)


def test_value_tiers_are_refused_by_day(tmp_path: Path) -> None:
    trigger = {**PORTED, "by_day": True, "tier": ["A", "value_1"]}
    settings = load_settings(str(with_triggers(tmp_path, trigger)))
    with pytest.raises(
        SettingsError, match="value tiers are known when the month has ended"
    ):
        load_triggers(settings)


def test_calls_are_taken_in_only_for_a_trigger_that_needs_them(tmp_path: Path) -> None:
    """Who asks to port needs two tables; the summary of care brings neither surveys nor sales."""
    ported = {**PORTED, "by_day": True}
    said = {**PORTED, "name": "said", "event": "said_leaving", "by_day": True}
    called = {**PORTED, "name": "called", "event": "rival_called", "by_day": True}
    wanted = [
        ([ported], ["customer", "port_out"]),
        ([ported, said], ["complaint", "contact", "customer", "port_out"]),
        ([called], ["cdr", "customer"]),
    ]
    for number, (triggers, sources) in enumerate(wanted):
        folder = tmp_path / str(number)
        folder.mkdir()
        profile = with_triggers(folder, *triggers)
        settings = load_settings(str(profile))
        registry = load_registry(settings)
        raised = triggers_by_day(settings, registry.tables)
        assert sources_of(registry, raised) == sources
        kept = narrowed(registry, raised, sources)
        assert list(kept.raw) == sources
        assert "month_profile" in kept.tables
        assert "month_contact" not in kept.tables, "no summary that nobody asks for"
        assert "month_contact" in kept.absent
