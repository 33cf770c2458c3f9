"""The packages that reading a model needs, pinned to what fitted it."""

from collections.abc import Iterable
from importlib.metadata import version as installed_version

ALWAYS = ("numpy", "pandas", "scikit-learn", "scipy", "skops")


def requirements(packages: Iterable[str] = ()) -> list[str]:
    """Lines of a requirements file, sorted.

    Args:
        packages: what a family needs beside the packages that every model needs.
    """
    names = sorted({*ALWAYS, *packages})
    return [f"{name}=={installed_version(name)}" for name in names]
