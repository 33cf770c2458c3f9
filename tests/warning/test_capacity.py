"""The list holds the highest scores, as many as there are places, whatever order the rows come in."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_tasks.core.sections import WarningList
from churn_tasks.warning.capacity import highest, list_size
from churn_tasks.warning.priority import expected_loss, level, ranked
from tests.property_sizes import examples

QUICK = settings(
    max_examples=examples(50), deadline=None
)  # no deadline: a busy machine is no counter-example
SCORES = st.lists(
    st.sampled_from([0.0, 0.1, 0.1001, 0.5, 0.9, 1.0]), min_size=1, max_size=40
)  # with many ties


def frame(scores: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": [f"c{n:03d}" for n in range(len(scores))],
            "churn_score": scores,
        }
    )


@pytest.mark.parametrize(
    ("customers", "share", "most", "places"),
    [
        (0, 0.05, None, 0),
        (1, 0.05, None, 1),
        (10, 0.05, None, 1),
        (30_000, 0.05, None, 1500),
        (30_000, 0.05, 900, 900),
        (3, 1, 9, 3),
    ],
)
def test_places(customers: int, share: float, most: int | None, places: int) -> None:
    assert list_size(WarningList(share=share, max_customers=most), customers) == places


@QUICK
@given(scores=SCORES, places=st.integers(0, 50))
def test_nobody_left_out_scores_higher_than_anybody_chosen(
    scores: list[float], places: int
) -> None:
    everybody = frame(scores)
    chosen = highest(everybody, places)
    assert len(chosen) == min(places, len(scores))
    left_out = everybody[~everybody["customer_id"].isin(chosen["customer_id"])]
    if len(chosen) and len(left_out):
        assert left_out["churn_score"].max() <= chosen["churn_score"].min()


@QUICK
@given(scores=SCORES, places=st.integers(1, 20), seed=st.integers(0, 99))
def test_ties_are_decided_by_customer_not_by_order_of_rows(
    scores: list[float], places: int, seed: int
) -> None:
    everybody = frame(scores)
    shuffled = everybody.sample(frac=1, random_state=seed)
    assert highest(shuffled, places).to_dict("records") == highest(
        everybody, places
    ).to_dict("records")


def test_without_the_second_key_ties_follow_the_order_of_rows() -> None:
    """Negative control: the naive choice by score alone."""
    everybody = frame([0.5, 0.5, 0.5])
    naive = [
        set(rows.nlargest(1, "churn_score")["customer_id"])
        for rows in (everybody, everybody[::-1])
    ]
    assert naive[0] != naive[1]


@QUICK
@given(scores=SCORES, seed=st.integers(0, 99))
def test_rank_is_dense_and_follows_priority_score_and_customer(
    scores: list[float], seed: int
) -> None:
    rows = frame(scores).assign(
        action_priority=lambda f: expected_loss(
            f["churn_score"], pd.Series(40.0, f.index)
        )
    )
    result = ranked(rows.sample(frac=1, random_state=seed))
    assert list(result["rank"]) == list(range(1, len(scores) + 1))
    keys = list(
        zip(
            -result["action_priority"],
            -result["churn_score"],
            result["customer_id"],
            strict=True,
        )
    )
    assert keys == sorted(keys)


def test_a_valuable_customer_comes_before_a_surer_one_who_brings_little() -> None:
    """0.4 x 50 = 20 before 0.9 x 10 = 9."""
    rows = pd.DataFrame(
        {
            "customer_id": ["sure", "valuable"],
            "churn_score": [0.9, 0.4],
            "arpu_cny": [10.0, 50.0],
        }
    )
    result = ranked(
        rows.assign(
            action_priority=expected_loss(rows["churn_score"], rows["arpu_cny"])
        )
    )
    assert list(result["customer_id"]) == ["valuable", "sure"]
    assert list(result["action_priority"]) == [20.0, 9.0]


@pytest.mark.parametrize(
    ("score", "expected"),
    [(0.5, "high"), (0.4999, "medium"), (0.25, "medium"), (0.2499, "low"), (1, "high")],
)
def test_levels_start_at_their_threshold(score: float, expected: str) -> None:
    assert (
        level(WarningList(high_probability=0.5, medium_probability=0.25), score)
        == expected
    )
