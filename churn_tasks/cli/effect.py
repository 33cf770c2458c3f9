"""``churn effect``: what contacts changed, those to be called against those held out."""

from typing import Annotated

import typer

from churn_tasks.cli.options import ProfileOption, console
from churn_tasks.core.months import Month
from churn_tasks.core.settings import load_settings


def show_effect(
    first: Annotated[
        str, typer.Option("--from", help="First month of the lists, YYYY-MM.")
    ],
    last: Annotated[str, typer.Option("--to", help="Last month of the lists.")],
    profile: ProfileOption = None,
) -> None:
    """Show what the lists of some months changed, with intervals, and what cannot be said."""
    from churn_tasks.by_hand.effect import effects_between
    from churn_tasks.cli.effect_screens import effect_screen

    settings = load_settings(profile)
    effects = effects_between(settings, Month.parse(first), Month.parse(last))
    console.print(effect_screen(effects, settings.currency))
