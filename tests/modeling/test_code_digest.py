"""What a candidate is fitted by is digested, and nothing else: other words for a chart fit nothing anew."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from churn_tasks.modeling.candidates import FOLDER, code_digest
from churn_tasks.modeling.family import family


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package to change."""
    return Path(shutil.copytree(FOLDER, tmp_path / "modeling"))


Digest = Callable[[Path], str]


def _changed(
    package: Path,
    module: str,
    change: Callable[[str], str],
    digest: Digest = code_digest,
) -> bool:
    """Whether the digest is another one after a change of a module's text."""
    path = package / module
    before, text = digest(package), path.read_text(encoding="utf-8")
    assert change(text) != text
    path.write_text(change(text), encoding="utf-8")
    return digest(package) != before


def test_a_copy_has_the_same_digest(package: Path) -> None:
    assert code_digest(package) == code_digest()


@pytest.mark.parametrize(
    "module",
    [
        "candidates.py",
        "calibration.py",
        "folds.py",
        "fitted.py",
        "frames.py",
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


MORE_IN_A_FAMILY = {
    "families/logistic_regression.py": ["logistic_regression"],
    "families/lightgbm.py": ["lightgbm"],
    "preprocessing.py": ["logistic_regression", "svm"],
    "encoding.py": ["logistic_regression", "lightgbm", "svm"],
    "scaled.py": ["logistic_regression", "svm"],
    "derived.py": ["logistic_regression", "lightgbm", "svm"],
}


@pytest.mark.parametrize("module", MORE_IN_A_FAMILY)
@pytest.mark.parametrize("name", ["logistic_regression", "lightgbm", "svm"])
def test_other_code_of_a_family_is_another_digest_of_what_uses_it(
    package: Path, module: str, name: str
) -> None:
    """The code of one family fits no other anew."""
    digest = family(name).code_digest
    is_other = _changed(package, module, lambda text: f"{text}\nMORE = 1\n", digest)
    assert is_other == (name in MORE_IN_A_FAMILY[module])


def test_docstrings_and_comments_fit_nothing_anew(package: Path) -> None:
    digest, module = family("lightgbm").code_digest, "families/lightgbm.py"
    more_words = [
        lambda text: text.replace('"""Choose the number', '"""Choose a number'),
        lambda text: f"# read this\n{text}",
    ]
    for change in more_words:
        assert not _changed(package, module, change, digest)
    assert not _changed(package, "curves.py", lambda text: f'"""A chart."""\n{text}')


def test_another_figure_in_the_code_is_another_digest(package: Path) -> None:
    """Control: not every change of one figure goes unseen."""
    digest = family("logistic_regression").code_digest
    assert _changed(
        package,
        "families/logistic_regression.py",
        lambda text: text.replace("max_iter=200", "max_iter=201"),
        digest,
    )
