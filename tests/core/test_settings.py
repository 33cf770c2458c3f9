"""Settings: closed, frozen, and clear about typos."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.months import Month
from churn_tasks.core.sections import ProfileFile
from churn_tasks.core.settings import load_settings

MINIMAL = {
    "title": {"en": "A corner shop", "zh": "街角小店"},
    "first_month": "2024-01",
    "source": {"kind": "files", "files": {"orders": "orders_*.csv"}},
    "model": {"name": "churn_shop"},
}


def _profile(folder: Path, **changes: object) -> str:
    (folder / "settings.yaml").write_text(
        yaml.safe_dump({**MINIMAL, **changes}, allow_unicode=True), encoding="utf-8"
    )
    return str(folder)


def test_a_profile_may_lie_outside_the_repository(tmp_path: Path) -> None:
    settings = load_settings(_profile(tmp_path), state_dir=tmp_path / "state")
    assert settings.first_month == Month(2024, 1)
    assert settings.windows.observe == 3
    assert settings.lake_dir == tmp_path / "state" / "profiles" / tmp_path.name / "lake"


def test_the_environment_names_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHURN_PROFILE", _profile(tmp_path))
    assert load_settings().title.zh == "街角小店"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"windows": {"observe": 0}}, "windows.observe"),
        ({"windows": {"delays": 1}}, "windows.delays"),
        ({"first_month": "2024-1"}, "first_month"),
        ({"source": {"kind": "ftp"}}, "source.kind.*'postgres', 'sql' or 'files'"),
        ({"warning_list": {"share": 0}}, "warning_list.share"),
        (
            {"warning_list": {"high_probability": 0.1}},
            "medium_probability must lie below",
        ),
        ({"model": {"name": "x", "candidates": ["magic"]}}, "model.candidates"),
    ],
)
def test_a_typo_names_the_field(
    tmp_path: Path, changes: dict[str, object], named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        load_settings(_profile(tmp_path, **changes))


@pytest.mark.parametrize("last", ["2023-12", "2022-06"])
def test_a_last_month_before_the_first_is_refused(tmp_path: Path, last: str) -> None:
    with pytest.raises(SettingsError, match=f"last_month {last} lies before first"):
        load_settings(_profile(tmp_path, first_month="2024-01", last_month=last))
    load_settings(_profile(tmp_path, first_month=last, last_month=last))  # control


SEEDED = ("hold_out", "matching", "model")


@pytest.mark.parametrize("section", SEEDED)
@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_no_library_takes_is_refused(
    tmp_path: Path, section: str, seed: int
) -> None:
    """Else it is NumPy that stops, in the month that trains."""
    with pytest.raises(ValueError, match=r"Seed|between 0"):
        np.random.RandomState(seed)  # control
    with pytest.raises(SettingsError, match=rf"{section}\.seed: .*(0|{2**32})"):
        load_settings(_profile(tmp_path, **_seeded(section, seed)))


@pytest.mark.parametrize("section", SEEDED)
@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_every_other_seed_is_taken(tmp_path: Path, section: str, seed: int) -> None:
    settings = load_settings(_profile(tmp_path, **_seeded(section, seed)))
    assert getattr(settings, section).seed == seed
    np.random.RandomState(seed)


def test_no_seed_of_the_settings_lacks_the_bounds() -> None:
    named = {
        name
        for name, field in ProfileFile.model_fields.items()
        if "seed" in getattr(field.annotation, "model_fields", {})
    }
    assert named == set(SEEDED)


def _seeded(section: str, seed: int) -> dict[str, object]:
    changed = {"seed": seed}
    if section == "model":
        changed["name"] = "churn_shop"
    return {section: changed}


def test_an_unknown_profile_lists_those_that_exist() -> None:
    with pytest.raises(SettingsError, match="telecom"):
        load_settings("no_such_profile")


def test_settings_are_frozen(tmp_path: Path) -> None:
    settings = load_settings(_profile(tmp_path))
    with pytest.raises(Exception, match="frozen"):
        settings.currency = "EUR"  # type: ignore[misc]


def test_a_password_in_the_wrong_place_is_not_repeated() -> None:
    """Somebody writes the address into the profile instead of the environment."""
    with pytest.raises(
        SettingsError, match=r"source\.url: there is no such field"
    ) as caught:
        load_settings(
            "telecom", source={"kind": "sql", "url": "postgresql://u:geheim@host/boss"}
        )
    assert "geheim" not in str(caught.value)
