"""Queries that a contract completes: the SQL of a folder with gaps, and the typed parts that fill them.

``query.sql`` shows a gap as ``{{columns}}``. ``query.yaml`` lists each under ``parts`` with its kind, its meaning and a
sample, so that the SQL can be parsed and held to its declaration without any contract.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Self

from pydantic import Field, model_validator

from churn_tasks.core.closed import Closed
from churn_tasks.core.settings import INCLUDE
from churn_tasks.declared.contracts import Column, QueryFile
from churn_tasks.declared.query import Query
from churn_tasks.declared.sql_parts import KINDS, Part
from churn_tasks.declared.yaml_file import read_declaration

_GAP = re.compile(r"\{\{([a-z_]+)\}\}")


class Gap(Closed):
    """One part that a query waits for.

    Attributes:
        kind: name, names, value, expression, condition, relation, columns, order or joins.
        sample: what stands in the gap while the SQL is held to its declaration.
    """

    kind: str = Field(pattern=f"^({'|'.join(KINDS)})$")
    sample: Any
    en: str

    @property
    def filled(self) -> Part:
        """The sample as a part."""
        return KINDS[self.kind].of_sample(self.sample)


class ComposedFile(QueryFile):
    """``query.yaml`` of a query with gaps.

    Attributes:
        parts: the gaps by name.
        columns: the output columns whose names are fixed; those that a gap names are its own matter.
        passes_on: what gives the columns that ``*`` stands for: a table, or a gap.
    """

    reads: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    parts: dict[str, Gap] = Field(default_factory=dict)
    passes_on: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Unlike other tables it may have a key of columns that a gap or ``*`` gives; tests see the SQL itself."""
        return self

    @model_validator(mode="after")
    def _samples_fit(self) -> Self:
        for gap in self.parts.values():
            _ = gap.filled
        return self


@cache
def read_composed(family: str, name: str) -> Query:
    """A query folder whose gaps :func:`composed` fills.

    Raises:
        SettingsError: the declaration is malformed.
    """
    folder = INCLUDE / "sql" / family / name
    return Query(family, folder, read_declaration(ComposedFile, folder / "query.yaml"))


def composed(family: str, name: str, **parts: Part) -> str:
    """The SQL of a query folder with its gaps filled.

    Raises:
        ValueError: a part is missing, unknown or of another kind; the message names query and part.
    """
    return filled(read_composed(family, name), parts)


def filled(query: Query, parts: Mapping[str, Part]) -> str:
    """The same of a query that has been read."""
    where = f"{query.family}/{query.name}"
    gaps = _gaps_of(query)
    text = query.sql
    _refuse_others(where, "its SQL shows", _GAP.findall(text), gaps)
    _refuse_others(where, "it is given", parts, gaps)
    for name, gap in gaps.items():
        if type(parts[name]) is not KINDS[gap.kind]:
            given = type(parts[name]).__name__
            raise ValueError(f"{where}: part {name} is a {gap.kind}; given is {given}")
    return _GAP.sub(lambda gap: parts[gap[1]].sql, text)


def with_samples(query: Query) -> str:
    """The SQL with the samples of its declaration in its gaps: for tests, which run it or read its syntax tree."""
    return filled(query, {name: gap.filled for name, gap in _gaps_of(query).items()})


def _gaps_of(query: Query) -> Mapping[str, Gap]:
    return query.output.parts if isinstance(query.output, ComposedFile) else {}


def _refuse_others(
    where: str, source: str, names: Iterable[str], gaps: Mapping[str, Gap]
) -> None:
    there = set(names)
    if missing := sorted(set(gaps) - there):
        raise ValueError(f"{where}: {source} no part {', '.join(missing)}")
    if unknown := sorted(there - set(gaps)):
        known = ", ".join(gaps) or "none"
        raise ValueError(
            f"{where}: {source} {', '.join(unknown)}; its parts are {known}"
        )
