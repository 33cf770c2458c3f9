"""Text that a spreadsheet would run: recognised when data come in, so that no such row reaches a list that people open.

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
STARTS = "=@+-\t\r\n \u00a0\u200b\ufeff\u3000\uff1d\uff20\uff0b\uff0d"


def formula_sql(column: str) -> str:
    """A condition in DuckDB's dialect: the text of ``column`` would be run; it is never NULL.

    The first comparisons settle nearly every row; CASE keeps the rest of the work from these, AND would not.

    >>> import duckdb
    >>> given = "VALUES ('=1+1'), ('-5.20'), ('+86 138-0013-8000'), ('@SUM(A1)'), ('-'), ('+cmd|x'), ('-无')"
    >>> asked = duckdb.connect().execute(f"SELECT list(x) FROM ({given}) AS t(x) WHERE {formula_sql('x')}")
    >>> asked.fetchall()
    [(['=1+1', '@SUM(A1)', '+cmd|x'],)]
    """
    name = identifier(column)
    starts = ", ".join(literal(sign) for sign in STARTS)
    runs, number = literal(_RUNS), literal(_NUMBER)
    return (
        f"CASE WHEN {name} < '0' OR {name} BETWEEN ':' AND 'A' OR {name} > '~'"  # ranges cost next to nothing
        f" THEN left({name}, 1) IN ({starts}) AND regexp_matches({name}, {runs}, 's')"
        f" AND NOT regexp_full_match({name}, {number}) ELSE false END"
    )
