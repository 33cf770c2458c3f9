"""How each column of a contract is read out of what was delivered: SQL of its value, its spelling, its failure.

The macros of ``include/standard/reading.sql`` do the reading; here it is decided which of them a column needs. A column
that arrives in its declared type, and of which the profile declares nothing, is passed on as it is and costs nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from churn_tasks.core.sql_text import identifier, literal
from churn_tasks.core.standard_section import Standard
from churn_tasks.declared.contracts import SQL_TYPES, Column
from churn_tasks.declared.delivered import is_lossless
from churn_tasks.declared.sql_expressions import case, list_of
from churn_tasks.declared.units import base_unit, ratio
from churn_tasks.integrate.standardise.commas import Signs

STEPS = ("parts", "read", "value")
PARTS, READ, VALUE = range(3)
Steps = tuple[str | None, str | None, str | None]
_NUMERIC = ("integer", "decimal", "double")
_NUMBERS = (
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
    "FLOAT", "DOUBLE", "DECIMAL",
)  # fmt: skip
_PER_SECOND = {"epoch_s": 1, "epoch_ms": 1000}
_PLAIN = Standard.model_construct(
    unit="", dates=(), decimal="", mapping="", unmapped="keep"
)


@dataclass(frozen=True)
class Delivery:
    """What is known of the delivery beside the contract.

    Attributes:
        types: delivered column to DuckDB type; one that is not here was not delivered.
        spaced: text columns in which some value has white space around it or is blank.
        undecided: numeric columns in which a comma can be read in two ways, and what they show (:mod:`.commas`).
        shortened: columns in which some number was shortened by one.
        looked_up: delivered columns with a table of spellings, and the fields of that (:mod:`.lookup`).
        zone: time zone of the operator.
    """

    types: dict[str, str]
    spaced: frozenset[str] = frozenset()
    undecided: Mapping[str, Signs] = field(default_factory=dict)
    shortened: frozenset[str] = frozenset()
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
    steps: Steps = (None, None, None)


def step_name(column: str, step: int) -> str:
    """The name of the column that holds one step of another."""
    return f"{column}:{STEPS[step]}"


def raw_column(name: str) -> str:
    """A column of the rows as they are read."""
    return f"raw.{identifier(name)}"


def _step(column: Column, step: int) -> str:
    return raw_column(step_name(column.name, step))


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
        return _empty(column)
    if column.type == "text":
        return _text(column, standard, delivery)
    if column.type in _NUMERIC:
        return _number(column, standard, delivery, f"{table}.{column.name}")
    if column.type == "boolean":
        return _boolean(column, delivery)
    return _moment(column, standard, delivery)


def _empty(column: Column) -> ReadColumn:
    return ReadColumn(column.name, f"NULL::{SQL_TYPES[column.type]}")


def _derived(column: Column, delivery: Delivery) -> ReadColumn:
    """A form of another column, which its table of spellings holds."""
    derived = column.derived
    if derived is None or derived.of not in delivery.looked_up:
        return _empty(column)
    form = f"{derived.of}:{derived.form}"
    return ReadColumn(column.name, raw_column(form), raw_column(f"{form}_rules"))


def _text(column: Column, standard: Standard, delivery: Delivery) -> ReadColumn:
    if standard.mapping:
        return _mapped(column, standard)
    raw = raw_column(column.name)
    if column.name not in delivery.spaced:
        return ReadColumn(column.name, raw)
    value = f"CASE WHEN is_spaced({raw}) THEN without_spaces({raw}) ELSE {raw} END"
    spelling = case(
        [
            (f"{value} IS NULL AND {raw} IS NOT NULL", "'no_value'"),
            (f"is_spaced({raw})", "'spaces_around'"),
        ]
    )
    return ReadColumn(column.name, value, spelling)


def _mapped(column: Column, standard: Standard) -> ReadColumn:
    """The standard spelling that a mapping table gives; an unknown one stays, or cannot be read."""
    value = raw_column(f"{column.name}:mapping")
    rules = raw_column(f"{column.name}:mapping_rules")
    if standard.unmapped != "quarantine":
        return ReadColumn(column.name, value, rules)
    failed = f"{rules} = 'unmapped'"
    known = f"CASE WHEN {failed} THEN NULL ELSE {value} END"
    return ReadColumn(column.name, known, rules, failed)


def _as_text(raw: str, kind: str) -> str:
    """A delivered value of a DuckDB type as text."""
    if kind == "VARCHAR":
        return raw
    return f"CAST({raw} AS VARCHAR)"


def _lost(raw: str, value: str, is_absent: str) -> str:
    """The condition of a value that is there and could not be read."""
    return f"{raw} IS NOT NULL AND {value} IS NULL AND NOT {is_absent}"


def _number(
    column: Column, standard: Standard, delivery: Delivery, where: str
) -> ReadColumn:
    """A number in the contract's unit, from a number or from text."""
    raw, kind = raw_column(column.name), delivery.types[column.name]
    factor = Fraction(1)
    if standard.unit:
        factor = ratio(standard.unit, column.unit, where)
    if factor == 1 and is_lossless(column.type, kind):
        return ReadColumn(column.name, raw)
    read, value = _step(column, READ), _step(column, VALUE)
    rules = []
    if kind.startswith(_NUMBERS):
        parts_sql, read_sql = None, _number_read(column, raw, factor)
        is_absent = f"isnan({raw}::DOUBLE)"
    else:
        given = text = _as_text(raw, kind)
        if standard.decimal == "comma":
            text = f"with_decimal_point({given})"
            rules.append(case([(f"has_comma({given})", "'decimal_comma'")]))
        parts_sql, read_sql = _number_in_text(column, text)
        if column.name in delivery.undecided:
            read_sql = f"CASE WHEN NOT can_be_read_two_ways({text}) THEN {read_sql} END"
        is_absent = f"is_no_value({text})"
        rules.append(f"number_spelling({text}, {read})")
    if factor != 1:
        change = literal(f"{standard.unit}_to_{base_unit(column.unit)}")
        rules.append(case([(f"{raw} IS NOT NULL", change)]))
    return ReadColumn(
        column.name,
        value,
        _rules_together(rules),
        _lost(raw, value, is_absent),
        (parts_sql, read_sql, _as_declared(column, _scaled(read, factor, column))),
    )


def _rules_together(rules: list[str]) -> str | None:
    if not rules:
        return None
    return f"nullif(concat_ws(',', {list_of(rules)}), '')"


def _number_read(column: Column, raw: str, factor: Fraction) -> str:
    """A delivered number as it is, or with ten places where it must be exact."""
    if factor == 1 and column.type != "integer":
        return raw
    return f"TRY_CAST({raw} AS DECIMAL(38, 10))"


def _number_in_text(column: Column, text: str) -> tuple[str, str]:
    """The parts of a number that is written in some special way, and the number."""
    parts = _step(column, PARTS)
    percent = "0.01"
    if base_unit(column.unit) == "%":
        percent = "1"
    plain = f"CAST({text} AS DECIMAL(38, 10))"
    special = f"number_of_parts({parts}, {percent})"
    return (
        f"CASE WHEN NOT is_plain_number({text}) THEN number_parts({text}) END",
        f"CASE WHEN {parts} IS NULL THEN {plain} ELSE {special} END",
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
    ticks, tick = 10_000, "0.0001::DECIMAL(5, 4)"
    if column.type == "integer":
        ticks, tick = 1, "1::DECIMAL(5, 4)"
    ratio_sql = f"{factor.numerator}::HUGEINT, {factor.denominator}::HUGEINT"
    return f"scaled({number}, {ratio_sql}, {ticks}, {tick})"


def _boolean(column: Column, delivery: Delivery) -> ReadColumn:
    raw = raw_column(column.name)
    if is_lossless(column.type, delivery.types[column.name]):
        return ReadColumn(column.name, raw)
    text = f"CAST({raw} AS VARCHAR)"
    value = f"read_boolean({text})"
    failed = _lost(raw, value, f"is_no_value({text})")
    return ReadColumn(column.name, value, f"boolean_spelling({text})", failed)


def _moment(column: Column, standard: Standard, delivery: Delivery) -> ReadColumn:
    """A date or timestamp."""
    raw, kind = raw_column(column.name), delivery.types[column.name]
    zone, sql_type = literal(delivery.zone), SQL_TYPES[column.type]
    if is_lossless(column.type, kind):
        return _possible_moment(column, raw, raw)
    if kind == "TIMESTAMP WITH TIME ZONE":
        local = f"CAST(timezone({zone}, {raw}) AS {sql_type})"
        return _possible_moment(column, raw, local)
    if kind.startswith("TIMESTAMP"):
        return _possible_moment(column, raw, f"CAST({raw} AS {sql_type})")
    return _moment_in_text(column, standard, _as_text(raw, kind), zone)


def _possible_moment(column: Column, raw: str, moment: str) -> ReadColumn:
    """A database knows infinite days, with which nothing can be reckoned."""
    sql_type = SQL_TYPES[column.type]
    first, last = f"'0001-01-01'::{sql_type}", f"'9999-12-31'::{sql_type}"
    possible = f"{moment} BETWEEN {first} AND {last}"
    failed = f"{raw} IS NOT NULL AND NOT ({possible})"
    return ReadColumn(
        column.name, f"CASE WHEN {possible} THEN {moment} END", failed=failed
    )


def _moment_in_text(
    column: Column, standard: Standard, text: str, zone: str
) -> ReadColumn:
    """Formats that the profile declares first, then year-month-day."""
    parts, value = _step(column, PARTS), _step(column, VALUE)
    plain = f"TRY_CAST({text} AS TIMESTAMP)"
    usual = (
        f"CASE WHEN {parts} IS NULL THEN {plain} ELSE moment_of({parts}, {zone}) END"
    )
    forms = [_declared_moment(text, form, zone) for form in standard.dates]
    read = usual
    if forms:
        read = f"coalesce({list_of([*forms, usual])})"
    failed = _lost(raw_column(column.name), value, f"is_no_value({text})")
    spelling = case(
        [(failed, "'unreadable'")], otherwise=f"date_spelling({text}, {parts})"
    )
    steps = (
        f"CASE WHEN NOT is_plain_date({text}) THEN date_parts({text}) END",
        read,
        f"CAST({_step(column, READ)} AS {SQL_TYPES[column.type]})",
    )
    return ReadColumn(column.name, value, spelling, failed, steps)


def _declared_moment(text: str, form: str, zone: str) -> str:
    if form == "spreadsheet":
        return f"read_spreadsheet_day({text})"
    if form in _PER_SECOND:
        return f"read_epoch({text}, {_PER_SECOND[form]}, {zone})"
    return f"TRY_STRPTIME(tidy({text}), {literal(form)})"
