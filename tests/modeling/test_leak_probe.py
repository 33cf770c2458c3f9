"""The leak probe stops training on a column that has seen the label, and names it; honest columns pass."""

import numpy as np
import pytest

from churn_tasks.core.errors import CheckFailed
from churn_tasks.modeling.leak_probe import feature_aucs, refuse_leaks
from tests.modeling.samples import FEATURES, drawn


def test_honest_features_pass() -> None:
    aucs = refuse_leaks(drawn(1_000), FEATURES, 0.98)
    assert set(aucs) == set(FEATURES.names)
    assert aucs["constant"] == 0.5
    assert 0.7 < aucs["calls_drop"] < 0.9


@pytest.mark.parametrize("turned", [1.0, -1.0])
def test_a_number_that_has_seen_the_label_is_named(turned: float) -> None:
    rows = drawn(1_000)
    rows.features["noise_a"] = turned * (rows.churned + 0.01 * rows.features["noise_b"])
    with pytest.raises(CheckFailed, match=r"noise_a of feat_test \(AUC 1\.000\).*features\.ban"):
        refuse_leaks(rows, FEATURES, 0.98)


def test_a_text_that_has_seen_the_label_is_named() -> None:
    rows = drawn(1_000)
    rows.features["plan"] = np.where(rows.churned, "closed", "open").astype(object)
    with pytest.raises(CheckFailed, match="plan of feat_test"):
        refuse_leaks(rows, FEATURES, 0.98)


def test_being_unknown_can_be_the_leak() -> None:
    rows = drawn(1_000)
    rows.features["noise_a"] = np.where(rows.churned, np.nan, rows.features["noise_a"])
    with pytest.raises(CheckFailed, match="noise_a"):
        refuse_leaks(rows, FEATURES, 0.98)


def test_too_few_leavers_prove_nothing() -> None:
    rows = drawn(100)
    rows.churned[:] = False
    rows.churned[:3] = True
    assert feature_aucs(rows, FEATURES) == {}
