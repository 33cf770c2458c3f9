"""``churn examples unicom``: on a planted file of the same shape, and on the real one where it is."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from churn_tasks.by_hand.examples import COLUMNS, SURVIVAL, unicom
from churn_tasks.cli import app
from churn_tasks.core.errors import BadInput
from tests.modeling.test_probe_leaks_command import DATA, needs

REAL = "unicom_4975.csv.xz"


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """1,500 customers: contract and group account tell, and months of use are cut short for who leaves."""
    rng = np.random.default_rng(3)
    rows = 1_500
    frame = pd.DataFrame({name: rng.normal(size=rows) for name in COLUMNS})
    for name in ("Contract", "Key_Account"):
        frame[name] = rng.random(rows) < 0.3
    odds = 1 - 2 * frame["Contract"] - 2 * frame["Key_Account"]
    left = rng.random(rows) < 1 / (1 + np.exp(-odds.astype(float)))
    frame[SURVIVAL] = np.where(left, rng.integers(1, 25, rows), 25)
    frame.insert(0, "ID", np.arange(rows))
    frame["Lost_User"] = left.astype(int)
    path = tmp_path / "numbers.csv"
    frame.astype(float).to_csv(path, index=False)
    return path


def test_what_sees_the_label_is_named_and_the_honest_figure_stands_beside(
    planted: Path,
) -> None:
    done = unicom(planted)
    assert done.leaks == [SURVIVAL]
    assert SURVIVAL in set(done.coefficients["column"])
    assert done.published.accuracy > 0.97
    assert 0.7 < done.honest.accuracy < 0.9
    assert done.honest.auc < 0.85


def test_another_file_is_refused(planted: Path) -> None:
    frame = pd.read_csv(planted).drop(columns=["Locked"])
    frame.to_csv(planted, index=False)
    with pytest.raises(BadInput, match="no column of numbers Locked"):
        unicom(planted)
    with pytest.raises(BadInput, match="there is no file"):
        unicom(planted.with_name("nowhere.csv"))


@needs(REAL)
def test_the_published_figure_comes_out_and_what_it_is_worth() -> None:
    shown = CliRunner().invoke(app, ["examples", "unicom", "--file", str(DATA / REAL)])
    assert shown.exit_code == 0, shown.output
    said = " ".join(shown.output.split())
    assert "As published: 98.29% right, AUC 0.997" in said
    assert "Lifetime has seen who leaves" in said
    assert "84.9% right, AUC 0.884" in said
    done = unicom(DATA / REAL)
    assert list(done.coefficients["column"]) == [
        "Lifetime",
        "Key_Account",
        "extra_time",
    ]
    assert (done.coefficients["p"] < 0.05).all()
