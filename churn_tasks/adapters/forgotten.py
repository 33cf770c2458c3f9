"""Who was taken out and must not come back: a list of keyed hashes beside the key, and the door that it guards.

The list holds no number in clear and none of the operator's books: of a customer's number a hash under the key of the
tokens, of a telephone or identity number its token, which is one. Without the key nobody can tell who is on it.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from churn_tasks.adapters.tokens import (
    BOOK_NUMBER,
    IDENTITY_NUMBER,
    TOKEN_LENGTH,
    Tokeniser,
)
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.files import replace_secret_text
from churn_tasks.declared.contracts import Table

CUSTOMER, NUMBER = "customer", "number"  # kinds of lines in the list
SPACES = r"[\s\u00a0\u3000\ufeff]"
REMEMBERED = 1_000_000  # numbers of customers whose verdict is kept
CROSSED_OUT = "***"  # a number in what somebody wrote
# as people write them: in one piece, or a mobile number in three
WRITTEN = "[+]?[0-9]{7,18}X?|1[0-9]{2}[ -][0-9]{4}[ -][0-9]{4}"
_WRITTEN = re.compile(WRITTEN)
_AROUND = re.compile(rf"^{SPACES}+|{SPACES}+$")
_WHOLE = re.compile(r"\.0+$")  # of a number that a program wrote as a double


def plain_number(text: str) -> str:
    """A customer's number without spaces around it and without the fraction of a double.

    >>> plain_number(" 700005.0")
    '700005'
    """
    return _WHOLE.sub("", _AROUND.sub("", text))


def is_listed_number(text: str, tokeniser: Tokeniser, numbers: Container[str]) -> bool:
    """Whether a number in clear, or a token, is one of those whose tokens these are."""
    if text in numbers or tokeniser.token(text) in numbers:
        return True
    return tokeniser.token(text, IDENTITY_NUMBER) in numbers


@dataclass
class Forgotten:
    """The list of one profile.

    Attributes:
        customers: keyed hashes of customers' numbers.
        numbers: tokens of telephone and identity numbers.
    """

    key: bytes = field(repr=False)
    customers: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._keyed = hmac.new(self.key, b"forgotten ", hashlib.sha256)
        self._verdicts: dict[str, bool] = {}

    @property
    def is_empty(self) -> bool:
        return not self.customers and not self.numbers

    def hashed(self, text: str) -> str:
        """64 hexadecimal digits."""
        digest = self._keyed.copy()
        digest.update(text.encode())
        return digest.hexdigest()

    def stand_in(self, value: str) -> str:
        """What takes the place of a token or number where it is somebody else's row that names it."""
        return self.hashed(f"stands in for {value}")[:TOKEN_LENGTH]

    def has_customer(self, number: str) -> bool:
        """Whether a customer's number, in whatever spelling, is on the list."""
        if number not in self._verdicts:
            if len(self._verdicts) >= REMEMBERED:
                self._verdicts.clear()
            self._verdicts[number] = self.hashed(plain_number(number)) in self.customers
        return self._verdicts[number]

    def adding(self, customers: Iterable[str], numbers: Iterable[str]) -> "Forgotten":
        """The list with more people on it.

        Args:
            customers: their numbers as the lake has them.
            numbers: tokens.
        """
        hashes = {self.hashed(plain_number(number)) for number in customers}
        return Forgotten(self.key, self.customers | hashes, self.numbers | {*numbers})


def read_forgotten(path: Path, key: bytes) -> Forgotten:
    """The list; an empty one where nobody was ever taken out.

    Raises:
        SettingsError: a line is none of ours: the list is damaged.
    """
    lines: dict[str, set[str]] = {CUSTOMER: set(), NUMBER: set()}
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            kind, _, value = line.partition(" ")
            if kind not in lines or not value:
                raise SettingsError(
                    f"{path}: damaged: a line is neither of a {CUSTOMER} nor of a {NUMBER}. Restore it with the key:"
                    " without it people who were taken out would be delivered again"
                )
            lines[kind].add(value)
    customers, numbers = frozenset(lines[CUSTOMER]), frozenset(lines[NUMBER])
    return Forgotten(key, customers, numbers)


def write_forgotten(path: Path, forgotten: Forgotten) -> None:
    """Replace the list; its owner alone may read it."""
    lines = [f"{CUSTOMER} {value}\n" for value in sorted(forgotten.customers)]
    lines += [f"{NUMBER} {value}\n" for value in sorted(forgotten.numbers)]
    replace_secret_text(path, "".join(lines))


class Door:
    """What the rows of one delivered table pass on their way in: those of people on the list stay outside.

    A row is known by its customer's number; one without such a number by its own telephone or identity number. Where a
    row of somebody else names a number on the list (who was called), a stand-in takes the place of its token.

    Attributes:
        turned_away: rows that stayed outside.
    """

    def __init__(
        self, forgotten: Forgotten, table: Table, tokeniser: Tokeniser
    ) -> None:
        self.forgotten, self.tokeniser = forgotten, tokeniser
        self.turned_away = 0
        self._others = table.named("other_side")
        self._words = []
        for column in table.columns:
            if column.pii == "quasi" and column.type == "text":
                self._words.append(column.name)
        self._own = []
        for token in table.named("number"):
            self._own.append(token.removesuffix("_token") + "_number")

    def reader(self, batches: pa.RecordBatchReader) -> pa.RecordBatchReader:
        """The rows that come in, with tokens in place of numbers."""
        if self.forgotten.is_empty:
            return self.tokeniser.reader(batches)
        allowed = pa.RecordBatchReader.from_batches(
            batches.schema, self.allowed(batches)
        )
        tokens = self.tokeniser.reader(allowed)
        if not self._others and not self._words:
            return tokens
        return pa.RecordBatchReader.from_batches(tokens.schema, self._veiled(tokens))

    def allowed(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Of rows as the source gives them those that come in; of a batch without one nothing."""
        if self.forgotten.is_empty:
            yield from batches
            return
        for batch in batches:
            kept = batch.filter(pc.invert(self._is_forgotten(batch)))
            self.turned_away += batch.num_rows - kept.num_rows
            if kept.num_rows:
                yield kept

    def _is_forgotten(self, batch: pa.RecordBatch) -> pa.Array:
        """Of each row whether it stays outside."""
        names = batch.schema.names
        nobody = pa.array([False] * batch.num_rows)
        customer = pa.nulls(batch.num_rows, pa.bool_())
        if BOOK_NUMBER in names:
            customer = self._judged(batch.column(BOOK_NUMBER), self._is_on_books)
        elif "customer_id" in names:
            customer = self._judged(batch.column("customer_id"), self._is_customer)
        by_number = nobody
        for name in self._own:
            if name in names:
                judged = self._judged(
                    batch.column(name), partial(self._is_number, name)
                )
                by_number = pc.or_(by_number, judged.fill_null(False))
        return pc.coalesce(customer, by_number)

    def _judged(self, column: pa.Array, verdict: Callable[[str], bool]) -> pa.Array:
        """The verdict on each value; nothing of a blank one."""
        encoded = column.cast(pa.string()).dictionary_encode()
        verdicts = []
        for value in encoded.dictionary.to_pylist():
            verdicts.append(verdict(value) if value.strip() else None)
        return pa.array(verdicts, pa.bool_()).take(encoded.indices)

    def _is_customer(self, number: str) -> bool:
        return self.forgotten.has_customer(number)

    def _is_on_books(self, number: str) -> bool:
        return self.forgotten.has_customer(self.tokeniser.token(number, BOOK_NUMBER))

    def _is_number(self, column: str, number: str) -> bool:
        return self.tokeniser.token(number, column) in self.forgotten.numbers

    def _veiled(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The rows with nobody on the list in them: as the other side, or by a number in what somebody wrote."""
        listed = pa.array(sorted(self.forgotten.numbers), pa.string())
        for batch in batches:
            columns = list(batch.columns)
            for place, name in enumerate(batch.schema.names):
                if name in self._others:
                    columns[place] = self._with_stand_ins(columns[place], listed)
                elif name in self._words and name != "customer_id":
                    columns[place] = self._crossed_out(columns[place])
            yield pa.RecordBatch.from_arrays(columns, schema=batch.schema)

    def _crossed_out(self, words: pa.Array) -> pa.Array:
        """What somebody wrote, without the numbers that are on the list."""
        if not pa.types.is_string(words.type) and not pa.types.is_large_string(
            words.type
        ):
            return words
        has_numbers = pc.match_substring_regex(words, WRITTEN)
        if not pc.any(has_numbers).as_py():
            return words
        values = []
        for text in words.to_pylist():
            values.append(text and _WRITTEN.sub(self._or_crossed_out, text))
        return pa.array(values, words.type)

    def _or_crossed_out(self, written: re.Match[str]) -> str:
        is_listed = is_listed_number(written[0], self.tokeniser, self.forgotten.numbers)
        return CROSSED_OUT if is_listed else written[0]

    def _with_stand_ins(self, tokens: pa.Array, listed: pa.Array) -> pa.Array:
        named = pc.is_in(tokens, value_set=listed)
        if not pc.any(named).as_py():
            return tokens
        values = []
        for token, is_named in zip(tokens.to_pylist(), named.to_pylist(), strict=True):
            values.append(self.forgotten.stand_in(token) if is_named else token)
        return pa.array(values, tokens.type)
