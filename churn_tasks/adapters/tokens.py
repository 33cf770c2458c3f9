"""Phone numbers become tokens at the door: HMAC-SHA256 under a key that no database holds.

A plain hash of a phone number can be undone by trying all numbers; a keyed one cannot without the key. The same number
in another spelling (``+86 138-0013-8000``, full-width digits) gets the same token. Identity numbers go the same way;
an invalid one of either keeps a token of its own, so that nothing that was delivered is mistaken for something else.
"""

import hashlib
import hmac
import os
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churn_tasks.adapters.identity import identity_spelling
from churn_tasks.adapters.telephone import ANY_REGION, MOBILE, how_written, spelling
from churn_tasks.core.errors import SettingsError

TOKEN_LENGTH = 32
INVALID_PREFIX = "invalid_"  # tokens of numbers that are no subscriber number; row rules reject on it
BOOK_NUMBER = "customer_number"  # the customer's number in the operator's books, which need not be a telephone's
IDENTITY_NUMBER = "identity_number"
TELEPHONE = "telephone"

# kinds of numbers, each with a memory of its own: a key of one text is the fastest
KINDS = (TELEPHONE, BOOK_NUMBER, IDENTITY_NUMBER)
PLAIN_MOBILE = (
    f"^{MOBILE}$"  # a number of the country that is in its one spelling, for pyarrow
)
REMEMBERED = 200_000  # numbers of a kind: what came in another form is not read again


class NumberRead(NamedTuple):
    """What became of one number as delivered; all None of a blank one, which is missing and not invalid."""

    token: str | None = None
    number: str | None = None  # in its one spelling, an invalid one as delivered
    form: str | None = None  # how it was written, where that is not its one spelling


def load_key(path: Path) -> bytes:
    """The secret key, made on first use with mode 0600.

    Raises:
        SettingsError: the file exists but is shorter than 32 bytes.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return load_key(path)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode())
    key = path.read_bytes().strip()
    if len(key) < 32:
        raise SettingsError(
            f"{path}: the token key has {len(key)} bytes, at least 32 are needed"
        )
    return key


@dataclass
class Tokeniser:
    """Replaces ``<name>_number`` columns by ``<name>_token`` and keeps the pairs that the vault wants.

    Attributes:
        region: country of telephone numbers without a country code, or ``any`` (``adapters/telephone.py``).
        vault_columns: columns whose clear numbers go to the vault: those of the operator's own customers.
        pairs: token to number in its one spelling (an invalid one as delivered), of every batch seen so far.
        spellings: how often numbers were written in another form than their one spelling, by column and form.
    """

    key: bytes
    region: str = "CN"
    vault_columns: tuple[str, ...] = ("phone_number",)
    pairs: dict[str, str] = field(default_factory=dict)
    spellings: Counter[tuple[str, str]] = field(default_factory=Counter)
    rows: int = 0

    def __post_init__(self) -> None:
        # with the key gone in: a copy of it takes a number at half the price
        self._keyed = hmac.new(self.key, digestmod=hashlib.sha256)
        self._read = {}
        for kind in KINDS:
            remembered = lru_cache(maxsize=REMEMBERED)
            self._read[kind] = remembered(partial(self._compute, kind))

    def token(self, number: str, column: str = "phone_number") -> str:
        """32 hexadecimal digits; behind ``invalid_`` when the text cannot be a number of the column's kind."""
        token = self._read[_kind(column)](number).token
        return token or self._invalid(number)

    def _compute(self, kind: str, number: str) -> NumberRead:
        if not number.strip():
            return NumberRead()
        if kind == IDENTITY_NUMBER:
            spelled = identity_spelling(number)
            form = _identity_form(number, spelled)
        else:
            spelled = spelling(number, self._region(kind))
            form = how_written(number, spelled)
        if spelled is None:
            return NumberRead(self._invalid(number), number, "invalid")
        return NumberRead(self._digest(spelled), spelled, form)

    def _invalid(self, number: str) -> str:
        return INVALID_PREFIX + self._digest(number)

    def _digest(self, text: str) -> str:
        digest = self._keyed.copy()
        digest.update(text.encode())
        return digest.hexdigest()[:TOKEN_LENGTH]

    def _count(self, column: str, forms: dict[int, str], encoded: pa.Array) -> None:
        """Count the rows of numbers that came in another form, by their places in the dictionary."""
        if not forms:
            return
        places = encoded.indices.drop_null().to_numpy()
        rows = np.bincount(places, minlength=len(encoded.dictionary))
        for place, form in forms.items():
            self.spellings[column, form] += int(rows[place])

    def _region(self, kind: str) -> str:
        return ANY_REGION if kind == BOOK_NUMBER else self.region

    def schema(self, schema: pa.Schema) -> pa.Schema:
        """The schema after tokenising; ``customer_number`` becomes ``customer_id``."""
        fields = []
        for given in schema:
            kind = pa.string() if _is_number(given.name) else given.type
            fields.append(pa.field(_token_name(given.name), kind))
        return pa.schema(fields)

    def reader(self, batches: pa.RecordBatchReader) -> pa.RecordBatchReader:
        """The same rows, batch by batch, with tokens in place of numbers."""
        return pa.RecordBatchReader.from_batches(
            self.schema(batches.schema), self._batches(batches)
        )

    def _batches(self, batches: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            self.rows += batch.num_rows
            columns = list(map(self._column, batch.schema.names, batch.columns))
            yield pa.RecordBatch.from_arrays(columns, schema=self.schema(batch.schema))

    def _column(self, name: str, column: pa.Array) -> pa.Array:
        return self._tokens(name, column) if _is_number(name) else column

    def _tokens(self, name: str, column: pa.Array) -> pa.Array:
        encoded = _as_text(column).dictionary_encode()
        numbers = encoded.dictionary.to_pylist()
        plain, others = self._places(_kind(name), encoded.dictionary)
        tokens: list[str | None] = [None] * len(numbers)
        for place in plain:
            tokens[place] = self._digest(numbers[place])
        forms = {}
        for place in others:
            read = self._read[_kind(name)](numbers[place])
            tokens[place], numbers[place] = read.token, read.number
            if read.form:
                forms[place] = read.form
        self._count(_token_name(name), forms, encoded)
        if name in self.vault_columns:
            self._keep(tokens, numbers)
        return pa.array(tokens, pa.string()).take(encoded.indices)

    def _places(self, kind: str, numbers: pa.Array) -> tuple[list[int], list[int]]:
        """Where numbers stand in their one spelling already, as most do, and where each has to be read."""
        is_plain = np.zeros(len(numbers), bool)
        if kind == TELEPHONE and self.region == "CN":
            is_plain = np.asarray(pc.match_substring_regex(numbers, PLAIN_MOBILE))
        return np.flatnonzero(is_plain).tolist(), np.flatnonzero(~is_plain).tolist()

    def _keep(self, tokens: list[str | None], numbers: list[str | None]) -> None:
        """Keep pairs for the vault; a blank number is none."""
        for token, number in zip(tokens, numbers, strict=True):
            if token and number:
                self.pairs[token] = number


def _identity_form(number: str, spelled: str | None) -> str | None:
    """How an identity number was written, where that is not its one spelling."""
    if spelled == number:
        return None
    if spelled and len(number.strip()) == 15:
        return "old_identity"
    return "separators"


def _kind(column: str) -> str:
    """What its numbers are: the book's own, identity numbers, or telephone numbers."""
    return column if column in (BOOK_NUMBER, IDENTITY_NUMBER) else TELEPHONE


def _as_text(column: pa.Array) -> pa.Array:
    """The numbers as text; whole floating-point ones, as spreadsheets give them, without a fraction."""
    if pa.types.is_floating(column.type):
        # where one is not whole it is no number, and its text says so
        with suppress(pa.ArrowInvalid):
            column = column.cast(pa.int64())
    return column.cast(pa.string())


def _is_number(column: str) -> bool:
    return column.endswith("_number")


def _token_name(column: str) -> str:
    if column == BOOK_NUMBER:
        return "customer_id"
    if _is_number(column):
        return column.removesuffix("_number") + "_token"
    return column
