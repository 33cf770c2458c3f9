"""Tables that lie beside the code as CSV."""

import csv
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def rows(file: str) -> list[dict[str, str]]:
    """The rows of one table as texts by column."""
    with (HERE / file).open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def texts(file: str, column: str) -> tuple[str, ...]:
    """One column of a table."""
    return tuple(row[column] for row in rows(file))


def figures(file: str, column: str) -> np.ndarray:
    """One column of numbers."""
    return np.array(texts(file, column), dtype=float)
