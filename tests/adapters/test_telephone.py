"""One spelling for one telephone or identity number, from spellings taken from life."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_tasks.adapters.identity import check_character, identity_spelling
from churn_tasks.adapters.telephone import how_written, spelling

MOBILE, FIXED, LONG_AREA = "13800138000", "02161234567", "075523456789"
SPELLINGS = [
    ("13800138000", MOBILE),
    ("+86 138-0013-8000", MOBILE),
    ("0086 13800138000", MOBILE),
    ("8613800138000", MOBILE),
    ("１３８００１３８０００", MOBILE),
    ("＋８６ １３８００１３８０００", MOBILE),
    (" 138 0013 8000 ", MOBILE),
    ("138.0013.8000", MOBILE),
    ("+86(138)00138000", MOBILE),
    ("013800138000", MOBILE),  # dialled from another city
    ("17951 13800138000", MOBILE),  # through a long-distance access code
    ("手机：13800138000", MOBILE),
    ("Tel: 138-0013-8000", MOBILE),
    ("13800138000(张)", MOBILE),
    ("021-61234567", FIXED),
    ("(021)61234567", FIXED),
    ("（021）6123 4567", FIXED),
    ("+86 21 6123 4567", FIXED),
    ("+86 (0)21 6123 4567", FIXED),
    ("862161234567", FIXED),
    ("2161234567", FIXED),  # a spreadsheet ate the zero
    ("0755-23456789", LONG_AREA),
    ("75523456789", LONG_AREA),
    ("021-61234567转802", f"{FIXED};ext=802"),
    ("021-61234567-802", f"{FIXED};ext=802"),
    ("021-61234567 ext. 802", f"{FIXED};ext=802"),
    ("02161234567#802", f"{FIXED};ext=802"),
    ("10086", "10086"),
    ("+8695588", "95588"),
    ("９５５８８", "95588"),
    ("110", "110"),
    ("1008611", "1008611"),
    ("400-820-8820", "4008208820"),
    ("106575123456", "106575123456"),
    ("+1 650 253 0000", "+16502530000"),
    ("00852 2345 6789", "+85223456789"),
]
NO_NUMBERS = [
    "", "   ", "12", "0", "---", "无", "N/A", "no number", "1" * 21, "+86", "61234567", "1380013800", "138001380001",
    "12800138000", "1.38E+10", "138****8000", "1380013800O", "13800138000/13900139000", "13800138000,13900139000",
    "13800138000 13900139000", "13800138000或13900139000", "021-61234567/8", "13800138000\n13900139000",
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), SPELLINGS)
def test_a_number_has_one_spelling(text: str, wanted: str) -> None:
    assert spelling(text, "CN") == wanted
    assert spelling(wanted, "CN") == wanted, "the standard of the standard is itself"


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_or_several_has_none(text: str) -> None:
    assert spelling(text, "CN") is None
    assert how_written(text, None) == "invalid"


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(["{}", "+86{}", "0086 {}", "86{}", "0{}", " {} "]),
)
def test_every_mobile_number_keeps_its_digits(number: str, form: str) -> None:
    assert spelling(form.format(number), "CN") == number


@given(st.text(max_size=25))
def test_a_spelling_is_stable_whatever_comes(text: str) -> None:
    found = spelling(text, "CN")
    assert found is None or spelling(found, "CN") == found


def test_a_number_of_another_plan_is_any_three_to_fifteen_digits() -> None:
    assert spelling("7000842753", "any") == "7000842753"
    assert spelling("12", "any") is None


def test_another_country_has_its_own_plan() -> None:
    assert spelling("020 7946 0958", "GB") == "02079460958"
    assert spelling("+86 138 0013 8000", "GB") == "+8613800138000"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("11010519491231002X", "11010519491231002X"),
        ("11010519491231002x", "11010519491231002X"),
        ("１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
        ("110105 19491231 002X", "11010519491231002X"),
        ("110105491231002", "11010519491231002X"),  # as issued before 1999
        ("440524188001010014", "440524188001010014"),
        ("110105194912310021", None),  # check character
        ("11010519490230002X", None),  # 30 February
        ("110105194912310", None),  # cut off: month 91
        ("G12345678", None),  # a passport
        ("", None),
        ("1" * 18, None),
    ],
)
def test_identity_numbers_are_held_against_their_check_character(
    text: str, wanted: str | None
) -> None:
    assert identity_spelling(text) == wanted


@given(
    st.from_regex(
        r"[1-6][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}",
        fullmatch=True,
    ),
    st.integers(0, 16),
    st.integers(1, 9),
)
def test_a_slip_in_one_digit_is_found(body: str, position: int, by: int) -> None:
    number = body + check_character(body)
    assert identity_spelling(number) == number
    slipped = (
        number[:position]
        + str((int(number[position]) + by) % 10)
        + number[position + 1 :]
    )
    assert identity_spelling(slipped) is None


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(["", "86", "+86", "86 ", "+86-", " ", "-"]),
    st.tuples(st.sampled_from(["", " ", "-"]), st.sampled_from(["", " ", "-"])),
)
def test_the_usual_writing_is_read_as_any_other_is(
    number: str, before: str, between: tuple[str, str]
) -> None:
    written = f"{before}{number[:3]}{between[0]}{number[3:7]}{between[1]}{number[7:]}"
    assert spelling(written, "CN") == number
    assert spelling(written + "(张)", "CN") == number, "the long way"
