"""Phone numbers become tokens at the door: HMAC-SHA256 under a key that no database holds.

A plain hash of a phone number can be undone by trying all numbers; a keyed one cannot without the key. The same number
in another spelling (``+86 138-0013-8000``, full-width digits) gets the same token.
"""

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from churn_tasks.core.errors import SettingsError

TOKEN_LENGTH = 32
INVALID_PREFIX = "invalid_"  # tokens of numbers that are no subscriber number; row rules reject on it
_NOT_DIGITS = re.compile(r"[^0-9]")
_SUBSCRIBER = re.compile(r"[0-9]{3,15}")


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
        raise SettingsError(f"{path}: the token key has {len(key)} bytes, at least 32 are needed")
    return key


def normalise(number: str) -> str:
    """One spelling for one number: ASCII digits without the country code 86.

    >>> normalise("+86 138-0013-8000"), normalise("１３８００１３８０００"), normalise("0086 13800138000")
    ('13800138000', '13800138000', '13800138000')
    """
    digits = _NOT_DIGITS.sub("", unicodedata.normalize("NFKC", number)).removeprefix("00")
    return digits.removeprefix("86") if len(digits) == 13 and digits.startswith("86") else digits


@dataclass
class Tokeniser:
    """Replaces ``<name>_number`` columns by ``<name>_token`` and keeps the pairs that the vault wants.

    Attributes:
        vault_columns: columns whose clear numbers go to the vault: those of the operator's own customers.
        pairs: token to number in its one spelling (an invalid one as delivered), of every batch seen so far.
    """

    key: bytes
    vault_columns: tuple[str, ...] = ("phone_number",)
    pairs: dict[str, str] = field(default_factory=dict)
    rows: int = 0

    def __post_init__(self) -> None:
        self._token_of = lru_cache(maxsize=1_000_000)(self._compute)

    def token(self, number: str) -> str:
        """32 hexadecimal digits; behind ``invalid_`` when the text cannot be a number of 3 to 15 digits."""
        return self._token_of(number)

    def _compute(self, number: str) -> str:
        digits = normalise(number)
        valid = _SUBSCRIBER.fullmatch(digits)
        digest = hmac.digest(self.key, (digits if valid else number).encode(), hashlib.sha256).hex()[:TOKEN_LENGTH]
        return digest if valid else INVALID_PREFIX + digest

    def schema(self, schema: pa.Schema) -> pa.Schema:
        """The schema after tokenising; ``customer_number`` becomes ``customer_id``."""
        return pa.schema([pa.field(_token_name(f.name), pa.string() if _is_number(f.name) else f.type) for f in schema])

    def reader(self, batches: pa.RecordBatchReader) -> pa.RecordBatchReader:
        """The same rows, batch by batch, with tokens in place of numbers."""
        return pa.RecordBatchReader.from_batches(self.schema(batches.schema), self._batches(batches))

    def _batches(self, batches: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            self.rows += batch.num_rows
            columns = [
                self._tokens(name, column) if _is_number(name) else column
                for name, column in zip(batch.schema.names, batch.columns, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=self.schema(batch.schema))

    def _tokens(self, name: str, column: pa.Array) -> pa.Array:
        encoded = column.cast(pa.string()).dictionary_encode()
        numbers = encoded.dictionary.to_pylist()
        tokens = [self.token(number) for number in numbers]
        if name in self.vault_columns:
            self.pairs.update(
                (t, n if t.startswith(INVALID_PREFIX) else normalise(n)) for t, n in zip(tokens, numbers, strict=True)
            )
        return pa.array(tokens, pa.string()).take(encoded.indices)


def _is_number(column: str) -> bool:
    return column.endswith("_number")


def _token_name(column: str) -> str:
    if column == "customer_number":
        return "customer_id"
    return column.removesuffix("_number") + "_token" if _is_number(column) else column
