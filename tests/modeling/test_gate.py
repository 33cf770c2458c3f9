"""The gate: beat the champion surely on the same months, beat chance when there is none, and what is not sure keeps."""

from dataclasses import replace

import numpy as np
import pytest

from churn_tasks.core.modeling_section import Promotion
from churn_tasks.modeling.gate import Contender, Decision, decide, select
from churn_tasks.modeling.paired import Evidence, Gain, gains

CHAMPION = Contender("champion", 7, 0.40)
GATES = 200
# of 200 gates of which each is wrong with a chance of 1 in 20, more than 17 are with a chance of 1 in 50
MOST_WRONG = 17
LOG_ODDS = -3.0  # of leaving, without what the columns tell: about one in twenty


def candidate(
    low: float, name: str = "lightgbm", version: int = 9, churners: int = 300
) -> Contender:
    """Its gain is surely more than ``low``, and by 0.02 likelier than not."""
    gain = Gain(low + 0.02, low, low + 0.04, churners, months=3)
    return Contender(name, version, 0.43, gain)


@pytest.mark.parametrize(
    ("low", "min_gain", "promote"),
    [
        (0.01, 0.0, True),
        (0.0, 0.0, False),  # a tie keeps
        (-0.001, 0.0, False),  # better by 0.019, and not surely
        (0.05, 0.04, True),
        (0.03, 0.04, False),  # surely better, and not by enough
    ],
)
def test_against_a_champion(low: float, min_gain: float, promote: bool) -> None:
    decision = decide([candidate(low)], CHAMPION, Promotion(min_gain=min_gain))
    assert decision.promote is promote
    assert "champion version 7" in decision.why
    assert f"({low:.4f} to {low + 0.04:.4f}) in 3 months" in decision.why


@pytest.mark.parametrize(("churners", "promote"), [(99, False), (100, True)])
def test_a_champion_does_not_fall_on_few_leavers(churners: int, promote: bool) -> None:
    decision = decide([candidate(0.2, churners=churners)], CHAMPION, Promotion())
    assert decision.promote is promote
    assert f"{churners} leavers" in decision.why


def test_nobody_who_left_is_no_evidence() -> None:
    without = replace(candidate(0.2), gain=None)
    for champion in (CHAMPION, None):
        decision = decide([without], champion, Promotion(min_churners=0))
        assert not decision.promote
        assert "nobody left" in decision.why


@pytest.mark.parametrize(("low", "promote"), [(0.01, True), (0.0, False)])
def test_the_first_champion_must_surely_beat_chance_with_however_few(
    low: float, promote: bool
) -> None:
    decision = decide([candidate(low, churners=20)], None, Promotion())
    assert decision.promote is promote
    assert "chance" in decision.why


@pytest.mark.parametrize(("low", "promote"), [(-0.01, True), (-0.03, False)])
def test_where_few_leave_a_first_model_may_be_ahead_and_no_more(
    low: float, promote: bool
) -> None:
    """Its gain is 0.02 above ``low``. Control: a champion does not fall to what is ahead."""
    terms = Promotion(first_model="ahead")
    assert decide([candidate(low)], None, terms).promote is promote
    assert not decide([candidate(low)], CHAMPION, terms).promote


def test_the_best_candidate_is_the_one_that_is_judged() -> None:
    models = [candidate(0.01, "logistic_regression", 8), candidate(0.02)]
    chosen = decide(models, CHAMPION, Promotion())
    assert (chosen.promote, chosen.selected) == (True, models[1])


def test_among_equal_candidates_the_first_is_selected() -> None:
    models = [candidate(0.01, "logistic_regression"), candidate(0.01)]
    assert select(models).name == "logistic_regression"


# What the gate does in a world with a known truth.


class World:
    """An operator of 1,500 customers: each month some leave, by a chance that two columns tell.

    Attributes:
        weights: how much each column raises the log-odds of leaving.
    """

    def __init__(self, seed: int, customers: int = 1_500) -> None:
        self.chance = np.random.default_rng(seed)
        self.customers = customers
        self.weights = np.array([0.0, 0.0])
        self.columns: list[np.ndarray] = []
        self.churned: list[np.ndarray] = []

    def live(self, months: int) -> None:
        for _ in range(months):
            columns = self.chance.normal(size=(self.customers, 2))
            odds = columns @ self.weights + LOG_ODDS
            left = self.chance.random(self.customers) < 1 / (1 + np.exp(-odds))
            self.columns.append(columns)
            self.churned.append(left)

    def shuffle_labels(self) -> None:
        for left in self.churned:
            self.chance.shuffle(left)

    def gate(
        self, models: dict[str, np.ndarray], champion: np.ndarray | None
    ) -> Decision:
        """The decision on the latest three months; a model is its weights of the two columns."""
        columns = np.concatenate(self.columns[-3:])
        evidence = Evidence(
            churned=np.concatenate(self.churned[-3:]),
            months=np.repeat([1, 2, 3], self.customers),
            customers=np.tile(np.arange(self.customers), 3),
        )
        scores = {name: columns @ weights for name, weights in models.items()}
        rival = None if champion is None else columns @ champion
        found = gains(scores, rival, evidence)
        candidates = [Contender(name, 2, 0.0, found[name]) for name in models]
        before = None if champion is None else CHAMPION
        return decide(candidates, before, Promotion(min_churners=0))


def drawn_models(world: World, count: int) -> dict[str, np.ndarray]:
    return {f"model_{number}": world.chance.normal(size=2) for number in range(count)}


@pytest.mark.parametrize(
    ("has_champion", "candidates"),
    [
        (True, 1),
        pytest.param(True, 3, marks=pytest.mark.slow),
        pytest.param(False, 1, marks=pytest.mark.slow),
        pytest.param(False, 3, marks=pytest.mark.slow),
    ],
)
def test_under_shuffled_labels_hardly_a_gate_promotes(
    has_champion: bool, candidates: int
) -> None:
    """Control: to promote whatever is ahead, as the gate did before, is wrong in a third of them and more.

    A thousand draws for each of 200 gates: the other cases are as long, and run with the slow tests."""
    promoted, ahead = 0, 0
    for seed in range(GATES):
        world = World(seed, customers=500)
        world.weights = np.array([1.0, -1.0])
        world.live(3)
        world.shuffle_labels()
        champion = world.chance.normal(size=2) if has_champion else None
        decision = world.gate(drawn_models(world, candidates), champion)
        promoted += decision.promote
        ahead += decision.selected.gain.difference > 0
    assert promoted <= MOST_WRONG
    # below a half against chance: few lucky rankings pull its mean up
    assert ahead > 0.3 * GATES


def test_a_base_rate_for_a_rival_would_let_chance_through() -> None:
    """Control of :data:`chance` as the rival: with 30 leavers every third world would be sure of a gain."""
    by_rate, by_chance = 0, 0
    for seed in range(60):
        chance = np.random.default_rng(seed)
        churned = chance.permutation(1_000) < 30
        evidence = Evidence(churned, np.repeat([1, 2], 500), np.arange(1_000))
        scores = {"ours": chance.random(1_000)}
        by_rate += gains(scores, np.zeros(1_000), evidence)["ours"].low > 0
        by_chance += gains(scores, None, evidence)["ours"].low > 0
    assert by_rate > 12
    assert by_chance <= 6  # of 60 with a chance of 1 in 20


@pytest.mark.parametrize(
    ("champion", "better"),
    [([1.0, 0.0], [1.0, 1.0]), ([0.5, 1.0], [1.0, 0.6])],
    ids=["knows one of two columns", "weighs them wrongly"],
)
def test_a_planted_better_model_is_promoted_within_three_months(
    champion: list[float], better: list[float]
) -> None:
    in_time = 0
    for seed in range(20):
        world = World(seed, customers=4_000)
        world.weights = np.array([1.0, 0.6]) if better[1] < 1 else np.array([1.0, 1.0])
        world.live(2)
        for _ in range(3):
            world.live(1)
            decision = world.gate({"new": np.array(better)}, np.array(champion))
            if decision.promote:
                in_time += 1
                break
    assert in_time >= 18


def test_a_champion_that_decays_is_replaced_and_one_that_does_not_stays() -> None:
    """Customers leave for another reason from month 10 on; the candidate of each month has learnt what holds then."""
    replaced, kept = [], 0
    for seed in range(10):
        world = World(seed)
        world.weights = np.array([1.0, 0.2])
        champion = world.weights
        world.live(9)
        kept += not world.gate({"new": world.weights * 2}, champion).promote
        world.weights = np.array([0.2, 1.0])
        for month in range(1, 7):
            world.live(1)
            if world.gate({"new": world.weights}, champion).promote:
                replaced.append(month)
                break
    assert kept == 10
    assert len(replaced) == 10
    assert max(replaced) <= 3
