"""``python -m churn_tasks.local``: the demo and its services."""

import os
import sys
from typing import Annotated

import typer
from rich.console import Console

from churn_tasks.core.errors import ChurnError
from churn_tasks.core.settings import load_settings
from churn_tasks.local.instance import Instance

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help=__doc__,
    pretty_exceptions_enable=False,
)
LOG_WIDTH = None if sys.stdout.isatty() else 140  # a log has no width of its own
console = Console(width=LOG_WIDTH)


@app.command()
def demo(
    customers: Annotated[
        int, typer.Option(help="Subscribers of the simulated operator.", min=100)
    ] = 20_000,
    months: Annotated[
        int | None,
        typer.Option(help="Months of history to run; all of them when absent.", min=1),
    ] = None,
) -> None:
    """Start everything, run the profile's history through Airflow, and show the results."""
    from churn_tasks.local.demo import Demo

    Demo(load_settings(), console, customers, months).run()


@app.command()
def stop() -> None:
    """Stop everything that the demo started, and nothing else."""
    from churn_tasks.local.services import stop_everything

    stop_everything(Instance(load_settings()), console.print)


def main() -> None:
    """Entry point: files are private to their owner, and expected errors are one message without a traceback."""
    os.umask(0o077)
    try:
        app()
    except ChurnError as error:
        console.print(
            f"{type(error).__name__}: {error}",
            style="red",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
        raise SystemExit(1) from error
    except KeyboardInterrupt:
        console.print(
            "\nInterrupted. Services go on running; make stop ends them, make demo goes on."
        )
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
