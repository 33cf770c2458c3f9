"""Figures of a query: costs, thresholds and rates that the business knows better than the SQL, each named once.

``query.yaml`` lists them under ``figures`` with a value and a meaning, the SQL names them ``$cost_share``, and a
profile sets some otherwise under ``figures`` of its settings, by ``<query>.<name>``. They are written into the SQL's
text, so that a model's feature set, which stands on that text, notices a change.
"""

import re
from collections.abc import Iterable, Mapping

from pydantic import Field

from churn_tasks.core.closed import Closed, Words
from churn_tasks.core.errors import SettingsError


class Figure(Closed):
    """One figure with its unit and meaning."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    value: float
    unit: str
    en: Words
    zh: Words


def with_figures(sql: str, figures: Iterable[Figure]) -> str:
    """The SQL with each ``$name`` of a figure replaced by its value."""
    for figure in figures:
        sql = re.sub(rf"\${figure.name}\b", f"{figure.value:.15g}", sql)
    return sql


def as_set(
    figures: tuple[Figure, ...], query: str, given: Mapping[str, float]
) -> tuple[Figure, ...]:
    """The figures of one query with the values that a profile gives."""
    values = []
    for figure in figures:
        value = given.get(f"{query}.{figure.name}", figure.value)
        values.append(figure.model_copy(update={"value": value}))
    return tuple(values)


def refuse_unknown(given: Mapping[str, float], known: Iterable[str]) -> None:
    """Refuse figures that no query has.

    Raises:
        SettingsError: naming them, and those that there are.
    """
    allowed = sorted(known)
    if unknown := sorted(set(given) - set(allowed)):
        raise SettingsError(
            f"figures: no query has {', '.join(unknown)}; there are {', '.join(allowed)}"
        )
