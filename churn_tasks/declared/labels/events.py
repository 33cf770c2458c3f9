"""Events that a definition may count: query folders under ``sql/events``, with parameters that the definition gives.

An event's query makes at most one row a customer of the cohort: ``customer_id`` and ``event_month``, the first month of
``[$since, $predict_end)`` in which it struck. ``$since`` is as_of where the event counts as leaving, and the start of
the observe window where it tells what kind of leaving it was. Values of parameters are written into the text, because
one label may ask for the same event twice with different ones; they are numbers or words that the event itself lists.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from churn_tasks.core.closed import Closed
from churn_tasks.core.definition import Sign, Value
from churn_tasks.core.errors import SettingsError
from churn_tasks.declared.contracts import QueryFile
from churn_tasks.declared.yaml_file import read_declaration

FOLDER = "sql/events"
SINCE = "since"
COLUMNS = ["customer_id", "event_month"]


class Parameter(Closed):
    """One parameter of an event.

    Attributes:
        allowed: the words that a parameter of type ``choice`` may be.
        default: None: the parameter may stay without a value, and is NULL in the SQL.
        least_observe: months of the observe window without which the parameter cannot be used.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: Literal["integer", "number", "choice"]
    unit: str = ""
    lowest: float | None = None
    highest: float | None = None
    allowed: tuple[str, ...] = ()
    default: Value | None = None
    least_observe: int = Field(1, ge=1)
    en: str
    zh: str

    def refused(self, value: Value) -> str:
        """Why a value cannot be used; empty when it can."""
        if self.type == "choice":
            return (
                ""
                if value in self.allowed
                else f"allowed are {', '.join(self.allowed)}"
            )
        if isinstance(value, str) or (
            self.type == "integer" and not float(value).is_integer()
        ):
            return (
                "a whole number is wanted"
                if self.type == "integer"
                else "a number is wanted"
            )
        too_low = self.lowest is not None and value < self.lowest
        too_high = self.highest is not None and value > self.highest
        return (
            f"allowed are {self.lowest} to {self.highest}"
            if too_low or too_high
            else ""
        )

    def literal(self, value: Value | None) -> str:
        """The value as SQL."""
        if value is None:
            return (
                "CAST(NULL AS VARCHAR)"
                if self.type == "choice"
                else "CAST(NULL AS DOUBLE)"
            )
        if self.type == "choice":
            return f"'{value}'"
        return (
            str(int(value))
            if self.type == "integer"
            else f"CAST({float(value)!r} AS DOUBLE)"
        )

    @model_validator(mode="after")
    def _default_is_allowed(self) -> Self:
        if (self.type == "choice") != bool(self.allowed) or any(
            not word.isidentifier() for word in self.allowed
        ):
            raise ValueError(
                f"{self.name}: a choice needs allowed words, and nothing else has them"
            )
        if self.default is not None and self.refused(self.default):
            raise ValueError(
                f"{self.name}: default {self.default}: {self.refused(self.default)}"
            )
        return self


class EventFile(QueryFile):
    """``query.yaml`` of an event.

    Attributes:
        parameters: what a definition may give.
        either: names of parameters of which one counts; giving one leaves the others without a value.
    """

    parameters: tuple[Parameter, ...] = ()
    either: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _makes_months(self) -> Self:
        if self.column_names != COLUMNS or self.key != ("customer_id",):
            raise ValueError(
                f"an event has the key [customer_id] and the columns {', '.join(COLUMNS)}"
            )
        unknown = sorted(
            set(self.either) - {parameter.name for parameter in self.parameters}
        )
        if unknown:
            raise ValueError(f"either names unknown parameters: {', '.join(unknown)}")
        return self


@dataclass(frozen=True)
class Event:
    """One folder under ``sql/events``."""

    folder: Path
    output: EventFile

    @property
    def name(self) -> str:
        return self.folder.name

    @cached_property
    def sql(self) -> str:
        return (self.folder / "query.sql").read_text(encoding="utf-8")

    def values(self, sign: Sign, observe: int) -> dict[str, Value | None]:
        """A value for every parameter.

        Args:
            observe: months of the observe window.

        Raises:
            SettingsError: a parameter is unknown, out of range, or needs a longer observe window, each with what is
                allowed.
        """
        known = {parameter.name: parameter for parameter in self.output.parameters}
        given = [name for name in self.output.either if name in sign.given]
        values = {name: parameter.default for name, parameter in known.items()}
        values |= dict.fromkeys(self.output.either) if given else {}
        problems = (
            [f"{' and '.join(given)} cannot both be given"] if len(given) > 1 else []
        )
        for name, value in sign.given.items():
            if name not in known:
                problems.append(
                    f"there is no parameter {name!r}; there are {', '.join(known) or 'none'}"
                )
                continue
            why = known[name].refused(value)
            if observe < known[name].least_observe:
                why = f"needs windows.observe of at least {known[name].least_observe}"
            problems += [f"{name} is {value}: {why}"] if why else []
            values[name] = value
        if problems:
            raise SettingsError(
                f"sign {sign.label} (event {self.name}): {'; '.join(problems)}"
            )
        return values

    def text(self, sign: Sign, since: str, observe: int) -> str:
        """The SQL with the sign's values in it; of its placeholders only dates of the window remain.

        Args:
            since: the date from which the event counts, ``$as_of`` or ``$observe_start``.
        """
        given, values = (
            {parameter.name: parameter for parameter in self.output.parameters},
            self.values(sign, observe),
        )
        literals = {
            name: given[name].literal(value) for name, value in values.items()
        } | {SINCE: since}
        lines = (
            line
            for line in self.sql.rstrip().rstrip(";").splitlines()
            if not line.startswith("--")
        )
        return re.sub(
            r"\$([a-z_]+)",
            lambda found: literals.get(found[1], found[0]),
            "\n".join(lines),
        )


def known_events(roots: Iterable[Path]) -> list[Event]:
    """Every event below these folders, shared ones first, whether or not its tables are there.

    Raises:
        SettingsError: a file is malformed.
    """
    return [
        Event(file.parent, _read(file))
        for root in roots
        for file in sorted((root / FOLDER).glob("*/query.yaml"))
    ]


def usable_events(known: Iterable[Event], available: Iterable[str]) -> dict[str, Event]:
    """The events whose tables are all there, by name; of two with one name the later one, a profile's own."""
    there = set(available)
    return {
        event.name: event
        for event in known
        if there.issuperset((*event.output.reads, *event.output.needs))
    }


def event_of(sign: Sign, usable: Mapping[str, Event], known: Iterable[Event]) -> Event:
    """The event that a sign counts.

    Raises:
        SettingsError: there is none of that name, with those there are; or the profile lacks its tables.
    """
    if sign.event in usable:
        return usable[sign.event]
    lacking = [event for event in known if event.name == sign.event]
    if lacking:
        tables = ", ".join((*lacking[-1].output.reads, *lacking[-1].output.needs))
        raise SettingsError(
            f"definition: event {sign.event} needs {tables}, which the profile cannot all make"
        )
    raise SettingsError(
        f"definition: there is no event {sign.event!r}; there are {', '.join(sorted(usable))}"
    )


def _read(path: Path) -> EventFile:
    return read_declaration(EventFile, path)
