"""How much memory a fit takes, roughly: enough to tell what would never fit."""

from typing import Any

NUMBER = 8  # bytes
COPIES = 5  # of the numbers that a fit holds at once: 7 kB a row of 180 columns were measured


def of_the_rows(rows: int, columns: int, _: Any = None) -> float:
    """Bytes that a fit on so many rows and columns takes, whatever is given."""
    return float(rows * columns * NUMBER * COPIES)
