"""Postal addresses in one form, with the codes of province, city and district where they are named.

The standard form is the full names of province, city and district as far as they are known, then the street, then
the numbers of house, building, unit and room with ``-`` between them: ``广东省深圳市南山区科技路12-3-1503``. What the
tables ``province``, ``city`` and ``district`` of ``mappings/`` do not know stays as written. A floor and a room on it
become one number: 15楼03室 is room 1503.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from churn_tasks.integrate.standardise.mappings import load_mapping
from churn_tasks.integrate.standardise.names import Read, simplified

FORMS = ("address", "province", "city", "district")
LONGEST_NAME = 15  # characters of the longest name of a district

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
_SPACES_AND_COMMAS = re.compile(r"[\s,;、。·|]+")
_DASHES = re.compile(r"[-_/~]+")
_DIGIT = {numeral: value for value, numeral in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
}


@dataclass(frozen=True)
class Place:
    """What an address names of the official divisions: codes, their full names, and the rest of the text."""

    codes: tuple[str | None, ...]
    name: str
    rest: str


class Names(dict[str, str]):
    """Name to code. Most texts begin with no name at all, which the first two characters tell."""

    @cached_property
    def starts(self) -> frozenset[str]:
        return frozenset(name[:2] for name in self)


NO_NAMES = Names()


class AddressBook:
    """The divisions of the country by name.

    Args:
        provinces: full or short name to code.
        cities, districts: code of the parent to name to code.
    """

    def __init__(
        self, provinces: Names, cities: dict[str, Names], districts: dict[str, Names]
    ) -> None:
        self.provinces, self.cities, self.districts = provinces, cities, districts
        levels = [provinces, *cities.values(), *districts.values()]
        self.names: dict[str, str] = {}  # code to full name, which is the longest
        for level in levels:
            for name, code in level.items():
                self.names[code] = max(name, self.names.get(code, ""), key=len)
        self.parents = {
            code: city
            for city, children in districts.items()
            for code in children.values()
        }
        self.cities_below = _below_each(cities)
        self.short_cities_below = {
            where: Names(
                (name.removesuffix("市"), code)
                for name, code in names.items()
                if name.endswith("市")
            )
            for where, names in self.cities_below.items()
        }
        self.districts_below = _unique_below_each(districts)

    @classmethod
    def load(cls, folders: list[Path]) -> "AddressBook":
        """The book made of the tables ``province``, ``city`` (province/city) and ``district`` (city/district)."""
        provinces = _spellings("province", folders)
        cities = _children(_spellings("city", folders), provinces)
        by_name = {
            name: code
            for children in cities.values()
            for name, code in children.items()
        }
        return cls(
            provinces, cities, _children(_spellings("district", folders), by_name)
        )

    def readers(self, forms: set[str]) -> dict[str, Callable[[str], Read]]:
        """A reader for each form; they share what they have read last."""
        shared = lru_cache(maxsize=200_000)(self.read)  # beyond one batch of spellings

        def reader(position: int) -> Callable[[str], Read]:
            return lambda delivered: shared(delivered)[position]

        return {form: reader(FORMS.index(form)) for form in sorted(forms)}

    def read(self, delivered: str) -> tuple[Read, ...]:
        """Address, province, city and district of a text, each with the rules that led to it."""
        place = self.place(_tidied(delivered))
        text = f"{place.name}{_numbers_in_one_form(place.rest)}"
        rule = None if text == delivered else "address_form"
        return (text or None, rule), *(
            (code, "code_found" if code else None) for code in place.codes
        )

    def place(self, text: str) -> Place:
        """The divisions that the text begins with.

        A short name (广东, 深圳) counts only where a division of its own follows: 中山路 is no city.
        """
        province, rest = self._province(text)
        city, rest = self._city(rest, province)
        district, rest = _longest(rest, self.districts.get(city or "", NO_NAMES))
        if district is None and (city is None or rest == text):
            district, rest = _longest(
                rest, self.districts_below.get((province or "")[:2], NO_NAMES)
            )
            city = self.parents.get(district or "", city)
        below = city or district
        codes = (province or (f"{below[:2]}0000" if below else None), city, district)
        return Place(codes, self._full_name(codes), rest)

    def _province(self, text: str) -> tuple[str | None, str]:
        code, rest = _longest(text, self.provinces)
        if code is None or self.names[code] == text[: len(text) - len(rest)]:
            return code, rest
        follows = (
            self._city(rest, code)[1] != rest
            or _longest(rest, self.districts_below[code[:2]])[0]
        )
        own = _longest(
            rest, self.districts.get(self._municipality(code) or "", NO_NAMES)
        )[0]
        return (code, rest) if follows or own else (None, text)

    def _city(self, text: str, province: str | None) -> tuple[str | None, str]:
        """A city by its full name, by its short one where one of its districts follows, or the municipality itself."""
        where = (province or "")[:2]
        code, rest = _longest(text, self.cities_below.get(where, NO_NAMES))
        if code:
            return code, rest
        code, rest = _longest(text, self.short_cities_below.get(where, NO_NAMES))
        if code and _longest(rest, self.districts.get(code, NO_NAMES))[0]:
            return code, rest
        return self._municipality(province), text

    def _municipality(self, province: str | None) -> str | None:
        return self.cities.get(province or "", NO_NAMES).get(
            self.names.get(province or "", "")
        )

    def _full_name(self, codes: tuple[str | None, ...]) -> str:
        names = [self.names[code] for code in codes if code]
        return "".join(dict.fromkeys(names))  # 北京市北京市朝阳区 is 北京市朝阳区


def _spellings(name: str, folders: list[Path]) -> Names:
    return Names(load_mapping(name, folders).standard_of)


def _below_each(levels: dict[str, Names]) -> dict[str, Names]:
    """Names by the first two digits of their code, and all of them under the empty text."""
    found: dict[str, Names] = {"": Names()}
    for children in levels.values():
        for name, code in children.items():
            found[""][name] = code
            found.setdefault(code[:2], Names())[name] = code
    return found


def _unique_below_each(levels: dict[str, Names]) -> dict[str, Names]:
    """The same, without names that two of them share, and without those of two characters."""
    every = [
        (name, code)
        for children in levels.values()
        for name, code in children.items()
        if len(name) > 2
    ]
    found: dict[str, Names] = {}
    for where in ("", *{code[:2] for _, code in every}):
        within = [(name, code) for name, code in every if code.startswith(where)]
        times = Counter(name for name, _ in within)
        found[where] = Names((name, code) for name, code in within if times[name] == 1)
    return found


def _children(table: Names, parents: Mapping[str, str]) -> dict[str, Names]:
    """``parent/child`` to code, as code of the parent to name of the child to code."""
    found: dict[str, Names] = {}
    for path, code in table.items():
        parent, _, child = path.partition("/")
        if parent in parents and child:
            found.setdefault(parents[parent], Names())[child] = code
    return found


def _longest(text: str, names: Names) -> tuple[str | None, str]:
    """The longest name that the text begins with: its code, and the rest of the text."""
    if text[:2] not in names.starts:
        return None, text
    for length in range(min(LONGEST_NAME, len(text)), 1, -1):
        if code := names.get(text[:length]):
            return code, text[length:]
    return None, text


def _tidied(delivered: str) -> str:
    """Half-width, simplified, without spaces, country and postal code; a region in brackets behind goes in front."""
    text = simplified(unicodedata.normalize("NFKC", delivered)).upper()
    text = _SPACES_AND_COMMAS.sub("", text)
    text = _COUNTRY.sub("", _POSTAL_CODE.sub("", text))
    if found := _REGION_BEHIND.match(text):
        text = found[2] + found[1]
    return text


def _numbers_in_one_form(text: str) -> str:
    text = _CHINESE_NUMBER.sub(lambda found: str(_number(found[1])), text)
    text = _FLOOR_AND_ROOM.sub(
        lambda found: f"{int(found[1])}{int(found[2]):02d}", text
    )
    text = _DASHES.sub("-", _NUMBERED.sub(r"\1-", text))
    text = re.sub(rf"-(?=[{_HAN}])|(?<=[{_HAN}])-", "", text)
    return text.strip("-")


def _number(numerals: str) -> int:
    """Up to 999, written as a number (二十三) or digit by digit (二三).

    >>> _number("十二"), _number("一百零五"), _number("三〇二")
    (12, 105, 302)
    """
    if not set(numerals) & {"十", "百"}:
        return int("".join(str(_DIGIT[numeral]) for numeral in numerals))
    total, last = 0, 0
    for numeral in numerals:
        if numeral in "十百":
            total += max(last, 1) * (10 if numeral == "十" else 100)
            last = 0
        else:
            last = _DIGIT[numeral]
    return total + last
