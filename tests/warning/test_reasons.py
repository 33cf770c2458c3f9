"""Reasons are what raised the score, said with the customer's own figure, and never what lowered it."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_tasks.core.closed import Text
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE, load_settings
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.declared.registry import load_registry
from churn_tasks.warning.evidence import bears_out, fact
from churn_tasks.warning.playbook import (
    Playbook,
    Reason,
    Reasons,
    Strategies,
    load_playbook,
)
from churn_tasks.warning.reasons import Known, reasons_by_customer
from churn_tasks.warning.sayings import Sayings
from tests.lakes import small_profile
from tests.property_sizes import examples


def feature(
    name: str, group: str, expect: str = "none", unit: str = "min"
) -> FeatureColumn:
    meaning = {
        "en": f"{name} of the month, empty when unknown",
        "zh": f"{name}（未知为空）",
    }
    return FeatureColumn(
        name=name,
        type="double",
        unit=unit,
        family="consumption",
        group=group,
        expect=expect,
        **meaning,
    )


CATALOGUE = [
    feature("calls", "usage"), feature("texts", "usage"), feature("bill", "spend"), feature("debt", "payment"),
    feature("faults", "network"), feature("late", "payment", "up", "days"),
]  # fmt: skip
GROUPS = sorted({column.group for column in CATALOGUE})
PLAYBOOK = Playbook(
    reasons=Reasons(
        groups={
            g: Reason(title=Text(en=g, zh=g), says=Text(en=f"less {g}", zh=f"{g}下降"))
            for g in GROUPS
        }
    ),
    strategies=Strategies(
        without_reason=Text(en="ask", zh="询问"),
        by_reason={g: Text(en=g, zh=g) for g in GROUPS},
    ),
)
KNOWN = Known(
    playbook=PLAYBOOK,
    features={column.name: column for column in CATALOGUE},
    sayings=Sayings(months=3, moving={}, ends={}),
    causes={},
)
QUICK = settings(
    max_examples=examples(50), deadline=None
)  # no deadline: a busy machine is no counter-example
CONTRIBUTIONS = st.lists(
    st.tuples(st.sampled_from([c.name for c in CATALOGUE]), st.sampled_from([-3.0, -0.2, 0.0, 0.01, 0.5, 0.5, 2.0])),
    max_size=6, unique_by=lambda pair: pair[0],
)  # fmt: skip


def factors(*rows: tuple[str, str, float, float | None]) -> pd.DataFrame:
    return pd.DataFrame(
        rows, columns=["customer_id", "feature", "contribution", "value"]
    )


def groups_of(frame: pd.DataFrame) -> dict[str, list[str]]:
    given = reasons_by_customer(frame, KNOWN)
    return {
        customer: [reason.group for reason in reasons]
        for customer, reasons in given.items()
    }


@QUICK
@given(contributions=CONTRIBUTIONS)
def test_no_protective_factor_is_a_reason(
    contributions: list[tuple[str, float]],
) -> None:
    found = groups_of(
        factors(*[("c", name, value, 1.0) for name, value in contributions])
    ).get("c", [])
    group = {column.name: column.group for column in CATALOGUE}
    raising = {group[name] for name, value in contributions if value > 0}
    assert set(found) <= raising
    assert bool(found) == bool(raising)
    assert len(found) == len(set(found)) <= 3


def test_by_absolute_value_the_protective_factor_would_be_the_reason() -> None:
    """Negative control: what the naive choice says of the same customer."""
    rows = factors(("loyal", "bill", -3.0, 80.0), ("loyal", "calls", 0.4, 5.0))
    naive = rows.loc[rows["contribution"].abs().idxmax(), "feature"]
    assert naive == "bill"
    assert groups_of(rows) == {"loyal": ["usage"]}


def test_contributions_of_one_group_are_added_up_and_small_groups_are_not_reasons() -> (
    None
):
    """usage 0.3 + 0.3 = 0.6 before spend 0.5; network 0.04 is under 5 % of 1.14."""
    rows = factors(
        ("c", "calls", 0.3, 5.0),
        ("c", "texts", 0.3, 2.0),
        ("c", "bill", 0.5, 30.0),
        ("c", "faults", 0.04, 1.0),
    )
    assert groups_of(rows) == {"c": ["usage", "spend"]}


def test_customers_have_reasons_of_their_own() -> None:
    rows = factors(
        ("caller", "calls", 1.0, 5.0),
        ("debtor", "debt", 1.0, 90.0),
        ("nobody", "calls", -1.0, 500.0),
    )
    assert groups_of(rows) == {"caller": ["usage"], "debtor": ["payment"]}


@QUICK
@given(contributions=CONTRIBUTIONS, seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(
    contributions: list[tuple[str, float]], seed: int
) -> None:
    rows = factors(*[("c", name, value, 1.0) for name, value in contributions])
    shuffled = rows.sample(frac=1, random_state=seed)
    assert reasons_by_customer(shuffled, KNOWN) == reasons_by_customer(rows, KNOWN)


def test_the_text_holds_the_customers_own_figure() -> None:
    (reason,) = reasons_by_customer(factors(("c", "calls", 1.0, 12.345)), KNOWN)["c"]
    assert reason.text == Text(
        en="less usage (calls of the month: 12.3 min)",
        zh="usage下降（calls：12.3 分钟）",
    )


def test_a_figure_that_does_not_bear_the_reason_out_is_not_said() -> None:
    """The score may rise on "0 days late" or on an unknown; nobody could say that aloud."""
    rows = factors(
        ("c", "late", 2.0, 0.0), ("c", "debt", 1.0, None), ("c", "calls", 0.5, 5.0)
    )
    assert groups_of(rows) == {"c": ["usage"]}


@pytest.mark.parametrize(
    ("name", "expect", "unit", "value", "spoken"),
    [
        ("complaint_count", "up", "count", 1, True), ("complaint_count", "up", "count", 0, False),
        ("voice_to_past_ratio", "down", "ratio", 0.4, True), ("voice_to_past_ratio", "down", "ratio", 1.4, False),
        ("voice_slope_min", "down", "min a month", -3, True), ("voice_slope_min", "down", "min a month", 3, False),
        ("is_under_contract", "down", "0/1", 0, True), ("is_under_contract", "down", "0/1", 1, False),
        ("balance_cny", "down", "CNY", 0, True), ("night_share", "none", "share", 0, True),
    ],
)  # fmt: skip
def test_which_values_bear_a_reason_out(
    name: str, expect: str, unit: str, value: float, spoken: bool
) -> None:
    assert bears_out(feature(name, "usage", expect, unit), value) is spoken
    assert bears_out(feature(name, "usage", expect, unit), float("nan")) is False


@pytest.mark.parametrize(
    ("name", "unit", "value", "said"),
    [
        ("x_share", "share", 0.421, "42.1%"),
        ("x_to_past_ratio", "ratio", 0.3, "30%"),
        ("x_count", "count", 3.0, "3"),
        ("x_cny", "CNY", 1234.5, "1234 CNY"),
    ],
)
def test_how_figures_are_said(name: str, unit: str, value: float, said: str) -> None:
    assert fact(feature(name, "usage", unit=unit), value, 3).en.endswith(f": {said}")
    assert fact(feature(name, "usage", unit="0/1"), 1.0, 3) is None


def test_an_unknown_group_names_the_file_to_mend() -> None:
    dreams = replace(KNOWN, features={"dreams": feature("dreams", "sleep")})
    with pytest.raises(
        SettingsError,
        match=r"no reason .* groups sleep, .*playbook/reasons\.yaml of the profile",
    ):
        reasons_by_customer(factors(("c", "dreams", 1.0, 1.0)), dreams)


PROFILES = sorted(
    path.parent.name for path in (INCLUDE / "profiles").glob("*/settings.yaml")
)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_playbook_has_words_for_every_feature_of_the_profile(profile: str) -> None:
    chosen = load_settings(profile)
    features = load_registry(chosen).features
    assert features
    load_playbook(chosen).require(column.group for column in features)


def test_every_text_of_the_playbook_is_in_both_languages_and_no_copy() -> None:
    playbook = load_playbook(load_settings("telecom"))
    texts = [t for r in playbook.reasons.groups.values() for t in (r.title, r.says)]
    texts += [
        *playbook.strategies.by_reason.values(),
        playbook.strategies.without_reason,
    ]
    assert len(texts) >= 45
    assert not [text for text in texts if not text.en.isascii() or text.zh.isascii()]
    assert len({text.en for text in texts}) == len(texts)


def test_a_profile_may_add_groups_and_must_say_what_to_do_about_them(
    tmp_path: Path,
) -> None:
    profile = small_profile(tmp_path, raw=[])
    (profile / "playbook").mkdir()
    own = {
        "groups": {
            "returns": {
                "title": {"en": "Returns", "zh": "退货"},
                "says": {"en": "Sent back", "zh": "退货多"},
            }
        }
    }
    (profile / "playbook" / "reasons.yaml").write_text(
        yaml.safe_dump(own), encoding="utf-8"
    )
    with pytest.raises(SettingsError, match=r"strategies.yaml lacks \['returns'\]"):
        load_playbook(load_settings(str(profile)))
    strategy = {"by_reason": {"returns": {"en": "Call", "zh": "回访"}}}
    (profile / "playbook" / "strategies.yaml").write_text(
        yaml.safe_dump(strategy), encoding="utf-8"
    )
    playbook = load_playbook(load_settings(str(profile)))
    assert {"returns", "usage_drop"} <= set(playbook.reasons.groups)
