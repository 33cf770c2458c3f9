"""What a candidate is fitted by is digested, and nothing else: other words for a chart fit nothing anew."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from churn_tasks.modeling.candidates import FOLDER, code_digest


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package to change."""
    return Path(shutil.copytree(FOLDER, tmp_path / "modeling"))


def _changed(package: Path, module: str, change: Callable[[str], str]) -> bool:
    """Whether the digest is another one after a change of a module's text."""
    path = package / module
    before, text = code_digest(package), path.read_text(encoding="utf-8")
    assert change(text) != text
    path.write_text(change(text), encoding="utf-8")
    return code_digest(package) != before


def test_a_copy_has_the_same_digest(package: Path) -> None:
    assert code_digest(package) == code_digest()


@pytest.mark.parametrize(
    "module",
    [
        "linear.py",
        "boosted.py",
        "candidates.py",
        "calibration.py",
        "folds.py",
        "fitted.py",
        "frames.py",
        "derived.py",
        "classifier.py",
        "binning.py",
        "selection/choose.py",
        "selection/twins.py",
    ],
)
def test_other_code_that_fits_or_selects_is_another_digest(
    package: Path, module: str
) -> None:
    assert _changed(package, module, lambda text: f"{text}\nMORE = 1\n")


@pytest.mark.parametrize(
    "module",
    ["curves.py", "report_table.py", "validation.py", "gate.py", "explanation.py"],
)
def test_charts_and_tables_fit_nothing_anew(package: Path, module: str) -> None:
    assert not _changed(package, module, lambda text: f"{text}\nMORE = 1\n")


def test_docstrings_and_comments_fit_nothing_anew(package: Path) -> None:
    assert not _changed(
        package, "linear.py", lambda text: text.replace('"""Fit on', '"""Fitted on')
    )
    assert not _changed(package, "linear.py", lambda text: f"# read this\n{text}")
    assert not _changed(package, "curves.py", lambda text: f'"""A chart."""\n{text}')


def test_another_figure_in_the_code_is_another_digest(package: Path) -> None:
    """Control: not every change of one figure goes unseen."""
    assert _changed(
        package, "linear.py", lambda text: text.replace("max_iter=200", "max_iter=201")
    )
