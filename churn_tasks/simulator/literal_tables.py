"""Tables that lie beside the code as CSV."""

import csv
from pathlib import Path

HERE = Path(__file__).parent


def rows(file: str) -> list[dict[str, str]]:
    """The rows of one table as texts by column."""
    with (HERE / file).open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))
