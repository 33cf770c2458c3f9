"""What is compared and how, read from ``include/matching/customer.yaml`` and the profile's own sections of it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from churn_tasks.core.closed import Closed
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import INCLUDE, Settings

OTHERWISE = "ELSE"
NOT_KNOWN = -1  # splink's number of the level at which a value is missing


class SourceColumn(Closed):
    """A column of the comparison: SQL over the first of the contract's columns that has a value."""

    first_of: tuple[str, ...] = Field(min_length=1)
    sql: str = "{value}"

    def expression(self, available: Iterable[str]) -> str:
        """The SQL of the column; NULL when the contract has none of the columns it could come from."""
        there = set(available)
        found = ", ".join(f'"{name}"' for name in self.first_of if name in there)
        return (
            self.sql.replace("{value}", f"coalesce({found})")
            if found
            else "NULL::VARCHAR"
        )

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
    en: str
    zh: str


class Comparison(Closed):
    """Levels from the strongest to the weakest; a pair takes the first that holds, none when a value is missing."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    needs: tuple[str, ...] = Field(min_length=1)
    levels: tuple[Level, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _ends_in_otherwise(self) -> Self:
        if [level.when for level in self.levels].index(OTHERWISE) != len(
            self.levels
        ) - 1:
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


Labels = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
]


class Guard(Closed):
    """Pairs at one of the named levels of each comparison in ``when`` are never merged automatically.

    Attributes:
        unless: a pair at one of the levels of any of these is spared.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    when: dict[str, Labels] = Field(min_length=1)
    unless: dict[str, Labels] = Field(default_factory=dict)
    en: str
    zh: str

    def within(self, comparisons: set[str]) -> Self:
        """The guard without exceptions that nobody can show."""
        kept = {
            name: labels for name, labels in self.unless.items() if name in comparisons
        }
        return self.model_copy(update={"unless": kept})


class MatchingPlan(Closed):
    """The whole plan; every column, comparison and level that a section names exists."""

    columns: dict[str, SourceColumn]
    required: tuple[str, ...] = Field(
        (), description="without these nothing is compared: every line is a person"
    )
    block: tuple[tuple[str, ...], ...] = Field(min_length=1)
    most_pairs: int = Field(20_000, ge=1)
    compare: tuple[Comparison, ...] = Field(min_length=1)
    train: tuple[tuple[str, ...], ...] = ()
    certain: tuple[tuple[str, ...], ...] = Field(min_length=1)
    certain_share: float = Field(0.7, gt=0, le=1)
    guards: tuple[Guard, ...] = ()
    ask: tuple[Guard, ...] = Field(
        (), description="pairs that people are asked about, however improbable"
    )
    one_value: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        used = {
            name
            for group in (
                *self.block,
                *self.train,
                *self.certain,
                self.one_value,
                self.required,
            )
            for name in group
        }
        used |= {name for comparison in self.compare for name in comparison.needs}
        if unknown := sorted(used - set(self.columns)):
            raise ValueError(
                f"not among columns: {', '.join(unknown)}; there are {', '.join(self.columns)}"
            )
        for guard in (*self.guards, *self.ask):
            for name, labels in (*guard.when.items(), *guard.unless.items()):
                for label in labels:
                    self.comparison(name).number(label)
        return self

    def comparison(self, name: str) -> Comparison:
        """The comparison of that name.

        Raises:
            ValueError: there is none.
        """
        found = {comparison.name: comparison for comparison in self.compare}
        if name not in found:
            raise ValueError(f"no comparison {name!r}; there are {', '.join(found)}")
        return found[name]

    def within(self, columns: Iterable[str]) -> Self:
        """The part of the plan that needs no other columns; what names a missing one falls away, maybe all of it."""
        there = set(columns)

        def kept(groups: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
            return tuple(group for group in groups if there.issuperset(group))

        compare = tuple(
            comparison
            for comparison in self.compare
            if there.issuperset(comparison.needs)
        )
        names = {comparison.name for comparison in compare}
        part = {
            "columns": {
                name: column for name, column in self.columns.items() if name in there
            },
            "required": tuple(name for name in self.required if name in there),
            "compare": compare,
            "guards": tuple(
                guard.within(names)
                for guard in self.guards
                if names.issuperset(guard.when)
            ),
            "ask": tuple(
                guard.within(names)
                for guard in self.ask
                if names.issuperset(guard.when)
            ),
            "one_value": tuple(name for name in self.one_value if name in there),
        }
        return self.model_copy(
            update=part
            | {
                group: kept(getattr(self, group))
                for group in ("block", "train", "certain")
            }
        )


def load_plan(settings: Settings, name: str = "customer") -> MatchingPlan:
    """The shipped plan with the profile's own sections in place of the shipped ones.

    Raises:
        SettingsError: a section is malformed or names something that does not exist.
    """
    files = [
        INCLUDE / "matching" / f"{name}.yaml",
        settings.profile_dir / "matching" / f"{name}.yaml",
    ]
    content: dict[str, object] = {}
    for file in files:
        content |= _sections(file)
    try:
        return MatchingPlan(**content)
    except (ValidationError, TypeError) as error:
        raise SettingsError(
            f"matching plan {files[0]}, profile {settings.profile}: {error}"
        ) from error


def _sections(file: Path) -> dict[str, object]:
    if not file.is_file():
        return {}
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise SettingsError(f"{file}: {error}") from error
