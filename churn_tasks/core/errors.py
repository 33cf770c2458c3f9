"""Errors sorted by what to do next: mend the input, wait, try again, or stop.

The Airflow bridge and the command line decide by class alone, so every error raised on
purpose is one of these. Messages carry the evidence: table, month, column, count, examples.
"""

from collections.abc import Sequence


class ChurnError(Exception):
    """Base of every error the product raises on purpose."""


class SettingsError(ChurnError):
    """A setting is wrong. Mend the profile or the environment; retrying cannot help."""


class BadInput(ChurnError):
    """Data or arguments cannot be used as they are. Mend them; retrying cannot help."""


class CheckFailed(ChurnError):
    """A quality check stopped the month. Nothing was published; retrying cannot mend data."""


class Fenced(ChurnError):
    """A later attempt owns this month. This one must stop and leave no trace."""


class NotReady(ChurnError):
    """Something this step reads has not been made yet. Waiting and trying again helps."""


class ConnectionTrouble(ChurnError):
    """A database or service did not answer. Trying again helps."""


class UndeclaredTable(Exception):
    """A step looks at or writes a table that its declaration does not name: a fault of the code, not of the data."""


RETRYABLE = (NotReady, ConnectionTrouble)


def evidence(
    *,
    table: str,
    month: object,
    problem: str,
    column: str | None = None,
    count: int | None = None,
    examples: Sequence[object] = (),
    remedy: str = "",
) -> str:
    """One message in the house form: where, what, how many, at most five examples, what to do.

    >>> evidence(table="raw_bill", month="2024-03", column="amount_cny", problem="is negative",
    ...          count=2, examples=[-5, -7], remedy="Ask billing for a corrected file.")
    'raw_bill 2024-03, column amount_cny: is negative (2 rows; e.g. -5, -7). Ask billing for a corrected file.'
    """
    where = f"{table} {month}"
    if column:
        where += f", column {column}"
    facts = []
    if count is not None:
        facts.append("1 row" if count == 1 else f"{count} rows")
    if examples:
        facts.append("e.g. " + ", ".join(str(example) for example in examples[:5]))
    shown = f" ({'; '.join(facts)})" if facts else ""
    return f"{where}: {problem}{shown}. {remedy}".rstrip()
