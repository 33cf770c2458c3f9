"""The gate: beat the champion on the same month, beat chance when there is none, and a tie keeps what is."""

import pytest

from churn_tasks.modeling.gate import Contender, decide, select

CHAMPION = Contender("champion", 7, 0.40)


def candidate(
    average_precision: float, name: str = "lightgbm", version: int = 9
) -> Contender:
    return Contender(name, version, average_precision)


@pytest.mark.parametrize(
    ("average_precision", "min_gain", "promote"),
    [
        (0.45, 0.0, True),
        (0.40, 0.0, False),  # a tie keeps
        (0.39, 0.0, False),
        (0.45, 0.04, True),
        (0.42, 0.04, False),  # better, and not by enough
    ],
)
def test_against_a_champion(
    average_precision: float, min_gain: float, promote: bool
) -> None:
    decision = decide(
        [candidate(average_precision)], CHAMPION, base_rate=0.1, min_gain=min_gain
    )
    assert decision.promote is promote
    assert "champion version 7" in decision.why
    assert f"{average_precision:.4f} against 0.4000" in decision.why


@pytest.mark.parametrize(
    ("average_precision", "promote"), [(0.11, True), (0.10, False), (0.09, False)]
)
def test_the_first_champion_must_beat_chance(
    average_precision: float, promote: bool
) -> None:
    decision = decide(
        [candidate(average_precision)], None, base_rate=0.10, min_gain=0.0
    )
    assert decision.promote is promote
    assert "base rate" in decision.why


def test_the_best_candidate_is_the_one_that_is_judged() -> None:
    chosen = decide(
        [candidate(0.3, "logistic_regression", 8), candidate(0.5)], CHAMPION, 0.1, 0.0
    )
    assert (chosen.promote, chosen.selected.name, chosen.selected.version) == (
        True,
        "lightgbm",
        9,
    )


def test_among_equal_candidates_the_first_is_selected() -> None:
    assert (
        select([candidate(0.3, "logistic_regression"), candidate(0.3)]).name
        == "logistic_regression"
    )
