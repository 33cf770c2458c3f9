"""Postal addresses in one form, with the codes of province, city and district where they are named.

The standard form is the full names of province, city and district as far as they are known, then the street, then
the numbers of house, building, unit and room with ``-`` between them: ``广东省深圳市南山区科技路12-3-1503``. What the
tables ``province``, ``city`` and ``district`` of ``mappings/`` do not know stays as written. A floor and a room on it
become one number: 15楼03室 is room 1503.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Self

from churn_tasks.integrate.standardise.divisions import Divisions, in_one_script
from churn_tasks.integrate.standardise.names import Read

FORMS = ("address", "province", "city", "district")
REMEMBERED = 200_000  # addresses, beyond one batch of spellings

_HAN = r"\u3400-\u9fff"
_NUMERALS = "零〇一二三四五六七八九十百两"
_UNITS = "号楼|号院|号|弄|栋|幢|座|单元|楼|层|室|房|门"
_CHINESE_NUMBER = re.compile(rf"(?<![{_NUMERALS}])([{_NUMERALS}]+)(?={_UNITS})")
_FLOOR_AND_ROOM = re.compile(
    r"([0-9]{1,2})(?:楼|层)-?([0-9]{1,2})(?:室|号|房)?(?![0-9])"
)
_NUMBERED = re.compile(rf"([0-9A-Z]+)(?:{_UNITS}|#)(?!线)")
_POSTAL_CODE = re.compile(r"^(?:邮编)?[0-9]{6}(?=[^0-9])|(?<=[^0-9])邮编:?[0-9]{6}$")
_COUNTRY = re.compile(r"^中国|^中华人民共和国")
_REGION_BEHIND = re.compile(rf"^(.+)\(([0-9A-Z{_HAN}]*[省市区县州城旗盟])\)$")
_DASHES = re.compile(r"[-_/~]+")
_DASH_AT_HAN = re.compile(rf"-(?=[{_HAN}])|(?<=[{_HAN}])-")
_DIGITS = {numeral: value for value, numeral in enumerate("零一二三四五六七八九")}
_DIGITS |= {"〇": 0, "两": 2}
_POWERS = {"十": 10, "百": 100}


class AddressBook:
    """Reads addresses by the divisions of the country."""

    def __init__(self, divisions: Divisions) -> None:
        self.divisions = divisions

    @classmethod
    def load(cls, folders: list[Path]) -> Self:
        """The book made of the tables ``province``, ``city`` (province/city) and ``district`` (city/district)."""
        return cls(Divisions.load(folders))

    def readers(self, forms: Iterable[str]) -> dict[str, Callable[[str], Read]]:
        """A reader for each form; they share what they have read last."""
        shared = lru_cache(maxsize=REMEMBERED)(self.read)

        def reader(form: str) -> Callable[[str], Read]:
            position = FORMS.index(form)
            return lambda delivered: shared(delivered)[position]

        return {form: reader(form) for form in sorted(forms)}

    def read(self, delivered: str) -> tuple[Read, ...]:
        """Address, province, city and district of a text, each with the rules that led to it."""
        place = self.divisions.place(_tidied(delivered))
        name = self.divisions.full_name(place)
        text = name + _numbers_in_one_form(place.rest)
        rule = None if text == delivered else "address_form"
        return (text or None, rule), *map(_code, place.codes)


def _code(code: str) -> Read:
    if not code:
        return None, None
    return code, "code_found"


def _tidied(delivered: str) -> str:
    """Half-width, simplified, without spaces, country and postal code; a region in brackets behind goes in front."""
    text = in_one_script(delivered)
    for needless in (_POSTAL_CODE, _COUNTRY):
        text = needless.sub("", text)
    if behind := _REGION_BEHIND.match(text):
        street, region = behind.groups()
        return region + street
    return text


def _numbers_in_one_form(text: str) -> str:
    text = _CHINESE_NUMBER.sub(_in_digits, text)
    text = _FLOOR_AND_ROOM.sub(_room_with_floor, text)
    text = _NUMBERED.sub(r"\1-", text)
    text = _DASHES.sub("-", text)
    return _DASH_AT_HAN.sub("", text).strip("-")


def _in_digits(number: re.Match[str]) -> str:
    return str(_number(number[1]))


def _room_with_floor(match: re.Match[str]) -> str:
    floor, room = int(match[1]), int(match[2])
    return f"{floor}{room:02d}"


def _number(numerals: str) -> int:
    """Up to 999, written as a number (二十三) or digit by digit (二三).

    >>> _number("十二"), _number("一百零五"), _number("三〇二")
    (12, 105, 302)
    """
    if _POWERS.keys().isdisjoint(numerals):
        return int("".join(str(_DIGITS[numeral]) for numeral in numerals))
    total, last = 0, 0
    for numeral in numerals:
        if numeral in _POWERS:
            total += max(last, 1) * _POWERS[numeral]
            last = 0
        else:
            last = _DIGITS[numeral]
    return total + last
