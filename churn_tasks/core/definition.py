"""What leaving means (C1, C3 to C6), as a declaration: who is asked about, which signs count, which kinds there are.

A definition is a small YAML file, ``include/definitions/<name>.yaml`` or ``definitions/<name>.yaml`` of a profile. Its
signs are events, each a query folder under ``sql/events``. Neither a new definition nor a new event needs Python.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from churn_tasks.core.closed import Closed, Text
from churn_tasks.core.naming import given_twice, not_among

NAME = r"^[a-z][a-z0-9_]*$"
ORDINARY = "ordinary"  # the tier of everybody whom no declared tier takes
ORDINARY_MEANING = Text(en="Everybody else", zh="普通客户")
AtLeast = Literal["any", "all"] | int
Value = int | float | str


class Sign(Closed):
    """An event that counts, with values for its parameters.

    Attributes:
        event: query folder under ``sql/events``.
        name: how tiers speak of it; the event's name when empty.
        given: values of the event's parameters; those not named keep the default that the event declares.
    """

    event: str = Field(pattern=NAME)
    name: str = Field("", pattern=r"^([a-z][a-z0-9_]*)?$")
    given: dict[str, Value] = Field({}, description="parameter to value")

    @property
    def label(self) -> str:
        """The name by which the definition speaks of it."""
        return self.name or self.event


class Tier(Closed):
    """Customers for whom more or fewer signs must show (C4). Tiers are tried in order; the first that fits counts.

    Attributes:
        when: SQL condition over what is known of the customer at as_of: ``arpu_cny`` (revenue a month over the observe
            window) and the columns of ``month_profile``.
        at_least: of this tier; the definition's own when None.
        signs: labels of the signs that count for this tier; all of them when empty.
    """

    name: str = Field(pattern=NAME)
    meaning: Text
    when: str = Field(min_length=1)
    at_least: AtLeast | None = None
    signs: tuple[str, ...] = ()


class KindRule(Closed):
    """How one kind of leaving is told (C6): by events from the observe window up to the day of leaving.

    Attributes:
        evidence: events; one that the profile has no tables for tells nothing.
        at_least: how many of them must have struck.
    """

    kind: Literal["voluntary", "forced", "competitor", "natural"]
    evidence: tuple[Sign, ...] = Field(min_length=1)
    at_least: AtLeast = "any"

    @model_validator(mode="after")
    def _countable(self) -> Self:
        needed(self.at_least, len(self.evidence), f"kind {self.kind}")
        return self


class WindowLengths(Closed):
    """Window lengths that a definition brings along; what it does not name is the profile's."""

    observe: int | None = Field(None, ge=1, le=60)
    delay: int | None = Field(None, ge=0, le=60)
    predict: int | None = Field(None, ge=1, le=60)


class Definition(Closed):
    """Who is a customer and what counts as leaving.

    Attributes:
        name: of the file; ``own`` for one that stands in ``settings.yaml`` itself.
        population: query folder under ``sql/cohort``.
        signs: the events that count from as_of on. A customer leaves on the day on which the last one needed struck,
            and is churned if that day lies in ``[predict_start, predict_end)``.
        truth_after: months after the predict window that must have ended before the truth is known: as many as its
            signs look beyond the window (an event's ``months_beyond``).
        at_least: how many different signs must have struck.
        tiers: who needs more or fewer signs, in order.
        kinds: how kinds of leaving are told apart, in order; who fits none leaves in an unknown way.
    """

    name: str = Field("own", pattern=NAME)
    meaning: Text
    population: str = Field("active_every_month", pattern=NAME)
    windows: WindowLengths = WindowLengths()
    signs: tuple[Sign, ...] = Field(min_length=1)
    truth_after: int = Field(
        0,
        ge=0,
        le=12,
        description="months after the predict window that must have ended before it is known who left in it",
    )
    at_least: AtLeast = "any"
    tiers: tuple[Tier, ...] = ()
    kinds: tuple[KindRule, ...] = ()
    drop_left_early: bool = Field(
        True,
        description="leave who left before the predict window out of training: nobody could call them in time",
    )
    rotation_days: int = Field(
        45,
        ge=0,
        le=365,
        description="who opens another line this close to leaving one has not left; 0: each such line is churned",
    )

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of its signs."""
        return tuple(sign.label for sign in self.signs)

    def counted(self, tier: Tier | None) -> tuple[str, ...]:
        """The signs that count for a tier; None: for everybody else."""
        if tier and tier.signs:
            return tier.signs
        return self.labels

    def needed(self, tier: Tier | None) -> int:
        """How many of :meth:`counted` must have struck."""
        count = len(self.counted(tier))
        if tier is None:
            return needed(self.at_least, count, "at_least")
        at_least = self.at_least
        if tier.at_least is not None:
            at_least = tier.at_least
        return needed(at_least, count, f"tier {tier.name}")

    @model_validator(mode="after")
    def _speaks_of_what_it_has(self) -> Self:
        _refuse_repeated("signs", self.labels)
        _refuse_repeated("tiers", (*(tier.name for tier in self.tiers), ORDINARY))
        for tier in self.tiers:
            unknown = sorted(not_among(tier.signs, self.labels))
            if unknown:
                raise ValueError(
                    f"tier {tier.name} names signs that the definition has not: {', '.join(unknown)}."
                    f" There are {', '.join(self.labels)}"
                )
            self.needed(tier)
        self.needed(None)
        return self


def needed(at_least: AtLeast, of: int, where: str) -> int:
    """How many of so many must have struck.

    Raises:
        ValueError: fewer than one, or more than there are.
    """
    words = {"any": 1, "all": of}
    wanted = words.get(at_least) if isinstance(at_least, str) else at_least
    if wanted is None or not 1 <= wanted <= of:
        raise ValueError(
            f"{where}: at_least is {at_least}; allowed are any, all, or 1 to {of}"
        )
    return wanted


def _refuse_repeated(what: str, names: tuple[str, ...]) -> None:
    twice = given_twice(names)
    if twice:
        raise ValueError(
            f"{what} named twice: {', '.join(twice)}. Give each a name of its own"
        )
