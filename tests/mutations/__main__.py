"""``python -m tests.mutations``: breaks each rule in a copy, and shows whether its tests noticed.

First the control: the same tests over an unbroken copy must pass. Takes some minutes, so it is in neither
``make test`` nor ``make test-all``. Ends with 1 when something went unnoticed.
"""

import sys
import tempfile
from pathlib import Path

import typer

from tests.mutations.planted import copied, exit_code, mutations


def main() -> int:
    broken = mutations()
    files = sorted({file for mutation in broken for file in mutation.tests})
    with tempfile.TemporaryDirectory() as folder:
        if exit_code(copied(Path(folder)), files) != 0:
            typer.echo("the tests fail on an unbroken copy")
            return 1
    typer.echo("| rule, broken | in | noticed |\n| --- | --- | --- |")
    unnoticed = 0
    for mutation in broken:
        with tempfile.TemporaryDirectory() as folder:
            is_caught = mutation.is_caught(Path(folder))
        unnoticed += not is_caught
        answer = "yes" if is_caught else "NO"
        typer.echo(f"| {mutation.rule} | `{mutation.file}` | {answer} |")
    return int(unnoticed > 0)


if __name__ == "__main__":
    sys.exit(main())
