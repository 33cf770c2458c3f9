"""Resident identity numbers of mainland China (GB 11643): one spelling, and whether the number can be one.

Eighteen characters: six digits of the place of registration, the day of birth, three digits in sequence, and a check
character, which is X for ten (ISO 7064, MOD 11-2). Numbers given before 1999 have fifteen: no century and no check
character. The place is not held against a list: districts are renamed, and numbers keep the old ones.
"""

import re
import unicodedata

from stdnum.cn import ric
from stdnum.exceptions import InvalidComponent

EARLIEST_BIRTH = 1850
_LENGTH = re.compile(r"[1-9][0-9]{16}[0-9X]")
_OLD_LENGTH = re.compile(r"[1-9][0-9]{14}")
_SEPARATORS = re.compile(r"[\s\-·.]")


def identity_spelling(number: str) -> str | None:
    """Eighteen characters with a capital X; None for what is no identity number.

    >>> identity_spelling("１１０１０５１９４９１２３１００２ｘ"), identity_spelling("110105491231002")
    ('11010519491231002X', '11010519491231002X')
    >>> identity_spelling("110105194912310021") is None  # the check character is wrong
    True
    """
    text = _SEPARATORS.sub("", unicodedata.normalize("NFKC", number)).upper()
    if _OLD_LENGTH.fullmatch(text):
        body = f"{text[:6]}19{text[6:]}"
        text = body + check_character(body)
    if not _LENGTH.fullmatch(text):
        return None
    is_right = text[-1] == check_character(text) and _is_born(text)
    return text if is_right else None


def check_character(number: str) -> str:
    """The eighteenth character that belongs to the first seventeen."""
    return ric.calc_check_digit(f"{number[:17]}0")


def _is_born(number: str) -> bool:
    """Whether the day of birth is a day, and not before anybody who can be a customer."""
    try:
        return ric.get_birth_date(number).year >= EARLIEST_BIRTH
    except InvalidComponent:
        return False
