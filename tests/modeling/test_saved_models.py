"""Models that an earlier build saved (November 2026) load and score as they did then: a champion stays in force.

Each was fitted on ``drawn(400, seed=1)`` with two components, a factor and two clusters beside the columns;
``scores.json`` holds what that build gave for ``drawn(20, months=1, seed=2)``.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from churn_tasks.adapters.model_files import MODEL_FILE, digests, read_model
from churn_tasks.modeling.family import trusted_types
from tests.modeling.samples import drawn

SAVED = Path(__file__).parent / "saved"


@pytest.mark.parametrize("name", ["lightgbm", "logistic_regression"])
def test_a_model_of_an_earlier_build_scores_as_it_did(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / MODEL_FILE).write_bytes((SAVED / f"{name}.skops").read_bytes())
    model = read_model(tmp_path, digests(tmp_path), trusted_types(), name)
    scores = model.predict(drawn(20, months=1, seed=2).features)
    then = json.loads((SAVED / "scores.json").read_text())[name]
    assert np.allclose(scores, then, rtol=0, atol=1e-12)
    assert scores.max() - scores.min() > 0.1
