"""How a delivered column is brought to standard form: units, formats of dates, tables of spellings (B2)."""

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from churn_tasks.core.closed import Closed

COUNTED = ("spreadsheet", "epoch_s", "epoch_ms")  # dates that are numbers


class Standard(Closed):
    """How one delivered column is brought to the form of its contract, where the delivery alone does not say it (B2).

    Attributes:
        unit: what the source counts in, such as ``fen``, ``min`` or ``GB``; the contract's unit is what it becomes.
        dates: formats that may be meant: ``%d.%m.%Y`` and the like, ``spreadsheet`` (days since 1899-12-30),
            ``epoch_s`` or ``epoch_ms``. Year-month-day is always understood.
        mapping: the table of spellings, ``mappings/<name>.csv``.
        decimal: what stands before the fraction of a number that arrives as text: ``point``, so that a comma parts
            thousands, or ``comma``, so that a point does.
        unmapped: what happens to a value that the mapping does not know.
    """

    unit: str = Field("", alias="from")
    dates: tuple[str, ...] = ()
    decimal: Literal["", "point", "comma"] = ""
    mapping: str = Field("", pattern=r"^[a-z0-9_]*$")
    unmapped: Literal["keep", "quarantine"] = "keep"

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.unit or self.dates or self.decimal or self.mapping):
            raise ValueError(
                "give from (a unit), dates (formats), decimal (point or comma) or mapping (a table of spellings)"
            )
        return self

    @model_validator(mode="after")
    def _dates_are_formats(self) -> Self:
        patterns = [form for form in self.dates if form not in COUNTED]
        strange = [form for form in patterns if not is_date_format(form)]
        if strange:
            raise ValueError(
                f"dates: {', '.join(strange)}; allowed are {', '.join(COUNTED)} or %d, %m and %Y or %y"
            )
        orders = {"".join(re.findall("%[dm]", form)) for form in patterns}
        if len(orders) > 1:
            raise ValueError(
                f"dates: {', '.join(self.dates)} read one text as two days; declare one order of day and month"
            )
        return self


def is_date_format(text: str) -> bool:
    """Whether a text names day, month and year, each once, with separators between them."""
    parts = sorted(re.findall("%.", text))
    return parts in (["%Y", "%d", "%m"], ["%d", "%m", "%y"])
