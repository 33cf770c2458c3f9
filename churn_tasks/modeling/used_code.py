"""The code that a result depends on: the modules that are really imported, without their comments and docstrings."""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

WITH_DOCSTRING = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def digest_of(package: str, folder: Path, roots: Iterable[str]) -> str:
    """First 16 hex digits of the SHA-256 of some modules of a package and of all that they import from it.

    Other words in a comment or docstring, and other line breaks, leave it as it is; so does whatever is not imported.

    Args:
        package: dotted name of the package, such as ``churn_tasks.modeling``.
        folder: where its modules lie.
        roots: dotted names of the modules to begin with.
    """
    code: dict[str, str] = {}
    waiting = sorted(roots)
    while waiting:
        module = waiting.pop()
        path = _file_of(module.removeprefix(package), folder)
        if module in code or path is None:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        waiting.extend(name for name in _imported(tree) if name.startswith(package))
        code[module] = ast.dump(_without_docstrings(tree))
    lines = [f"{module} {code[module]}" for module in sorted(code)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _file_of(module: str, folder: Path) -> Path | None:
    """The file of a module; None for a name that is something inside one."""
    place = folder.joinpath(*module.split("."))
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.is_file():
            return path
    return None


def _imported(tree: ast.AST) -> Iterator[str]:
    """Dotted names of all that is imported anywhere in a module; of ``from a import b`` both a and a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _without_docstrings(tree: ast.AST) -> ast.AST:
    for node in ast.walk(tree):
        if isinstance(node, WITH_DOCSTRING) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return tree
