"""No file imports another that imports it back, however long the way round."""

from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest


def _imports(package: str) -> dict[str, set[str]]:
    """What each file of a package imports, imports inside functions and for types included."""
    graph = grimp.build_graph(package, cache_dir=None)
    return {
        file: set(graph.find_modules_directly_imported_by(file))
        for file in graph.modules
    }


def _circle(imports: dict[str, set[str]]) -> list[str]:
    """The files of one circle, the first one again at its end; none where there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_two_files_import_each_other() -> None:
    imports = _imports("churn_tasks")
    assert len(imports) > 200, "the whole tree is looked at"
    circle = _circle(imports)
    assert circle == [], f"files that import each other: {' <- '.join(circle)}"


@pytest.mark.parametrize(
    "back",
    [
        "from planted_circle import bill\n",
        "def asked():\n    from planted_circle import bill\n    return bill\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from planted_circle import bill\n",
    ],
    ids=["plain", "inside a function", "for types alone"],
)
def test_a_planted_circle_of_three_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, back: str
) -> None:
    """Negative control: one import back closes the circle, wherever it stands."""
    files = {
        "__init__": "",
        "bill": "from planted_circle import customer\n",
        "customer": "from planted_circle import month\n",
        "month": back,
    }
    package = tmp_path / "planted_circle"
    package.mkdir()
    for name, text in files.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    circle = _circle(_imports("planted_circle"))
    assert set(circle) == {f"planted_circle.{name}" for name in files if name[0] != "_"}
