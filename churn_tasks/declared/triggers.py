"""The rule triggers as the business declares them (G3): an event with values, how urgent it is and who is meant.

A trigger has no language of its own. What it counts is an event (``declared/labels/events.py``), and what it needs of a
source follows from that event's SQL. ``declared/trigger_sql.py`` writes the SQL that raises them.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from pydantic import Field

from churn_tasks.core.closed import Closed, Text
from churn_tasks.core.currency import Currency, currency
from churn_tasks.core.definition import NAME, Value
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.naming import given_twice
from churn_tasks.core.settings import INCLUDE, Settings
from churn_tasks.core.slots import PlainText
from churn_tasks.declared.labels.events import Event, known_events
from churn_tasks.declared.money import YUAN
from churn_tasks.declared.yaml_file import read_declaration

FILE = "playbook/triggers.yaml"
CLASSES = ("A", "B", "C", "D")
ORDINARY = "ordinary"  # no key account
VALUE_TIERS = {"value_1": 1, "value_2": 2, "value_3": 3, "value_4": 4}
TierName = Literal[
    "A", "B", "C", "D", "ordinary", "value_1", "value_2", "value_3", "value_4"
]


class Trigger(Closed):
    """One trigger.

    Attributes:
        number: 1 to 14 where it is one of the requirement's; two triggers may be halves of one.
        event: query folder under ``sql/events``.
        given: values of the event's parameters; those not named keep the default that the event declares.
        priority: 1 to 100; of several triggers the highest is told first.
        tier: key account classes, ``ordinary`` (no key account) and value tiers it is raised for; everybody when empty.
        by_day: the daily watch raises it as well, as soon as it is known.
    """

    name: str = Field(pattern=NAME)
    number: int | None = Field(None, ge=1, le=14)
    event: str = Field(pattern=NAME)
    given: dict[str, Value] = Field({}, description="parameter to value")
    enabled: bool = True
    priority: int = Field(ge=1, le=100)
    tier: tuple[TierName, ...] = ()
    by_day: bool = False
    words: PlainText

    @property
    def value_tiers(self) -> list[int]:
        """The value tiers among its tiers, as ``feat_value.value_tier`` numbers them."""
        return [VALUE_TIERS[name] for name in self.tier if name in VALUE_TIERS]

    @property
    def classes(self) -> list[str]:
        """The key account classes among its tiers."""
        return [name for name in self.tier if name in CLASSES]


class TriggerFile(Closed):
    triggers: tuple[Trigger, ...]


@dataclass(frozen=True)
class Raised:
    """A trigger with the event that raises it.

    Attributes:
        values: of every parameter of the event, in the profile's currency.
    """

    trigger: Trigger
    event: Event
    values: Mapping[str, Value | None]

    @property
    def name(self) -> str:
        return self.trigger.name

    @property
    def waits_for(self) -> set[str]:
        """Every table without which a profile has no such trigger."""
        tables = set(self.event.output.waits_for)
        if self.trigger.tier:
            tables |= {"month_profile", "clean_customer"}
        if self.trigger.value_tiers:
            tables.add("feat_value")
        return tables


def load_triggers(settings: Settings) -> tuple[Raised, ...]:
    """The triggers that are on, in the order of the file: the profile's own if there is one, else the shipped one.

    A trigger of an event that the profile lacks tables for is among them; see :func:`possible`.

    Raises:
        SettingsError: the file is malformed, a name stands twice, there is no such event, a value is out of its bounds,
            or the event cannot be a trigger; each with file, trigger, field and what is allowed.
    """
    path = file_of(settings)
    is_own = path != INCLUDE / FILE
    triggers = read_declaration(TriggerFile, path).triggers
    events = {}
    for event in known_events((INCLUDE, settings.profile_dir)):
        events[event.name] = event
    wrong = list(_wrong(triggers, events, settings.windows.observe))
    if wrong:
        raise SettingsError(f"{path}: {'; '.join(wrong)}")
    money = None if is_own else currency(settings.currency)
    raised = []
    for trigger in triggers:
        if trigger.enabled:
            event = events[trigger.event]
            values = _values(trigger, event, settings.windows.observe, money)
            raised.append(Raised(trigger, event, values))
    return tuple(raised)


def possible(triggers: Iterable[Raised], tables: Collection[str]) -> list[Raised]:
    """Those of the triggers that a profile with these tables can raise."""
    there = set(tables)
    return [raised for raised in triggers if there.issuperset(raised.waits_for)]


def _wrong(
    triggers: Iterable[Trigger], events: Mapping[str, Event], observe: int
) -> Iterable[str]:
    """What is wrong with the triggers of a file, those that are off included."""
    twice = given_twice(trigger.name for trigger in triggers)
    if twice:
        yield f"names given twice: {', '.join(twice)}"
    for trigger in triggers:
        where = f"trigger {trigger.name}"
        event = events.get(trigger.event)
        if event is None:
            yield f"{where}: event: {_no_event(trigger.event, events)}"
            continue
        _, problems = event.chosen(trigger.given, observe)
        for problem in problems:
            yield f"{where}: given: {problem}"
        unfit = _unfit(event)
        if unfit:
            yield f"{where}: event: {trigger.event} {unfit}"
        if trigger.by_day:
            yield from _not_by_day(trigger, event, events)


def _not_by_day(
    trigger: Trigger, event: Event, events: Mapping[str, Event]
) -> Iterable[str]:
    """Why a trigger cannot be raised before its month has ended."""
    where = f"trigger {trigger.name}: by_day"
    if not event.output.by_day:
        grow = sorted(name for name, each in events.items() if each.output.by_day)
        yield (
            f"{where}: the rest of the month may take back what {trigger.event} counts; by day can be asked"
            f" {', '.join(grow)}"
        )
    if trigger.value_tiers:
        yield f"{where}: value tiers are known when the month has ended; leave them out of tier"


def _no_event(name: str, events: Mapping[str, Event]) -> str:
    fit = sorted(known for known, event in events.items() if not _unfit(event))
    near = get_close_matches(name, fit, n=1)
    meant = f", did you mean {near[0]}?" if near else ""
    return f"there is no event {name!r}{meant} Those with evidence are {', '.join(fit)}"


def _unfit(event: Event) -> str:
    """Why an event cannot be a trigger; empty when it can."""
    beyond = event.output.months_beyond
    if beyond:
        return f"is known {beyond} months later and cannot be raised when its month ends; a definition may count it"
    if event.output.says is None:
        file = event.folder / "query.yaml"
        return f"tells no evidence that a caller could say; add says to {file}"
    return ""


def _values(
    trigger: Trigger, event: Event, observe: int, money: Currency | None
) -> dict[str, Value | None]:
    """Values of the event's parameters; amounts of the shipped file as about so much of the profile's currency.

    Args:
        money: None: they are in the profile's currency already.
    """
    values, _ = event.chosen(trigger.given, observe)
    if money is None or money.code == YUAN:
        return values
    for parameter in event.output.parameters:
        value = values[parameter.name]
        if YUAN in parameter.unit and isinstance(value, int | float):
            values[parameter.name] = value * money.per_yuan
    return values


def file_of(settings: Settings) -> Path:
    """The file that holds a profile's triggers."""
    own = settings.profile_dir / FILE
    return own if own.is_file() else INCLUDE / FILE


def trigger_words(settings: Settings) -> dict[str, Text]:
    """What people call each trigger of a profile's file, those that are off included."""
    triggers = read_declaration(TriggerFile, file_of(settings)).triggers
    return {trigger.name: trigger.words for trigger in triggers}
