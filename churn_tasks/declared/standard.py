"""The section ``standardise`` of the settings held against the contracts, before anything is read."""

from collections.abc import Mapping

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.standard_section import Standard
from churn_tasks.declared.contracts import Column, Contracts
from churn_tasks.declared.units import ratio

_FITS = {
    "from": ("integer", "decimal", "double"),
    "dates": ("date", "timestamp"),
    "decimal": ("integer", "decimal", "double"),
    "mapping": ("text",),
}


def refuse_unfit(declared: Mapping[str, Standard], raw: Contracts) -> None:
    """Nothing, when every entry speaks of a delivered column and fits its type and unit.

    Raises:
        SettingsError: one does not, with the names or units that are allowed.
    """
    for where, standard in declared.items():
        column = _column(where, raw)
        for field in _given(standard):
            fitting = _FITS[field]
            if column.type not in fitting:
                raise SettingsError(
                    f"standardise.{where}.{field}: {column.name} is {column.type}, it is for {', '.join(fitting)}"
                )
        if standard.unit:
            ratio(standard.unit, column.unit, where)


def _given(standard: Standard) -> list[str]:
    """The fields of an entry that say something."""
    values = {
        "from": standard.unit,
        "dates": standard.dates,
        "decimal": standard.decimal,
        "mapping": standard.mapping,
    }
    return [field for field, value in values.items() if value]


def _column(where: str, raw: Contracts) -> Column:
    table, _, name = where.partition(".")
    if table not in raw:
        raise SettingsError(
            f"standardise.{where}: the profile extracts no {table!r}; it has {', '.join(sorted(raw))}"
        )
    columns = {column.name: column for column in raw[table].delivered_columns}
    if name not in columns:
        raise SettingsError(
            f"standardise.{where}: {table} has no column {name!r}; it has {', '.join(columns)}"
        )
    return columns[name]
