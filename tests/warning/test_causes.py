"""Causes are learnt from who left and who stayed, and said where a customer's own signs show them."""

import numpy as np
import pandas as pd
import pytest

from churn_tasks.core.closed import Text
from churn_tasks.core.settings import load_settings
from churn_tasks.declared.contracts import FeatureColumn
from churn_tasks.declared.registry import load_registry
from churn_tasks.warning.causes import (
    SEEN,
    CauseModel,
    FoundCause,
    factors_of,
    learnt,
    shown_causes,
    sign_features,
)
from churn_tasks.warning.playbook import Reason, Reasons, Sign, load_playbook

WORDS = Text(en="said {value}", zh="{value}")
GROUP = {"title": Text(en="t", zh="t"), "says": Text(en="s", zh="s"), "role": "cause"}


def feature(name: str, expect: str = "up") -> FeatureColumn:
    return FeatureColumn(
        name=name, type="double", family="service", group="network", expect=expect,
        en=f"{name} of the month", zh=f"{name}数",
    )  # fmt: skip


FEATURES = [feature("faults"), feature("bills"), feature("rating", "down")]
REASONS = Reasons(
    groups={"network": Reason(**GROUP), "price": Reason(**GROUP, share=2)},
    signs={
        "fault": Sign(of=("faults", "lost"), shows=("network",), says=WORDS),
        "bill": Sign(of=("bills",), shows=("price",), says=WORDS),
        "rated": Sign(of=("rating",), shows=("network", "price"), says=WORDS),
        "gone": Sign(of=("lost",), shows=("price",), says=WORDS),
    },
)
TELLING = sign_features(REASONS, FEATURES)


def people(faults: int, bills: int, count: int, rating: float = 4) -> pd.DataFrame:
    return pd.DataFrame(
        {"faults": faults, "bills": bills, "rating": rating}, range(count)
    )


def model() -> CauseModel:
    """Of stayers one in ten has a fault and one in ten a bill disputed; of leavers four and two in ten."""
    stayers = pd.concat([people(0, 0, 800), people(1, 0, 100), people(0, 1, 100)])
    leavers = pd.concat([people(0, 0, 400), people(1, 0, 400), people(0, 1, 200)])
    return learnt(stayers, leavers, REASONS, TELLING, FEATURES)


def found(faults: float, bills: float, rating: float = 4) -> list[FoundCause]:
    asked = pd.DataFrame(
        {"customer_id": ["c"], "faults": faults, "bills": bills, "rating": rating}
    )
    return list(model().found(asked)["c"])


def test_what_leavers_show_beyond_stayers_is_put_down_to_the_causes_of_the_sign() -> (
    None
):
    """Without smoothing: s = 0.1, l = 0.4, p = 0.5: 0.1 + 0.3 / 0.5 = 0.7 of them show it, 7 times as many."""
    many = 1_000_000
    stayed = np.repeat([0, 1], [9 * many // 10, many // 10])
    left = np.repeat([0, 1], [6 * many // 10, 4 * many // 10])
    assert factors_of(stayed, left, 0.5)[1] == pytest.approx(7, abs=0.01)
    assert factors_of(stayed, left, 0.5)[0] == pytest.approx(0.3 / 0.9, abs=0.01)
    assert factors_of(stayed, stayed, 0.5)[:2] == pytest.approx([1, 1], abs=1e-4)


def test_a_few_leavers_prove_little() -> None:
    stayed = np.repeat([0, 1], [900, 100])
    assert factors_of(stayed, np.array([1, 1]), 0.5)[1] < 3
    assert factors_of(stayed, np.repeat(1, 500), 0.5)[1] > 9


def test_the_cause_whose_sign_a_customer_shows_is_seen_and_the_likeliest() -> None:
    first, second = found(faults=1, bills=0)
    assert (first.cause, first.is_seen, second.is_seen) == ("network", True, False)
    (sign,) = first.signs
    assert (sign.name, sign.feature, sign.value) == ("fault", "faults", 1)
    assert found(faults=0, bills=1)[0].cause == "price"


def test_without_a_sign_the_commonest_cause_is_likeliest_and_none_is_seen() -> None:
    causes = found(faults=0, bills=0)
    assert [each.cause for each in causes] == ["price", "network"]
    assert not any(each.is_seen or each.signs for each in causes)


def test_the_share_alone_would_call_the_same_cause_for_everybody() -> None:
    """Negative control: what a choice by the assumed shares says of a customer with a fault."""
    by_share = max(REASONS.groups, key=lambda name: REASONS.groups[name].share)
    assert by_share == "price"
    assert found(faults=1, bills=0)[0].cause == "network"


def test_an_unknown_figure_is_no_sign_and_probabilities_leave_room_for_the_unseen() -> (
    None
):
    assert found(faults=float("nan"), bills=0) == found(faults=0, bills=0)
    for faults in (0, 1):
        whole = sum(each.probability for each in found(faults, 0))
        assert 0 < whole < 1


def test_a_low_rating_tells_and_a_high_one_does_not() -> None:
    """One stayer in 25 rates below 4; half of the leavers do. 5 is the good side and exceeds no bound."""
    stayers = pd.concat([people(0, 0, 960), people(0, 0, 40, rating=2)])
    leavers = pd.concat([people(0, 0, 500), people(0, 0, 500, rating=2)])
    known = learnt(stayers, leavers, REASONS, TELLING, FEATURES)
    asked = people(0, 0, 2).assign(customer_id=["low", "high"], rating=[2, 5])
    causes = known.found(asked)
    assert all(each.factor >= SEEN for each in causes["low"])
    assert not any(each.is_seen for each in causes["high"])


def test_signs_of_features_that_a_profile_lacks_are_left_out() -> None:
    assert TELLING == {"fault": ["faults"], "bill": ["bills"], "rated": ["rating"]}
    assert shown_causes(REASONS, {"fault": ["faults"]}) == ["network"]


def test_nobody_left_or_stayed_tells_nothing() -> None:
    nobody = people(0, 0, 0)
    for stayers, leavers in ((people(1, 0, 50), nobody), (nobody, people(1, 0, 50))):
        known = learnt(stayers, leavers, REASONS, TELLING, FEATURES)
        asked = people(1, 1, 1).assign(customer_id="c")
        assert not any(each.is_seen for each in known.found(asked)["c"])


def test_a_sign_shows_causes_alone() -> None:
    with pytest.raises(ValueError, match=r"signs\.x\.shows: usage is no cause"):
        Reasons(groups={}, signs={"x": Sign(of=("f",), shows=("usage",), says=WORDS)})


def test_every_shipped_sign_is_told_by_features_of_the_operator() -> None:
    settings = load_settings("telecom")
    features = load_registry(settings).features
    reasons = load_playbook(settings).reasons
    names = {each.name: each for each in features}
    telling = sign_features(reasons, features)
    for name, sign in reasons.signs.items():
        assert set(sign.of) <= names.keys(), name
        assert len({names[each].expect == "down" for each in sign.of}) == 1, name
    assert set(shown_causes(reasons, telling)) == set(reasons.of_role("cause"))
