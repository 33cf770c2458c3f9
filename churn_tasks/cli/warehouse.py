"""``churn warehouse``: setting the warehouse up and upgrading it, by whoever may."""

import typer

from churn_tasks.cli.options import ProfileOption, say
from churn_tasks.core.settings import load_settings

warehouse = typer.Typer(
    no_args_is_help=True, help="Set the warehouse up, or upgrade it."
)


@warehouse.callback()
def _group() -> None:
    """Keeps ``upgrade`` a command of its own, although it is the only one."""


@warehouse.command("upgrade")
def upgrade(profile: ProfileOption = None) -> None:
    """Make roles, schema, tables and views, or bring them up to date; or say what stands in the way.

    The monthly run does the same before its first step. An installation whose service may not create roles runs this
    with the address of a user who may.
    """
    from churn_tasks.adapters.warehouse import Warehouse

    settings = load_settings(profile)
    opened = Warehouse(settings)
    try:
        changed = opened.migrate()
    finally:
        opened.close()
    said = "set up, or upgraded" if changed else "up to date"
    say(f"warehouse, schema {settings.warehouse_schema}: {said}")
