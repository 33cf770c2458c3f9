"""Text that a spreadsheet would run: kept as it is in the lake, and made harmless where it goes out to people.

A cell that begins with ``=``, ``@``, ``+``, ``-``, a tab or a carriage return may be run as a formula when somebody
opens an export in a spreadsheet (CWE-1236); full-width signs count as well, because Chinese input methods fold them.
After ``+`` and ``-`` much is harmless and common: numbers, phone numbers (``+86 138-0013-8000``), a dash for "none", a
Chinese sentence behind a dash. These pass; names, quotes, brackets and pipes behind the sign do not.
"""

from churn_tasks.core.sql_text import identifier, literal

_EQUALS_OR_AT = r"=@\x{ff1d}\x{ff20}"
_PLUS_OR_MINUS = r"+\-\x{ff0b}\x{ff0d}"
_BLANKS = r"[ \n\x{00a0}\x{200b}\x{feff}\x{3000}]*"  # what a spreadsheet drops in front
_NUMBER = rf"{_BLANKS}[{_PLUS_OR_MINUS}]*[ 0-9\x{{ff10}}-\x{{ff19}}.,()/\-]*([0-9.][eE][+\-]?[0-9]+)?[ %]*"
_RUNS = (
    rf"^{_BLANKS}[{_EQUALS_OR_AT}\t\r]"
    rf"|^{_BLANKS}[{_PLUS_OR_MINUS}][{_PLUS_OR_MINUS} ]*[A-Za-z$'\"#\x{{ff21}}-\x{{ff3a}}\x{{ff41}}-\x{{ff5a}}]"
    rf"|^{_BLANKS}[{_PLUS_OR_MINUS}].*[{_EQUALS_OR_AT}(|!&{{\[\x{{ff08}}]"
)
APOSTROPHE = "'"
STARTS = "=@+-\t\r\n \u00a0\u200b\ufeff\u3000\uff1d\uff20\uff0b\uff0d"


def formula_sql(column: str) -> str:
    """A condition in DuckDB's dialect: the text of ``column`` would be run. NULL where the column is NULL.

    The first comparisons settle nearly every row; only the rest is held against the patterns.

    >>> import duckdb
    >>> given = "VALUES ('=1+1'), ('-5.20'), ('+86 138-0013-8000'), ('@SUM(A1)'), ('-'), ('+cmd|x'), ('-无')"
    >>> asked = duckdb.connect().execute(f"SELECT list(x) FROM ({given}) AS t(x) WHERE {formula_sql('x')}")
    >>> asked.fetchall()
    [(['=1+1', '@SUM(A1)', '+cmd|x'],)]
    """
    name = identifier(column)
    starts = ", ".join(literal(sign) for sign in STARTS)
    runs, number = literal(_RUNS), literal(_NUMBER)
    # ranges cost next to nothing, left() does not; AND would hold every row against the patterns, CASE does not
    may_start = f"{name} < '0' OR {name} BETWEEN ':' AND 'A' OR {name} > '~'"
    return (
        f"(CASE WHEN {may_start} THEN left({name}, 1) IN ({starts})"
        f" AND regexp_matches({name}, {runs}, 's') AND NOT regexp_full_match({name}, {number})"
        f" WHEN {name} IS NOT NULL THEN false END)"
    )


def neutral_sql(column: str) -> str:
    """The text of ``column`` as it may be opened in a spreadsheet: one that would be run has an apostrophe in front.

    >>> import duckdb
    >>> given = "VALUES ('=1+1'), ('-5.20'), ('@home')"
    >>> asked = duckdb.connect().execute(f"SELECT list({neutral_sql('x')}) FROM ({given}) AS t(x)")
    >>> asked.fetchall()
    [(["'=1+1", '-5.20', "'@home"],)]
    """
    name = identifier(column)
    harmless = f"concat({literal(APOSTROPHE)}, {name})"
    return f"CASE WHEN {formula_sql(column)} THEN {harmless} ELSE {name} END"
