"""The label query of the definition that a profile adopts, as the registry holds it."""

from collections.abc import Iterable, Mapping

from churn_tasks.core.settings import INCLUDE, Settings
from churn_tasks.declared.columns import ColumnType
from churn_tasks.declared.labels.events import Event, known_events
from churn_tasks.declared.labels.sql import Ingredients, label_output, label_sql
from churn_tasks.declared.query import Query


def label_query(
    settings: Settings,
    left: Query,
    available: Iterable[str],
    profile_columns: Mapping[str, ColumnType],
) -> Query:
    """The composed query.

    Args:
        left: the folder ``sql/labels/left``.
        available: tables that the profile can make.
        profile_columns: of its ``month_profile``, with their types; none without one.

    Raises:
        SettingsError: the definition names something that is not there, with what is.
    """
    ingredients = Ingredients(
        settings.definition,
        known_events((INCLUDE, settings.profile_dir)),
        frozenset(available),
        profile_columns,
        observe=settings.windows.observe,
        needs_days=settings.windows.predict_from == "list",
    )
    return Query(
        "labels",
        left.folder,
        label_output(ingredients, left.output),
        generated=label_sql(ingredients, left.sql),
    )


def signs_without_a_day(settings: Settings) -> list[str]:
    """The signs of the adopted definition that know no day, only a month or a window whose first day they give.

    Empty: ``left_date`` of the label is the day of leaving. Else it may be a name for a whole month.
    """
    events = sign_events(settings)
    return [sign for sign, event in events.items() if event.output.dated_by != "day"]


def sign_events(settings: Settings) -> dict[str, Event]:
    """The event of each sign of the adopted definition, by the sign's name; a profile's own replaces a shared one."""
    known = {}
    for event in known_events((INCLUDE, settings.profile_dir)):
        known[event.name] = event
    events = {}
    for sign in settings.definition.signs:
        if sign.event in known:
            events[sign.label] = known[sign.event]
    return events
