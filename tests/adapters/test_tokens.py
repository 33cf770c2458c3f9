"""Phone numbers leave the door as tokens."""

import stat
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_tasks.adapters.tokens import INVALID_PREFIX, Tokeniser, load_key
from churn_tasks.core.errors import SettingsError

KEY = b"k" * 32
NUMBER = "13800138000"


@pytest.mark.parametrize(
    "spelling",
    [
        "13800138000",
        "+86 138-0013-8000",
        "0086 13800138000",
        "8613800138000",
        "１３８００１３８０００",
        " 138 0013 8000 ",
    ],
)
def test_one_number_has_one_token_however_it_is_spelt(spelling: str) -> None:
    tokeniser = Tokeniser(KEY)
    assert tokeniser.token(spelling) == tokeniser.token(NUMBER)


def test_another_key_gives_another_token() -> None:
    assert Tokeniser(KEY).token(NUMBER) != Tokeniser(b"x" * 32).token(NUMBER)


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_no_number_shows_in_its_token(number: str) -> None:
    token = Tokeniser(KEY).token(number)
    assert len(token) == 32 and number not in token and not token.startswith(INVALID_PREFIX)


@pytest.mark.parametrize("text", ["", "12", "no number", "1" * 16])
def test_what_is_no_number_is_marked(text: str) -> None:
    assert Tokeniser(KEY).token(text).startswith(INVALID_PREFIX)


def test_columns_are_renamed_and_only_customers_numbers_are_kept_for_the_vault() -> None:
    batch = pa.record_batch(
        {
            "customer_number": ["13900000001", "13900000002"],
            "phone_number": [NUMBER, None],
            "peer_number": ["13700000001", "13700000001"],
            "duration_s": [1, 2],
        }
    )
    tokeniser = Tokeniser(KEY)
    reader = tokeniser.reader(pa.RecordBatchReader.from_batches(batch.schema, [batch]))
    table = reader.read_all()
    assert table.column_names == ["customer_id", "phone_token", "peer_token", "duration_s"]
    assert table["phone_token"].to_pylist() == [tokeniser.token(NUMBER), None]
    assert tokeniser.pairs == {tokeniser.token(NUMBER): NUMBER}
    assert tokeniser.rows == 2


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "token_key"
    first = load_key(path)
    assert load_key(path) == first and len(first) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(b"short")
    with pytest.raises(SettingsError, match="5 bytes"):
        load_key(path)
