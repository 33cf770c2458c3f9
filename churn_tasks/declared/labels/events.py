"""Events that a definition may count or a trigger raise: query folders under ``sql/events``, with parameters.

An event's query makes at most one row a customer: ``customer_id`` and ``event_date``, the day on which it first struck
from ``$since`` on and before ``$predict_end`` (or ``$label_known``, if it says how many months it looks beyond the
window). An event that knows no day gives the first day of the month in which it struck. ``$since`` is as_of where the
event counts as leaving, the start of the observe window where it tells what kind of leaving it was, and the first day
that is asked about where it is a trigger (``declared/triggers.py``). Values of parameters are written into the text,
because one label may ask for the same event twice with different ones; they are numbers or words that the event lists.

Further columns are what a trigger tells of it: ``known_date``, the day on which it could be known, and the evidence,
the figures that it struck on. ``says`` puts them into words.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from churn_tasks.core.closed import Closed, Text, Words
from churn_tasks.core.definition import Sign, Value
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.naming import not_among
from churn_tasks.core.slots import refuse_slots, slots
from churn_tasks.core.sql_text import literal
from churn_tasks.declared.contracts import Column, QueryFile
from churn_tasks.declared.yaml_file import read_declaration

FOLDER = "sql/events"
SINCE = "since"
COLUMNS = ["customer_id", "event_date"]
KNOWN = "known_date"
NOTHING = {
    "choice": "CAST(NULL AS VARCHAR)",
    "integer": "CAST(NULL AS DOUBLE)",
    "number": "CAST(NULL AS DOUBLE)",
}


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
    en: Words
    zh: Words

    def refused(self, value: Value) -> str:
        """Why a value cannot be used; empty when it can."""
        if self.type == "choice":
            return self._unlisted(value)
        wanted = "a whole number" if self.type == "integer" else "a number"
        if isinstance(value, str) or not self._can_be(value):
            return f"{wanted} is wanted"
        too_low = self.lowest is not None and value < self.lowest
        too_high = self.highest is not None and value > self.highest
        if too_low or too_high:
            return f"allowed are {self.lowest} to {self.highest}"
        return ""

    def _unlisted(self, value: Value) -> str:
        if value in self.allowed:
            return ""
        return f"allowed are {', '.join(self.allowed)}"

    def _can_be(self, value: float) -> bool:
        return self.type == "number" or float(value).is_integer()

    def literal(self, value: Value | None) -> str:
        """The value as SQL."""
        if value is None:
            return NOTHING[self.type]
        if self.type == "choice":
            return literal(value)
        if self.type == "integer":
            return str(int(value))
        return f"CAST({float(value)!r} AS DOUBLE)"

    @model_validator(mode="after")
    def _default_is_allowed(self) -> Self:
        are_words = all(word.isidentifier() for word in self.allowed)
        if (self.type == "choice") != bool(self.allowed) or not are_words:
            raise ValueError(
                f"{self.name}: a choice needs allowed words, and nothing else has them"
            )
        if self.default is not None:
            why = self.refused(self.default)
            if why:
                raise ValueError(f"{self.name}: default {self.default}: {why}")
        return self


class EventFile(QueryFile):
    """``query.yaml`` of an event.

    Attributes:
        parameters: what a definition may give.
        either: names of parameters of which one counts; giving one leaves the others without a value.
        dated_by: what ``event_date`` is: the day itself, or the first day of a month or window that knows no day.
        months_beyond: months after the predict window that it must see to tell who was struck in the window.
        by_day: what it counts only grows until the month ends, so that part of a month can strike; False where the rest
            of the month may take it back (no call, a bill that falls).
        says: what a trigger says of it, with ``{name}`` for each column of evidence, a parameter or ``event_date``;
            None: it tells no evidence, and only definitions may count it.
    """

    parameters: tuple[Parameter, ...] = ()
    either: tuple[str, ...] = ()
    dated_by: Literal["day", "month"] = "month"
    months_beyond: int = Field(0, ge=0, le=12)
    by_day: bool = False
    says: Text | None = None

    @property
    def evidence(self) -> tuple[Column, ...]:
        """The columns with the figures that it struck on."""
        first = len(COLUMNS)
        further = self.columns[first:]
        return tuple(column for column in further if column.name != KNOWN)

    @property
    def tells_known_date(self) -> bool:
        return KNOWN in self.column_names

    @model_validator(mode="after")
    def _says_its_evidence(self) -> Self:
        names = {column.name for column in self.evidence}
        if self.says is None:
            if names:
                raise ValueError(f"says nothing of its {', '.join(sorted(names))}")
            return self
        known = {*names, "event_date", *(each.name for each in self.parameters)}
        try:
            refuse_slots(self.says, sorted(known))
        except ValueError as error:
            raise ValueError(f"says: {error}") from error
        for language, words in (("en", self.says.en), ("zh", self.says.zh)):
            unsaid = sorted(names - slots(words))
            if unsaid:
                raise ValueError(f"says.{language} leaves {', '.join(unsaid)} unsaid")
        return self

    @model_validator(mode="after")
    def _makes_dates(self) -> Self:
        first = len(COLUMNS)
        if self.column_names[:first] != COLUMNS or self.key != ("customer_id",):
            raise ValueError(
                f"an event has the key [customer_id] and the first columns {', '.join(COLUMNS)}"
            )
        names = [parameter.name for parameter in self.parameters]
        unknown = sorted(not_among(self.either, names))
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

    @property
    def day(self) -> Column:
        """What its date is, in words."""
        return self.output.columns[1]

    @property
    def asks_since(self) -> bool:
        """Whether its SQL asks from which day on it counts."""
        return f"${SINCE}" in self._statement

    def values(self, sign: Sign, observe: int) -> dict[str, Value | None]:
        """A value for every parameter.

        Args:
            observe: months of the observe window.

        Raises:
            SettingsError: a parameter is unknown, out of range, or needs a longer observe window, each with what is
                allowed.
        """
        values, problems = self.chosen(sign.given, observe)
        if problems:
            raise SettingsError(
                f"sign {sign.label} (event {self.name}): {'; '.join(problems)}"
            )
        return values

    def chosen(
        self, given: Mapping[str, Value], observe: int
    ) -> tuple[dict[str, Value | None], list[str]]:
        """A value for every parameter, and why some cannot be used."""
        known = self._parameters
        values = {name: parameter.default for name, parameter in known.items()}
        chosen = [name for name in self.output.either if name in given]
        problems: list[str] = []
        if chosen:
            values |= dict.fromkeys(self.output.either)
        if len(chosen) > 1:
            problems.append(f"{' and '.join(chosen)} cannot both be given")
        for name, value in given.items():
            problems += self._problems(name, value, observe)
            values[name] = value
        return values, problems

    def _problems(self, name: str, value: Value, observe: int) -> list[str]:
        """Why a parameter cannot have a value in a window of so many months; nothing when it can."""
        known = self._parameters
        if name not in known:
            names = ", ".join(known) or "none"
            return [f"there is no parameter {name!r}; there are {names}"]
        parameter = known[name]
        why = parameter.refused(value)
        if observe < parameter.least_observe:
            why = f"needs windows.observe of at least {parameter.least_observe}"
        return [f"{name} is {value}: {why}"] if why else []

    def text(self, sign: Sign, since: str, observe: int) -> str:
        """The SQL with the sign's values in it; of its placeholders only dates of the window remain.

        Args:
            since: the date from which the event counts, ``$as_of`` or ``$observe_start``.
        """
        return self.text_with(self.values(sign, observe), {SINCE: since})

    def text_with(
        self, values: Mapping[str, Value | None], dates: Mapping[str, str]
    ) -> str:
        """The SQL with values for its parameters and SQL for some of the dates it asks for; other dates remain."""
        parameters = self._parameters
        literals = dict(dates)
        for name, value in values.items():
            literals[name] = parameters[name].literal(value)
        return re.sub(
            r"\$([a-z_]+)",
            lambda placeholder: literals.get(placeholder[1], placeholder[0]),
            self._statement,
        )

    @cached_property
    def _statement(self) -> str:
        """The SQL without its comments and what ends it."""
        lines = self.sql.rstrip().rstrip(";").splitlines()
        return "\n".join(line for line in lines if not line.startswith("--"))

    @property
    def _parameters(self) -> dict[str, Parameter]:
        return {parameter.name: parameter for parameter in self.output.parameters}


def known_events(roots: Iterable[Path]) -> list[Event]:
    """Every event below these folders, shared ones first, whether or not its tables are there.

    Raises:
        SettingsError: a file is malformed.
    """
    files: list[Path] = []
    for root in roots:
        files += sorted((root / FOLDER).glob("*/query.yaml"))
    return [Event(file.parent, read_declaration(EventFile, file)) for file in files]


def usable_events(known: Iterable[Event], available: Iterable[str]) -> dict[str, Event]:
    """The events whose tables are all there, by name; of two with one name the later one, a profile's own."""
    there = set(available)
    usable = {}
    for event in known:
        if there.issuperset(event.output.waits_for):
            usable[event.name] = event
    return usable


def event_of(sign: Sign, usable: Mapping[str, Event], known: Iterable[Event]) -> Event:
    """The event that a sign counts.

    Raises:
        SettingsError: there is none of that name, with those there are; or the profile lacks its tables.
    """
    if sign.event in usable:
        return usable[sign.event]
    tables = {event.name: event.output.waits_for for event in known}
    if sign.event in tables:
        raise SettingsError(
            f"definition: event {sign.event} needs {', '.join(tables[sign.event])},"
            " which the profile cannot all make"
        )
    raise SettingsError(
        f"definition: there is no event {sign.event!r}; there are {', '.join(sorted(usable))}"
    )
