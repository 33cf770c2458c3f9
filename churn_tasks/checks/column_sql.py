"""What is taken of one column, as SQL aggregates over the marked rows of :mod:`.profile`.

The rows carry ``kept``, whether they break no rule, and of numbers and dates the value under ``kept|<column>``: empty
in the other rows, so that no aggregate has to leave rows out.
"""

from collections.abc import Iterator

from churn_tasks.checks.column_kinds import is_code, is_date, is_moment, is_number
from churn_tasks.checks.sql_parts import named
from churn_tasks.core.months import Month
from churn_tasks.core.sql_text import identifier
from churn_tasks.declared.contracts import Column

TOP = 10
CUSTOMER = "customer_id"
NIGHT_ENDS = 6  # o'clock
LONG, LONGEST = (
    16,
    19,
)  # digits: a double holds 15 for certain, and 19 are the most of a 64-bit number
WITH_STEPS = (
    18  # digits from which doubles lie so far apart that numbers rarely hit one
)
LETTERS, LEADING_ZERO, LENGTH = 1, 2, 4  # what the code of a shape adds up
QUANTILES = {
    "p01": 0.01,
    "p05": 0.05,
    "p25": 0.25,
    "p50": 0.5,
    "p75": 0.75,
    "p95": 0.95,
    "p99": 0.99,
}


def has_size(column: Column) -> bool:
    """Whether its values have an order that figures speak of."""
    return is_number(column) or is_date(column)


def kept_value(column: Column, month: Month) -> str:
    """The number of a kept row; of a date its days from the first of the month."""
    name = identifier(column.name)
    value = name
    if is_date(column):
        value = f"({name}::DATE - DATE '{month.start}')"
    return f"CASE WHEN kept THEN {value} END AS {_kept(column)}"


def _kept(column: Column) -> str:
    return identifier(f"kept|{column.name}")


def counts_of_column(column: Column) -> Iterator[str]:
    """What every row is counted for, each under ``<column>|<measure>``: nothing that sorts or groups them."""
    yield named(f"count({identifier(column.name)})", f"{column.name}|filled")
    if is_number(column):
        yield named(f"count_if({_kept(column)} < 0)", f"{column.name}|negative")
        yield from _sums(column, _kept(column))
    if is_moment(column):
        yield from _times_of_day(identifier(column.name), column.name)
    if has_size(column):
        yield named(f"min({_kept(column)})", f"{column.name}|min")
        yield named(f"max({_kept(column)})", f"{column.name}|max")


def _times_of_day(moment: str, name: str) -> Iterator[str]:
    """How many moments lie in the night, and how many at midnight sharp, as where the time of day was lost."""
    yield named(f"count_if(hour({moment}) < {NIGHT_ENDS})", f"{name}|night")
    midnight = f"hour({moment}) + minute({moment}) + second({moment}) = 0"
    yield named(f"count_if({midnight})", f"{name}|midnight")


def spread_of_column(column: Column) -> Iterator[str]:
    """What is taken of the rows looked at closely: most frequent and distinct values, quantiles."""
    name = identifier(column.name)
    if is_code(column):
        yield named(_top_values(name), f"{column.name}|top")
    elif column.type in ("text", "integer"):
        distinct = f"count(DISTINCT hash({name})) FILTER ({name} IS NOT NULL)"
        yield named(distinct, f"{column.name}|distinct")
    if column.is_id:
        yield named(_long_numbers(name, "true"), f"{column.name}|long")
        yield named(_long_numbers(name, _is_rounded(name)), f"{column.name}|rounded")
    if column.name == CUSTOMER:
        yield named(_shapes(name), f"{column.name}|shapes")
    if has_size(column):
        value = _kept(column)
        quantiles = f"quantile_disc({value}, {list(QUANTILES.values())})"
        given = f"{quantiles} FILTER ({value} IS NOT NULL)"
        yield named(given, f"{column.name}|quantiles")


def _long_numbers(name: str, condition: str) -> str:
    """How many numbers of 16 to 19 digits there are under a condition, which is asked of no other."""
    return (
        f"count_if(CASE WHEN strlen({name}) BETWEEN {LONG} AND {LONGEST}"
        f" THEN TRY_CAST({name} AS UBIGINT) IS NOT NULL AND {condition} ELSE false END)"
    )


def _is_rounded(name: str) -> str:
    """Whether a long number is zeros after its 15th digit, as spreadsheets keep it, or one that a double can be.

    Doubles of such a size lie a power of two apart. Numbers that a program has made of a counter and empty lower bits
    are multiples of many steps, those that were rounded of an odd number of steps every second time.
    """
    number = f"TRY_CAST({name} AS UBIGINT)"
    step = f"CAST(pow(2, floor(log2({number})) - 52) AS UBIGINT)"
    of_a_double = f"{number} % {step} = 0 AND ({number} // {step}) % 2 = 1"
    return (
        f"(regexp_full_match({name}, '[0-9]{{15}}0+')"
        f" OR CASE WHEN strlen({name}) >= {WITH_STEPS} THEN {of_a_double} ELSE false END)"
    )


def _shapes(name: str) -> str:
    """How often each shape of a number occurs: its length, whether it begins with 0, whether it holds letters."""
    letters = f"({name} <> lower({name}) OR {name} <> upper({name}))::INTEGER"
    zero = f"starts_with({name}, '0')::INTEGER"
    code = (
        f"strlen({name}) * {LENGTH} + {zero} * {LEADING_ZERO} + {letters} * {LETTERS}"
    )
    return f"map_entries(histogram({code}) FILTER ({name} IS NOT NULL))"


def shape_text(code: int) -> str:
    """A shape in words.

    >>> shape_text(26), shape_text(25), shape_text(24)
    ('6 characters, leading zero', '6 characters, letters', '6 characters')
    """
    words = [f"{code // LENGTH} characters"]
    if code & LEADING_ZERO:
        words.append("leading zero")
    if code & LETTERS:
        words.append("letters")
    return ", ".join(words)


def _top_values(name: str) -> str:
    """How many values, how many rows, and the most frequent values with their rows, ties in order of the value."""
    entries = f"map_entries(histogram({name}::VARCHAR) FILTER (kept))"
    flipped = (
        f"list_transform({entries}, lambda e: {{'n': -(e.value::BIGINT), 'v': e.key}})"
    )
    top = f"list_slice(list_sort({flipped}), 1, {TOP})"
    rows = f"count({name}) FILTER (kept)"
    return f"{{'distinct': len({entries}), 'rows': {rows}, 'values': {top}}}"


def sums(column: Column) -> Iterator[str]:
    """A number's sum, and of how many rows it is the sum."""
    return _sums(column, identifier(column.name))


def _sums(column: Column, value: str) -> Iterator[str]:
    """The same of an expression: as a number whose sum does not depend on the order of rows."""
    exact = value
    if column.type == "double":
        exact = f"TRY_CAST({value} AS DECIMAL(28,6))"
    yield named(f"sum({exact})", f"{column.name}|sum")
    yield named(f"count({exact})", f"{column.name}|summed")


def sums_of_sums(column: Column) -> Iterator[str]:
    """The same from rows that :func:`sums` has made."""
    for part in (f"{column.name}|sum", f"{column.name}|summed"):
        yield named(f"sum({identifier(part)})", part)
