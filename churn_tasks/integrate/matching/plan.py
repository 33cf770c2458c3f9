"""What is compared and how, read from ``include/matching/customer.yaml`` and the profile's own sections of it."""

from collections.abc import Iterable, Iterator
from math import isqrt
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BeforeValidator, Field, model_validator

from churn_tasks.core.closed import Closed, Words
from churn_tasks.core.settings import INCLUDE, Settings
from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.own_file import merged

Language = Literal["en", "zh"]
V = TypeVar("V")
ColumnGroups = tuple[tuple[str, ...], ...]
OTHERWISE = "ELSE"
NOT_KNOWN = -1  # splink's number of the level at which a value is missing


class SourceColumn(Closed):
    """A column of the comparison: SQL over the first of the contract's columns that has a value."""

    first_of: tuple[str, ...] = Field(min_length=1)
    sql: str = "{value}"

    def expression(self, available: Iterable[str]) -> str:
        """The SQL of the column; NULL when the contract has none of the columns it could come from."""
        there = set(available)
        delivered = [identifier(name) for name in self.first_of if name in there]
        if not delivered:
            return "NULL::VARCHAR"
        return self.sql.replace("{value}", f"coalesce({', '.join(delivered)})")

    def is_delivered(self, available: Iterable[str]) -> bool:
        return not set(self.first_of).isdisjoint(available)


class Level(Closed):
    """One degree of agreement.

    Attributes:
        when: SQL over ``<column>_l`` and ``<column>_r``, or ``ELSE`` for the last level.
        same: share of the pairs of one person at this level, where training starts.
        rare: column whose own frequency counts: agreement on a rare value says more.
    """

    when: str
    same: float = Field(gt=0, lt=1)
    rare: str | None = None
    en: Words
    zh: Words

    def said(self, language: Language) -> str:
        """The level in words."""
        return {"en": self.en, "zh": self.zh}[language]


class Comparison(Closed):
    """Levels from the strongest to the weakest; a pair takes the first that holds, none when a value is missing."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    needs: tuple[str, ...] = Field(min_length=1)
    levels: tuple[Level, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _ends_in_otherwise(self) -> Self:
        *stronger, weakest = [level.when for level in self.levels]
        if weakest != OTHERWISE or OTHERWISE in stronger:
            raise ValueError(
                f"comparison {self.name}: the last level, and no other, is {OTHERWISE}"
            )
        return self

    def number(self, label: str) -> int:
        """splink's number of the level with this English label: 0 for the last, higher for stronger ones.

        Raises:
            ValueError: no level is called that.
        """
        labels = [level.en for level in reversed(self.levels)]
        if label not in labels:
            raise ValueError(
                f"comparison {self.name} has no level {label!r}; it has {', '.join(labels)}"
            )
        return labels.index(label)


def _as_tuple(labels: str | tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(labels, str):
        return (labels,)
    return labels


Labels = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
LevelsByComparison = dict[str, Labels]


class Guard(Closed):
    """Pairs at one of the named levels of each comparison in ``when`` are never merged automatically.

    Attributes:
        unless: a pair at one of the levels of any of these is spared.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    when: LevelsByComparison = Field(min_length=1)
    unless: LevelsByComparison = Field(default_factory=dict)
    en: Words
    zh: Words

    def named_levels(self) -> Iterator[tuple[str, str]]:
        """Each comparison and level that the guard speaks of."""
        for named in (self.when, self.unless):
            for comparison, labels in named.items():
                for label in labels:
                    yield comparison, label

    def within(self, comparisons: set[str]) -> Self:
        """The guard without exceptions that nobody can show."""
        return self.model_copy(update={"unless": _of_names(self.unless, comparisons)})


def _of_names(named: dict[str, V], names: set[str]) -> dict[str, V]:
    return {name: value for name, value in named.items() if name in names}


def _usable(guards: Iterable[Guard], comparisons: set[str]) -> Iterator[Guard]:
    """The guards whose comparisons are all made."""
    for guard in guards:
        if comparisons.issuperset(guard.when):
            yield guard.within(comparisons)


class MatchingPlan(Closed):
    """The whole plan; every column, comparison and level that a section names exists."""

    columns: dict[str, SourceColumn]
    required: tuple[str, ...] = Field(
        (), description="without these nothing is compared: every line is a person"
    )
    block: ColumnGroups = Field(min_length=1)
    most_pairs: int = Field(20_000, ge=1)
    compare: tuple[Comparison, ...] = Field(min_length=1)
    train: ColumnGroups = ()
    certain: ColumnGroups = Field(min_length=1)
    certain_share: float = Field(0.7, gt=0, le=1)
    guards: tuple[Guard, ...] = ()
    ask: tuple[Guard, ...] = Field(
        (), description="pairs that people are asked about, however improbable"
    )
    one_value: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        if unknown := sorted(self._columns_used() - set(self.columns)):
            raise ValueError(
                f"not among columns: {', '.join(unknown)}; there are {', '.join(self.columns)}"
            )
        for guard in (*self.guards, *self.ask):
            for comparison, label in guard.named_levels():
                self.comparison(comparison).number(label)
        return self

    def _columns_used(self) -> set[str]:
        used = {*self.one_value, *self.required}
        for group in (*self.block, *self.train, *self.certain):
            used.update(group)
        for comparison in self.compare:
            used.update(comparison.needs)
        return used

    def comparison(self, name: str) -> Comparison:
        """The comparison of that name.

        Raises:
            ValueError: there is none.
        """
        by_name = {comparison.name: comparison for comparison in self.compare}
        if name not in by_name:
            raise ValueError(f"no comparison {name!r}; there are {', '.join(by_name)}")
        return by_name[name]

    @property
    def block_columns(self) -> list[str]:
        """The columns of ``match_records`` that hold the keys of the blocking rules."""
        return [f"block_{number}" for number in range(len(self.block))]

    @property
    def most_in_a_group(self) -> int:
        """The largest n of which n(n - 1) / 2 pairs are still allowed."""
        return (1 + isqrt(1 + 8 * self.most_pairs)) // 2

    def expressions(self, available: Iterable[str]) -> dict[str, str]:
        """The SQL of each column that the contract delivers."""
        there = set(available)
        expressions = {}
        for name, column in self.columns.items():
            if column.is_delivered(there):
                expressions[name] = column.expression(there)
        return expressions

    def within(self, columns: Iterable[str]) -> Self:
        """The part of the plan that needs no other columns; what names a missing one falls away, maybe all of it."""
        there = set(columns)
        compare = [one for one in self.compare if there.issuperset(one.needs)]
        compared = {comparison.name for comparison in compare}
        return self.model_copy(
            update={
                "columns": _of_names(self.columns, there),
                "required": tuple(filter(there.__contains__, self.required)),
                "block": tuple(filter(there.issuperset, self.block)),
                "compare": tuple(compare),
                "train": tuple(filter(there.issuperset, self.train)),
                "certain": tuple(filter(there.issuperset, self.certain)),
                "guards": tuple(_usable(self.guards, compared)),
                "ask": tuple(_usable(self.ask, compared)),
                "one_value": tuple(filter(there.__contains__, self.one_value)),
            }
        )


def load_plan(settings: Settings, name: str = "customer") -> MatchingPlan:
    """The shipped plan with the profile's own sections in place of the shipped ones.

    Raises:
        SettingsError: a section is malformed or names something that does not exist.
    """
    file = f"matching/{name}.yaml"
    return merged(INCLUDE / file, settings.profile_dir / file).read_as(MatchingPlan)
