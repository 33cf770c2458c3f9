"""How each column of a contract is read out of what was delivered: SQL of its value, its spelling, its failure.

The macros of ``include/standard/reading.sql`` do the reading; here it is decided which of them a column needs. A column
that arrives in its declared type, and of which the profile declares nothing, is passed on as it is and costs nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from churn_tasks.core.standard_section import Standard
from churn_tasks.declared.contracts import SQL_TYPES, Column
from churn_tasks.declared.delivered import is_lossless
from churn_tasks.declared.units import base_unit, ratio

STEPS = ("parts", "read", "value")
_NUMERIC = ("integer", "decimal", "double")
_NUMBERS = (
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
    "FLOAT", "DOUBLE", "DECIMAL",
)  # fmt: skip
_PLAIN = Standard.model_construct(unit="", dates=(), mapping="", unmapped="keep")


@dataclass(frozen=True)
class Delivery:
    """What is known of the delivery beside the contract.

    Attributes:
        types: delivered column to DuckDB type; one that is not here was not delivered.
        spaced: text columns in which some value has white space around it or is blank.
        formulas: text columns in which some value would be run by a spreadsheet.
        looked_up: delivered columns with a table of spellings, and the fields of that (:mod:`.lookup`).
        zone: time zone of the operator.
    """

    types: dict[str, str]
    spaced: frozenset[str] = frozenset()
    formulas: frozenset[str] = frozenset()
    looked_up: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    zone: str = "Asia/Shanghai"


@dataclass(frozen=True)
class ReadColumn:
    """One column of ``standard_<table>``.

    Attributes:
        value: SQL of the standard value, over the row as delivered (``raw``) and what its steps have added to it.
        spelling: SQL that names the rule by which the value was brought to standard form; NULL where it came in it.
        failed: SQL condition of a value that is there and cannot be read; None where that cannot happen.
        steps: SQL of the column's parts, of what was read, and of the value in its declared type: each is a column
            of its own (:func:`step_name`) that the later ones use, because SQL that is written out several times
            over is planned for seconds.
    """

    name: str
    value: str
    spelling: str | None = None
    failed: str | None = None
    steps: tuple[str | None, str | None, str | None] = (None, None, None)


def step_name(column: str, step: int) -> str:
    """The quoted name of the column that holds one step of another."""
    return f'"{column}:{STEPS[step]}"'


def read_column(
    column: Column, declared: Standard | None, delivery: Delivery, table: str
) -> ReadColumn:
    """How one column is read.

    Raises:
        SettingsError: the declared unit cannot become the contract's, with those that can.
    """
    standard = declared or _PLAIN
    if column.derived is not None:
        return _derived(column, delivery)
    if column.name not in delivery.types:
        return ReadColumn(column.name, f"NULL::{SQL_TYPES[column.type]}")
    if column.type == "text":
        return _text(column, standard, delivery)
    if column.type in _NUMERIC:
        return _number(column, standard, delivery, f"{table}.{column.name}")
    read = _boolean if column.type == "boolean" else _moment
    return read(column, standard, delivery)


def _derived(column: Column, delivery: Delivery) -> ReadColumn:
    source = column.derived.of if column.derived else ""
    if not source or source not in delivery.looked_up:
        return ReadColumn(column.name, f"NULL::{SQL_TYPES[column.type]}")
    form = column.derived.form if column.derived else ""
    return ReadColumn(
        column.name, f'raw."{source}:{form}"', f'raw."{source}:{form}_rules"'
    )


def _text(column: Column, standard: Standard, delivery: Delivery) -> ReadColumn:
    raw = f'raw."{column.name}"'
    if standard.mapping:
        found, rules = (
            f'raw."{column.name}:{what}"' for what in ("mapping", "mapping_rules")
        )
        failed = f"{rules} = 'unmapped'" if standard.unmapped == "quarantine" else None
        value = f"CASE WHEN {failed} THEN NULL ELSE {found} END" if failed else found
        return ReadColumn(column.name, value, rules, failed)
    if column.name in delivery.spaced:
        value = f"CASE WHEN is_spaced({raw}) THEN without_spaces({raw}) ELSE {raw} END"
        blank = f"{value} IS NULL AND {raw} IS NOT NULL"
        spelling = f"CASE WHEN {blank} THEN 'no_value' WHEN is_spaced({raw}) THEN 'spaces_around' END"
        return ReadColumn(column.name, value, spelling)
    return ReadColumn(column.name, raw)


def _number(
    column: Column, standard: Standard, delivery: Delivery, where: str
) -> ReadColumn:
    raw, kind = f'raw."{column.name}"', delivery.types[column.name]
    factor = ratio(standard.unit, column.unit, where) if standard.unit else Fraction(1)
    if factor == 1 and is_lossless(column.type, kind):
        return ReadColumn(column.name, raw)
    is_number = kind.startswith(_NUMBERS)
    text = raw if kind == "VARCHAR" else f"CAST({raw} AS VARCHAR)"
    parts, read, value = (f"raw.{step_name(column.name, step)}" for step in range(3))
    steps = (
        (None, _number_read(column, raw, factor))
        if is_number
        else _text_read(column, text, parts)
    )
    is_absent = f"isnan({raw}::DOUBLE)" if is_number else f"is_no_value({text})"
    rules = [] if is_number else [f"number_spelling({text}, {read})"]
    if factor != 1:
        rules.append(
            f"CASE WHEN {raw} IS NOT NULL THEN '{standard.unit}_to_{base_unit(column.unit)}' END"
        )
    return ReadColumn(
        column.name,
        value,
        f"nullif(concat_ws(',', {', '.join(rules)}), '')" if rules else None,
        f"{raw} IS NOT NULL AND {value} IS NULL AND NOT {is_absent}",
        (*steps, _as_declared(column, _scaled(read, factor, column))),
    )


def _number_read(column: Column, raw: str, factor: Fraction) -> str:
    """A delivered number as it is, or with ten places where it must be exact."""
    return (
        raw
        if factor == 1 and column.type != "integer"
        else f"TRY_CAST({raw} AS DECIMAL(38, 10))"
    )


def _text_read(column: Column, text: str, parts: str) -> tuple[str, str]:
    percent = "1" if base_unit(column.unit) == "%" else "0.01"
    return (
        f"CASE WHEN NOT is_plain_number({text}) THEN number_parts({text}) END",
        f"CASE WHEN {parts} IS NULL THEN CAST({text} AS DECIMAL(38, 10)) ELSE number_of_parts({parts}, {percent}) END",
    )


def _as_declared(column: Column, number: str) -> str:
    """Cast to the declared type; what is no whole number is no integer, and is not rounded to one."""
    if column.type == "integer":
        return f"CASE WHEN {number} = round({number}, 0) THEN TRY_CAST({number} AS BIGINT) END"
    return f"TRY_CAST({number} AS {SQL_TYPES[column.type]})"


def _scaled(number: str, factor: Fraction, column: Column) -> str:
    """The number in the contract's unit, exact up to one rounding, half away from zero, at its last place."""
    if factor == 1:
        return number
    ticks, tick = (
        (1, "1::DECIMAL(5, 4)")
        if column.type == "integer"
        else (10_000, "0.0001::DECIMAL(5, 4)")
    )
    return f"scaled({number}, {factor.numerator}::HUGEINT, {factor.denominator}::HUGEINT, {ticks}, {tick})"


def _boolean(column: Column, _: Standard, delivery: Delivery) -> ReadColumn:
    raw, kind = f'raw."{column.name}"', delivery.types[column.name]
    if is_lossless(column.type, kind):
        return ReadColumn(column.name, raw)
    text = f"CAST({raw} AS VARCHAR)"
    value = f"read_boolean({text})"
    failed = f"{raw} IS NOT NULL AND {value} IS NULL AND NOT is_no_value({text})"
    return ReadColumn(column.name, value, f"boolean_spelling({text})", failed)


def _moment(column: Column, standard: Standard, delivery: Delivery) -> ReadColumn:
    """A date or timestamp: formats that the profile declares first, then year-month-day."""
    raw, kind = f'raw."{column.name}"', delivery.types[column.name]
    zone, sql_type = delivery.zone.replace("'", "''"), SQL_TYPES[column.type]
    if is_lossless(
        column.type, kind
    ):  # a database knows infinite days, with which nothing can be reckoned
        possible = (
            f"{raw} BETWEEN '0001-01-01'::{sql_type} AND '9999-12-31'::{sql_type}"
        )
        failed = f"{raw} IS NOT NULL AND NOT ({possible})"
        return ReadColumn(
            column.name, f"CASE WHEN {possible} THEN {raw} END", None, failed
        )
    if kind == "TIMESTAMP WITH TIME ZONE":
        return ReadColumn(column.name, f"CAST(timezone('{zone}', {raw}) AS {sql_type})")
    if kind.startswith("TIMESTAMP"):
        return ReadColumn(column.name, f"CAST({raw} AS {sql_type})")
    text = raw if kind == "VARCHAR" else f"CAST({raw} AS VARCHAR)"
    parts, read, value = (f"raw.{step_name(column.name, step)}" for step in range(3))
    usual = f"CASE WHEN {parts} IS NULL THEN TRY_CAST({text} AS TIMESTAMP) ELSE moment_of({parts}, '{zone}') END"
    declared = [_declared_moment(text, form, zone) for form in standard.dates]
    failed = f"{raw} IS NOT NULL AND {value} IS NULL AND NOT is_no_value({text})"
    return ReadColumn(
        column.name,
        value,
        f"CASE WHEN {failed} THEN 'unreadable' ELSE date_spelling({text}, {parts}) END",
        failed,
        (
            f"CASE WHEN NOT is_plain_date({text}) THEN date_parts({text}) END",
            f"coalesce({', '.join([*declared, usual])})" if declared else usual,
            f"CAST({read} AS {sql_type})",
        ),
    )


def _declared_moment(text: str, form: str, zone: str) -> str:
    per_second = {"epoch_s": 1, "epoch_ms": 1000}
    if form == "spreadsheet":
        return f"read_spreadsheet_day({text})"
    if form in per_second:
        return f"read_epoch({text}, {per_second[form]}, '{zone}')"
    return f"TRY_STRPTIME(tidy({text}), '{form.replace(chr(39), chr(39) * 2)}')"
