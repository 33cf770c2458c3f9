"""Which columns are learnt from: one of twins, nothing empty, pins and bans obeyed, training rows alone."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import spearmanr

from churn_tasks.core.errors import BadInput
from churn_tasks.core.sections import Features, Select
from churn_tasks.modeling.frames import FeatureSet, Sample
from churn_tasks.modeling.selection import Selection, select
from churn_tasks.modeling.selection.gain import PARAMETERS, TREES, gains
from churn_tasks.modeling.selection.twins import closest_kept, rank_correlations
from tests.modeling.samples import FEATURES, drawn

NUMBERS = (
    "drop",
    "drop_twin",
    "noise",
    "often_unknown_a",
    "often_unknown_b",
    "rare_flag",
)


def rows(**more: np.ndarray) -> tuple[Sample, FeatureSet]:
    """6,000 rows, with a twin that is a curve of another column, and two columns unknown in the same rows."""
    sample = drawn(2000)
    rng = np.random.default_rng(5)
    frame = sample.features[["calls_drop", "noise_a"]].set_axis(
        ["drop", "noise"], axis=1
    )
    frame["drop_twin"] = np.exp(frame["drop"]) + rng.normal(scale=0.05, size=len(frame))
    unknown = rng.random(len(frame)) < 0.8
    for name in ("often_unknown_a", "often_unknown_b"):
        frame[name] = np.where(
            unknown, np.nan, rng.normal(size=len(frame)) + sample.churned
        )
    frame["rare_flag"] = (np.arange(len(frame)) < 1).astype(float)
    frame = frame.assign(**more)
    names = (*NUMBERS, *more)
    return replace(sample, features=frame), FeatureSet(
        dict.fromkeys(names, "feat_test"), names, (), "0"
    )


def reasons(selection: Selection) -> dict[str, str]:
    return {verdict.feature: verdict.reason for verdict in selection.verdicts}


def test_each_column_has_one_verdict_and_its_reason() -> None:
    sample = drawn(3000)
    found = select(sample, FEATURES, Features(ban=("gone",), pin=("noise_b",)))
    assert [verdict.feature for verdict in found.verdicts] == [*FEATURES.names, "gone"]
    assert reasons(found) == {
        "bill_cny": "tells", "calls_drop": "tells", "noise_a": "tells", "noise_b": "pinned",
        "all_unknown": "missing", "constant": "constant", "often_unknown": "tells",
        "plan": "tells", "plan_type": "tells", "never_given": "missing", "gone": "banned",
    }  # fmt: skip  # noise stays: with so few columns nothing weak has to go
    assert found.rows == 9000
    assert found.verdicts[1].place == 1 and found.verdicts[1].strength.auc > 0.75
    assert len(found.records()) == 11 and set(found.frame()["row_count"]) == {9000}


def test_of_twins_the_better_stays_and_a_pinned_one_stays_too() -> None:
    sample, features = rows()
    found = {
        verdict.feature: verdict
        for verdict in select(sample, features, Features()).verdicts
    }
    assert found["drop"].is_kept != found["drop_twin"].is_kept
    out, stays = sorted(
        (found["drop"], found["drop_twin"]), key=lambda one: one.is_kept
    )
    assert (out.reason, out.twin_of) == (
        "twin",
        stays.feature,
    ) and out.correlation > 0.95
    assert out.strength.iv <= stays.strength.iv
    pinned = select(sample, features, Features(pin=(out.feature,)))
    assert out.feature in pinned.kept and stays.feature not in pinned.kept
    both = select(sample, features, Features(pin=("drop", "drop_twin")))
    assert {"drop", "drop_twin"} <= set(both.kept)


def test_columns_that_are_unknown_together_are_no_twins() -> None:
    """Control: with the lowest rank for what is unknown, the two look like one column."""
    sample, features = rows()
    assert {"often_unknown_a", "often_unknown_b"} <= set(
        select(sample, features, Features()).kept
    )
    lowest = sample.features[["often_unknown_a", "often_unknown_b"]].fillna(-100)
    assert spearmanr(lowest.iloc[:, 0], lowest.iloc[:, 1]).statistic > 0.95
    names = ["often_unknown_a", "often_unknown_b"]
    assert abs(rank_correlations(sample.features, names)[0, 1]) < 0.5


def test_ranks_correlate_as_spearman_has_it() -> None:
    sample, _ = rows()
    close = rank_correlations(sample.features, ["drop", "drop_twin", "noise"])
    expected = spearmanr(
        sample.features[["drop", "drop_twin", "noise"]].to_numpy()
    ).statistic
    assert np.abs(close - expected).max() < 1e-4


def test_a_chain_of_close_columns_does_not_take_its_far_end_with_it() -> None:
    """a - b - c: b falls out for a; c is close to b alone, which is gone, so it stays."""
    close = np.array([[1, 0.96, 0.9], [0.96, 1, 0.96], [0.9, 0.96, 1]])
    assert closest_kept(["a", "b", "c"], close, 0.95, frozenset()) == {"b": ("a", 0.96)}


def test_the_room_goes_to_those_that_tell_most_and_pins_take_part_of_it() -> None:
    sample = drawn(3000)
    found = select(
        sample, FEATURES, Features(pin=("noise_a",), select=Select(max_columns=3))
    )
    assert found.kept == ["bill_cny", "calls_drop", "noise_a"]
    assert reasons(found)["plan"] == "full"
    crowded = select(
        sample,
        FEATURES,
        Features(pin=("noise_a", "noise_b"), select=Select(max_columns=1)),
    )
    assert crowded.kept == ["noise_a", "noise_b"]


def test_what_tells_nothing_falls_out_once_there_is_enough_else() -> None:
    sample = drawn(3000)
    rng = np.random.default_rng(6)
    extra = {
        f"noise_{number:02d}": rng.normal(size=len(sample)) for number in range(30)
    }
    wide = replace(sample, features=sample.features.assign(**extra))
    names = (*FEATURES.numeric, *extra)
    features = FeatureSet(dict.fromkeys(names, "feat_test"), names, (), "0")
    strict = Select(min_iv=0.02, min_auc=0.53)
    found = reasons(select(wide, features, Features(select=strict)))
    assert sum(found[name] == "weak" for name in extra) > 20
    assert found["calls_drop"] == found["bill_cny"] == "tells"
    everything = select(wide, features, Features(select=None))
    assert (
        everything.kept == list(names)
        and set(reasons(everything).values()) == {"all"}
        and everything.rows == 0
    )


def test_a_flag_that_hardly_anybody_has_is_rare() -> None:
    sample, features = rows()
    assert reasons(select(sample, features, Features()))["rare_flag"] == "rare"


def test_rows_that_are_not_for_training_would_change_the_answer() -> None:
    """A column that tells only in the month that judges: training rows leave it out, all rows would let it in."""
    sample, _ = rows()
    last = sample.months == sample.months.max()
    rng = np.random.default_rng(7)
    later = np.where(last, 4.0 * sample.churned, 0) + rng.normal(size=len(sample))
    extra = {
        f"noise_{number:02d}": rng.normal(size=len(sample)) for number in range(30)
    }
    wide, features = rows(tells_later=later, **extra)
    wanted = Features(select=Select(min_iv=0.03, min_auc=0.53))
    assert "tells_later" not in select(wide.rows(~last), features, wanted).kept
    assert "tells_later" in select(wide, features, wanted).kept


def test_the_same_rows_give_the_same_selection() -> None:
    sample, features = rows()
    assert select(sample, features, Features()) == select(sample, features, Features())


def test_a_column_cannot_be_pinned_and_banned() -> None:
    with pytest.raises(ValidationError, match="pinned and banned at once: noise_a"):
        Features(pin=("noise_a",), ban=("noise_a",))


def test_a_subset_is_told_apart_by_its_columns_and_keeps_their_order() -> None:
    some = FEATURES.subset(["plan", "bill_cny"])
    assert (some.names, some.numeric, some.text) == (
        ["bill_cny", "plan"],
        ("bill_cny",),
        ("plan",),
    )
    assert (
        some.digest
        == FEATURES.subset(["bill_cny", "plan"]).digest
        != FEATURES.subset(["bill_cny"]).digest
    )
    with pytest.raises(BadInput, match="no such features: bill"):
        FEATURES.subset(["bill"])


@pytest.mark.parametrize(
    ("levels", "most", "reason"),
    [(400, 500, "tells"), (400, 300, "levels"), (6_000, 500, "levels")],
)
def test_a_text_of_too_many_levels_falls_out(
    levels: int, most: int, reason: str
) -> None:
    sample, _ = rows()
    place = np.arange(len(sample)) % levels
    code = np.array([f"L{number}" for number in place], dtype=object)
    frame = sample.features[["drop"]].assign(code=code)
    features = FeatureSet(
        dict.fromkeys(("drop", "code"), "t"), ("drop",), ("code",), ""
    )
    given = Features(select=Select(max_levels=most))
    found = select(replace(sample, features=frame), features, given)
    assert reasons(found)["code"] == reason


def test_a_text_that_tells_nothing_gains_no_more_than_chance() -> None:
    """Control: the codes of its levels as a booster's own categories gain far more."""
    sample, _ = rows()
    rng = np.random.default_rng(1)
    code = np.array([f"L{n}" for n in rng.integers(0, 300, len(sample))], dtype=object)
    frame = sample.features[["drop", "noise"]].assign(code=code)
    sample = replace(sample, features=frame)
    gain, chance = gains(sample, ["drop", "noise"], ["code"])
    assert gain["code"] < 1.5 * chance
    assert _gain_of_codes(sample) > 2 * gain["code"]


def _gain_of_codes(sample: Sample) -> float:
    """Share of the gain that a booster's own categories would take."""
    import lightgbm as lgb

    _, codes = np.unique(sample.features["code"].astype(str), return_inverse=True)
    columns = np.column_stack([sample.features[["drop", "noise"]], codes])
    data = lgb.Dataset(columns, sample.churned, categorical_feature=[2])
    gained = lgb.train(PARAMETERS, data, TREES).feature_importance("gain")
    return float(gained[2] / gained.sum())
