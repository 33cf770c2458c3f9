"""Phone numbers leave the door as tokens."""

import hmac
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
    assert (
        len(token) == 32
        and number not in token
        and not token.startswith(INVALID_PREFIX)
    )


@pytest.mark.parametrize("text", ["", "12", "no number", "1" * 16])
def test_what_is_no_number_is_marked(text: str) -> None:
    assert Tokeniser(KEY).token(text).startswith(INVALID_PREFIX)


def test_columns_are_renamed_and_only_customers_numbers_are_kept_for_the_vault() -> (
    None
):
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
    assert table.column_names == [
        "customer_id",
        "phone_token",
        "peer_token",
        "duration_s",
    ]
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


def _tokens(
    column: str, values: list[object], region: str = "CN"
) -> tuple[list[str | None], Tokeniser]:
    tokeniser = Tokeniser(KEY, region)
    batch = pa.record_batch({column: pa.array(values)})
    table = tokeniser.reader(
        pa.RecordBatchReader.from_batches(batch.schema, [batch])
    ).read_all()
    return table.column(0).to_pylist(), tokeniser


def test_identity_numbers_become_tokens_of_their_own_kind_and_stay_out_of_the_vault() -> (
    None
):
    number = "11010519491231002X"
    tokens, tokeniser = _tokens(
        "identity_number", [number, "110105491231002", "1" * 18, "  ", None]
    )
    assert tokens[0] == tokens[1] and len(str(tokens[0])) == 32
    assert str(tokens[2]).startswith(INVALID_PREFIX)
    assert tokens[3:] == [None, None], "blank is missing, not invalid"
    assert tokeniser.pairs == {}
    assert tokeniser.spellings == {
        ("identity_token", "old_identity"): 1,
        ("identity_token", "invalid"): 1,
    }


def test_how_numbers_were_written_is_counted_by_row() -> None:
    _, tokeniser = _tokens(
        "phone_number",
        [NUMBER, "+86" + NUMBER, "+86" + NUMBER, "138 0013 8000", "无", ""],
    )
    assert tokeniser.spellings == {
        ("phone_token", "country_code"): 2,
        ("phone_token", "separators"): 1,
        ("phone_token", "invalid"): 1,
    }
    assert tokeniser.pairs == {
        tokeniser.token(NUMBER): NUMBER,
        tokeniser.token("无"): "无",
    }


def test_numbers_that_a_spreadsheet_made_floating_are_whole_again() -> None:
    tokens, tokeniser = _tokens("phone_number", [13800138000.0, None])
    assert tokens == [tokeniser.token(NUMBER), None]


def test_the_book_number_of_a_customer_need_not_be_a_telephone_number() -> None:
    tokens, _ = _tokens("customer_number", ["17850", "700842"])
    assert not any(str(token).startswith(INVALID_PREFIX) for token in tokens)


def test_a_number_of_an_unknown_plan_is_kept_where_the_profile_says_so() -> None:
    here, _ = _tokens("phone_number", ["7000842753"])
    there, _ = _tokens("phone_number", ["7000842753"], region="any")
    assert str(here[0]).startswith(INVALID_PREFIX) and not str(there[0]).startswith(
        INVALID_PREFIX
    )


def test_a_token_is_an_hmac_of_the_one_spelling() -> None:
    tokens, _ = _tokens("peer_number", [NUMBER, "+86" + NUMBER, "95588"])
    digests = [
        hmac.digest(KEY, text.encode(), "sha256").hex() for text in (NUMBER, "95588")
    ]
    assert tokens == [digests[0][:32], digests[0][:32], digests[1][:32]]


@given(
    st.lists(
        st.one_of(
            st.none(),
            st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
            st.sampled_from(
                [NUMBER, "+86" + NUMBER, "138 0013 8000", "", "  ", "无", "10086"]
            ),
            st.text(max_size=12),
        )
    )
)
def test_a_column_is_read_as_its_numbers_are_one_by_one(
    numbers: list[str | None],
) -> None:
    alone = Tokeniser(KEY)
    tokens, tokeniser = _tokens("phone_number", numbers)
    for number, token in zip(numbers, tokens, strict=True):
        is_missing = number is None or not number.strip()
        assert token == (None if is_missing else alone.token(str(number)))
    assert set(tokeniser.pairs) == set(tokens) - {None}
