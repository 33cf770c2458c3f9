"""What a source's own error message may show: the query's words, never a value of the data and never a password."""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import pyarrow as pa

from churn_tasks.core.errors import BadInput, ChurnError
from churn_tasks.core.privacy import masked

# SQLSTATE classes in which trying again helps (SQL standard and PostgreSQL manual, appendix A): connection, rollback,
# resources, intervention, system
NO_ANSWER = ("08", "40", "53", "57", "58")
_PIECE = re.compile(r"'[^']*'|\"[^\"]*\"")
_FIRST_TO_LAST_QUOTE = re.compile(r"['\"].*['\"]|['\"].*")
_NUMBER = re.compile(r"[0-9]{5,}")
_SECRET_KEY = re.compile(r"pass|pwd|secret|token|key", re.IGNORECASE)
# letters; a shorter piece of an address is no password, and blanking it would blank the message
_SHORTEST = 3


log = logging.getLogger("churn.extract")
T = TypeVar("T")


class DamageSetAside(BadInput):
    """Rows of a source were damaged and are set aside now: read again, it gives the others."""


def read_again(read: Callable[[], T]) -> T:
    """What a reading comes to; begun anew where the source has set damaged rows aside in the middle of it.

    A source sets the rows of a file or query aside once, so this ends.
    """
    while True:
        try:
            return read()
        except DamageSetAside as found:
            log.info("%s", found)


def shown(error: BaseException, sql: str = "", url: str = "") -> str:
    """The first line of a message, with values and secrets blanked.

    A quoted piece or a long number stays only if the query itself holds it: then it is a name, not a value. When one
    quoted piece has to go, everything between the first quote and the last goes, for a value may hold quotes itself.

    >>> shown(ValueError("relation 'boss.cdr' does not exist"), "SELECT * FROM boss.cdr")
    "relation 'boss.cdr' does not exist"
    >>> shown(ValueError("invalid input for type integer: '138x' near 13800138000"), "SELECT * FROM boss.cdr")
    'invalid input for type integer: (value) near #####'
    >>> shown(OSError(1146, "Table 'boss.bill' doesn't exist"), "SELECT * FROM bill")
    "Table 'boss.bill' does not exist"
    """
    line = _without_secrets(_first_line(error), url)
    if _quotes_a_value(line, sql):
        line = _FIRST_TO_LAST_QUOTE.sub("(value)", line)
    for number in set(_NUMBER.findall(line)):
        if number not in sql:
            line = re.sub(rf"(?<![0-9]){number}(?![0-9])", "#####", line)
    return masked(line)


def _quotes_a_value(line: str, sql: str) -> bool:
    """Whether a quoted piece is not from the query, or a quote is left open."""
    for quote in "'\"":
        if line.count(quote) % 2:
            return True
    for piece in _PIECE.findall(line):
        _, _, name = piece[1:-1].rpartition(".")  # MySQL puts the schema in front
        if name not in sql:
            return True
    return False


@contextmanager
def streamed(
    schema: pa.Schema,
    batches: Callable[[], Iterator[pa.RecordBatch]],
    sorted_errors: AbstractContextManager[None],
) -> Iterator[pa.RecordBatchReader]:
    """A reader over batches whose errors leave this block as ours, whoever reads.

    A row that fails far into a source fails while DuckDB or pyarrow pull batches, and these wrap what was raised in an
    error of their own. What is raised here in the end is the error of the source.
    """
    failures: list[ChurnError] = []

    def checked() -> Iterator[pa.RecordBatch]:
        try:
            with sorted_errors:
                yield from batches()
        except ChurnError as error:
            failures.append(error)
            raise

    try:
        yield pa.RecordBatchReader.from_batches(schema, checked())
    except Exception:
        if failures:
            raise failures[0] from None
        raise


def secrets_of(url: str) -> list[str]:
    """Every piece of an address that may be a password, the longest first; also of an address that is malformed."""
    if "://" not in url:
        return []
    before_host = url.split("://", 1)[1].rpartition("@")[0]
    try:
        query = urlsplit(url).query
    except ValueError:
        query = url.partition("?")[2]
    password = before_host.partition(":")[2]
    pieces = {password, *re.split(r"[:@/?#]", password)}
    for key, value in parse_qsl(query):
        if _SECRET_KEY.search(key):
            pieces.add(value)
    pieces |= set(map(unquote, pieces))
    secrets = [piece for piece in pieces if len(piece) >= _SHORTEST]
    return sorted(secrets, key=len, reverse=True)


def _first_line(error: BaseException) -> str:
    """The message alone; MySQL's drivers give a number and a message."""
    text = str(error)
    if len(error.args) > 1 and isinstance(error.args[0], int):
        text = str(error.args[1])
    for line in text.splitlines():
        if line.strip():
            return line.replace("n't ", " not ")  # an apostrophe that is no quote
    return type(error).__name__


def _without_secrets(text: str, url: str) -> str:
    for secret in secrets_of(url):
        text = text.replace(secret, "***")
    return text
