"""CPU seconds of the gate's comparison: a thousand draws of the customers of three months.

    .venv/bin/python -m benchmarks.gate --customers 20000

Scores are drawn, so nothing is read or fitted.
"""

import time
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from churn_tasks.modeling.paired import Evidence, gains

MONTHS, CHURN_RATE = 3, 0.03
CANDIDATES = (1, 2, 10)
COLUMNS = ("candidates", "rival", "CPU s")


def main(customers: Annotated[int, typer.Option(min=100)] = 20_000) -> None:
    """Print one row for each number of candidates, against a champion and against chance."""
    screen = Table(*COLUMNS, title=f"{customers} customers, {MONTHS} months")
    chance = np.random.default_rng(1)
    rows = MONTHS * customers
    evidence = Evidence(
        churned=chance.random(rows) < CHURN_RATE,
        months=np.repeat(np.arange(MONTHS), customers),
        customers=np.tile(np.arange(customers).astype(str).astype(object), MONTHS),
    )
    champion = evidence.churned + chance.normal(size=rows)
    for count in CANDIDATES:
        models = {}
        for number in range(count):
            models[f"model {number}"] = evidence.churned + chance.normal(size=rows)
        for name, rival in (("champion", champion), ("chance", None)):
            began = time.process_time()
            gains(models, rival, evidence)
            taken = time.process_time() - began
            screen.add_row(str(count), name, f"{taken:.2f}")
    Console().print(screen)


if __name__ == "__main__":
    typer.run(main)
