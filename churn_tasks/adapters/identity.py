"""Resident identity numbers of mainland China (GB 11643): one spelling, and whether the number can be one.

Eighteen characters: six digits of the place of registration, the day of birth, three digits in sequence, and a check
character, which is X for ten. Numbers given before 1999 have fifteen: no century and no check character.
"""

import re
import unicodedata
from datetime import date

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
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
        body = text[:6] + "19" + text[6:]
        text = body + check_character(body)
    return (
        text
        if _LENGTH.fullmatch(text)
        and _is_born(text)
        and text[-1] == check_character(text)
        else None
    )


def check_character(number: str) -> str:
    """The eighteenth character that belongs to the first seventeen (ISO 7064, MOD 11-2)."""
    total = sum(
        int(digit) * weight for digit, weight in zip(number[:17], WEIGHTS, strict=True)
    )
    return CHECK_CHARACTERS[total % 11]


def _is_born(text: str) -> bool:
    """Whether the day of birth is a day, not before 1850."""
    try:
        return date(int(text[6:10]), int(text[10:12]), int(text[12:14])).year >= 1850
    except ValueError:
        return False
