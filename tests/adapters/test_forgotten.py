"""The list of who was taken out, and the door that keeps them outside."""

import stat
from pathlib import Path

import pyarrow as pa
import pytest

from churn_tasks.adapters.forgotten import (
    Door,
    Forgotten,
    plain_number,
    read_forgotten,
    write_forgotten,
)
from churn_tasks.adapters.tokens import Tokeniser
from churn_tasks.core.errors import SettingsError
from churn_tasks.core.settings import load_settings
from churn_tasks.declared.registry import load_contracts

KEY = b"k" * 64
GONE, STAYS = "13900000004", "13900000005"
CONTRACTS = load_contracts(load_settings("telecom"))


def tokeniser() -> Tokeniser:
    return Tokeniser(KEY)


def forgotten(*customers: str) -> Forgotten:
    token = tokeniser().token(GONE)
    return Forgotten(KEY).adding(customers, [token])


def let_in(
    listed: Forgotten, table: str, **columns: list[object]
) -> tuple[list[dict[str, object]], Door]:
    rows = pa.table(columns)
    door = Door(listed, CONTRACTS[table].as_delivered, tokeniser())
    reader = door.reader(rows.to_reader(max_chunksize=2))
    return reader.read_all().to_pylist(), door


@pytest.mark.parametrize("spelling", ["700005", " 700005", "700005\u3000", "700005.0"])
def test_a_customer_stays_outside_in_every_spelling(spelling: str) -> None:
    rows, door = let_in(
        forgotten("700005"), "customer",
        customer_id=["700004", spelling, "7000051"], phone_number=[STAYS, GONE, None],
    )  # fmt: skip
    assert [row["customer_id"] for row in rows] == ["700004", "7000051"]
    assert door.turned_away == 1
    assert door.tokeniser.rows == 2, "the books are about the rows that came in"
    assert GONE not in door.tokeniser.pairs.values(), "the vault never hears of it"


@pytest.mark.parametrize("numbers", [[700004, 700005], [700004.0, 700005.0]])
def test_numbers_that_come_as_numbers(numbers: list[object]) -> None:
    rows, door = let_in(forgotten("700005"), "bill", customer_id=numbers)
    assert (len(rows), door.turned_away) == (1, 1)


def test_a_book_number_is_known_by_its_token() -> None:
    book = tokeniser().token("7000842753", "customer_number")
    rows, _ = let_in(
        forgotten(book), "customer", customer_number=["7000842753", "7000842754"]
    )
    assert len(rows) == 1


def test_a_row_without_customer_is_known_by_its_own_number() -> None:
    rows, door = let_in(
        forgotten(), "customer", customer_id=[None, None, "9"], phone_number=["+86 139-0000-0004", STAYS, GONE],
    )  # fmt: skip
    assert [row["customer_id"] for row in rows] == [None, "9"], (
        "a number may belong to somebody else by now"
    )
    assert door.turned_away == 1


def test_who_was_called_is_veiled_and_still_one_person() -> None:
    rows, door = let_in(
        forgotten("700005"), "cdr", customer_id=["1", "2", "1"], peer_number=[GONE, "+86 13900000004", STAYS],
    )  # fmt: skip
    peers = [row["peer_token"] for row in rows]
    assert tokeniser().token(GONE) not in peers
    assert peers[0] == peers[1] != peers[2] == tokeniser().token(STAYS)
    assert door.turned_away == 0


def test_a_number_in_what_somebody_else_wrote_is_crossed_out() -> None:
    rows, door = let_in(
        forgotten("700005"), "complaint", customer_id=["1", "1", "1"],
        complaint_text=["从139-0000-0004打来", f"call {STAYS} or +86{GONE}", None],
    )  # fmt: skip
    assert [row["complaint_text"] for row in rows] == [
        "从***打来",
        f"call {STAYS} or ***",
        None,
    ]
    assert door.turned_away == 0


def test_without_a_list_everybody_comes_in() -> None:
    """Negative control."""
    rows, door = let_in(
        Forgotten(KEY), "customer", customer_id=["700005"], phone_number=[GONE]
    )
    assert (len(rows), door.turned_away) == (1, 0)
    assert door.tokeniser.pairs == {tokeniser().token(GONE): GONE}


def test_the_list_names_nobody_and_is_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "forgotten_telecom"
    write_forgotten(path, forgotten("700005"))
    text = path.read_text()
    assert "700005" not in text and GONE not in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    read = read_forgotten(path, KEY)
    assert read.has_customer("700005") and not read.has_customer("700006")
    assert not read_forgotten(path, b"x" * 64).has_customer("700005"), (
        "it says nothing without its key"
    )


def test_a_damaged_list_lets_nobody_in(tmp_path: Path) -> None:
    path = tmp_path / "forgotten_telecom"
    path.write_text("customer\nxyz\n")
    with pytest.raises(SettingsError, match="damaged"):
        read_forgotten(path, KEY)
    assert read_forgotten(tmp_path / "none", KEY).is_empty


def test_what_is_plain() -> None:
    assert [plain_number(text) for text in ("\xa07 ", "7.00", "7.05", "A.0B")] == [
        "7",
        "7",
        "7.05",
        "A.0B",
    ]
