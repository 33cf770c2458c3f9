"""The parts that SQL is put together of: what fills the gaps of a query (:mod:`.composer`).

A gap is filled by one of these and never by bare text, so that a name is always quoted and an expression cannot end the
statement that it is part of.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

from churn_tasks.core.sql_text import identifier, literal

_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*\n""")
_STRAY = re.compile(r"""['";]|--|/\*""")
_INNERMOST = re.compile(r"\([^()\[\]{}]*\)|\[[^()\[\]{}]*\]|\{[^()\[\]{}]*\}")
_BRACKET = re.compile(r"[()\[\]{}]")
_TABLE = re.compile(r'\w+|"(?:[^"]|"")*"')


class Part(Protocol):
    """What fills a gap."""

    @property
    def sql(self) -> str:
        """The part as it stands in the statement."""

    @classmethod
    def of_sample(cls, sample: Any) -> Self:
        """The part that a sample of ``query.yaml`` describes."""


@dataclass(frozen=True)
class Name:
    """The name of one column or table."""

    name: str

    @property
    def sql(self) -> str:
        return identifier(self.name)

    @classmethod
    def of_sample(cls, sample: str) -> Self:
        return cls(sample)


@dataclass(frozen=True)
class Names:
    """Column names with commas between them; at least one."""

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        _refuse_empty(self.names)

    @property
    def sql(self) -> str:
        return ", ".join(identifier(name) for name in self.names)

    @classmethod
    def of_sample(cls, sample: list[str]) -> Self:
        return cls(tuple(sample))


@dataclass(frozen=True)
class Value:
    """A text or a number that is part of the statement itself."""

    value: str | float

    @property
    def sql(self) -> str:
        if isinstance(self.value, str):
            return literal(self.value)
        return repr(self.value)

    @classmethod
    def of_sample(cls, sample: str | float) -> Self:
        return cls(sample)


@dataclass(frozen=True)
class Expression:
    """SQL of one value, made of a contract or a plan.

    Raises:
        ValueError: its quotes, comments or brackets do not close, or it holds a semicolon or a comma of its own.
    """

    text: str

    def __post_init__(self) -> None:
        outside = _outside_brackets(self.text)
        if not self.text.strip() or "," in outside or _BRACKET.search(outside):
            raise ValueError(f"no single expression of SQL: {self.text}")

    @property
    def sql(self) -> str:
        return self.text

    @classmethod
    def of_sample(cls, sample: str) -> Self:
        return cls(sample)


@dataclass(frozen=True)
class Condition(Expression):
    """SQL that is true or not; it stands in brackets, so that no neighbour takes part of it."""

    @property
    def sql(self) -> str:
        return f"({self.text})"


@dataclass(frozen=True)
class Relation(Expression):
    """What stands behind FROM: a table or view, or a SELECT in brackets (:func:`subquery`).

    Raises:
        ValueError: it is neither; the message holds it.
    """

    def __post_init__(self) -> None:
        if not _TABLE.fullmatch(self.text) and not _is_bracketed(self.text):
            raise ValueError(f"no single relation of SQL: {self.text}")


@dataclass(frozen=True)
class Columns:
    """Values, each under the name that it gets; at least one."""

    values: Mapping[str, Expression]

    def __post_init__(self) -> None:
        _refuse_empty(self.values)

    @property
    def sql(self) -> str:
        named = (
            f"{value.sql} AS {identifier(name)}" for name, value in self.values.items()
        )
        return ",\n    ".join(named)

    @classmethod
    def of_texts(cls, texts: Mapping[str, str]) -> Self:
        """Name to SQL."""
        return cls({name: Expression(text) for name, text in texts.items()})

    @classmethod
    def of_sample(cls, sample: Mapping[str, str]) -> Self:
        return cls.of_texts(sample)


@dataclass(frozen=True)
class Order:
    """What rows are sorted by, each with ``DESC`` or ``NULLS LAST`` behind it where it needs that; at least one."""

    terms: tuple[Expression, ...]

    def __post_init__(self) -> None:
        _refuse_empty(self.terms)

    @property
    def sql(self) -> str:
        return ", ".join(term.sql for term in self.terms)

    @classmethod
    def by(cls, *terms: str) -> Self:
        return cls(tuple(Expression(term) for term in terms))

    @classmethod
    def latest_first(cls, names: Iterable[str], *, nulls_last: bool = False) -> Self:
        """By these columns, the highest value of each before lower ones."""
        direction = "DESC NULLS LAST" if nulls_last else "DESC"
        return cls.by(*(f"{identifier(name)} {direction}" for name in names))

    @classmethod
    def of_sample(cls, sample: list[str]) -> Self:
        return cls.by(*sample)


@dataclass(frozen=True)
class LeftJoin:
    """A relation that may say more of a row: alias, and for each of its columns the expression that it must equal."""

    relation: Relation
    alias: str
    equal: Mapping[str, Expression]

    @property
    def sql(self) -> str:
        alias = identifier(self.alias)
        conditions = " AND ".join(
            f"{alias}.{identifier(name)} = {value.sql}"
            for name, value in self.equal.items()
        )
        return f"LEFT JOIN {self.relation.sql} AS {alias} ON {conditions}"


@dataclass(frozen=True)
class Joins:
    """Further relations, which only ever add columns; none at all where nothing is to be added."""

    joins: tuple[LeftJoin, ...] = ()

    @property
    def sql(self) -> str:
        return "\n".join(join.sql for join in self.joins)

    @classmethod
    def of_sample(cls, sample: list[dict[str, Any]]) -> Self:
        return cls(tuple(_joined(**join) for join in sample))


def _joined(relation: str, alias: str, equal: Mapping[str, str]) -> LeftJoin:
    wanted = {name: Expression(text) for name, text in equal.items()}
    return LeftJoin(Relation(relation), alias, wanted)


KINDS: dict[str, type[Part]] = {
    "name": Name,
    "names": Names,
    "value": Value,
    "expression": Expression,
    "condition": Condition,
    "relation": Relation,
    "columns": Columns,
    "order": Order,
    "joins": Joins,
}


def subquery(select: str) -> Relation:
    """A SELECT as a relation of another."""
    return Relation(f"(\n{select}\n)")


def union_all(selects: Iterable[str]) -> str:
    """The rows of several SELECTs, in no particular order."""
    return "\nUNION ALL\n".join(selects)


def union(selects: Iterable[str]) -> str:
    """The same, equal rows once."""
    return "\nUNION\n".join(selects)


def _refuse_empty(values: Iterable[object]) -> None:
    if not list(values):
        raise ValueError("a list of columns in SQL needs at least one")


def _is_bracketed(text: str) -> bool:
    """Whether one pair of brackets holds all of it."""
    within = _outside_brackets(text[1:-1])
    return text[:1] == "(" and text[-1:] == ")" and not _BRACKET.search(within)


def _outside_brackets(text: str) -> str:
    """What is left of SQL without quotes, closed comments and closed brackets.

    Raises:
        ValueError: a quote or a comment does not close, or there is a semicolon.
    """
    rest = _QUOTED.sub(" ", text)
    if _STRAY.search(rest):
        raise ValueError(f"no single expression of SQL: {text}")
    inner = ""
    while inner != rest:
        inner, rest = rest, _INNERMOST.sub("", rest)
    return rest.strip()
